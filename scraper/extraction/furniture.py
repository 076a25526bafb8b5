"""Find what a site repeats: blocks that stand on several of its pages are furniture.

Pages are counted once each, and blocks by their words, so no site needs a rule of its own. After a redesign
the new template's blocks count from their second page on. Text that a site repeats on purpose (a correction
note, the intro of a series, a quotation in a follow-up) is kept as follows:

* a second URL of a counted article (AMP, print, a copy with tracking parameters) is not counted
  (`is_copy`);
* only repeated links and labels outside paragraphs are removed from the tree; for a repeated paragraph,
  bullet or heading the count is one feature of the body classifier, so it stays between paragraphs of the
  story;
* a paragraph whose neighbours are unique to this page does not count as repeated (`pages_with`), because
  teasers on other pages repeat the opening of a story, and follow-ups repeat its quotations;
* a paragraph is removed only when it stands on `ALWAYS_PAGES` pages and on a fifth of the site's pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from scraper.extraction.blocks import TextBlock, block_hash
from scraper.extraction.document import Document

KNOWN_PAGES = 2  # a block is repeated from the second page on; issue 4
ALWAYS_PAGES = 5  # sentences on so many pages ...
ALWAYS_SHARE = 0.2  # ... and on this share of them are the site's own; series intros of DEV sites stay below
SENTENCE_WORDS = 12  # shorter blocks are labels, headings and teaser titles
EVERYWHERE_PAGES = (
    3  # a paragraph between paragraphs of the story counts as repeated only on so many pages ...
)
EVERYWHERE_SHARE = (
    0.9  # ... and this share: a box of three teasers shows each story's opening on half the pages
)
ROW_WORDS = 10  # a link of at most so many words between two others is a row of links: a menu, a tag list
LINKED_SHARE = 0.5  # of the characters of a block; more is a link list
COPY_SHARE = (
    0.5  # of a page's sentences seen before, under the same <title>: the same article at another address
)
MAX_HASHES = 2000  # of one page; more is a list or a dump, and counting it teaches nothing

_TEXT_TAGS = frozenset(("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "td", "dd"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a page as it is counted: its identity, its words, and whether it is a sentence of
    running text.
    """

    hash: int
    text: str
    sentence: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBlocks:
    """The distinct blocks of one page in reading order. ``hashes`` is what is counted and stored."""

    title: int  # identity of the page's <title>; counted like a block, so that copies are recognised
    blocks: tuple[Block, ...]

    @property
    def hashes(self) -> tuple[int, ...]:
        """All identities of the page, its title first."""
        return (self.title, *(block.hash for block in self.blocks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """The number of distinct pages of one site on which each block stood; the counts of one page's blocks
    are enough.
    """

    site: str = ""
    pages: int = 0
    counts: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    def count(self, block: int) -> int:
        """Return the number of pages with this block."""
        return self.counts.get(block, 0)

    def is_repeated(self, block: int) -> bool:
        """Return whether the block stands on two pages or more."""
        return self.counts.get(block, 0) >= KNOWN_PAGES

    def is_always(self, pages: int) -> bool:
        """Return whether ``pages`` are so many of the site's that even a sentence on them is furniture."""
        return pages >= ALWAYS_PAGES and pages >= self.pages * ALWAYS_SHARE

    def is_everywhere(self, pages: int) -> bool:
        """Return whether ``pages`` are nearly all pages of the site."""
        return pages >= EVERYWHERE_PAGES and pages >= self.pages * EVERYWHERE_SHARE

    def is_copy(self, page: PageBlocks) -> bool:
        """Return whether this is an article counted before under another URL, which must not be learned
        again.
        """
        sentences = [block.hash for block in page.blocks if block.sentence]
        known = sum(1 for block in sentences if block in self.counts)
        return page.title in self.counts and bool(sentences) and known >= len(sentences) * COPY_SHARE

    def learn(self, page: PageBlocks) -> Furniture:
        """Return the furniture with one more page counted; itself when the page is a copy of a counted
        one.
        """
        return self if self.is_copy(page) else learn_furniture(self.site, (page,), since=self)


def learn_furniture(site: str, pages: Iterable[PageBlocks], *, since: Furniture | None = None) -> Furniture:
    """Return the furniture of a site after ``pages`` (distinct articles), added to what was known
    ``since``.
    """
    counts = dict(since.counts) if since else {}
    total = since.pages if since else 0
    for page in pages:
        if Furniture(site=site, pages=total, counts=counts).is_copy(page):
            continue
        total += 1
        for block in page.hashes:
            counts[block] = counts.get(block, 0) + 1
    return Furniture(site=site, pages=total, counts=counts)


def page_blocks(document: Document) -> PageBlocks:
    """Return the blocks of a page for counting. The same words twice on one page are one block."""
    found: dict[int, Block] = {}
    for block in document.blocks:
        if (identity := block_hash(block.text)) not in found:
            found[identity] = Block(hash=identity, text=block.text, sentence=is_sentence(block))
        if len(found) >= MAX_HASHES:
            break
    title = document.root.findtext(".//title") or ""
    return PageBlocks(title=block_hash(f"<title> {title}"), blocks=tuple(found.values()))


def is_sentence(block: TextBlock) -> bool:
    """Return whether a block is running text: enough words, and not mostly links."""
    return block.words >= SENTENCE_WORDS and not _is_linked(block)


def pages_with(blocks: Sequence[TextBlock], furniture: Furniture | None, title_key: str) -> tuple[int, ...]:
    """Return for each block the number of the site's pages with it; 1 for one that is the story's own all
    the same.

    A paragraph whose neighbours are unique to this page is the story's, even if other pages repeat it as
    a teaser, a quotation or the intro of a series. It counts as repeated only if nearly all pages of the
    site have it.
    """
    if furniture is None:
        return ()
    counts = [furniture.count(block_hash(block.text)) for block in blocks]
    own = _own_neighbours(blocks, counts, title_key)
    return tuple(
        1 if own[place] and not _is_linked(blocks[place]) and not furniture.is_everywhere(pages) else pages
        for place, pages in enumerate(counts)
    )


def _own_neighbours(blocks: Sequence[TextBlock], counts: Sequence[int], title_key: str) -> list[bool]:
    """Return whether the running text before (or the title) and after each block is unique to this page."""
    before = _own_side(blocks, counts, title_key, range(len(blocks)))
    after = _own_side(blocks, counts, "", range(len(blocks) - 1, -1, -1))
    return [one and other for one, other in zip(before, after, strict=True)]


def _own_side(
    blocks: Sequence[TextBlock], counts: Sequence[int], title_key: str, places: range
) -> list[bool]:
    found = [False] * len(blocks)
    own = False
    for place in places:
        found[place] = own
        if title_key and blocks[place].key == title_key and not _is_linked(blocks[place]):
            own = True
        elif is_sentence(blocks[place]):
            own = counts[place] < KNOWN_PAGES
    return found


def set_aside(blocks: Sequence[TextBlock], counts: Sequence[int], furniture: Furniture | None) -> list[str]:
    """Return for each block why it is removed from the tree before the body is chosen; an empty string if
    it stays.
    """
    in_row = [_is_linked(block) and block.words <= ROW_WORDS for block in blocks]
    return [
        _reason(block, counts[place] if counts else 0, furniture)
        or ("one of a row of links" if all(in_row[max(0, place - 1) : place + 2]) else "")
        for place, block in enumerate(blocks)
    ]


def _reason(block: TextBlock, pages: int, furniture: Furniture | None) -> str:
    if furniture and pages >= KNOWN_PAGES:
        label = _is_linked(block) or (block.words < SENTENCE_WORDS and block.tag not in _TEXT_TAGS)
        if label or furniture.is_always(pages):
            return f"repeated on {pages} pages of the site"
    return ""


def _is_linked(block: TextBlock) -> bool:
    return block.link_length > len(block.text) * LINKED_SHARE
