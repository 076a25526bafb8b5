"""Read the head of a page and its top headings in one walk over the tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from scraper.extraction.characters import clean_characters

if TYPE_CHECKING:
    from lxml.html import HtmlElement

APART = frozenset(("br", "div", "p", "li", "td", "th", "tr", "ul", "h1", "h2", "h3", "h4", "section", "time"))
SILENT = frozenset(("script", "style", "svg", "noscript", "template", "rt", "rp"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHead:
    """What a page declares. ``first`` holds the first non-empty content of each meta, names in lower case."""

    metas: tuple[tuple[str, str], ...]
    first: Mapping[str, str]
    links: Mapping[str, str]  # rel -> href
    title: str
    scripts: tuple[str, ...]  # JSON-LD
    headings: tuple[HtmlElement, ...]  # h1
    base: str = ""  # <base href>


def read_head(root: HtmlElement) -> PageHead:
    """Return the metas, links, title, JSON-LD scripts and h1 headings of a page."""
    metas: list[tuple[str, str]] = []
    links: dict[str, str] = {}
    title = ""
    scripts: list[str] = []
    headings: list[HtmlElement] = []
    base = ""
    for element in root.iter("meta", "link", "title", "script", "h1", "base"):
        if element.tag == "meta":
            metas += _meta(element)
        elif element.tag == "link":
            for rel in (element.get("rel") or "").lower().split():
                links.setdefault(rel, element.get("href") or "")
        elif element.tag == "title":
            title = title or text_of(element)
        elif element.tag == "base":
            base = base or element.get("href") or ""
        elif element.tag == "h1":
            headings.append(element)
        elif "ld+json" in (element.get("type") or "").lower() and element.text:
            scripts.append(element.text)
    first: dict[str, str] = {}
    for name, content in metas:
        first.setdefault(name.lower(), content)
    return PageHead(
        metas=tuple(metas),
        first=first,
        links=links,
        title=title,
        scripts=tuple(scripts),
        headings=tuple(headings),
        base=base,
    )


def text_of(element: HtmlElement) -> str:
    """Return the text of an element on one line, block elements kept apart."""
    pieces: list[str] = []
    for event, node in etree.iterwalk(element, events=("start", "end")):
        apart = " " if node.tag in APART else ""
        if event == "start":
            pieces.append(apart + ((node.text or "") if node.tag not in SILENT else ""))
        elif node is not element:
            pieces.append(apart + (node.tail or ""))
    return clean_characters(" ".join("".join(pieces).split()))


def slug_of(url: str) -> str:
    """Return the words of the part of a URL that has most of them; none for numbers and single words."""
    parts = re.split(r"[/?#]", url.partition("://")[2])[1:]
    worded = [part for part in parts if re.search(r"[a-z].*[-_].*[a-z]", part, re.IGNORECASE)]
    return re.sub(r"[-_+]|\.\w{2,5}$", " ", max(worded, key=len, default=""))


def _meta(element: HtmlElement) -> list[tuple[str, str]]:
    names = (element.get(attribute) for attribute in ("property", "name", "itemprop", "http-equiv"))
    name = next((name.strip() for name in names if name), "")
    content = clean_characters((element.get("content") or "").strip())
    return [(name, content)] if name and content else []
