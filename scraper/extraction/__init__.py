"""From a page to a clean article: metadata, furniture, body. Pure: no I/O, no clock, no state between pages."""

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
from scraper.extraction.plain_text import extract_text, line_blocks
from scraper.extraction.titles import is_site_segment, title_segments

__all__ = [
    "ALWAYS_PAGES",
    "EXTRACTOR_VERSION",
    "KNOWN_PAGES",
    "Block",
    "Document",
    "Furniture",
    "PageBlocks",
    "block_hash",
    "extract",
    "extract_document",
    "extract_text",
    "is_site_segment",
    "learn_furniture",
    "line_blocks",
    "page_blocks",
    "read_document",
    "title_segments",
]
