"""Read what a page says about its article: title, people, dates, language, URL, access, each with its
origin.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit

from scraper.errors import AddressError
from scraper.extraction.authors import clean_authors, clean_organisations, own_site_authors
from scraper.extraction.bylines import Headline, find_authors, find_headline
from scraper.extraction.characters import clean_characters, language_of_script
from scraper.extraction.page_dates import PageDates
from scraper.extraction.page_head import PageHead, read_head, slug_of, text_of
from scraper.extraction.paywall import declared_access
from scraper.extraction.structured import NOT_TEXT, Structured, read_structured
from scraper.extraction.titles import MAX_TITLE_CHARS, TitleCandidates, choose_title
from scraper.models import Access, DatePrecision, Provenance
from scraper.urls import believable_canonical, canonical_url, declared_url, site_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

FIELDS = tuple(
    """
    title authors published_at modified_at language canonical_url access publisher
    """.split()
)
ENTITY = re.compile(
    r"&(?:#\d{1,5}|#x[0-9a-f]{1,5}|amp|quot|apos|lt|gt|nbsp|[lr][sd]quo|[nm]dash|hellip);", re.I
)
# A pair of tags that a script or a field holds as text: "The <strong> element" has none.
PAIRED_TAGS = re.compile(r"<(em|i|b|strong|u|q|s|sup|sub|span|mark|cite|small)\b[^<>]*>([^<>]*)</\1>", re.I)
NOT_OF_TITLE = re.compile(r"<!\[CDATA\[|\]\]>|\s*[¶🔗]+\s*$|<br\s*/?>(?=\S)", re.I)
MAX_H1_CHARS = 400
MAX_HEADINGS = 8
MAX_KICKER_WORDS = 3  # "Opinion", "College Sports" inside of the headline's element

AUTHOR_METAS = tuple(
    """
    author article:author_name article:author parsely-author sailthru.author byl dc.creator
    dcterms.creator cxenseparse:author sailthru.byline_name og:article:author og:author citation_author
    authors article.author dcsext.author rbauthors twitter:data1
    """.split()
)
NAME_METAS = tuple(
    """
    og:site_name application-name publisher dc.publisher dcterms.publisher article:publisher_name
    apple-mobile-web-app-title
    """.split()
)


class Parsed(Protocol):
    """What is read of a page: the tree and its URL."""

    @property
    def root(self) -> HtmlElement: ...

    @property
    def url(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a page says about its article. Times are in UTC; ``metas`` are (name, content) pairs for
    `rights`."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    published_precision: DatePrecision | None = None
    modified_at: datetime | None = None
    language: str | None = None
    canonical_url: str | None = None
    access: Access = Access.FULL
    publisher: str | None = None
    metas: tuple[tuple[str, str], ...] = ()
    origins: tuple[Provenance, ...] = ()
    title_in_head: str = ""  # the <title> as it stands
    is_article: bool = False  # the page declares itself one (JSON-LD type, og:type)


def read_metadata(
    document: Parsed,
    *,
    now_limit: datetime | None = None,
    title_suffixes: Sequence[str] = (),
    zone: tzinfo | None = None,
) -> Metadata:
    """Return the metadata of a parsed page.

    No date after ``now_limit`` counts, ``zone`` is that of times without one, ``title_suffixes`` end titles.
    """
    root, head = document.root, read_head(document.root)
    said = read_structured(head.scripts, document.url)
    names = _site_names(head, said, document.url)
    title, title_place = _title(document, head, said, names, title_suffixes)
    headline = find_headline(root, head.headings, title)
    authors, author_place = _authors(head, said, headline, names)
    page_dates = PageDates(root, document.url, head=head, structured=said, headline=headline)
    dates = page_dates.read(limit=now_limit, zone=zone)
    language, language_place = _language(root, head, said, title)
    canonical, canonical_place = _canonical(head, document.url)
    access, access_place = declared_access(said.free, head.first)
    publisher, publisher_place = _publisher(head, said)
    own = (title_place, author_place, *dates.origins, language_place, canonical_place, access_place)
    return Metadata(
        title=title,
        authors=authors,
        published_at=dates.published_at,
        published_precision=dates.precision,
        modified_at=dates.modified_at,
        language=language,
        canonical_url=canonical,
        access=access,
        publisher=publisher,
        metas=head.metas,
        origins=_origins(*own, publisher_place),
        title_in_head=head.title,
        is_article=said.is_article or head.first.get("og:type", "").lower() == "article",
    )


def _title(
    document: Parsed, head: PageHead, said: Structured, names: tuple[str, ...], suffixes: Sequence[str]
) -> tuple[str, str]:
    title, place = choose_title(_title_candidates(document, head, said, names, suffixes))
    return _plain_title(title), place


def _plain_title(title: str) -> str:
    """Return a title on one line, not too long, without tags and with the entities resolved that the page
    escaped twice.
    """
    title = title[: MAX_TITLE_CHARS * 8]
    if ENTITY.search(title):
        title = html.unescape(title)
    title = NOT_OF_TITLE.sub(" ", PAIRED_TAGS.sub(r"\2", PAIRED_TAGS.sub(r"\2", title)))
    title = " ".join(NOT_TEXT.sub(" ", clean_characters(title)).split())  # "&#1;" comes through HTML parsers
    return title if len(title) <= MAX_TITLE_CHARS else title[: MAX_TITLE_CHARS - 1].rstrip() + "…"


def _origins(*places: str) -> tuple[Provenance, ...]:
    return tuple(
        Provenance(field=field, place=place) for field, place in zip(FIELDS, places, strict=True) if place
    )


def _publisher(head: PageHead, said: Structured) -> tuple[str | None, str]:
    if said.publisher:
        return said.publisher, "json-ld publisher"
    name = head.first.get("og:site_name")
    return name, "og:site_name" if name else ""


def _site_names(head: PageHead, said: Structured, url: str | None) -> tuple[str, ...]:
    names = [head.first.get(name, "") for name in NAME_METAS] + [said.publisher]
    if url:
        with suppress(AddressError):
            names.append(site_of(url).partition(".")[0])
    return tuple(dict.fromkeys(name for name in names if name))


def _title_candidates(
    document: Parsed, head: PageHead, said: Structured, names: tuple[str, ...], suffixes: Sequence[str]
) -> TitleCandidates:
    headings = [text for heading in head.headings[:MAX_HEADINGS] for text in _heading_texts(heading)]
    return TitleCandidates(
        headings=tuple(text for text in headings if text and len(text) <= MAX_H1_CHARS),
        og=head.first.get("og:title", ""),
        twitter=head.first.get("twitter:title", ""),
        headline=said.headline,
        head=head.title,
        site_names=names,
        slug=slug_of(document.url or head.links.get("canonical", "")),
        suffixes=tuple(suffixes),
    )


def _heading_texts(heading: HtmlElement) -> tuple[str, ...]:
    """Return the text of a heading, after the text without a kicker that stands in it as an element of
    its own.
    """
    whole = text_of(heading)
    for button in heading.iter("button"):
        whole = " ".join(whole.replace(text_of(button), " ", 1).split())
    first = heading[0] if len(heading) and not (heading.text or "").strip() else None
    kicker = text_of(first) if first is not None else ""
    rest = whole.removeprefix(kicker).lstrip(" :|–—-•/")
    if kicker and rest and len(kicker.split()) <= MAX_KICKER_WORDS < len(rest.split()):
        return (rest, whole)
    return (whole,)


def _base(head: PageHead, url: str | None) -> str:
    """Return the URL that links are relative to; a ``<base>`` that is not a URL counts for nothing (HTML,
    4.2.3).
    """
    try:
        base = urljoin(url or "", head.base)
        urlsplit(base)  # without a URL of the page, urljoin returns the other one unread
    except ValueError:  # http://[::1
        return url or ""
    return base


def _canonical(head: PageHead, url: str | None) -> tuple[str | None, str]:
    base = _base(head, url)
    for declared, place in (
        (head.links.get("canonical"), "link canonical"),
        (head.first.get("og:url"), "og:url"),
    ):
        if not (written := declared_url(declared or "")):
            continue
        with suppress(AddressError, ValueError):
            address = urljoin(base, written) if base else written
            believed = believable_canonical(address, url) if url else canonical_url(address)
            if believed:
                return believed, place
    return None, ""


def _authors(
    head: PageHead, said: Structured, headline: Headline, names: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    declared = [person.name for person in said.authors if not person.organisation]
    if found := clean_authors(declared, own_names=names):
        return found, "json-ld author"
    for name in AUTHOR_METAS:
        values = [content for key, content in head.metas if name in head.first and key.lower() == name]
        if found := clean_authors([value for value in values if "://" not in value], own_names=names):
            return found, f"meta {name}"
    if found := find_authors(headline, names):
        return found, "byline"
    organisations = [person.name for person in said.authors if person.organisation]
    # A person's own site carries the person's name.
    found = clean_organisations(organisations, own_names=names) or own_site_authors(declared)
    return found, "json-ld author" if found else ""


def _language(root: HtmlElement, head: PageHead, said: Structured, title: str) -> tuple[str | None, str]:
    """Return the language that a page declares, and where.

    A title in a script of one language tells it where nothing is declared, or the English of a template.
    """
    texts = (
        (root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "", "html lang"),
        (said.language, "json-ld inLanguage"),
        (head.first.get("og:locale", ""), "og:locale"),
        (head.first.get("content-language", ""), "content-language"),
        (head.first.get("dc.language", ""), "meta dc.language"),
    )
    declared: tuple[str | None, str] = (None, "")
    for text, place in texts:
        if found := re.match(r"([a-z]{2,3})(?=$|[-_])", text.strip().lower()):
            declared = found[1], place
            break
    if declared[0] in (None, "en") and (told := language_of_script(title)):
        return told, "script of the title"
    return declared
