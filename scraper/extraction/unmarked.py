"""Read pages without marks: one anonymous element after the other, where only the words show what the
article is.

Hand-made pages, printed mail and old content systems put every line into a ``<div>``. The line model,
which was fitted to pages without mark-up, decides better there than features of tags and names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from scraper.extraction.blocks import TextBlock, block_hash
from scraper.extraction.furniture import KNOWN_PAGES, Furniture, pages_with
from scraper.extraction.line_features import BULLET, lines_of
from scraper.extraction.plain_text import PlainReading, read_plain

MIN_BLOCKS = 12  # fewer, and there is little to tell apart
SAME_PLACE_SHARE = 0.9  # of the text stands in elements of one kind, within the same landmarks
LIST_TAGS = frozenset(("li", "h1"))  # a list and a headline are marks that such pages do have


def is_unmarked(blocks: Sequence[TextBlock]) -> bool:
    """Return whether nearly all text of a page stands in one place of its tree, without telling names."""
    plain = [block for block in blocks if block.tag not in LIST_TAGS and not block.hidden]
    if len(plain) < MIN_BLOCKS or any(block.all_names for block in plain):
        return False
    text: Counter[tuple[str, int]] = Counter()
    for block in plain:
        text[block.tag, block.within] += len(block.text)
    return max(text.values()) >= SAME_PLACE_SHARE * text.total()


def read_unmarked(
    blocks: Sequence[TextBlock],
    furniture: Furniture | None,
    *,
    title_key: str = "",
    now_limit: datetime | None = None,
) -> PlainReading:
    """Return the reading of the lines of such a page; the positions are those of ``blocks``."""
    pages = pages_with(blocks, furniture, title_key)
    known = {
        block_hash(block.text) for block, count in zip(blocks, pages, strict=False) if count >= KNOWN_PAGES
    }
    texts = [
        (bare, block.tag == "li" or bare != block.text) for block in blocks for bare in [_bare(block.text)]
    ]
    return read_plain(lines_of(texts, known), now_limit=now_limit)


def _bare(text: str) -> str:
    """Return the text without the mark of a bullet; a mark alone stays, so that positions stay the same."""
    return BULLET.sub("", text) or text
