"""A digest as feeds of stories (Atom, JSON Feed), as a whole e-mail, and as a table. Pure."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from pipelines.export.digest.content import Digest, DigestStory
from pipelines.export.digest.documents import as_html, as_text
from pipelines.export.digest.outline import facts, headline, known_first, outline, safe_url
from pipelines.text import are_mailboxes, defuse_cell, defuse_line, escape_json

ATOM = "http://www.w3.org/2005/Atom"
CSV_COLUMNS = (
    "section", "story_id", "title", "url", "publishers", "reports", "copies", "new_reports", "sources",
    "first_source", "first_published_at", "is_new", "topics",
)  # fmt: skip


def _stable_id(digest: Digest, name: str) -> str:
    """Return an id that stays the same for the same desk and story, whatever else changes."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'cuttings/{digest.desk}/{name}')}"


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _published(story: DigestStory) -> datetime | None:
    return next((report.published_at for report in story.reports if report.published_at), None)


def _updated(digest: Digest) -> datetime:
    """Return when the last story changed: a feed that is made again without news is unchanged."""
    return max((story.updated_at for story in digest.stories), default=digest.since)


def _summary(digest: Digest, story: DigestStory) -> str:
    lead = "" if digest.is_links_only else defuse_line(story.lead)
    return f"{lead} {facts(digest, story)}".strip()


def as_atom(digest: Digest) -> str:
    """Return the stories as an Atom feed (RFC 4287)."""
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})

    def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
        element = etree.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
        element.text = text or None
        return element

    add(feed, "title", defuse_line(digest.title))
    add(feed, "id", _stable_id(digest, f"list/{digest.list}"))
    add(feed, "updated", _stamp(_updated(digest)))
    add(add(feed, "author"), "name", defuse_line(digest.desk))
    for story in digest.stories:
        entry = add(feed, "entry")
        add(entry, "title", headline(digest, story))
        add(entry, "id", _stable_id(digest, f"story/{story.story_id}"))
        add(entry, "updated", _stamp(story.updated_at))
        if published := _published(story):
            add(entry, "published", _stamp(published))
        if url := safe_url(story.url):
            add(entry, "link", rel="alternate", href=url)
        add(entry, "summary", _summary(digest, story))
    text: bytes = etree.tostring(feed, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return text.decode()


def as_json_feed(digest: Digest) -> str:
    """Return the stories as a JSON Feed (version 1.1)."""
    items = []
    for story in digest.stories:
        entry: dict[str, object] = {
            "id": _stable_id(digest, f"story/{story.story_id}"),
            "title": headline(digest, story),
            "content_text": _summary(digest, story),
            "date_modified": _stamp(story.updated_at),
        }
        if url := safe_url(story.url):
            entry["url"] = url
        if published := _published(story):
            entry["date_published"] = _stamp(published)
        if story.topics:
            entry["tags"] = list(story.topics)
        items.append(entry)
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": defuse_line(digest.title), "items": items}
    return escape_json(json.dumps(feed, ensure_ascii=False, indent=2)) + "\n"


def as_mail(digest: Digest, *, sender: str, address: str) -> str:
    """Return a whole message for ``sendmail -t``, with plain text and HTML.

    Without an address of the desk it has no sender, which sendmail then adds.
    """
    message = EmailMessage()
    message["Subject"] = next(outline(digest)).text
    if author := _mailbox(sender):
        message["From"] = author
    message["To"] = _mailbox(address) or "undisclosed-recipients:;"
    message["Date"] = format_datetime(digest.made_at.astimezone(UTC))
    message["Message-ID"] = (
        f"<{_stable_id(digest, f'digest/{digest.id}').rpartition(':')[2]}@cuttings.invalid>"
    )
    message.set_content(as_text(digest))
    message.add_alternative(as_html(digest), subtype="html")
    return message.as_string()


def _mailbox(text: str) -> str:
    """Return addresses for a header; empty if one of them is not an address."""
    plain = " ".join(defuse_line(text).split())
    return plain if are_mailboxes(plain) else ""


def as_csv(digest: Digest) -> str:
    """Return one row for each story; no cell starts a formula in a spreadsheet."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for section in digest.sections:
        for story in section.stories:
            names = list(dict.fromkeys(report.source for report in story.reports if report.source))
            published = _published(story)
            first = known_first(digest, story)
            texts = (
                section.name, str(story.story_id), headline(digest, story), safe_url(story.url) or "",
            )  # fmt: skip
            counts = (
                story.publishers, len(story.independent), len(story.reports) - len(story.independent),
                len(story.new_reports),
            )  # fmt: skip
            rest = (
                "; ".join(names), first.source if first else names[0] if len(names) == 1 else "",
                _stamp(published) if published else "",
            )  # fmt: skip
            last = (int(story.is_new), "; ".join(story.topics))
            cells = (*texts, *counts, *rest, *last)
            writer.writerow([defuse_cell(c) if isinstance(c, str) else c for c in cells])
    return buffer.getvalue()
