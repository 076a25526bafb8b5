"""Dates of feeds and sitemaps, read by the reader of pages. Pure.

feedparser takes BST, CET and their like for UTC, knows English month names only, and makes a date of
"12345"; so it is not asked.
"""

from __future__ import annotations

from datetime import datetime

from scraper.extraction.dates import read_field

MAX_DATE_CHARS = 80


def read_date(text: str, *, day_first: bool = True) -> datetime | None:
    """Return a date in UTC; ``None`` when the text has no whole day or month, or no plausible one.

    ``day_first`` decides 03/11/2026. A time without a zone is taken for UTC, a day without a time is its
    midnight, a month without a day its first.
    """
    written = read_field(" ".join(text.split())[:MAX_DATE_CHARS], day_first=day_first)
    return written.at if written else None
