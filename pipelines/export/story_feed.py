"""The reports of one story as an Atom feed (RFC 4287), newest first. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from pipelines.export.digest.outline import safe_url
from pipelines.stories.view import ReportView, StoryView
from pipelines.text import defuse_line

ATOM = "http://www.w3.org/2005/Atom"
MOST_REPORTS = 50


def story_atom(view: StoryView, *, address: str) -> str:
    """Return the feed of a story. ``address`` is where it is served; the ids are made of it."""
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    _add(feed, "title", defuse_line(view.story.title) or f"Story {view.story.id}")
    _add(feed, "id", f"urn:uuid:{uuid5(NAMESPACE_URL, address)}")
    _add(feed, "link", rel="self", href=address)
    reports = sorted(view.reports, key=lambda each: (_moment(each), each.id), reverse=True)[:MOST_REPORTS]
    _add(feed, "updated", _stamp(max(map(_moment, reports), default=view.story.updated_at)))
    _add(_add(feed, "author"), "name", "cuttings")
    for report in reports:
        entry = _add(feed, "entry")
        _add(entry, "title", defuse_line(report.stored.article.title) or "(no headline)")
        _add(entry, "id", f"urn:uuid:{uuid5(NAMESPACE_URL, f'{address}#{report.id}')}")
        _add(entry, "updated", _stamp(_moment(report)))
        if report.source:
            _add(_add(entry, "author"), "name", defuse_line(report.source))
        if url := safe_url(report.stored.article.url):
            _add(entry, "link", rel="alternate", href=url)
    text: bytes = etree.tostring(feed, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return text.decode()


def _moment(report: ReportView) -> datetime:
    return report.published_at or report.stored.first_seen_at


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    element.text = text or None
    return element
