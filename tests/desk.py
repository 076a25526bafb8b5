"""A desk for tests: a database in a folder, a config over local sites, a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.config.settings import Config, parse_config
from pipelines.models import RunCounts
from pipelines.run import run
from pipelines.storage.page_store import PageStore, pages_folder
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from tests.site import Site

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def page(title: str, *paragraphs: str, head: str = "", around: str = "") -> str:
    """An article page as a newspaper serves it."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<!doctype html><html lang=en><head><title>{title} | Test Site</title>{head}</head><body>"
        f"<nav><a href='/'>Home</a> <a href='/news'>News</a></nav>"
        f"<article><h1>{title}</h1>{text}</article>{around}</body></html>"
    )


def report(place: str, number: int = 1) -> tuple[str, ...]:
    """Four paragraphs that only one article has."""
    return (
        f"{place} council has opened a family hub in the old library of {place}, {number} years after it was promised.",
        f"The hub brings health visitors and debt advisers of {place} together and stays open until eight on weekdays.",
        f"Parents in {place} had told the council {number} times that they were tired of repeating their story.",
        f"The council expects {number}00 families of {place} to come to the building in its first year of work.",
    )


@dataclass(slots=True, kw_only=True)
class Desk:
    """Runs and looks at what came of it."""

    folder: Path
    config: Config
    now: datetime = START
    pages: PageStore = field(init=False)

    def __post_init__(self) -> None:
        self.pages = PageStore(pages_folder(self.config.database))

    def run(self, *, later: timedelta = timedelta(), only: Iterable[str] = ()) -> RunCounts:
        """A pass, some time after the last one."""
        self.now += later
        with self.store() as store:
            return run(store, self.config, pages=self.pages, now=lambda: self.now, only=only)

    def store(self) -> Store:
        return Store(self.config.database)

    def articles(self) -> dict[str, StoredArticle]:
        """What is stored, by the path of its address."""
        with self.store() as store:
            return {
                (stored.article.url or "").partition("127.0.0.1")[2].partition("/")[2]: stored
                for stored in store.articles.iterate()
            }

    def revisions(self) -> list[tuple[int, str]]:
        with self.store() as store:
            return [(row[1], row[4]) for row in store.view("revisions").rows]

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """What must not change when nothing changed."""
        with self.store() as store:
            articles = [
                (s.id, s.article, s.story_id, s.copy_group, s.page_id) for s in store.articles.iterate()
            ]
            tables = ("revisions", "stories", "matches", "story_changes")
            return {"articles": articles, **{name: store.view(name).rows for name in tables}}

    def with_(self, **changes: object) -> Desk:
        """The same desk under another config."""
        return replace(self, config=replace(self.config, **changes))  # type: ignore[arg-type]


def make_desk(
    folder: Path, *sites: Site, extra: str = "", fetch: str = "", cuttings: str = "", source: str = ""
) -> Desk:
    """A desk that watches ``/feed`` of each site; ids are s1, s2 ... ``extra`` are more lines of the
    config."""
    hosts = ", ".join(f'"{site.host}"' for site in sites)
    sources = "".join(
        f'\n[[source]]\nid = "s{number}"\nname = "Site {number}"\nfeeds = ["{site.url("/feed")}"]\n{source}\n'
        for number, site in enumerate(sites, 1)
    )
    tables = (
        f"[cuttings]\n{cuttings}\n[fetch]\ndelay = 0.0\ntimeout = 5.0\nallow_private = [{hosts}]\n{fetch}\n"
    )
    text = tables + sources + extra
    path = folder / "cuttings.toml"
    path.write_text(text)
    return Desk(folder=folder, config=parse_config(text, path, version="1"))
