"""What the fork server of the sandbox imports: reading one page here loads what each of its children needs.

Libraries, tables of words and the models of the extraction take a second; a child that is forked has them.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from scraper.articles import SiteKnowledge, read_page, survey
from scraper.errors import ScraperError
from scraper.models import Link, Page

_SENTENCE = "The committee of the borough met on Tuesday and agreed to reopen the baths within two years."
_BODY = (
    "<!doctype html><html><head><title>Baths reopen</title></head><body><nav><a href='/'>News</a></nav>"
    f"<article><h1>Baths reopen</h1><p>By Ann Example</p>{f'<p>{_SENTENCE}</p>' * 6}</article></body></html>"
)
_URL = "https://www.example.org/news/baths"
PAGE = Page(
    url=_URL,
    final_url=_URL,
    status=200,
    headers=(("content-type", "text/html; charset=utf-8"),),
    body=_BODY.encode(),
    fetched_at=datetime(2026, 1, 1, tzinfo=UTC),
)

with suppress(ScraperError):
    survey(PAGE)
    read_page(PAGE, Link(url=_URL), SiteKnowledge(), now=PAGE.fetched_at)
