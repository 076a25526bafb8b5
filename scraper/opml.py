"""OPML lists of feed readers to sources: each outline is judged alone, so that one bad outline does not cost
the others. Pure.

http://opml.org/spec2.opml. What real lists hold (203 public ones were looked at): home pages such as ``[]``
or ``/blog``, feeds without a scheme, ``feed://`` links, bare ampersands, HTML with quotation marks in
attributes, the same feed in two folders, outlines without a name. `listparser` would drop ``htmlUrl``, and
with it the home pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lxml import etree

from scraper.decoding import decode
from scraper.errors import AddressError, SourceError
from scraper.extraction.characters import unescape_again
from scraper.models import Source
from scraper.source_files import fresh_id, refuse_large
from scraper.sources import read_sources
from scraper.urls import canonical_url, mended_scheme, site_of

MAX_OUTLINES = 10_000
MAX_NAME_CHARS = 200
TAIL_CHARS = 1000  # after the tag of an outline: closing tags, comments and white space

# Schemes that feed readers and podcast programs put before a feed: feed://host/rss, feed:https://host/rss.
_FEED_SCHEMES = frozenset({"feed", "feeds", "itpc", "pcast", "podcast", "rss"})
_HOST = re.compile(
    r"(?:[\w-]+\.)+[^\W\d_][\w-]+\.?|localhost|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE
)
_BARE_HOST = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]+(?::\d+)?(?:[/?#]\S*)?")
# Full stops of East Asian keyboards, which host names have for "." (UTS #46, 2.3), and their colon and slash.
_WIDE_DOTS = re.compile("[\u3002\uff0e\uff61]")
_WIDE_SCHEME = re.compile("^(https?)\uff1a[/\uff0f]{2}", re.IGNORECASE)
_OUTLINE = re.compile(r"<outline(?=[\s/>])", re.IGNORECASE)
_CLOSING = re.compile(r"</outline\s*>", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:\s|</?[a-z]{1,10}\s*/?>|<!--.*?-->|<\?[^<>]*\?>|<!doctype[^<>]*>"
    r"|<opml\b[^<>]*>|<head\b.*?</head\s*>)*\Z",
    re.IGNORECASE | re.DOTALL,
)
# A value ends at a quotation mark before the next attribute or the end: HTML within a value has such marks
# too.
_ATTRIBUTE = re.compile(
    r"""([a-z_:][\w:.-]*)\s*=\s*(["'])(.{0,20000}?)\2(?=\s*(?:/?\Z|[a-z_:][\w:.-]*\s*=\s*["']))""",
    re.IGNORECASE | re.DOTALL,
)
# Where a quotation mark is missing or curly, a URL ends at the first sign that URLs do not have.
_BARE_URL = re.compile(
    r"""\b(xmlurl|htmlurl)\s*=\s*["'\u201c\u201d]?\s*([^\s"'<>\u201c\u201d]+?)(?=/?>|[\s"'<\u201c\u201d])""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFeed:
    """An outline that cannot be a source, and why."""

    name: str
    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpmlList:
    """What an OPML file holds; the sources are not proven yet."""

    sources: tuple[Source, ...] = ()
    skipped: tuple[SkippedFeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outline:
    attributes: Mapping[str, str]  # names in lower case
    folder: str  # the name of the outline around it

    def get(self, name: str) -> str:
        return " ".join(self.attributes.get(name, "").split())

    @property
    def name(self) -> str:
        return (self.get("title") or self.get("text"))[:MAX_NAME_CHARS]

    @property
    def feed(self) -> str:
        is_feed = self.get("type").lower() in ("rss", "atom")
        return unescape_again(self.get("xmlurl") or (self.get("url") if is_feed else ""))


@dataclass(slots=True)
class _Tables:
    """The ``[[source]]`` tables made of the outlines so far, by name and site."""

    tables: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    feeds: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)

    def add(self, outline: _Outline) -> None:
        """Add one outline; a feed that stands in two folders is added once. Raises `AddressError`."""
        homepage = _homepage(outline.get("htmlurl"))
        feed = _feed_url(outline.feed, homepage)
        key = canonical_url(feed)
        if key in self.feeds:
            return
        self.feeds.add(key)
        table = self.tables.setdefault((outline.name, homepage or site_of(feed)), {})
        if not table:
            identifier = fresh_id(outline.name or site_of(homepage or feed), self.ids)
            self.ids.add(identifier)
            name = outline.name or site_of(homepage or feed)
            table |= {"id": identifier, "name": name, "homepage": homepage, "proven": False, "feeds": []}
            table["kind"] = outline.folder.lower() or "press"
        table["feeds"].append(feed)


def read_opml(body: bytes, file: str = "") -> OpmlList:
    """Return the feeds of an OPML list as sources; outlines with one name and home page are one source.

    A home page that is not a URL is dropped, a feed that is not one is skipped with the reason. Raises
    `SourceError` when the file is not OPML or does not name a feed.
    """
    refuse_large(body, file)
    tables = _Tables()
    skipped: list[SkippedFeed] = []
    without_feed: list[SkippedFeed] = []
    outlines = 0
    for outline in _outlines(decode(body, "text/xml"), file):
        if not outline.feed:
            without_feed += _without_feed(outline)
            continue
        outlines += 1
        try:
            if outlines <= MAX_OUTLINES:
                tables.add(outline)
        except AddressError as error:
            skipped.append(SkippedFeed(name=outline.name, url=outline.feed, reason=error.message))
    if outlines > MAX_OUTLINES:
        reason = f"the list is longer than {MAX_OUTLINES} feeds; split it"
        skipped.append(SkippedFeed(name=f"the last {outlines - MAX_OUTLINES} feeds", url=file, reason=reason))
    if not outlines and not without_feed:
        raise SourceError("this OPML does not name a feed (no outline has an xmlUrl)", file)
    sources = _sources(list(tables.tables.values()), skipped, file)
    return OpmlList(sources=sources, skipped=tuple(skipped if outlines else without_feed[:MAX_OUTLINES]))


def _sources(tables: list[dict[str, Any]], skipped: list[SkippedFeed], file: str) -> tuple[Source, ...]:
    """Return the sources; a table that is refused adds its feeds to ``skipped``, and the others stay."""
    try:
        return read_sources(tables, file)
    except SourceError:
        good: list[dict[str, Any]] = []
        for table in tables:
            try:
                read_sources([table], file)
                good.append(table)
            except SourceError as error:
                skipped += [
                    SkippedFeed(name=table["name"], url=url, reason=error.message) for url in table["feeds"]
                ]
        return read_sources(good, file)


def _without_feed(outline: _Outline) -> Iterator[SkippedFeed]:
    """Yield what an outline names in place of a feed: blogrolls have home pages, lists of lists other
    lists."""
    if url := outline.get("htmlurl") or outline.get("url"):
        is_list = outline.get("type").lower() == "include" or url.lower().endswith(".opml")
        reason = "another list; download and import it" if is_list else "no feed; try `cuttings sources add`"
        yield SkippedFeed(name=outline.name, url=url, reason=reason)


def _outlines(text: str, file: str) -> Iterator[_Outline]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8")
    try:
        root = etree.fromstring(text.strip().encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        if not re.search(r"<(?:opml|outline)[\s/>]", text, re.IGNORECASE):
            raise SourceError("this is not an OPML file", file) from None
        return _lenient_outlines(text)
    if _local_name(root) != "opml":
        raise SourceError("this is not an OPML file", file)
    return _strict_outlines(root)


def _strict_outlines(root: etree._Element) -> Iterator[_Outline]:
    for element in root.iter():
        if _local_name(element) == "outline":
            parent = element.getparent()
            folder = _Outline(attributes=_attributes(parent), folder="").name if parent is not None else ""
            yield _Outline(attributes=_attributes(element), folder=folder)


def _lenient_outlines(text: str) -> Iterator[_Outline]:
    """Yield the outlines of a list that is not well-formed XML, each read up to the beginning of the next."""
    openings = list(_OUTLINE.finditer(text))
    ends = [*(opening.start() for opening in openings[1:]), len(text)]
    folders: list[str] = []
    for opening, end in zip(openings, ends, strict=True):
        piece = text[opening.end() : end]
        tail = _TAIL.search(piece, max(0, len(piece) - TAIL_CHARS))
        tag = piece[: tail.start()] if tail else piece
        is_open = not tag.removesuffix(">").endswith("/")
        attributes = {name.lower(): value for name, value in _BARE_URL.findall(tag)}
        quoted = _ATTRIBUTE.findall(tag.removesuffix(">").removesuffix("/").rstrip())
        attributes |= {name.lower(): value for name, _, value in quoted}
        outline = _Outline(
            attributes={name: unescape_again(value) for name, value in attributes.items()},
            folder=folders[-1] if folders else "",
        )
        yield outline
        if is_open:
            folders.append(outline.name)
        for _ in _CLOSING.finditer(piece, len(tag)):
            if folders:
                folders.pop()


def _local_name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _attributes(element: etree._Element) -> dict[str, str]:
    return {str(key).lower(): str(value) for key, value in element.attrib.items()}


def _homepage(text: str) -> str:
    """Return a home page as a URL; empty when it is not one."""
    try:
        return _with_scheme(text)
    except AddressError:
        return ""


def _feed_url(text: str, homepage: str) -> str:
    """Return the URL of a feed. Raises `AddressError`."""
    scheme, _, rest = text.partition(":")
    if scheme.lower() in _FEED_SCHEMES:  # feed://host/rss means http; feed:https://host/rss says its own
        text = f"http:{rest}" if rest.startswith("//") else rest
    text = mended_scheme(text)
    if text.startswith("//") and homepage:
        text = f"{urlsplit(homepage).scheme}:{text}"
    if homepage and text.startswith("/") and not text.startswith("//"):
        return canonical_url(text, homepage)
    return _with_scheme(text)


def _with_scheme(text: str) -> str:
    """Return a URL, with ``http://`` before a bare host. Raises `AddressError`."""
    text = mended_scheme(_WIDE_SCHEME.sub(r"\1://", text))
    if "\\" in text:
        text = mended_scheme(text.replace("\\", "/"))  # WHATWG URL: a backslash is a slash
    if text.startswith("//"):
        text = f"http:{text}"
    elif _BARE_HOST.fullmatch(text):
        text = f"http://{text}"
    canonical_url(text)
    text = text.replace(" ", "%20")
    parts = urlsplit(text)
    if _WIDE_DOTS.search(parts.netloc):
        text = parts._replace(netloc=_WIDE_DOTS.sub(".", parts.netloc)).geturl()
    host = urlsplit(text).hostname or ""
    # An odd character in a host, such as U+2024 for a full stop, is a slip or a forgery: a person should
    # look.
    if not _HOST.fullmatch(host):
        raise AddressError("the host name has characters that host names do not have", text)
    return text
