"""What has to be requested after a page to have the whole article: a meta refresh, the pages of a paged
article. Pure.

The pages of one article are kept as one body with a mark between them, so that the article can be read
again from the store."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from scraper.errors import AddressError
from scraper.models import Page
from scraper.urls import canonical_url, same_site

MOST_PAGES = 10  # of one article; the longest paged articles seen have 8
MOST_SEARCHED_BYTES = 2_000_000
MOST_REFRESH_SECONDS = 10.0  # a page that refreshes later reloads itself: live blogs, front pages
MOST_REFRESH_WORDS = 80  # a page with more text is the article itself

PAGE_PARAMETERS = frozenset("page p pg pn pagina seite pageno page_no pagenum currentpage".split())

_MARK = b"\n<!-- cuttings: next page -->\n"
_MISSING = b"\n<!-- cuttings: the next page could not be fetched -->\n"
_UNSEEN = re.compile(rb"<(noscript|script|style)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(rb"<[^>]*>")
_META = re.compile(rb"<meta\b[^>]*>", re.IGNORECASE)
_REFRESH = re.compile(rb"""http-equiv\s*=\s*["']?refresh\b""", re.IGNORECASE)
_CONTENT = re.compile(rb"""content\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_TARGET = re.compile(r"\s*(\d{1,4}(?:\.\d*)?)\s*[;,]\s*(?:url\s*=\s*)?['\"]?([^'\"]+)", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,1000})", re.IGNORECASE)
_TITLE_PARTS = re.compile(r"\s+[|–—·:»-]\s+|\s*[|»]\s*")
# A page of nothing but "<a" takes time in proportion to its length: a link ends where another begins, and
# what it shows is searched for in a bounded way.
_LINK = re.compile(
    rb"""<(?:a|link)\b(?:[^<>]|<(?!(?:a|link)\b))*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))"""
    rb"""(?:[^>]{0,500}>(?:\s|page\b|<(?!/?a\b)[^>]{0,500}>){0,12}(?P<label>\d{1,3})\s{0,9}<)?""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesSoFar:
    """What was fetched of one article: its pages before the last one, and whether a meta refresh was
    followed."""

    pages: tuple[Page, ...] = ()
    is_refreshed: bool = False

    def further(self, page: Page) -> tuple[str, PagesSoFar] | None:
        """Return the URL to request after a page, and what was fetched then; ``None`` after the last one."""
        if self.pages and not _continues(self.pages[0], page):
            return None
        if not self.pages and not self.is_refreshed and (url := refresh_target(page)):
            return url, replace(self, is_refreshed=True)
        pages = (*self.pages, page)
        if len(pages) < MOST_PAGES and (url := next_page(page, pages[0].final_url, len(pages) + 1)):
            return url, replace(self, pages=pages)
        return None

    def whole(self, last: Page | None, url: str) -> Page | None:
        """Return all pages as one under the URL that was asked for; ``last`` is ``None`` if it failed."""
        page = last
        if self.pages:
            is_next = last is not None and _continues(self.pages[0], last)
            pages = (*self.pages, last) if last is not None and is_next else self.pages
            page = joined_pages(pages, is_complete=last is not None)
        return replace(page, url=url) if page is not None and self.is_refreshed else page


def refresh_target(page: Page) -> str | None:
    """Return the URL on the same site that a page leads to by ``<meta http-equiv="refresh">``, else
    ``None``."""
    visible = _UNSEEN.sub(b"", page.body[:MOST_SEARCHED_BYTES])
    if len(_TAG.sub(b" ", visible).split()) > MOST_REFRESH_WORDS:
        return None
    for meta in _META.findall(visible):
        content = _CONTENT.search(meta) if _REFRESH.search(meta) else None
        if content is None:
            continue
        target = _TARGET.match(_text(content))
        if target and float(target[1]) <= MOST_REFRESH_SECONDS:
            url = _url(target[2].replace("&amp;", "&"), page.final_url)
            if url and url != page.final_url and same_site(url, page.final_url):
                return url
    return None


def next_page(page: Page, first_url: str, number: int) -> str | None:
    """Return the URL of page ``number`` of the article that begins at ``first_url``, if ``page`` links to it.

    ``rel="next"`` alone does not say so: WordPress declares the next article by it.
    """
    body = page.body[:MOST_SEARCHED_BYTES]
    if b"\0" in body[:100]:
        return None
    unlabelled = None
    for link in _LINK.finditer(_UNSEEN.sub(b"", body)):
        text, label = _text(link).replace("&amp;", "&"), link["label"]
        # Some sites count from 0: there page 2 is "?page=1", and only what the link shows tells it.
        counted = (number,) if label is None else (number, number - 1)
        if (label is not None and int(label) != number) or not any(str(each) in text for each in counted):
            continue
        url = _url(text, page.final_url)
        if url and any(is_page_of(url, first_url, each) for each in counted):
            if label is not None:
                return url
            unlabelled = unlabelled or url
    return unlabelled


def is_page_of(url: str, first_url: str, number: int) -> bool:
    """Return whether a URL is that of page ``number`` of an article, by its difference from the first
    page."""
    first, other = urlsplit(first_url), urlsplit(url)
    if first.netloc != other.netloc:
        return False
    ours = [pair for pair in parse_qsl(first.query) if pair[0].lower() not in PAGE_PARAMETERS]
    theirs = parse_qsl(other.query)
    if first.path == other.path:
        added = [pair for pair in theirs if pair not in ours]
        return (
            len(added) == 1
            and added[0][0].lower() in PAGE_PARAMETERS
            and added[0][1] == str(number)
            and all(pair in theirs for pair in ours)
        )
    stem, dot, suffix = first.path.rstrip("/").rpartition(".")
    if not dot or "/" in suffix:
        stem, dot, suffix = first.path.rstrip("/"), "", ""
    rest = other.path.rstrip("/").removeprefix(stem)
    if rest == other.path.rstrip("/") or ours != theirs:
        return False
    return bool(
        re.fullmatch(rf"(?:/(?:page|seite|pagina)?/?|[-_,]p?){number}{re.escape(dot + suffix)}", rest)
    )


def _continues(first: Page, page: Page) -> bool:
    """Return whether a page can be the next one of an article, by its title where its URL does not say so.

    ``council-meets-2`` is also how content systems name the second article under one headline.
    """
    path = urlsplit(first.final_url).path.rstrip("/")
    rest = urlsplit(page.final_url).path.removeprefix(path)
    if not rest or rest.startswith("/"):  # ?page=2, /2
        return True
    ours, theirs = _title_words(first), _title_words(page)
    return not ours or not theirs or 2 * len(ours & theirs) >= min(len(ours), len(theirs))


def _title_words(page: Page) -> frozenset[str]:
    """Return the words of a title, in its longest part: not those of the site's name."""
    title = _TITLE.search(page.body[:MOST_SEARCHED_BYTES])
    parts = _TITLE_PARTS.split(title[1].decode("utf-8", "replace")) if title else [""]
    return frozenset(re.findall(r"\w+", max(parts, key=len).lower()))


def joined_pages(pages: Sequence[Page], *, is_complete: bool) -> Page:
    """Return the pages of one article as one page: the first, with the bodies of all."""
    body = _MARK.join(page.body for page in pages)
    return replace(pages[0], body=body if is_complete else body + _MISSING)


def split_pages(body: bytes) -> tuple[tuple[bytes, ...], bool]:
    """Return the bodies of the pages of an article, and whether they are all of them."""
    is_complete = not body.endswith(_MISSING)
    return tuple(body.removesuffix(_MISSING).split(_MARK)), is_complete


def _text(match: re.Match[bytes]) -> str:
    return next((match[at] for at in range(1, 4) if match[at] is not None), b"").decode("utf-8", "replace")


def _url(text: str, base: str) -> str | None:
    try:
        return canonical_url(text.strip(), base)
    except AddressError:
        return None
