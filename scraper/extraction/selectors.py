"""The parts of a page that a person's CSS selectors pick, where no rule reads a site right. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import soupsieve
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from scraper.body_tag import with_body_tag
from scraper.extraction.authors import clean_authors
from scraper.extraction.date_forms import WrittenDate
from scraper.extraction.dates import is_day_first, read_date
from scraper.models import Selectors

_SILENT = ("script", "style", "noscript", "template", "svg", "head")
_PLAIN_NAME = re.compile(r"[A-Za-z_][\w-]*")  # a class that a selector can name without escapes
_MOST_STEPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedPage:
    """A page reduced to what its selectors pick. ``unmatched`` are the keys of those that pick nothing."""

    markup: str
    has_body: bool = False
    title: str = ""
    published: WrittenDate | None = None
    authors: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PagePart:
    """A line of a page and the CSS selector of the element that it stands in."""

    selector: str
    text: str


def select_parts(markup: str, selectors: Selectors, *, host: str | None = None) -> SelectedPage:
    """Return what the selectors pick on a page; ``remove`` may pick nothing without being unmatched.

    Title, date and author are read before anything is removed, and are not part of the text where they
    stand in the body. Without a body the page stays whole. ``host`` tells how 01/06/2021 is meant.
    """
    try:
        soup = BeautifulSoup(with_body_tag(markup), "lxml")
        picked = {key: soup.select(css) for key, css in selectors.single() if css}
        title = _text(picked["title"][0]) if picked.get("title") else ""
        day_first = is_day_first((), language=_language(soup), host=host)
        dates = [date for tag in picked.get("date", ()) if (date := _date(tag, day_first=day_first))]
        authors = clean_authors(_text(tag) for tag in picked.get("author", ()))
        for css in selectors.remove:
            for tag in soup.select(css):
                tag.decompose()
        bodies = list(_outermost(picked.get("body", [])))
        for tag in (tag for key in ("title", "date", "author") for tag in picked.get(key, ())):
            if _is_inside(tag, bodies):
                tag.decompose()
        unmatched = [key for key, tags in picked.items() if not tags]
        return SelectedPage(
            markup=_reduced(soup, bodies) if bodies else str(soup),
            has_body=bool(bodies),
            title=title,
            published=dates[0] if dates else None,
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
    language = _language(soup)
    opening = f'<html lang="{language}">' if language.isascii() else "<html>"
    return (
        f"{opening}{soup.head or ''}<body>{data}<article>{''.join(map(str, bodies))}</article></body></html>"
    )


def _text(tag: Tag) -> str:
    content = tag.get("content")
    return " ".join((content if isinstance(content, str) else tag.get_text(" ")).split())


def _language(soup: BeautifulSoup) -> str:
    language = soup.html.get("lang") if soup.html else None
    return language if isinstance(language, str) else ""


def _is_inside(tag: Tag, bodies: list[Tag]) -> bool:
    """Return whether a tag is a part of a body, and not all of it."""
    return not tag.decomposed and any(parent is body for parent in tag.parents for body in bodies)


def _date(tag: Tag, *, day_first: bool) -> WrittenDate | None:
    stamp = tag.get("datetime")
    return read_date(stamp if isinstance(stamp, str) else _text(tag), day_first=day_first)


def page_parts(markup: str) -> tuple[PagePart, ...]:
    """Return the lines of a page in order, each with a selector for a person to choose from."""
    soup = BeautifulSoup(with_body_tag(markup), "lxml")
    for tag in soup.find_all(_SILENT):
        tag.decompose()
    parts: list[PagePart] = []
    for tag in soup.find_all(_has_own_text):
        if not any(_has_own_text(parent) for parent in tag.parents):
            parts.append(PagePart(_selector(tag), _text(tag)))
    return tuple(parts)


def _has_own_text(tag: Tag) -> bool:
    # Comments and the doctype are strings of other types.
    return any(type(child) is NavigableString and child.strip() for child in tag.children)


def _selector(tag: Tag) -> str:
    """Return the nearest elements with an id or a class, the tag itself last: ``div.story > p``."""
    steps = [_step(tag)]
    for parent in tag.parents:
        if parent.name in ("body", "html", "[document]") or len(steps) > _MOST_STEPS:
            break
        if (step := _step(parent)) != parent.name:
            steps.append(step)
    return " ".join(reversed(steps))


def _step(tag: Tag) -> str:
    if isinstance(name := tag.get("id"), str) and _PLAIN_NAME.fullmatch(name):
        return f"{tag.name}#{name}"
    classes = tag.get("class")
    names = [name for name in classes if _PLAIN_NAME.fullmatch(name)] if isinstance(classes, list) else []
    return ".".join([tag.name, *names[:2]])
