"""A list page to its article links: by a CSS selector, or by what repeats on the page. Pure.

What repeats: links that stand at the same place of the same kind of block (the path of element names and
classes down to them) form a series. The series that reads like headlines (long link texts, headings, dates
beside them, addresses with slugs), outside menus and footers, is the list; others that look the same, such as
the lead story's block, join it.
"""

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

MIN_SERIES = 3  # fewer links of one look are no list
# What makes a series look like headlines. Weighed by hand on list pages of our own writing
# (tests/test_listings.py): headlines of this sector have 7 to 14 words, menu entries 1 to 3.
WORDS_OF_A_HEADLINE = 12
WEIGHT_OF_WORDS = 3.0
WEIGHT_OF_HEADING = 1.0
WEIGHT_OF_DATE = 1.0
WEIGHT_OF_SLUG = 0.8
WEIGHT_OF_NUMBER = 0.3  # for each doubling
WEIGHT_OF_OUTSIDE = 3.0
MIN_SCORE = 1.8
JOINING_SHARE = 0.6  # a series with this share of the best one's score belongs to the list too
STAYING_SHARE = 0.35  # a single link below it is a menu entry that stands like a headline
_MARK = "data-cuttings-link"


def read_listing(html: str, url: str, *, selector: str | None = None) -> list[Link]:
    """The article links of a list page in the page's order, with titles and, where the page prints them,
    dates.

    With a CSS ``selector``: the links it picks, or those within what it picks. Without: what repeats.
    Raises `DiscoveryError` when there are none, or when the selector cannot be read.
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
            "no list of articles is recognised on this page; give a CSS `selector` for its links", url
        )
    return _with_dates(root, base, url, sorted(chosen, key=lambda each: each.order))


def read_channel(channel: Channel, page: Page) -> Reading:
    """Return what a list page announces. Raises `DiscoveryError` when no list is recognised on it."""
    markup = decode(page.body, page.content_type)
    return Reading(links=tuple(read_listing(markup, page.final_url, selector=channel.selector)))


def _with_dates(root: etree._Element, base: str, url: str, chosen: Sequence[Entry]) -> list[Link]:
    """The links of the list; an entry without a date is looked at again with the list known.

    Then its block reaches to the next article of the list, past the links to sections and departments within
    it.
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
        raise DiscoveryError(f"the CSS selector {selector!r} cannot be read", url) from None
    anchors = [anchor for anchor in root.iter("a") if anchor.get("href") is not None][:MAX_LINKS]
    for number, anchor in enumerate(anchors):
        anchor.set(_MARK, str(number))
    try:
        soup = BeautifulSoup(etree.tostring(root, encoding="unicode", method="html"), "lxml")
        picked = compiled.select(soup)
    except RecursionError:
        raise DiscoveryError(
            "the elements of this page are nested too deeply for a CSS selector", url
        ) from None
    marked = (each.get(_MARK) for one in picked for each in (one, *one.find_all("a")))
    numbers = sorted({int(str(number)) for number in marked if number is not None})
    blocks = mapped(root, base, url)
    links = _once(entry_of(anchors[number], base, blocks).link for number in numbers)
    if not links:
        raise DiscoveryError(f"the CSS selector {selector!r} picks no links on this page", url)
    return links


def _once(links: Iterable[Link]) -> list[Link]:
    """Each address once, with the longest title that any of its links has."""
    found: dict[str, Link] = {}
    for link in links:
        if link.url and (link.url not in found or len(link.title) > len(found[link.url].title)):
            found[link.url] = link
    return list(found.values())


def _list_of(entries: Sequence[Entry]) -> list[Entry]:
    ordered = sorted(entries, key=_kind)
    series = [list(group) for _, group in groupby(ordered, key=_kind)]
    best = max((each for each in series if len(each) >= MIN_SERIES), key=_score, default=[])
    if not best or _score(best) < MIN_SCORE:
        return []
    look = _look(best)
    alike = (each for each in series if each is not best and _is_like(each, best))
    joined = (each for each in alike if _look(each) >= JOINING_SHARE * look)
    farthest = median(entry.outside for entry in best)
    found = best + [entry for each in joined for entry in each if entry.outside <= farthest]
    return [entry for entry in found if _look([entry]) >= STAYING_SHARE * look]


def _kind(entry: Entry) -> tuple[str, str]:
    return entry.place, entry.shape


def _is_like(series: Sequence[Entry], best: Sequence[Entry]) -> bool:
    return series[0].place == best[0].place or series[0].shape == best[0].shape


def _score(series: Sequence[Entry]) -> float:
    return _look(series) + WEIGHT_OF_NUMBER * log2(len(series))


def _look(series: Sequence[Entry]) -> float:
    """How much the links of a series look like headlines, whatever their number."""
    return (
        WEIGHT_OF_WORDS
        * min(median(entry.words for entry in series), WORDS_OF_A_HEADLINE)
        / WORDS_OF_A_HEADLINE
        + WEIGHT_OF_HEADING * fmean(entry.in_heading for entry in series)
        + WEIGHT_OF_DATE * fmean(entry.dated for entry in series)
        + WEIGHT_OF_SLUG * fmean(entry.slugged for entry in series)
        - WEIGHT_OF_OUTSIDE * fmean(entry.outside for entry in series)
    )
