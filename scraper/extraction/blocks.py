"""The text blocks of a page: what a reader sees as one paragraph, bullet, heading, caption or table row.

Furniture, phrases and the body classifier all work on blocks, so that a paragraph has the same identity
wherever it stands.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

LANDMARKS = tuple(
    """
    article main aside nav footer header figure figcaption form table li blockquote button details dialog
    noscript section p td pre dd dt ul ol address label time h1 h2 h3 h4 h5 h6
    """.split()
)
# A shorter block is a label: its numbers ("3 comments", "5 min read") do not make it another one.
LABEL_WORDS = 8

_LANDMARK_BIT = {tag: 1 << index for index, tag in enumerate(LANDMARKS)}
_WORD = re.compile(r"\w+")
_NO_LABEL = re.compile(rf"(?:\W*+\w++){{{LABEL_WORDS}}}")  # stops there: texts have hundreds of words
_DIGITS = re.compile(r"\d+")


class TextBlock(NamedTuple):
    """One block and its position. Bit sets are in the order of `LANDMARKS` or `class_names.group_names`.

    A named tuple, because a page has hundreds: a frozen dataclass takes five times as long to make.
    """

    text: str  # one line, or several where the page breaks them
    key: str  # letters and digits only: the same for the same words, however they are spaced
    tag: str  # of the nearest element that is not an inline one
    words: int
    link_length: int  # characters of `text` within links
    emphasis_length: int  # characters within <b>, <strong>, <em>, <i>
    within: int  # landmark elements around it
    own_names: int  # name groups of its element
    near_names: int  # ... of it and the next two around it
    all_names: int  # ... of it and all around it
    hidden: bool
    path: int  # identity of the tags and classes of the nearest four elements
    chain: tuple[int, ...]  # its element and those around it, nearest first: indexes of `Outline.elements`


def landmark_bits(*tags: str) -> int:
    """Return the bit set of these landmark elements."""
    return sum(_LANDMARK_BIT[tag] for tag in tags)


def landmark_bit(tag: str) -> int:
    """Return the bit of a tag; 0 for one that is not a landmark."""
    return _LANDMARK_BIT.get(tag, 0)


def block_hash(text: str) -> int:
    """Return the identity of a block's words: 63 bits, the same in every process and version."""
    plain = " ".join(text.lower().split())
    if not _NO_LABEL.match(plain):
        plain = _DIGITS.sub("0", plain)
    return int.from_bytes(blake2b(plain.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 1


def words_key(text: str) -> str:
    """Return the letters and digits of a text in lower case, the same however the text was spaced."""
    return "".join(_WORD.findall(text.lower()))
