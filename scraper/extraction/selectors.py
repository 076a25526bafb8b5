"""The parts of a page that a person's CSS selectors pick, where no rule reads a site right. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import soupsieve
from bs4 import BeautifulSoup, Tag

from scraper.extraction.authors import clean_authors
from scraper.extraction.dates import parse_date
from scraper.models import Selectors


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPage:
    """A page reduced to what its selectors pick. ``unmatched`` are the keys of those that pick nothing."""

    markup: str
    has_body: bool = False
    title: str = ""
    published_at: datetime | None = None
    authors: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


def select_parts(markup: str, selectors: Selectors) -> SelectedPage:
    """Return what the selectors pick on a page; ``remove`` may pick nothing without being unmatched.

    Title, date and author are read before anything is removed. Without a body the page stays whole.
    """
    try:
        soup = BeautifulSoup(markup, "lxml")
        picked = {key: soup.select(css) for key, css in selectors.single() if css}
        title = _text(picked["title"][0]) if picked.get("title") else ""
        dates = [date for tag in picked.get("date", ()) if (date := _date(tag))]
        authors = clean_authors(_text(tag) for tag in picked.get("author", ()))
        for css in selectors.remove:
            for tag in soup.select(css):
                tag.decompose()
        bodies = list(_outermost(picked.get("body", [])))
        unmatched = [key for key, tags in picked.items() if not tags]
        return SelectedPage(
            markup=_reduced(soup, bodies) if bodies else str(soup),
            has_body=bool(bodies),
            title=title,
            published_at=dates[0] if dates else None,
            authors=authors,
            unmatched=tuple(unmatched),
        )
    except RecursionError:
        return SelectedPage(markup=markup, unmatched=tuple(key for key, css in selectors.single() if css))


def selector_fault(css: str) -> str | None:
    """Return what is wrong with a CSS selector; ``None`` when it is valid."""
    try:
        soupsieve.compile(css)
    except soupsieve.SelectorSyntaxError as error:
        return str(error).splitlines()[0]
    return None


def _outermost(tags: list[Tag]) -> Iterator[Tag]:
    chosen = {id(tag) for tag in tags}
    for tag in tags:
        if not tag.decomposed and not any(id(parent) in chosen for parent in tag.parents):
            yield tag


def _reduced(soup: BeautifulSoup, bodies: list[Tag]) -> str:
    """Return the page with nothing in its body but what was picked, and with its declared data."""
    data = "".join(str(script) for script in soup.find_all("script", type="application/ld+json"))
    language = soup.html.get("lang") if soup.html else None
    opening = f'<html lang="{language}">' if isinstance(language, str) and language.isascii() else "<html>"
    return (
        f"{opening}{soup.head or ''}<body>{data}<article>{''.join(map(str, bodies))}</article></body></html>"
    )


def _text(tag: Tag) -> str:
    content = tag.get("content")
    return " ".join((content if isinstance(content, str) else tag.get_text(" ")).split())


def _date(tag: Tag) -> datetime | None:
    stamp = tag.get("datetime")
    return parse_date(stamp if isinstance(stamp, str) else _text(tag))
