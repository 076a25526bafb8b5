"""The outline of a page as bytes, so that a page that is surveyed first is not walked again to be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from scraper.extraction.blocks import TextBlock
from scraper.extraction.outline import CHAIN, Outline

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_PATH, _CHAIN = TextBlock._fields.index("path"), TextBlock._fields.index("chain")


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    blocks: list[list[Any]]  # the fields of each block; of its chain the first element, its path by number
    parents: list[int]
    places: list[int]  # of the elements, in document order


_DECODER = msgspec.msgpack.Decoder(_Kept)


def pack_outline(outline: Outline, root: HtmlElement) -> bytes:
    """Return an outline of the page ``root`` as bytes: the same bytes in every process."""
    paths: dict[int, int] = {}
    blocks = []
    for block in outline.blocks:
        values: list[Any] = list(block)
        values[_PATH] = paths.setdefault(block.path, len(paths))
        values[_CHAIN] = block.chain[0]
        blocks.append(values)
    return msgspec.msgpack.encode(_Kept(blocks, list(outline.parents), list(_places(outline, root))))


def _places(outline: Outline, root: HtmlElement) -> Iterator[int]:
    elements = iter(outline.elements)
    wanted = next(elements, None)
    for place, element in enumerate(root.iter()):
        if element is wanted:
            yield place
            wanted = next(elements, None)


def unpack_outline(packed: bytes, root: HtmlElement) -> Outline:
    """Return the outline that ``pack_outline`` gave for the same page, parsed again."""
    kept = _DECODER.decode(packed)
    chains: list[tuple[int, ...]] = []  # of each element and those around it, nearest first
    for index, parent in enumerate(kept.parents):
        chains.append((index, *chains[parent][:CHAIN]) if parent >= 0 else (index,))
    for values in kept.blocks:
        values[_CHAIN] = chains[values[_CHAIN]]
    elements = list(root.iter())
    return Outline(
        blocks=tuple(map(TextBlock._make, kept.blocks)),
        elements=tuple([elements[place] for place in kept.places]),
        parents=tuple(kept.parents),
    )
