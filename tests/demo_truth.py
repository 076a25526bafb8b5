"""What the demo must come to, derived from the data its sites are written from.

``python -m tests.demo_truth`` writes ``data/demo/expected.json`` anew after an article was added or changed;
the tests check that the file says the same as the articles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

from lxml import html

from pipelines.demo.articles import Event, Report, read_second_pass
from pipelines.demo.editions import Edition, announced, first_edition
from pipelines.demo.pages import opening
from pipelines.demo.sites import DemoSite

FOLDER = Path(__file__).parent.parent / "data" / "demo"
EXPECTED = FOLDER / "expected.json"


@cache
def edition() -> Edition:
    """The sites as the first pass finds them."""
    return first_edition(FOLDER)


def site_of(report: Report) -> DemoSite:
    """The site a report is on."""
    return next(site for site in edition().sites if site.id == report.site)


def place(report: Report) -> str:
    """Site and path: how expected.json names a page."""
    return f"{report.site} {site_of(report).path(report)}"


def expected() -> dict[str, Any]:
    """The contents of expected.json."""
    changes = read_second_pass(FOLDER / "second-pass.toml")
    by_place = {(report.site, report.slug): place(report) for report in edition().reports}
    return {
        "pages": sum(len(set(announced(site_of(report), report))) for report in edition().reports),
        "articles": len(edition().reports),
        "stories": [story for event in edition().events for story in _stories(event)],
        "second_pass": {
            "revised": sorted(by_place[change.site, change.slug] for change in changes.change),
            "gone": sorted(by_place[gone.site, gone.slug] for gone in changes.gone),
        },
    }


def furniture(report: Report) -> Iterator[str]:
    """Lines on the report's page that are no part of its text: of its site, and of the teasers of other
    stories."""
    site = site_of(report)
    marks = site.snippets
    for source in (site.templates["page"], marks.insert, marks.wall):
        yield from _fixed_lines(source)
    for other in edition().of(site):
        if other.title != report.title:
            yield other.title
            yield opening(other)
    if report.agency:
        yield unescape(re.sub(r"<[^>]+>", "", marks.agency)).replace("$text", report.agency)
    if report.caption and marks.caption:
        yield report.caption


def _fixed_lines(template: str) -> Iterator[str]:
    """The text nodes of a template that no article fills in, from four words up: shorter ones may be in any
    text."""
    if not template:
        return
    tree = html.fromstring(re.sub(r"<!DOCTYPE[^>]*>|charset=[\w-]+", "", template, flags=re.I))
    for node in tree.iter():
        if not isinstance(node.tag, str) or node.tag in ("script", "style", "title"):
            continue
        for text in (node.text, *(child.tail for child in node)):
            line = " ".join((text or "").split())
            if "$" not in line and len(line.split()) >= 4:
                yield line


def _stories(event: Event) -> Iterator[dict[str, Any]]:
    groups = [(report,) for report in event.report] if event.single else [event.report]
    for reports in groups:
        name = f"{event.event}: {reports[0].slug}" if event.single else event.event
        about = reports[0].title if event.single else event.about
        yield {"event": name, "about": about, "articles": [_article(event, report) for report in reports]}


def _article(event: Event, report: Report) -> dict[str, Any]:
    addresses = list(dict.fromkeys(announced(site_of(report), report)))
    found: dict[str, Any] = {
        "page": place(report),
        "title": report.title,
        "published": report.date.isoformat(),
    }
    if addresses[1:]:
        found["also"] = [f"{report.site} {address}" for address in addresses[1:]]
    if report.copy_of:
        found["copy_of"] = next(place(other) for other in event.report if other.site == report.copy_of)
    if report.free_blocks:
        found["access"] = "teaser"
    return found


def write() -> None:
    """Write expected.json."""
    EXPECTED.write_text(json.dumps(expected(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
