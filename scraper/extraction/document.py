"""Parse a page once, into the tree that metadata, furniture and body all read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree, html

from scraper.body_tag import with_body_tag
from scraper.decoding import decode, sniff_encoding
from scraper.errors import EmptyPageError, NotHtmlError, ParseLimitError
from scraper.extraction.blocks import TextBlock
from scraper.extraction.characters import repair_double_encoding
from scraper.extraction.kept_outline import unpack_outline
from scraper.extraction.outline import Outline, read_outline

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CHARACTERS = 20_000_000  # a page of 15 MB (DEFAULT_MAX_BYTES) decoded, with room for what was imported
LONG_TAG = 20_000  # characters; only a longer tag can hold too many attributes
FEW_CHARACTERS = 100_000  # a shorter page has no room for so many that it would matter
MAX_ELEMENTS = 50_000  # ten times the largest of 783 real pages; so many are read in 5 to 10 s and 300 MB
MAX_ATTRIBUTES = 1000  # of one tag; libxml2 takes quadratic time (30,000 attributes: 3 s)
SNIFFED_CHARACTERS = 2048

_CONTROL = bytes({*range(0x20)} - {9, 10, 13})  # bytes that XML 1.0 has no character for
_MARKUP = re.compile(r"<\s*(?:!doctype\s+html|/?[a-z][a-z0-9-]*[\s/>])", re.IGNORECASE)
_FEED = re.compile(
    r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(rss|feed|rdf:RDF|urlset|sitemapindex)\b", re.DOTALL
)
_JSON = re.compile(r'^\s*[\[{]\s*["\[{\]}]')
_CONTAINER = re.compile(
    r"<(/?)(?:div|section|article|main|table|tbody|tr|td|th|ul|ol|li|dl|dd|blockquote|center|form)\b[^>]*>",
    re.IGNORECASE,
)
# libxml2 drops what stands below the end tags of the page: scripts, and the rest of a badly built page.
# To search a page for the pattern takes four times as long as to find the names in its lower case.
_CLOSERS = re.compile(r"</(?:[bB][oO][dD][yY]|[hH][tT][mM][lL])\s*>")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_ODD = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\ufffd]")  # characters that text does not have
_INLINE = re.compile(
    r"</?(?:span|font|b|i|u|em|strong|small|big|a|ins|del|sub|sup|nobr)\b[^>]*>", re.IGNORECASE
)
_START_TAG = re.compile(r"<[a-zA-Z]")
# One class for all elements: lxml.html's own lookup calls Python each time an element is met, a tenth of the
# time of a page.
_CLASSES = etree.ElementDefaultClassLookup(element=html.HtmlElement)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed page. ``root`` is the whole ``<html>`` tree with its scripts; readers must not change it."""

    root: HtmlElement
    url: str | None
    size: int  # characters of the source
    flattened: bool = False  # nested so deeply that the containers were dissolved to keep the text
    kept: bytes = b""  # its outline, where the same page was walked before

    @cached_property
    def outline(self) -> Outline:
        """The text blocks of the page in reading order, and the elements that hold them."""
        return unpack_outline(self.kept, self.root) if self.kept else read_outline(self.root)

    @property
    def blocks(self) -> tuple[TextBlock, ...]:
        """The text blocks of the page in reading order."""
        return self.outline.blocks


def read_document(page: str | bytes, url: str | None = None, content_type: str | None = None) -> Document:
    """Return the parsed page; bytes are decoded as browsers decide it.

    Raises `EmptyPageError` when there is nothing, `NotHtmlError` for binary, JSON and feeds,
    `ParseLimitError` if the page is larger than `MAX_CHARACTERS` or `MAX_ELEMENTS`.
    """
    source = _decoded(page, content_type) if isinstance(page, bytes) else page
    source = repair_double_encoding(source)
    subject = url or ""
    if len(source) > MAX_CHARACTERS:
        raise ParseLimitError(
            f"page of {len(source)} characters is more than {MAX_CHARACTERS}; not read", subject
        )
    _require_html(source, subject)
    elements = source.count("<")  # no fewer than there are, and counted in no time
    if elements > MAX_ELEMENTS:
        elements -= source.count("</")
    if elements > MAX_ELEMENTS and (elements := len(_START_TAG.findall(source))) > MAX_ELEMENTS:
        raise ParseLimitError(
            f"the page has {elements} elements, more than {MAX_ELEMENTS}; not read", subject
        )
    markup = with_body_tag(_without_closers(_shorten_tags(source)))
    root, cut = _parse(markup)
    if cut:
        root, _ = _parse(_flatten(markup))
    if root is None:
        raise EmptyPageError("the page has no element that can be read", subject)
    return Document(root=root, url=url, size=len(source), flattened=cut)


def _decoded(page: bytes, content_type: str | None) -> str:
    """Return the text of a page; one that says UTF-8, with mostly bytes that are not, is windows-1252.

    A browser shows U+FFFD for every letter with an accent there; a reader who keeps the page wants letters.
    """
    source = decode(page, content_type)
    broken = source.count("\ufffd")
    if not broken or 2 * broken <= len(_NOT_ASCII.findall(source)):
        return source
    return (
        decode(page, "text/html; charset=windows-1252")
        if sniff_encoding(page, content_type) == "UTF-8"
        else source
    )


def _without_closers(source: str) -> str:
    lower = source.lower()
    if len(lower) != len(source):  # of a few letters: places would not agree
        return _CLOSERS.sub(" ", source)
    parts, done = [], 0
    for place in sorted(_places_of("</body", lower) + _places_of("</html", lower)):
        if closer := _CLOSERS.match(source, place):
            parts.append(source[done:place])
            done = closer.end()
    return " ".join([*parts, source[done:]])


def _places_of(mark: str, text: str) -> list[int]:
    found, place = [], text.find(mark)
    while place >= 0:
        found.append(place)
        place = text.find(mark, place + 1)
    return found


def _require_html(source: str, subject: str) -> None:
    start = source[:SNIFFED_CHARACTERS]
    if not source.strip(" \t\r\n\x00\ufeff"):
        raise EmptyPageError("the page is empty", subject)
    if feed := _FEED.match(start.lstrip("\ufeff")):
        raise NotHtmlError(
            f"this is a {feed[1]} document, not an article page; declare it as a feed or sitemap", subject
        )
    if _JSON.match(start) and not _MARKUP.search(start):
        raise NotHtmlError("this is JSON, not a page", subject)
    if _looks_binary(start):
        raise NotHtmlError("this is binary, not a page", subject)
    if not _MARKUP.search(source):
        message = "this is not HTML; import plain text with --format text, or as `text` of a JSON line"
        raise NotHtmlError(message, subject)


def _looks_binary(start: str) -> bool:
    """Return whether this is a PDF, an image or an archive, or has more control characters than text has."""
    if start.startswith(("%PDF-", "PK\x03\x04", "\x89PNG", "GIF8", "\x1f\x8b", "\x7fELF")):
        return True
    odd = len(_ODD.findall(start))
    return odd > len(start) * 0.1


def _parse(source: str) -> tuple[HtmlElement | None, bool]:
    """Return the tree, and whether the parser reached its depth limit and dropped what lay deeper."""
    # huge_tree lifts libxml2's limit of 256 nested elements to 2048; trafilatura's own parser loses what is
    # deeper.
    parser = html.HTMLParser(
        encoding="utf-8",
        remove_comments=True,
        remove_pis=True,
        huge_tree=True,
        default_doctype=False,
        collect_ids=False,
    )
    parser.set_element_class_lookup(_CLASSES)
    try:
        root = html.document_fromstring(
            source.encode("utf-8", "replace").translate(None, _CONTROL), parser=parser
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return None, False
    cut = any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log)
    return (root if isinstance(root, html.HtmlElement) else None), cut


def _shorten_tags(source: str) -> str:
    """Return the page without the attributes of tags that have more than `MAX_ATTRIBUTES` of them."""
    if len(source) < FEW_CHARACTERS:
        return source
    step = LONG_TAG // 2  # a longer tag has one such stretch without "<"
    parts, done, start = [], 0, 0
    while start < len(source) - step:
        if source.find("<", start, start + step) >= 0:
            start += step
            continue
        begin = source.rfind("<", 0, start) + 1
        end = source.find("<", start + step)
        end = end if end >= 0 else len(source)
        if end - begin > LONG_TAG:
            parts += [source[done:begin], _shortened(source[begin:end])]
            done = end
        start = end
    return "".join([*parts, source[done:]])


def _shortened(part: str) -> str:
    attributes, _, rest = part.partition(">")
    if not part[:1].isalpha() or len(attributes) < LONG_TAG or len(attributes.split()) <= MAX_ATTRIBUTES:
        return part
    return f"{attributes.split()[0]}>{rest}"


def _flatten(source: str) -> str:
    """Return the page with every container turned into a paragraph, which closes itself, so that nothing
    nests.
    """
    return _INLINE.sub(" ", _CONTAINER.sub("<p>", source))
