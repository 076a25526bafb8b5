"""The body of a mail as blocks: its lines, each with the links and the heading or list item it stands in.
Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lxml import etree, html

from scraper.body_tag import with_body_tag

if TYPE_CHECKING:
    from lxml.html import HtmlElement

HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
BLOCKS = HEADINGS | frozenset(
    "p div td th li tr table section article blockquote br hr center ul ol body pre header footer".split()
)
UNREAD = frozenset("script style head title".split())
BOLD = frozenset("b strong".split())
LINKED_SHARE = 0.8  # of the characters of a block, for the block to be a link
BOLD_SHARE = 0.95
MIN_HEADLINE_WORDS = 4  # "Read more", "View online", a section's name have fewer
MAX_HEADLINE_CHARS = 200

HIDDEN = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|$)"
)
URL = re.compile(r"<?(https?://[^\s<>\"]+)>?")
MARKDOWN_LINK = re.compile(r"!?\[([^\[\]\n]{3,200})\]\((https?://[^\s()<>]+)\)")
QUOTED = re.compile(r"^(?:>[ \t]?)+", re.MULTILINE)
INVISIBLE = re.compile("[\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufeff]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_NOTE_LINK = re.compile(r"#(?:_?footnote|fn|_?ftn|easy-footnote)", re.IGNORECASE)
_NOTE_MARK = re.compile(r"[\[(]?(?:\d{1,3}|[*†‡§])[\])]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A piece of a block's text, with the URL it links to."""

    text: str
    link: str = ""
    anchor: int = 0  # the number of its <a>; several blocks may stand in one
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One line of a mail."""

    runs: tuple[Run, ...]
    heading: bool = False
    listed: bool = False  # within <li>

    @property
    def text(self) -> str:
        """The text on one line."""
        return " ".join("".join(run.text for run in self.runs).split())

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())

    @property
    def links(self) -> tuple[str, ...]:
        """The URLs it links to, each once."""
        return tuple(dict.fromkeys(run.link for run in self.runs if run.link))

    @property
    def linked(self) -> bool:
        """Whether (nearly) all of it is link text."""
        return bool(self.links) and _share(self.runs, lambda run: bool(run.link)) >= LINKED_SHARE

    @property
    def bold(self) -> bool:
        """Whether (nearly) all of it is bold."""
        return _share(self.runs, lambda run: run.bold) >= BOLD_SHARE

    @property
    def anchors(self) -> frozenset[int]:
        """The numbers of the <a> elements that it stands in or holds."""
        return frozenset(run.anchor for run in self.runs if run.anchor)


def html_blocks(markup: str) -> list[Block]:
    """Return the visible blocks of an HTML body."""
    try:
        root = html.document_fromstring(
            with_body_tag(CONTROL.sub("", markup)).encode(),
            parser=html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True),
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    return list(_Walk().blocks(root))


def text_blocks(text: str) -> list[Block]:
    """Return the paragraphs of a plain body with their lines joined; each URL is a block of its own."""
    blocks: list[Block] = []
    text = QUOTED.sub("", CONTROL.sub("", text.replace("\r\n", "\n")))
    text = MARKDOWN_LINK.sub(r"\1\n<\2>\n", text)
    for paragraph in re.split(r"\n\s*\n", text):
        start = 0
        for match in URL.finditer(paragraph):
            url = _whole_url(match[1])
            blocks += _plain_blocks(paragraph[start : match.start()])
            blocks.append(Block(runs=(Run(text=url, link=url),)))
            start = match.end()
        blocks += _plain_blocks(paragraph[start:])
    return blocks


def is_url(block: Block) -> bool:
    """Return whether a block is nothing but a URL."""
    return bool(URL.fullmatch(block.text))


def is_note_mark(run: Run) -> bool:
    """Return whether a piece of text is the number of a footnote, linked to it or back from it."""
    return bool(run.link and _NOTE_LINK.search(run.link) and _NOTE_MARK.fullmatch(run.text.strip()))


def without_note_marks(block: Block) -> Block:
    """Return a block without the numbers of footnotes."""
    if not any(map(is_note_mark, block.runs)):
        return block
    return replace(block, runs=tuple(run for run in block.runs if not is_note_mark(run)))


def _whole_url(text: str) -> str:
    """Return a URL without the bracket and the stop of the sentence that it stands in."""
    url = text.rstrip(".,;:!?'")
    bare = url.rstrip(")")
    missing = bare.count("(") - bare.count(")")  # brackets of the URL itself, as in Wikipedia's
    return bare + ")" * min(max(missing, 0), len(url) - len(bare))


class _Walk:
    """Gathers the text of a mail's tree into blocks."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._heading = False
        self._listed = False

    def blocks(self, root: HtmlElement) -> Iterator[Block]:
        link, anchor, hidden, heading, bold, listed = "", 0, 0, 0, 0, 0
        for event, node in etree.iterwalk(root, events=("start", "end")):
            step = 1 if event == "start" else -1
            if node.tag in BLOCKS:
                yield from self._flush()
            hidden += step * (node.tag in UNREAD or bool(HIDDEN.search(node.get("style") or "")))
            heading += step * (node.tag in HEADINGS)
            bold += step * (node.tag in BOLD)
            listed += step * (node.tag == "li")
            if node.tag == "a":
                href = node.get("href") or ""
                link = href if event == "start" and href.startswith(("http:", "https:")) else ""
                anchor += event == "start"
                if self._is_next_button(event, link):
                    self._runs.append(Run(text=" "))  # buttons side by side are words apart
            text = node.text if event == "start" else node.tail
            if text and not hidden:
                self._runs.append(Run(text=text, link=link, anchor=anchor if link else 0, bold=bold > 0))
                self._heading = self._heading or (heading > 0 and bool(text.strip()))
                self._listed = self._listed or listed > 0
        yield from self._flush()

    def _is_next_button(self, event: str, link: str) -> bool:
        if event != "start" or not link or not self._runs:
            return False
        last = self._runs[-1]
        return bool(last.link) and last.link != link and bool(last.text[-1:].strip())

    def _flush(self) -> Iterator[Block]:
        runs = tuple(
            Run(text=INVISIBLE.sub("", run.text), link=run.link, anchor=run.anchor, bold=run.bold)
            for run in self._runs
        )
        block = Block(runs=runs, heading=self._heading, listed=self._listed)
        if block.text:
            yield block
        self._runs, self._heading, self._listed = [], False, False


def _plain_blocks(piece: str) -> Iterator[Block]:
    """Yield a headline that stands on a line of its own, and the paragraph below it."""
    piece = re.sub(r"(?i)\b(?:read|see|find out|learn)\s+more\s*:?\s*$", "", piece.rstrip("<( \t\n"))
    lines = [
        text
        for text in (
            " ".join(line.split()).strip("*=_-#>[]()< •·") for line in INVISIBLE.sub("", piece).split("\n")
        )
        if text
    ]
    if lines and _is_headline(lines):
        yield Block(runs=(Run(text=lines.pop(0)),), heading=True)
    if lines:
        yield Block(runs=(Run(text=" ".join(lines)),))


def _is_headline(lines: Sequence[str]) -> bool:
    """Return whether the first line is a headline: without a full stop and shorter than the lines below
    it."""
    first, rest = lines[0], lines[1:]
    if first.endswith((".", ",", ";", ":")) or len(first.split()) < MIN_HEADLINE_WORDS:
        return False
    return len(first) < max(map(len, rest)) if rest else len(first) <= MAX_HEADLINE_CHARS


def _share(runs: Sequence[Run], has: Callable[[Run], bool]) -> float:
    lengths = [(len(run.text.strip()), has(run)) for run in runs]
    whole = sum(length for length, _ in lengths)
    return sum(length for length, is_such in lengths if is_such) / whole if whole else 0.0
