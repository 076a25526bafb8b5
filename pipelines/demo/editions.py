"""Build what a demo site serves in one pass: pages, channels and robots.txt, by path. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Template

from pipelines.demo import channels, pages
from pipelines.demo.articles import Event, Report, after_changes, read_events, read_second_pass
from pipelines.demo.server import Reply
from pipelines.demo.sites import Announcement, DemoSite, read_sites

_TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "news": "application/xml; charset=utf-8",
    "index": "application/xml; charset=utf-8",
}
_GONE = Reply(
    body=b"<!DOCTYPE html><title>Removed</title><h1>This page was removed by its publisher</h1>", status=410
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The demo's sites and all reports on them, in one pass."""

    sites: tuple[DemoSite, ...]
    events: tuple[Event, ...]
    reports: tuple[Report, ...]
    removed: tuple[Report, ...] = ()  # by their publishers since the first pass

    def of(self, site: DemoSite) -> tuple[Report, ...]:
        """Return a site's reports, newest first."""
        own = (report for report in self.reports if report.site == site.id)
        return tuple(sorted(own, key=lambda report: (report.date, report.slug), reverse=True))

    def replies(self, site: DemoSite, root: str) -> dict[str, Reply]:
        """Return a site's replies by path and query. ``root`` is its URL without the last slash."""
        reports = self.of(site)
        found = {"/robots.txt": _robots(site, root)} if site.robots else {}
        found["/"] = _html(
            site, pages.listing_page(site, reports, root), max(each.changed_at for each in reports)
        )
        for channel in site.channel:
            found[channel.path] = _channel(site, channel, reports, root)
        for report in reports:
            others = _others(report, reports)
            for variant in ("", *report.also):
                page = pages.article_page(site, report, others, root, variant)
                found[site.path(report, variant)] = _html(site, page, report.changed_at)
        for report in self.removed:
            if report.site == site.id:
                found |= {site.path(report, variant): _GONE for variant in ("", *report.also)}
        return found


def first_edition(folder: Path) -> Edition:
    """Return the sites of the first pass. ``folder`` is ``data/demo``. Raises ``ConfigError``."""
    events = read_events(folder / "articles")
    reports = tuple(report for event in events for report in event.report)
    return Edition(sites=read_sites(folder / "sites"), events=events, reports=reports)


def second_edition(first: Edition, folder: Path) -> Edition:
    """Return the sites of the second pass: some pages changed, one gone. Raises ``ConfigError``."""
    changes = read_second_pass(folder / "second-pass.toml")
    places = {(gone.site, gone.slug) for gone in changes.gone}
    return Edition(
        sites=first.sites,
        events=first.events,
        reports=after_changes(first.reports, changes),
        removed=tuple(report for report in first.reports if (report.site, report.slug) in places),
    )


def find_reply(replies: Mapping[str, Reply], target: str) -> Reply:
    """Return the reply for path and query, else (as most sites do) for the path alone, else 404."""
    found = replies.get(target) or replies.get(target.partition("?")[0])
    return found or Reply(
        body=b"<!DOCTYPE html><title>Page not found</title><h1>Page not found</h1>", status=404
    )


def announced(site: DemoSite, report: Report) -> Iterator[str]:
    """Return every path and query under which channels announce a report, the main one first."""
    yield site.path(report)
    for channel in site.channel:
        if channel.tracking:
            yield pages.with_tracking(site.path(report), channel.tracking)
        if channel.variants:
            yield from (site.path(report, variant) for variant in report.also)


def _others(report: Report, reports: Sequence[Report]) -> tuple[Report, ...]:
    """Return the site's other articles for its boxes, nearest in time first."""
    return tuple(
        sorted(
            (other for other in reports if other is not report),
            key=lambda other: (abs(other.date - report.date), other.slug),
        )
    )


def _channel(site: DemoSite, channel: Announcement, reports: Sequence[Report], root: str) -> Reply:
    changed = max(report.changed_at for report in reports)
    if channel.format == "page":
        return _html(site, pages.listing_page(site, reports, root, channel), changed)
    if channel.format == "index":
        text = channels.sitemap_index(channel, reports, root)
    else:
        write = {"rss": channels.rss, "atom": channels.atom, "news": channels.news_sitemap}[channel.format]
        text = write(site, channel, reports, root)
    return Reply(body=text.encode(), content_type=_TYPES[channel.format], modified=changed)


def _html(site: DemoSite, page: str, changed: datetime) -> Reply:
    body = page.encode(site.encoding, "xmlcharrefreplace")
    return Reply(body=body, content_type=f"text/html; charset={site.encoding}", modified=changed)


def _robots(site: DemoSite, root: str) -> Reply:
    return Reply(
        body=Template(site.robots).substitute(root=root).encode(), content_type="text/plain; charset=utf-8"
    )
