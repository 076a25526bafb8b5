"""From a page to a clean article: metadata, furniture, body. Pure: no I/O, no clock, no state between pages."""

from scraper.extraction.body import EXTRACTOR_VERSION, extract, extract_document
from scraper.extraction.document import Document, read_document

__all__ = ["EXTRACTOR_VERSION", "Document", "extract", "extract_document", "read_document"]
