"""What a page says about its article: title, authors, dates, language, address, access, publisher; each with its origin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from lxml import etree

from scraper.errors import AddressError
from scraper.extraction.access import declared_access
from scraper.extraction.authors import byline_authors, clean_authors, is_name
from scraper.extraction.dates import is_future, parse_date, url_date
from scraper.extraction.structured import Structured, read_structured
from scraper.extraction.titles import TitleSigns, choose_title
from scraper.models import Access, Origin
from scraper.urls import believable_canonical, canonical_url, site_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_BYLINE_CHARS = 300
MAX_H1_CHARS = 400
MAX_BYLINES = 40  # candidates looked at for each mark; a list page has hundreds
TEXT_PLACE = 2  # in BYLINES: marked by the words alone

PUBLISHED_METAS = (
    "article:published_time", "og:article:published_time", "datepublished", "article:published", "og:published_time", "publishdate",
    "publish_date", "publish-date", "pubdate", "sailthru.date", "parsely-pub-date", "cxenseparse:recs:publishtime", "cxenseparse:publishtime",
    "dc.date.issued", "dcterms.issued", "dcterms.date", "dc.date", "dc.date.created", "dcterms.created", "citation_publication_date",
    "citation_online_date", "prism.publicationdate", "article_date_original", "originalpublicationdate", "displaydate", "date_published",
    "published_time", "rnews:datepublished", "article.published", "article:post_date", "timestamp", "date", "dcterms.available", "created",
)  # fmt: skip
MODIFIED_METAS = (
    "article:modified_time", "og:updated_time", "og:article:modified_time", "datemodified", "lastmod", "last-modified", "dcterms.modified",
    "dc.date.modified", "article:modified", "updated_time", "revised",
)  # fmt: skip
AUTHOR_METAS = (
    "author", "article:author_name", "article:author", "parsely-author", "sailthru.author", "byl", "dc.creator", "dcterms.creator",
    "cxenseparse:author", "sailthru.byline_name", "og:article:author", "og:author", "citation_author", "authors", "article.author",
    "dcsext.author", "rbauthors", "twitter:data1",
)  # fmt: skip
NAME_METAS = (
    "og:site_name",
    "application-name",
    "publisher",
    "dc.publisher",
    "dcterms.publisher",
    "article:publisher_name",
    "apple-mobile-web-app-title",
)

# Where names stand, the plainest marks first. A byline after the headline beats one before it.
BYLINE_MARKS = (
    "@rel='author' or @itemprop='author' or contains(@class,'byline') or contains(@class,'Byline') or contains(@data-testid,'byline')"
    " or contains(@id,'byline')",
    "contains(@class,'author') or contains(@class,'Author') or contains(@class,'writer') or contains(@id,'author')",
    "starts-with(normalize-space(text()),'By ') or starts-with(normalize-space(text()),'by ') or starts-with(normalize-space(text()),'BY ')"
    " or normalize-space(text())='By' or normalize-space(text())='by' or normalize-space(text())='BY' or contains(text(),'ritten by')"
    " or contains(text(),'tory by') or contains(text(),'tory By') or contains(text(),'osted by')",
    "self::a and (contains(@href,'/author') or contains(@href,'/contributor') or contains(@href,'/profile/') or contains(@href,'/by/')"
    " or contains(@href,'/writer') or contains(@href,'/journalist') or contains(@href,'/people/') or contains(@href,'/staff/'))",
)
BYLINES = tuple(etree.XPath(f"following::*[{marks}]") for marks in BYLINE_MARKS)
BYLINES_ANYWHERE = tuple(etree.XPath(f"//body//*[{marks}]") for marks in BYLINE_MARKS)
TIMES = etree.XPath(
    "//time | //*[@itemprop='datePublished'] | //*[contains(@class,'date') or contains(@class,'Date') or contains(@class,'timestamp') or contains(@class,'published')]"
)
# An ancestor of such a name holds other stories, or the page's furniture: its dates and names are not the article's.
ELSEWHERE = re.compile(
    r"(?i)related|recirc|teaser|sidebar|side-bar|widget|promo|recommend|most-?read|trending|popular|comment|footer|carousel|card|latest|newsletter|also-|read-?more|read-?next"
)
ELSEWHERE_TAGS = frozenset(("aside", "nav", "footer"))


class Parsed(Protocol):
    """What is read of a page: the tree and its address."""

    @property
    def root(self) -> HtmlElement: ...

    @property
    def url(self) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a page says about its article. Times are aware and in UTC; ``metas`` are (name, content) pairs for `rights`."""

    title: str = ""
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None
    language: str | None = None
    canonical_url: str | None = None
    access: Access = Access.FULL
    publisher: str | None = None
    metas: tuple[tuple[str, str], ...] = ()
    origins: tuple[Origin, ...] = ()
    title_in_head: str = ""  # the <title> as it stands, for `learn_title_suffixes`
    is_article: bool = False  # the page declares itself one (JSON-LD type, og:type)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The head of a page, and the headings: one walk over the tree."""

    metas: tuple[tuple[str, str], ...]
    first: Mapping[str, str]  # the first non-empty content of each name, names in lower case
    links: Mapping[str, str]  # rel -> href
    title: str
    scripts: tuple[str, ...]
    headings: tuple[HtmlElement, ...]


def read_metadata(
    document: Parsed, *, now_limit: datetime | None = None, title_suffixes: Sequence[str] = ()
) -> Metadata:
    """The metadata of a parsed page.

    ``now_limit`` is the time of fetching: no date after it is believed. ``title_suffixes`` are what
    `learn_title_suffixes` found on other pages of the site.
    """
    head = _read_head(document.root)
    said = read_structured(head.scripts)
    names = _site_names(head, said, document.url)
    canonical = _canonical(head, document.url)
    title, title_place = choose_title(_title_signs(document, head, said, names, title_suffixes))
    authors, author_place = _authors(document.root, head, said, names)
    published, published_place = _published(document, head, said, now_limit)
    modified, modified_place = _modified(head, said, now_limit, published)
    language, language_place = _language(document.root, head, said)
    access, access_place = declared_access(said.free, head.first)
    publisher = said.publisher or head.first.get("og:site_name") or None
    places = {
        "title": title_place, "authors": author_place, "published_at": published_place, "modified_at": modified_place,
        "language": language_place, "canonical_url": "link canonical" if canonical else "", "access": access_place,
        "publisher": ("json-ld publisher" if said.publisher else "og:site_name") if publisher else "",
    }  # fmt: skip
    return Metadata(
        title=title,
        authors=authors,
        published_at=published,
        modified_at=modified,
        language=language,
        canonical_url=canonical,
        access=access,
        publisher=publisher,
        metas=head.metas,
        origins=tuple(Origin(field=field, place=place) for field, place in places.items() if place),
        title_in_head=head.title,
        is_article=said.is_article or head.first.get("og:type", "").lower() == "article",
    )


def _read_head(root: HtmlElement) -> _Head:
    metas: list[tuple[str, str]] = []
    first: dict[str, str] = {}
    links: dict[str, str] = {}
    title = ""
    scripts: list[str] = []
    headings: list[HtmlElement] = []
    for element in root.iter("meta", "link", "title", "script", "h1"):
        if element.tag == "meta":
            name = (
                element.get("property")
                or element.get("name")
                or element.get("itemprop")
                or element.get("http-equiv")
                or ""
            )
            content = (element.get("content") or "").strip()
            if name and content:
                metas.append((name, content))
                first.setdefault(name.strip().lower(), content)
        elif element.tag == "link":
            for rel in (element.get("rel") or "").lower().split():
                links.setdefault(rel, element.get("href") or "")
        elif element.tag == "title":
            title = title or text_of(element)
        elif element.tag == "script":
            if "ld+json" in (element.get("type") or "").lower() and element.text:
                scripts.append(element.text)
        else:
            headings.append(element)
    return _Head(
        metas=tuple(metas), first=first, links=links, title=title, scripts=tuple(scripts), headings=tuple(headings)
    )


def text_of(element: HtmlElement) -> str:
    """The text of an element on one line, block elements kept apart."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if not isinstance(node.tag, str):
            pieces.append((node.tail or "") if event == "end" else "")
            continue
        apart = " " if node.tag in ("br", "div", "p", "li", "td") else ""
        if event == "start":
            pieces.append(apart + ((node.text or "") if node.tag not in ("script", "style", "svg") else ""))
        elif node is not element:
            pieces.append(apart + (node.tail or ""))
    return " ".join("".join(pieces).split())


def _site_names(head: _Head, said: Structured, url: str | None) -> tuple[str, ...]:
    names = [head.first.get(name, "") for name in NAME_METAS] + [said.publisher]
    if url:
        try:
            names.append(site_of(url).partition(".")[0])
        except AddressError:
            pass
    return tuple(dict.fromkeys(name for name in names if name))


def _title_signs(
    document: Parsed, head: _Head, said: Structured, names: tuple[str, ...], suffixes: Sequence[str]
) -> TitleSigns:
    headings = [text_of(heading) for heading in head.headings[:8]]
    return TitleSigns(
        headings=tuple(text for text in headings if text and len(text) <= MAX_H1_CHARS),
        og=head.first.get("og:title", ""),
        twitter=head.first.get("twitter:title", ""),
        headline=said.headline,
        head=head.title,
        site_names=names,
        slug=_slug(document.url or head.links.get("canonical", "")),
        suffixes=tuple(suffixes),
    )


def _slug(url: str) -> str:
    """The words of the last part of an address, where it has some."""
    parts = [
        part
        for part in re.split(r"[/?#]", url.partition("://")[2])[1:]
        if re.search(r"[a-z].*[-_].*[a-z]", part, re.IGNORECASE)
    ]
    return re.sub(r"[-_+]|\.\w{2,5}$", " ", max(parts, key=len, default=""))


def _canonical(head: _Head, url: str | None) -> str | None:
    declared = head.links.get("canonical") or head.first.get("og:url", "")
    if not declared:
        return None
    if url:
        return believable_canonical(declared, url)
    try:
        return canonical_url(declared)
    except AddressError:
        return None


def _authors(root: HtmlElement, head: _Head, said: Structured, names: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    readers: tuple[tuple[str, Callable[[], tuple[str, ...]]], ...] = (
        ("json-ld author", lambda: clean_authors([person.name for person in said.authors], own_names=names)),
        *((f"meta {name}", _meta_authors(head, name, names)) for name in AUTHOR_METAS),
        ("byline", lambda: _byline(root, head, names)),
    )
    for place, read in readers:
        if found := read():
            return found, place
    # A person's own site carries the person's name.
    own = clean_authors([person.name for person in said.authors if not person.organisation], full_names=True)
    return own, "json-ld author" if own else ""


def _meta_authors(head: _Head, name: str, own: tuple[str, ...]) -> Callable[[], tuple[str, ...]]:
    def read() -> tuple[str, ...]:
        if name not in head.first:
            return ()
        values = [content for key, content in head.metas if key.strip().lower() == name]
        return clean_authors([value for value in values if "://" not in value], own_names=own)

    return read


def _byline(root: HtmlElement, head: _Head, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of the first byline after the headline; without one, of the first of the page."""
    around = _around(head)
    fallback: tuple[str, ...] = ()
    for place, elements in _byline_elements(root, head):
        for element in elements[:MAX_BYLINES]:
            parent = element.getparent()
            if parent is None or _is_elsewhere(parent, around):
                continue
            found = _names_in(element, names, place)
            if found and is_name(found[0]):
                return found
            fallback = fallback or found
    return fallback


def _byline_elements(root: HtmlElement, head: _Head) -> Iterator[tuple[int, list[HtmlElement]]]:
    """The elements that each mark finds after the headline, then those of the whole page."""
    for place, find in enumerate(BYLINES if head.headings else ()):
        yield place, find(head.headings[0])
    for place, find in enumerate(BYLINES_ANYWHERE):
        yield place, find(root)


def _names_in(element: HtmlElement, names: tuple[str, ...], place: int) -> tuple[str, ...]:
    text = text_of(element)
    if not text or len(text) > MAX_BYLINE_CHARS:
        return ()
    found = byline_authors(text, names)
    if not found and place != TEXT_PLACE:
        found = clean_authors([text], own_names=names, full_names=True)
    linked = clean_authors([text_of(link) for link in element.iter("a")], own_names=names, full_names=True)
    return linked if linked and not set(linked) <= set(found) and (found or place != TEXT_PLACE) else found


def _published(document: Parsed, head: _Head, said: Structured, limit: datetime | None) -> tuple[datetime | None, str]:
    day_first = (
        not (head.first.get("og:locale", "") or document.root.get("lang") or "")
        .lower()
        .replace("_", "-")
        .startswith("en-us")
    )
    for text, place in _date_texts(document, head, said):
        when = parse_date(text, day_first=day_first)
        if when and not is_future(when, limit):
            return when, place
    if document.url and (when := url_date(document.url)) and not is_future(when, limit):
        return when, "address"
    return None, ""


def _date_texts(document: Parsed, head: _Head, said: Structured) -> Iterator[tuple[str, str]]:
    if said.published:
        yield said.published, "json-ld datePublished"
    for name in PUBLISHED_METAS:
        if name in head.first:
            yield head.first[name], f"meta {name}"
    around = _around(head)
    for element in TIMES(document.root):
        if _is_elsewhere(element, around):
            continue
        yield element.get("datetime") or element.get("content") or text_of(element)[:200], f"<{element.tag}>"


def _modified(
    head: _Head, said: Structured, limit: datetime | None, published: datetime | None
) -> tuple[datetime | None, str]:
    texts = [
        (said.modified, "json-ld dateModified"),
        *((head.first.get(name, ""), f"meta {name}") for name in MODIFIED_METAS),
    ]
    for text, place in texts:
        when = parse_date(text) if text else None
        if when and not is_future(when, limit) and (published is None or when >= published):
            return when, place
    return None, ""


def _language(root: HtmlElement, head: _Head, said: Structured) -> tuple[str | None, str]:
    texts = (
        (root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "", "html lang"),
        (said.language, "json-ld inLanguage"),
        (head.first.get("og:locale", ""), "og:locale"),
        (head.first.get("content-language", ""), "content-language"),
        (head.first.get("dc.language", ""), "meta dc.language"),
    )
    for text, place in texts:
        if found := re.match(r"([a-z]{2,3})(?=$|[-_])", text.strip().lower()):
            return found[1], place
    return None, ""


def _around(head: _Head) -> frozenset[HtmlElement]:
    """The elements that hold the headline: whatever they are called, they hold the article too."""
    return frozenset(node for heading in head.headings[:1] for node in heading.iterancestors())


def _is_elsewhere(element: HtmlElement, around: frozenset[HtmlElement]) -> bool:
    """Whether an element stands in a part of the page that holds other stories, or furniture."""
    node = element
    while node is not None and node not in around and node.tag not in ("body", "html"):
        if node.tag in ELSEWHERE_TAGS or ELSEWHERE.search(f"{node.get('class', '')} {node.get('id', '')}"):
            return True
        node = node.getparent()
    return False
