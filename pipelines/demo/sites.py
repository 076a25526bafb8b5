"""Read the demo's sites from ``data/demo/sites/<id>/``: ``site.toml`` and its page templates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from string import Template
from typing import Literal

from pipelines.demo.articles import Report, read_toml


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One channel of a site. ``tracking`` is what the site appends to every URL in it."""

    path: str
    kind: Literal["feed", "sitemap", "listing"]
    format: Literal["rss", "atom", "news", "index", "page"]
    newest: int = 100  # how many of the newest articles it lists
    tracking: str = ""
    variants: bool = False  # lists the AMP and print addresses too
    of: str = ""  # for an index: the path of the sitemap it points to


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippets:
    """The site's markup around pieces of text; ``$text`` and the like are filled in."""

    paragraph: str
    bullet: str
    bullets: str
    heading: str
    quote: str
    teaser: str
    listed: str
    standfirst: str = ""
    byline: str = ""
    agency: str = ""
    caption: str = ""
    insert: str = ""  # stands between two paragraphs: "read more", a subscribe box
    wall: str = ""  # follows what can be read for free


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSite:
    """One outlet: its names, the pattern of its URLs, its channels and its templates."""

    name: str
    kind: str
    owner: str = ""
    address: str  # template of an article's path
    snippets: Snippets
    channel: tuple[Announcement, ...]
    variants: dict[str, str] = field(default_factory=dict)  # template of the path of each variant
    encoding: str = "utf-8"
    robots: str = ""
    teasers: int = 3
    tagline: str = ""
    id: str = ""
    templates: dict[str, str] = field(default_factory=dict)

    def path(self, report: Report, variant: str = "") -> str:
        """Return path and query of a report on this site, or of a variant of it."""
        pattern = self.variants[variant] if variant else self.address
        number = f"{int.from_bytes(report.slug.encode()[-3:]):08d}"  # as in newspapers' URLs
        return Template(pattern).substitute(
            slug=report.slug,
            number=number,
            year=f"{report.date:%Y}",
            month=f"{report.date:%m}",
            day=f"{report.date:%d}",
        )


def read_sites(folder: Path) -> tuple[DemoSite, ...]:
    """Return every demo site, by id. Raises ``ConfigError``, which names the file."""
    return tuple(_read_site(path.parent) for path in sorted(folder.glob("*/site.toml")))


def _read_site(folder: Path) -> DemoSite:
    templates = {page.stem: page.read_text(encoding="utf-8") for page in sorted(folder.glob("*.html"))}
    return replace(read_toml(folder / "site.toml", DemoSite), id=folder.name, templates=templates)
