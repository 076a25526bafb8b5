"""Digests that were made, and what is new in a window of time."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.storage.connection import Connection
from pipelines.storage.outlets import OUTLET_NAME
from pipelines.storage.values import moment, stamp, storable, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestEntry:
    """One story of a digest. ``report_count``: at that time."""

    story_id: int
    section: str
    report_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """The two last versions of an article that changed in a window; ``new_text`` None: its page is gone."""

    article_id: int
    source: str
    url: str | None
    old_title: str
    old_text: str
    new_title: str
    new_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDigest:
    """A digest that was made, without its content. ``list``: its readers; empty for none named."""

    id: int
    list: str
    made_at: datetime
    since: datetime
    until: datetime
    stories: int


class Digests:
    """The `digests` and `digest_stories` tables, and reads over `revisions` for new digests."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def last_until(self, list_name: str) -> datetime | None:
        """Return the end of the window of a list's last digest; when it was made, if that was earlier."""
        row = self._connection.one(
            "SELECT min(until, made_at) FROM digests WHERE list = ? ORDER BY id DESC LIMIT 1",
            (storable(list_name),),
        )
        return moment(row[0]) if row else None

    def next_id(self) -> int:
        """Return the id that the next digest gets: one more than any that ever was."""
        row = self._connection.one("SELECT seq FROM sqlite_sequence WHERE name = 'digests'")
        return int(row[0]) + 1 if row else 1

    def save(
        self,
        digest_id: int,
        content_json: str,
        entries: Iterable[DigestEntry],
        *,
        list_name: str,
        made_at: datetime,
        since: datetime,
        until: datetime,
    ) -> None:
        """Store one digest."""
        with self._connection.transaction():
            self._connection.execute(
                """INSERT INTO digests (id, made_at, list, since, until, content_json)
                VALUES (?, ?, ?, ?, ?, ?)""",
                (
                    digest_id,
                    stamp(made_at),
                    storable(list_name),
                    stamp(since),
                    stamp(until),
                    storable(content_json),
                ),
            )
            self._connection.many(
                """INSERT INTO digest_stories (digest_id, position, story_id, section, report_count)
                VALUES (?, ?, ?, ?, ?)""",
                [(digest_id, n, e.story_id, e.section, e.report_count) for n, e in enumerate(entries, 1)],
            )

    def content(self, digest_id: int) -> str | None:
        """Return the stored digest as JSON."""
        row = self._connection.one("SELECT content_json FROM digests WHERE id = ?", (digest_id,))
        return str(row[0]) if row else None

    def latest(self, *, limit: int) -> tuple[StoredDigest, ...]:
        """Return the digests that were made last, the newest first."""
        rows = self._connection.execute(
            """SELECT id, list, made_at, since, until,
                (SELECT count(*) FROM digest_stories AS s WHERE s.digest_id = d.id)
            FROM digests AS d ORDER BY id DESC LIMIT ?""",
            (limit,),
        )
        return tuple(
            StoredDigest(
                id=number, list=readers, made_at=moment(made), since=moment(since), until=moment(until),
                stories=stories,
            )
            for number, readers, made, since, until, stories in rows
        )  # fmt: skip

    def remove_articles(self, article_ids: Iterable[int]) -> None:
        """Remove what stored digests hold of these articles: titles, URLs, first sentences, new sentences."""
        gone = frozenset(article_ids)
        rows = self._connection.execute(
            """SELECT DISTINCT d.id, d.content_json FROM digests AS d, json_tree(d.content_json) AS t
            JOIN json_each(?) AS gone ON gone.value = t.value
            WHERE t.key IN ('article_id', 'lead_article_id')""",
            (to_json(sorted(gone)),),
        )
        for digest_id, content in rows:
            redacted = _without_articles(json.loads(content), gone)
            self._connection.execute(
                "UPDATE digests SET content_json = ? WHERE id = ?", (to_json(redacted), digest_id)
            )

    def new_articles(self, *, since: datetime, until: datetime, published_after: datetime) -> dict[int, int]:
        """Return article and story of what was first seen in the window and is not older news."""
        rows = self._connection.execute(
            """SELECT DISTINCT a.id, a.story_id FROM revisions AS r JOIN articles AS a ON a.id = r.article_id
            WHERE r.seen_at >= ? AND r.seen_at < ? AND a.first_seen_at >= ? AND a.first_seen_at < ?
                AND a.story_id IS NOT NULL AND (a.published_at IS NULL OR a.published_at >= ?)""",
            (stamp(since), stamp(until), stamp(since), stamp(until), stamp(published_after)),
        )
        return dict(rows)

    def revised(self, *, since: datetime, until: datetime) -> tuple[TextChange, ...]:
        """Return the articles that publishers changed in the window, with their last two versions."""
        rows = self._connection.execute(
            f"""SELECT a.id, {OUTLET_NAME}, a.url, old.title, old.text, new.title, new.text
            FROM revisions AS new JOIN articles AS a ON a.id = new.article_id
            JOIN revisions AS old ON old.id = (
                SELECT max(e.id) FROM revisions AS e WHERE e.article_id = a.id AND e.id < new.id)
            LEFT JOIN sources AS o ON o.id = a.source_id
            WHERE new.seen_at >= ? AND new.seen_at < ? AND new.id = (
                SELECT max(e.id) FROM revisions AS e WHERE e.article_id = a.id)
            ORDER BY new.seen_at, a.id""",
            (stamp(since), stamp(until)),
        )
        return tuple(map(_text_change, rows))

    def removed(self, *, since: datetime, until: datetime) -> tuple[TextChange, ...]:
        """Return the articles whose page was found gone in the window."""
        rows = self._connection.execute(
            f"""SELECT a.id, {OUTLET_NAME}, a.url, a.title, a.text, a.title, NULL FROM articles AS a
            LEFT JOIN sources AS o ON o.id = a.source_id
            WHERE a.gone_at >= ? AND a.gone_at < ? ORDER BY a.gone_at, a.id""",
            (stamp(since), stamp(until)),
        )
        return tuple(map(_text_change, rows))


def _without_articles(digest: dict[str, Any], gone: frozenset[int]) -> dict[str, Any]:
    """Return the JSON of a digest without what it holds of these articles."""
    for section in digest["sections"]:
        for story in section["stories"]:
            for key in ("reports", "new_sentences"):
                story[key] = [each for each in story[key] if each["article_id"] not in gone]
            if story["lead_article_id"] in gone:
                story |= {"title": "", "url": None, "lead": "", "lead_article_id": None}
    digest["changes"] = [each for each in digest["changes"] if each["article_id"] not in gone]
    return digest


def _text_change(row: tuple[object, ...]) -> TextChange:
    article_id, source, url, old_title, old_text, new_title, new_text = row
    return TextChange(
        article_id=int(str(article_id)),
        source=str(source),
        url=None if url is None else str(url),
        old_title=str(old_title),
        old_text=str(old_text),
        new_title=str(new_title),
        new_text=None if new_text is None else str(new_text),
    )
