"""A list page to its article links: by a CSS selector, or by what repeats on the page. Pure.

Links whose path of element names and classes is the same form a series. The series that reads like
headlines (long link texts, headings, dates beside them, URLs with slugs), outside menus and footers, is the
list; series that look alike, such as the lead story's block, join it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from math import log2
from statistics import fmean, median

import soupsieve
from bs4 import BeautifulSoup
from lxml import etree

from scraper.decoding import decode
from scraper.discovery.discovered import Reading
from scraper.discovery.listing_entries import Entry, entries_of, entry_of, mapped
from scraper.discovery.markup import MAX_LINKS, base_address, parse_page
from scraper.errors import DiscoveryError
from scraper.models import Channel, Link, Page

MIN_SERIES = 3  # fewer links of one path are not a list
# What makes a series look like headlines. Set by hand on list pages written for tests/test_listings.py:
# headlines of this sector have 7 to 14 words, menu entries 1 to 3.
WORDS_OF_A_HEADLINE = 12
WEIGHT_OF_WORDS = 3.0
WEIGHT_OF_HEADING = 1.0
WEIGHT_OF_DATE = 1.0
WEIGHT_OF_SLUG = 0.8
WEIGHT_OF_NUMBER = 0.3  # for each doubling of the number of links
WEIGHT_OF_OUTSIDE = 3.0
MIN_SCORE = 1.8
JOINING_SHARE = 0.6  # a series with this share of the best score belongs to the list too
STAYING_SHARE = 0.35  # a single link with a lower share is a menu entry at the place of a headline
_MARK = "data-cuttings-link"


def read_listing(html: str, url: str, *, selector: str | None = None) -> list[Link]:
    """Return the article links of a list page in the page's order, with titles and printed dates.

    A CSS ``selector`` picks the links, or elements that hold them; without one, they are what repeats.
    Raises `DiscoveryError` when there are none, or when the selector is not valid.
    """
    root = parse_page(html)
    if root is None:
        raise DiscoveryError("this page is empty", url)
    base = base_address(root, url)
    if selector:
        return _selected(root, base, url, selector)
    chosen = _list_of(entries_of(root, base, url))
    if not chosen:
        raise DiscoveryError(
            "found no list of articles on this page; give a CSS `selector` for its links", url
        )
    return _with_dates(root, base, url, sorted(chosen, key=lambda each: each.order))


def read_channel(channel: Channel, page: Page) -> Reading:
    """Return what a list page announces. Raises `DiscoveryError` when no list is recognised on it."""
    markup = decode(page.body, page.content_type)
    return Reading(links=tuple(read_listing(markup, page.final_url, selector=channel.selector)))


def _with_dates(root: etree._Element, base: str, url: str, chosen: Sequence[Entry]) -> list[Link]:
    """Return the links of the list; read an entry without a date again, now that the list is known.

    Then its block extends to the next article of the list, past links to sections and departments within it.
    """
    if all(entry.dated for entry in chosen):
        return [entry.link for entry in chosen]
    anchors = list(root.iter("a"))
    blocks = mapped(root, base, url, only={entry.link.url for entry in chosen})
    again = (entry if entry.dated else entry_of(anchors[entry.order], base, blocks) for entry in chosen)
    return [entry.link for entry in again]


def _selected(root: etree._Element, base: str, url: str, selector: str) -> list[Link]:
    try:
        compiled = soupsieve.compile(selector)
    except soupsieve.SelectorSyntaxError:
        raise DiscoveryError(f"the CSS selector {selector!r} is not valid", url) from None
    anchors = [anchor for anchor in root.iter("a") if anchor.get("href") is not None][:MAX_LINKS]
    for number, anchor in enumerate(anchors):
        anchor.set(_MARK, str(number))
    try:
        soup = BeautifulSoup(etree.tostring(root, encoding="unicode", method="html"), "lxml")
        picked = compiled.select(soup)
    except RecursionError:
        raise DiscoveryError(
            "the elements of this page are nested too deeply to apply a CSS selector", url
        ) from None
    marked = (each.get(_MARK) for one in picked for each in (one, *one.find_all("a")))
    numbers = sorted({int(str(number)) for number in marked if number is not None})
    blocks = mapped(root, base, url)
    links = _once(entry_of(anchors[number], base, blocks).link for number in numbers)
    if not links:
        raise DiscoveryError(f"the CSS selector {selector!r} matches no link on this page", url)
    return links


def _once(links: Iterable[Link]) -> list[Link]:
    """Return each URL once, with the longest title that any of its links has."""
    by_url: dict[str, Link] = {}
    for link in links:
        if link.url and (link.url not in by_url or len(link.title) > len(by_url[link.url].title)):
            by_url[link.url] = link
    return list(by_url.values())


def _list_of(entries: Sequence[Entry]) -> list[Entry]:
    ordered = sorted(entries, key=_kind)
    series = [list(group) for _, group in groupby(ordered, key=_kind)]
    best = max((each for each in series if len(each) >= MIN_SERIES), key=_score, default=[])
    if not best or _score(best) < MIN_SCORE:
        return []
    likeness = _likeness(best)
    alike = (each for each in series if each is not best and _is_like(each, best))
    joined = (each for each in alike if _likeness(each) >= JOINING_SHARE * likeness)
    farthest = median(entry.outside for entry in best)
    entries = best + [entry for each in joined for entry in each if entry.outside <= farthest]
    return [entry for entry in entries if _likeness([entry]) >= STAYING_SHARE * likeness]


def _kind(entry: Entry) -> tuple[str, str]:
    return entry.path, entry.folder


def _is_like(series: Sequence[Entry], best: Sequence[Entry]) -> bool:
    return series[0].path == best[0].path or series[0].folder == best[0].folder


def _score(series: Sequence[Entry]) -> float:
    return _likeness(series) + WEIGHT_OF_NUMBER * log2(len(series))


def _likeness(series: Sequence[Entry]) -> float:
    """Return how much the links of a series look like headlines, whatever their number."""
    return (
        WEIGHT_OF_WORDS
        * min(median(entry.words for entry in series), WORDS_OF_A_HEADLINE)
        / WORDS_OF_A_HEADLINE
        + WEIGHT_OF_HEADING * fmean(entry.in_heading for entry in series)
        + WEIGHT_OF_DATE * fmean(entry.dated for entry in series)
        + WEIGHT_OF_SLUG * fmean(entry.slugged for entry in series)
        - WEIGHT_OF_OUTSIDE * fmean(entry.outside for entry in series)
    )
