"""Read the small elements whose text is set by marks: rows of data tables, footnote marks."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from scraper.extraction.page_head import text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_CELL = 200  # characters; a cell with more is a part of the page's layout
MAX_MARK = 6  # characters of a footnote mark: "[12]", "*", "↩"
MAX_SPAN = 20  # rows above that are looked at for a cell that reaches down
CELL_END = " | "

# Elements that a cell of figures or names does not hold: with one, the table sets the page.
_LAYOUT = frozenset(
    "table ul ol dl h1 h2 h3 h4 h5 h6 form blockquote article section header footer nav figure pre".split()
)
_CELL_ROLES = frozenset(("cell", "gridcell", "columnheader", "rowheader"))  # WAI-ARIA 1.2, 5.3.3
_MARK = re.compile(r"[\W\d_]*\d*[\W\d_]*|[\[(]?[a-z][\])]?", re.IGNORECASE)


class Row(NamedTuple):
    """A row of a data table: its cells on one line."""

    text: str
    link_length: int  # characters within links
    is_head: bool  # all cells are <th>


def is_row(element: HtmlElement, tag: str) -> bool:
    """Return whether an element is the row of a table, by its tag or its role."""
    return tag == "tr" or (tag == "div" and element.get("role") == "row")


def row_text(row: HtmlElement) -> Row | None:
    """Return the cells of a row on one line; ``None`` for a row that sets the page's layout."""
    cells = [cell for cell in row if cell.tag in ("td", "th") or cell.get("role") in _CELL_ROLES]
    least = 1 if _is_spanned(row) else 2
    if len(cells) < least or any(element.tag in _LAYOUT for element in row.iter()):
        return None
    texts = [text_of(cell) for cell in cells]
    if sum(bool(text) for text in texts) < least or max(map(len, texts)) > MAX_CELL:
        return None
    linked = sum(len(text_of(link)) for link in row.iter("a"))
    is_head = all(cell.tag == "th" or cell.get("role") == "columnheader" for cell in cells)
    return Row(text=CELL_END.join(text for text in texts if text), link_length=linked, is_head=is_head)


def _is_spanned(row: HtmlElement) -> bool:
    """Return whether a cell of a row above reaches into this one."""
    above = islice(row.itersiblings("tr", preceding=True), MAX_SPAN)
    return any(
        int(span) > rows
        for rows, each in enumerate(above, start=1)
        for cell in each
        if (span := cell.get("rowspan") or "").isdecimal()
    )


def is_mark(element: HtmlElement) -> bool:
    """Return whether a ``<sup>`` or ``<a>`` is a footnote mark, or the way back from the note to its mark."""
    link = element if element.tag == "a" else element.find(".//a")
    if link is None or "#" not in (link.get("href") or ""):
        return False
    text = "".join(element.itertext()).strip()
    if not text or len(text) > MAX_MARK or not _MARK.fullmatch(text):
        return False
    return element.tag == "sup" or not text.strip("[]()").isalnum() or _is_note(link)


def _is_note(link: HtmlElement) -> bool:
    names = f"{link.get('class', '')} {link.get('role', '')} {link.get('rel', '')} {link.get('href', '')}"
    return bool(re.search(r"foot|note|\bfn|ref|cite", names, re.IGNORECASE))
