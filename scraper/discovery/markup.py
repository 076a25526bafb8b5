"""A page as a tree, for reading its links. Pure, and bounded: libxml2 stops at 2048 nested elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from scraper.body_tag import with_body_tag
from scraper.errors import AddressError
from scraper.urls import canonical_url

MAX_MARKUP_CHARS = 4_000_000  # of a page; list pages have 50 to 500 thousand
MAX_TAGS = 60_000  # of a page; list pages have 1 to 10 thousand, and BeautifulSoup takes 1.5 KB for each
MAX_LINKS = 5_000

_UNREAD = frozenset({"script", "style", "noscript", "template", "svg"})
_BLOCKS = frozenset(
    {"p", "div", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6", "td", "tr", "dt", "dd", "time", "section"}
)

LONG_TAG_CHARS = 4_000  # a tag with more attributes than the limit is longer
MAX_TAG_ATTRIBUTES = 500

# Comments and whole tags, quoted values included. No alternative can fail once begun, so the scan is linear.
_TAG = re.compile(r"""<!--.*?(?:-->|\Z)|<[a-zA-Z](?:[^>"']++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+""", re.DOTALL)
_QUOTED = re.compile(r"""=\s*(?:"[^"]*+"|'[^']*+')""")


def parse_page(html: str) -> etree._Element | None:
    """Return the root element of a page; ``None`` when the page is empty."""
    text = html[:MAX_MARKUP_CHARS].replace("\0", "")
    if text.count("<") > MAX_TAGS:
        text = text[: next(islice(re.finditer("<", text), MAX_TAGS, None)).start()]
    text = _TAG.sub(_shortened, text)
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True
    )
    try:
        return etree.fromstring(with_body_tag(text).encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        return None


def base_address(root: etree._Element, url: str) -> str:
    """Return what the page's relative links are relative to: its own URL, or that of its ``<base>``."""
    for base in root.iter("base"):
        href = base.get("href")
        if href:
            return absolute(href, url) or url
    return url


def absolute(href: str | None, base: str) -> str:
    """Return the canonical URL of a link; "" when it does not lead to a page."""
    if not href or href.lstrip().startswith("#"):
        return ""
    try:
        return canonical_url(href, base)
    except AddressError:
        return ""


def text_of(element: etree._Element) -> str:
    """Return the text below an element on one line, without scripts and styles."""
    return " ".join("".join(_texts(element)).split())


def _texts(element: etree._Element) -> Iterator[str]:
    for part in element.iter():
        gap = " " if part.tag in _BLOCKS else ""
        if part.tag not in _UNREAD:
            yield f"{gap}{part.text or ''}"
        if part is not element:
            yield f"{gap}{part.tail or ''}"


def _shortened(tag: re.Match[str]) -> str:
    # libxml2 compares each attribute of a tag with all earlier ones: 10^5 in one tag take minutes.
    text = tag.group()
    if len(text) <= LONG_TAG_CHARS or len(_QUOTED.sub(" ", text).split()) <= MAX_TAG_ATTRIBUTES:
        return text
    return text.split(maxsplit=1)[0]
