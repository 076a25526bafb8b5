"""Write the HTML of the demo sites: article pages with their site's furniture, and listings. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from html import escape
from string import Template

from pipelines.demo.articles import Block, BlockKind, Report
from pipelines.demo.sites import Announcement, DemoSite

_TEASER_CHARACTERS = 170
HOME_PAGE_NEWEST = 6
_INSERT_AFTER = 2  # blocks of the body before the site's own box


def article_page(
    site: DemoSite, report: Report, others: Sequence[Report], root: str, variant: str = ""
) -> str:
    """Return an article page. ``others`` are further articles, newest first; ``root`` has no last slash."""
    template = site.templates.get(variant or "page", site.templates["page"])
    url = root + site.path(report)
    values = _values(site, report, url) | {
        "root": root,
        "self_url": root + site.path(report, variant),
        "amp_url": root + site.path(report, "amp") if "amp" in report.also else url,
        "print_url": root + site.path(report, "print") if "print" in report.also else url,
        "standfirst": _snippet(site.snippets.standfirst, text=report.standfirst),
        "byline": _snippet(site.snippets.byline, text=report.byline),
        "agency": _snippet(site.snippets.agency, text=report.agency),
        "caption": _snippet(site.snippets.caption, text=report.caption, root=root),
        "body": _body(site, report, others, root),
        "teasers": "\n".join(_teaser(site, other, root) for other in others[: site.teasers]),
        "wall": site.snippets.wall if report.free_blocks else "",
        "free": "false" if report.free_blocks else "true",
    }
    return Template(template).substitute(values)


def listing_page(
    site: DemoSite, reports: Sequence[Report], root: str, channel: Announcement | None = None
) -> str:
    """Return the listing of ``channel``, newest first; without a channel the home page."""
    rows = []
    for report in reports[: channel.newest if channel else HOME_PAGE_NEWEST]:
        variants = "".join(
            f' <a href="{escape(site.path(report, variant))}">{variant.title()} version</a>'
            for variant in report.also
            if channel and channel.variants
        )
        values = _values(site, report, root + site.path(report)) | {"variants": variants}
        rows.append(Template(site.snippets.listed).substitute(values))
    return Template(site.templates["listing"]).substitute(
        rows="\n".join(rows), root=root, name=escape(site.name)
    )


def with_tracking(path: str, tracking: str) -> str:
    """Return the URL with the parameters that the site appends in its feeds."""
    return f"{path}{'&' if '?' in path else '?'}{tracking}" if tracking else path


def opening(report: Report, characters: int = _TEASER_CHARACTERS) -> str:
    """Return the standfirst or first paragraph, cut between words."""
    text = report.standfirst or report.blocks[0].text
    if len(text) <= characters:
        return text
    return f"{text[:characters].rsplit(' ', 1)[0].rstrip(',.;:–')} [...]"


def _values(site: DemoSite, report: Report, url: str) -> dict[str, str]:
    date, changed = report.date, report.changed_at
    return {
        "name": escape(site.name),
        "tagline": escape(site.tagline),
        "url": escape(url),
        "url_json": json.dumps(url),
        "title": escape(report.title, quote=False),
        "title_attribute": escape(report.title),
        "title_json": json.dumps(report.title, ensure_ascii=False),
        "author_json": json.dumps(report.byline or site.name, ensure_ascii=False),
        "author": escape(report.byline),
        "opening": escape(opening(report)),
        "slug": report.slug,
        "date_iso": date.isoformat(),
        "modified_iso": changed.isoformat(),
        "date_long": f"{date.day} {date:%B %Y}",
        "date_full": f"{date:%A}, {date:%B} {date.day}, {date.year}",
        "date_short": f"{date:%d/%m/%Y}",
        "date_ordinal": f"{_ordinal(date)} {date:%B %Y}",
        "time": f"{date:%H:%M}",
        "modified_long": f"{changed.day} {changed:%B %Y}",
    }


def _body(site: DemoSite, report: Report, others: Sequence[Report], root: str) -> str:
    """Return paragraphs, bullets as lists, and the site's box after the second paragraph."""
    marks = site.snippets
    pieces: list[str] = []
    bullets: list[str] = []
    for number, block in enumerate(report.blocks):
        if block.kind is not BlockKind.BULLET and bullets:
            pieces.append(_snippet(marks.bullets, items="\n".join(bullets)))
            bullets = []
        if number == _INSERT_AFTER and others and marks.insert:
            pieces.append(
                Template(marks.insert).substitute(_values(site, others[-1], root + site.path(others[-1])))
            )
        if block.kind is BlockKind.BULLET:
            bullets.append(_mark_up(site, block))
        else:
            pieces.append(_mark_up(site, block))
    if bullets:
        pieces.append(_snippet(marks.bullets, items="\n".join(bullets)))
    return "\n".join(pieces)


def _mark_up(site: DemoSite, block: Block) -> str:
    marks = site.snippets
    pattern = {
        BlockKind.PARAGRAPH: marks.paragraph,
        BlockKind.BULLET: marks.bullet,
        BlockKind.HEADING: marks.heading,
        BlockKind.QUOTE: marks.quote,
    }[block.kind]
    return Template(pattern).substitute(text=escape(block.text, quote=False))


def _teaser(site: DemoSite, report: Report, root: str) -> str:
    return Template(site.snippets.teaser).substitute(_values(site, report, root + site.path(report)))


def _snippet(pattern: str, **values: str) -> str:
    """Return the filled-in pattern; nothing if its first value is empty."""
    first = next(iter(values.values()))
    if not pattern or not first:
        return ""
    ready = {name: value if name == "items" else escape(value, quote=False) for name, value in values.items()}
    return Template(pattern).substitute(ready)


def _ordinal(date: datetime) -> str:
    ending = "th" if 10 < date.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(date.day % 10, "th")
    return f"{date.day}{ending}"
