"""From a page to a clean article: metadata, furniture, body. Pure: no I/O, no clock, no state between pages.

What reads pages takes a tenth of a second to load, and clean text needs none of it: each name is loaded when
it is first used.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from scraper.lazily import names_of

if TYPE_CHECKING:
    from scraper.extraction.agencies import agency_credit
    from scraper.extraction.blocks import block_hash
    from scraper.extraction.body import EXTRACTOR_VERSION, extract, extract_document
    from scraper.extraction.document import Document, read_document
    from scraper.extraction.furniture import (
        ALWAYS_PAGES,
        KNOWN_PAGES,
        Block,
        Furniture,
        PageBlocks,
        learn_furniture,
        page_blocks,
    )
    from scraper.extraction.kept_outline import pack_outline
    from scraper.extraction.plain_text import extract_text, line_blocks
    from scraper.extraction.selectors import page_parts, select_parts
    from scraper.extraction.titles import is_site_segment, title_segments

__all__ = [
    "ALWAYS_PAGES",
    "EXTRACTOR_VERSION",
    "KNOWN_PAGES",
    "Block",
    "Document",
    "Furniture",
    "PageBlocks",
    "agency_credit",
    "block_hash",
    "extract",
    "extract_document",
    "extract_text",
    "is_site_segment",
    "learn_furniture",
    "line_blocks",
    "pack_outline",
    "page_blocks",
    "page_parts",
    "read_document",
    "select_parts",
    "title_segments",
]

_HOMES: Mapping[str, str] = MappingProxyType(
    {
        "agency_credit": "agencies",
        "block_hash": "blocks",
        "EXTRACTOR_VERSION": "body",
        "page_parts": "selectors",
        "select_parts": "selectors",
        "extract": "body",
        "extract_document": "body",
        "Document": "document",
        "read_document": "document",
        "ALWAYS_PAGES": "furniture",
        "KNOWN_PAGES": "furniture",
        "Block": "furniture",
        "Furniture": "furniture",
        "PageBlocks": "furniture",
        "learn_furniture": "furniture",
        "page_blocks": "furniture",
        "pack_outline": "kept_outline",
        "extract_text": "plain_text",
        "line_blocks": "plain_text",
        "is_site_segment": "titles",
        "title_segments": "titles",
    }
)


__getattr__ = names_of(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
