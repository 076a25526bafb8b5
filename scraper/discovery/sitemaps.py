"""Sitemaps of every form in use: XML, index, news, plain text, feed, robots.txt; each also gzipped. Pure.

https://www.sitemaps.org/protocol.html ;
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from lxml import etree

from scraper.decoding import decode
from scraper.discovery.discovered import Reading
from scraper.discovery.feed_dates import read_date
from scraper.discovery.feeds import read_feed
from scraper.discovery.packed import unpacked
from scraper.discovery.titles import plain_title
from scraper.errors import AddressError, DiscoveryError
from scraper.extraction.characters import unescape_again
from scraper.models import Channel, Link, Page, Sitemap
from scraper.urls import canonical_url

MAX_PAGES = 50_000  # sitemaps.org protocol: "no more than 50,000 URLs"; the same for an index
_MAX_TAGS = (
    600_000  # 50 000 entries with five elements, opened and closed; libxml2 keeps 300 bytes for a broken one
)
_UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
_ROOT = re.compile(r"<(?:[a-z0-9_.-]+:)?(urlset|sitemapindex|rss|feed|rdf)\b", re.IGNORECASE)
_ROBOTS_LINE = re.compile(r"^[ \t]*site-?map[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_URL_LINE = re.compile(r"^[ \t]*(https?://\S+)[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
# Generators forget to escape those of their own query strings; in a CDATA section they stand as they are.
_BARE_AMPERSAND = re.compile(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))|&(?!#?\w{1,31};)", re.DOTALL)
_PROLOG = re.compile(r"<(?:\?xml\b|!DOCTYPE\b)", re.IGNORECASE)
# The year, the month and the day in the URL of an archive's sitemap: sitemap-2026-11.xml, ?yyyy=2026&mm=11.
_PERIOD = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(?:[-_/.]?(?:&?[a-z]+=)?(0[1-9]|1[0-2]))?"
    r"(?:[-_/.]?(?:&?[a-z]+=)?([0-3]\d))?(?!\d)"
)
_ENTRY_NAMES = frozenset({"url", "sitemap"})
_TEXT_NAMES = {  # what is read, and in which element it must stand ("" for the entry itself)
    "loc": "", "lastmod": "", "news": "", "title": "news", "publication_date": "news",
    "publication": "", "language": "publication", "name": "publication",
}  # fmt: skip
_ENTRY_OPEN = re.compile(r"<(?:[\w.-]+:)?(?:url|sitemap)[\s>]", re.IGNORECASE)
_ENTRY_CLOSE = re.compile(r"</(?:[\w.-]+:)?(?:url|sitemap|urlset|sitemapindex)\s*>", re.IGNORECASE)


def read_sitemap(body: bytes, url: str) -> Sitemap:
    """Return the pages that one sitemap file lists, in its order, and the further sitemaps it points to.

    ``url`` is the file's own and resolves relative links. Raises `DiscoveryError` when the body is not a
    sitemap.
    """
    return _read(body, url)[0]


def read_channel(channel: Channel, page: Page) -> Reading:  # noqa: ARG001 - the same call for every kind
    """Return what a sitemap announces, newest first. Raises `DiscoveryError` when the page is not a
    sitemap."""
    sitemap, changed = _read(page.body, page.final_url)
    newest_first = sorted(
        sitemap.pages, key=lambda link: link.published_at or link.modified_at or _UNDATED, reverse=True
    )
    further = sorted(sitemap.sitemaps, key=lambda each: _recency(each, changed.get(each)), reverse=True)
    return Reading(links=tuple(newest_first), further=tuple(further))


def _read(body: bytes, url: str) -> tuple[Sitemap, dict[str, datetime]]:
    """Return a sitemap, and when the sitemaps that it points to changed, as far as it says so."""
    text = _cut(decode(unpacked(body, url)))
    start = text[:20_000]
    root = _ROOT.search(start)
    kind = root[1].lower() if root else ""
    if root and kind in ("urlset", "sitemapindex"):
        # Programs print warnings before it, which are not XML.
        prolog = _PROLOG.search(start, 0, root.start())
        return _read_xml(text[(prolog or root).start() :], url)
    if kind:
        links = tuple(link for link in read_feed(text.encode(), url) if link.url)
        return Sitemap(url=url, pages=links), {}
    if not start.strip():
        raise DiscoveryError("the sitemap is empty; check the URL", url)
    return _read_plain(text, url), {}


def _recency(url: str, changed: datetime | None) -> tuple[bool, str, str]:
    """Return what sorts the sitemaps of an index: those without any date, then by the day of their change.

    Some sites give all their monthly sitemaps the same day of change, or none; the month in the URL then
    decides.
    """
    periods = ["-".join(part for part in match.groups() if part) for match in _PERIOD.finditer(url)]
    period, day = max(periods, default=""), f"{changed:%Y-%m-%d}" if changed else ""
    return (not (period or day), day or period, period)


def _cut(text: str) -> str:
    """Return the text up to the `_MAX_TAGS`-th tag."""
    if text.count("<") <= _MAX_TAGS:
        return text
    return text[: next(islice(re.finditer("<", text), _MAX_TAGS, None)).start()]


def _read_plain(text: str, url: str) -> Sitemap:
    sitemaps = tuple(_urls((line[1] for line in _ROBOTS_LINE.finditer(text)), url))
    if sitemaps:
        return Sitemap(url=url, sitemaps=sitemaps)
    pages = tuple(Link(url=page) for page in _urls((line[1] for line in _URL_LINE.finditer(text)), url))
    if not pages:
        raise DiscoveryError("this is not a sitemap (XML, text or feed); check the URL", url)
    return Sitemap(url=url, pages=pages)


def _urls(texts: Iterator[str], base: str) -> Iterator[str]:
    """Yield the http(s) URLs among some texts, each once."""
    seen: set[str] = set()
    for text in islice(texts, MAX_PAGES):
        try:
            url = canonical_url(text, base)
        except AddressError:
            continue
        if url not in seen:
            seen.add(url)
            yield url


def _read_xml(text: str, url: str) -> tuple[Sitemap, dict[str, datetime]]:
    pages: list[Link] = []
    sitemaps: dict[str, datetime | None] = {}
    for name, entry in islice(_entries(text, url), MAX_PAGES):
        if not entry.get("loc"):
            continue
        try:
            location = canonical_url(entry["loc"], url)
        except AddressError:
            continue
        if name == "sitemap":
            sitemaps.setdefault(location, read_date(entry.get("lastmod", "")))
        else:
            pages.append(_page(entry, location))
    changed = {location: moment for location, moment in sitemaps.items() if moment}
    return Sitemap(url=url, pages=tuple(pages), sitemaps=tuple(sitemaps)), changed


def _page(entry: dict[str, str], url: str) -> Link:
    return Link(
        url=url,
        title=plain_title(entry.get("title", "")),
        published_at=read_date(entry.get("publication_date", "")),
        modified_at=read_date(entry.get("lastmod", "")),
        language=entry.get("language") or None,
    )


def _entries(text: str, url: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each ``url`` or ``sitemap`` element as the texts below it, without building the whole tree.

    Entities and DTDs are not read. Markup that is not well-formed is read as far as libxml2 recovers it; an
    entry that the file breaks off in is dropped, because half a URL is another URL.
    """
    source = io.BytesIO(
        _BARE_AMPERSAND.sub(lambda match: match[1] or "&amp;", text).encode("utf-8", "replace")
    )
    parser = etree.iterparse(
        source, events=("end",), recover=True, resolve_entities=False, load_dtd=False, no_network=True,
        huge_tree=False, remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip
    held: tuple[str, dict[str, str]] | None = None
    try:
        for _, element in parser:
            name = _local_name(element)
            if name in _ENTRY_NAMES:
                if held:
                    yield held
                held = name, _texts(element)
            if name not in _TEXT_NAMES:
                _forget(element)
    except etree.XMLSyntaxError:
        if held is None:
            raise DiscoveryError("the XML of this sitemap cannot be parsed", url) from None
    if held and not _breaks_off(text):
        yield held


def _forget(element: etree._Element) -> None:
    """Free the memory of an element that was read, and of the sibling before it: files have 10^6 of them."""
    element.clear()
    elder = element.getprevious()
    if elder is not None and _local_name(elder) not in _TEXT_NAMES:
        elder.getparent().remove(elder)


def _texts(element: etree._Element) -> dict[str, str]:
    texts: dict[str, str] = {}
    for part in element.iterdescendants():
        name, parent = _local_name(part), _local_name(part.getparent())
        if _TEXT_NAMES.get(name) == parent or (name in ("loc", "lastmod") and part.getparent() is element):
            # A child in a text is an entity, which is not read, and half a URL is another URL.
            texts.setdefault(name, "" if len(part) else unescape_again((part.text or "").strip()))
    return texts


def _local_name(element: etree._Element) -> str:
    tag = element.tag
    # libxml2 leaves a prefix that the file does not declare in the name ("news:title").
    return tag.rpartition("}")[2].rpartition(":")[2].lower() if isinstance(tag, str) else ""


def _breaks_off(text: str) -> bool:
    last_open = max((opening.start() for opening in _ENTRY_OPEN.finditer(text)), default=-1)
    return not _ENTRY_CLOSE.search(text, max(last_open, 0))
