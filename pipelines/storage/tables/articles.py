"""Articles, their revisions, and what was removed from their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from pipelines.errors import ForgottenArticleError, UnknownArticleError
from pipelines.storage.connection import Connection
from pipelines.storage.deletion import delete_articles
from pipelines.storage.rows import Row
from pipelines.storage.tables.article_rows import (
    COMPARED,
    FEATURES_ONLY,
    HEAD_COLUMNS,
    HOLDS,
    INSERT_ARTICLE,
    IS_FILED_AGAIN,
    IS_MORE_EXACT,
    REVISION,
    STORED_ARTICLE,
    UPDATE_ARTICLE,
    Change,
    Head,
    Revision,
    StoredArticle,
    Upserted,
    article_values,
    dated,
    head,
    is_same,
    url_key,
)
from pipelines.storage.tables.links import article_behind
from pipelines.storage.tables.tombstones import is_forgotten
from pipelines.storage.values import portions, stamp, storable, unpack
from scraper.models import Article, Removed

_BEFORE = "SELECT content_hash, text_use FROM articles WHERE id = ?"
_SELECT = STORED_ARTICLE.select("articles")
QUOTED_TITLE = 60  # characters by which a title is found in a sentence, which may cut it at 80
_FORGOTTEN = "deleted for good by `cuttings forget`; not stored again"
_PORTION = 200  # articles held in memory while all are read; 200 texts take about 1 MB


class Articles:
    """The `articles`, `revisions` and `removals` tables."""

    def __init__(self, connection: Connection, *, zone: tzinfo = UTC) -> None:
        self._connection = connection
        self.zone = zone

    def dated(self, article: Article, *, at: datetime) -> Article:
        """Return the article as it is stored: with its day where the desk is, without an impossible date."""
        return dated(article, at=at, zone=self.zone)

    def save(
        self,
        article: Article,
        *,
        at: datetime,
        page_id: int | None = None,
        extractor: str = "",
        text_use: str = "full",
        into: int | None = None,
        correction: bool = False,
        newer: bool = True,
        as_new: bool = False,
    ) -> Upserted:
        """Store an article under the id it had before, or a new one. Raises ``ForgottenArticleError``.

        It is the article ``into``, if given; else the one with the same external id, source and URL; without
        an external id, of the same URL; without a URL, of the same words. With ``text_use`` "features_only"
        no text is kept; the caller saves the fingerprint in the same transaction. A ``correction`` of our
        reading replaces the newest revision. Unless it may be ``newer``, an earlier version changes nothing.
        """
        article = self.dated(article, at=at)
        values = article_values(article, at=at, page_id=page_id, extractor=extractor, text_use=text_use)
        has_tombstones, has_source, same = self._look_up(values)
        if has_tombstones and is_forgotten(self._connection, values):
            raise ForgottenArticleError(_FORGOTTEN, article.url or article.external_id or article.title)
        if not has_source:
            self._add_source(article.source_id, at)
        known = None if as_new else same if into is None else into
        before = None if known is None else self._connection.one(_BEFORE, (known,))
        if known is None or before is None:
            return self._add(article, values, at=at, text_use=text_use)
        if (correction or not newer) and self._connection.one(HOLDS, dict(values, id=known, own=correction)):
            return Upserted(id=known, outcome=Change.UNCHANGED)  # nor was it seen again
        is_kept = self._has_words(known, article, before[0], newer=newer) and before[1] == text_use
        outcome = Change.UNCHANGED if is_kept else Change.REVISED
        self._replace(known, values, outcome, correction=correction)
        if correction or outcome is Change.REVISED:
            self._save_removals(known, article, text_use)
        return Upserted(id=known, outcome=outcome)

    def _add(self, article: Article, values: Mapping[str, Any], *, at: datetime, text_use: str) -> Upserted:
        article_id = self._connection.insert(INSERT_ARTICLE, (*values.values(), stamp(at)))
        self._add_revision(article_id, values)
        self._add_removals(article_id, article, text_use)
        return Upserted(id=article_id, outcome=Change.NEW)

    def save_all(
        self, articles: Iterable[Article], *, at: datetime, extractor: str = "", text_use: str = "full"
    ) -> list[Upserted]:
        """Store several articles, in order."""
        return [self.save(article, at=at, extractor=extractor, text_use=text_use) for article in articles]

    def _replace(self, known: int, values: Mapping[str, Any], outcome: Change, *, correction: bool) -> None:
        if outcome is Change.UNCHANGED and not correction:
            self._refresh(known, values)
            return
        self._connection.execute(UPDATE_ARTICLE, (*values.values(), known))
        if outcome is Change.REVISED and correction:
            self._correct_revision(known, values)
        elif outcome is Change.REVISED:
            self._add_revision(known, values)

    def _add_source(self, source_id: str | None, at: datetime) -> None:
        if source_id is not None:
            self._connection.execute(
                "INSERT OR IGNORE INTO sources (id, name, declared, added_at) VALUES (?, ?, 0, ?)",
                (storable(source_id), storable(source_id), stamp(at)),
            )

    def _look_up(self, values: Mapping[str, Any]) -> tuple[int, int, int | None]:
        """Return whether any article was deleted for good, whether the source is there, and the id before.

        One statement, because each costs as much as an index of the table.
        """
        row: tuple[int, int, int | None] = self._connection.execute(
            f"""SELECT EXISTS (SELECT 1 FROM _tombstones),
                EXISTS (SELECT 1 FROM sources WHERE id = :source_id),
                (SELECT id FROM articles WHERE {is_same(values)} ORDER BY id LIMIT 1)""",
            {name: values[name] for name in COMPARED},
        )[0]
        return row

    def _has_words(self, article_id: int, article: Article, content_hash: str, *, newer: bool) -> bool:
        """Return whether a stored article has these words, or had them where they may not be newer."""
        if content_hash == article.content_hash or newer:
            return content_hash == article.content_hash
        sql = "SELECT 1 FROM revisions WHERE article_id = ? AND content_hash = ? LIMIT 1"
        return bool(self._connection.one(sql, (article_id, article.content_hash)))

    def _refresh(self, article_id: int, values: Mapping[str, Any]) -> None:
        """Note that the same words were seen again, and fill in what was not known of them before.

        A late date, or the day of a month, changes what the matcher sees: the article is filed again then. A
        date that was known stays, but for a more exact form: publishers move it to the day of the last touch.
        """
        self._connection.execute(
            f"""UPDATE articles SET last_seen_at = :last_seen_at, extractor = :extractor,
                page_id = coalesce(:page_id, page_id),
                filed_at = CASE WHEN {IS_FILED_AGAIN} THEN NULL ELSE filed_at END,
                published_at = CASE WHEN {IS_MORE_EXACT} THEN :published_at
                    ELSE coalesce(published_at, :published_at) END,
                published_precision = CASE WHEN {IS_MORE_EXACT} THEN :published_precision
                    ELSE coalesce(published_precision, :published_precision) END,
                published_day = CASE WHEN {IS_MORE_EXACT} THEN :published_day
                    ELSE coalesce(published_day, :published_day) END,
                modified_at = coalesce(:modified_at, modified_at),
                language = coalesce(language, :language), publisher = coalesce(:publisher, publisher),
                agency = coalesce(:agency, agency),
                authors_json = CASE WHEN :authors_json = '[]' THEN authors_json ELSE :authors_json END,
                links_json = CASE WHEN :links_json = '[]' THEN links_json ELSE :links_json END,
                origins_json = CASE WHEN :origins_json = '[]' THEN origins_json ELSE :origins_json END,
                rights_json = :rights_json, access = :access,
                canonical_url = coalesce(:canonical_url, canonical_url)
            WHERE id = :id""",
            {**values, "id": article_id},
        )

    def _add_revision(self, article_id: int, values: Mapping[str, Any]) -> None:
        self._connection.execute(
            "INSERT INTO revisions (article_id, seen_at, title, text, content_hash) VALUES (?, ?, ?, ?, ?)",
            (article_id, *(values[name] for name in ("last_seen_at", "title", "text", "content_hash"))),
        )

    def _correct_revision(self, article_id: int, values: Mapping[str, Any]) -> None:
        self._connection.execute(
            """UPDATE revisions SET title = ?, text = ?, content_hash = ?
            WHERE id = (SELECT max(id) FROM revisions WHERE article_id = ?)""",
            (*(values[name] for name in ("title", "text", "content_hash")), article_id),
        )

    def _save_removals(self, article_id: int, article: Article, text_use: str) -> None:
        self._connection.execute("DELETE FROM removals WHERE article_id = ?", (article_id,))
        self._add_removals(article_id, article, text_use)

    def _add_removals(self, article_id: int, article: Article, text_use: str) -> None:
        if text_use == FEATURES_ONLY or not article.removed:
            return
        self._connection.many(
            "INSERT INTO removals (article_id, position, reason, text) VALUES (?, ?, ?, ?)",
            [
                (article_id, position, storable(each.reason), storable(each.text))
                for position, each in enumerate(article.removed)
            ],
        )

    def delete(self, articles: Iterable[StoredArticle]) -> None:
        """Delete articles, all that refers to them, and their words where other rows quote them.

        Their links stay, without words, so that a channel that announces them again changes nothing.
        """
        articles = tuple(articles)
        for stored in articles:
            title, url = storable(stored.article.title), storable(stored.article.url)
            self._connection.execute(
                """UPDATE _links SET title = '', summary = '', next_look_at = NULL,
                last_outcome = 'forgotten' WHERE article_id = ? OR url = ?""",
                (stored.id, url),
            )
            self._connection.execute("DELETE FROM failures WHERE url = ?", (url,))
            self._connection.execute(
                """UPDATE story_changes SET detail = 'an article of it was deleted'
                WHERE article_id = ? OR (? <> '' AND instr(detail, ?))""",
                (stored.id, title, title[:QUOTED_TITLE]),
            )
        delete_articles(self._connection, (stored.id for stored in articles))

    def get(self, article_id: int) -> StoredArticle:
        """Return one article. Raises ``UnknownArticleError``."""
        articles = self.many([article_id])
        if not articles:
            raise UnknownArticleError("no article has this id", str(article_id))
        return articles[article_id]

    def many(self, article_ids: Iterable[int]) -> dict[int, StoredArticle]:
        """Return those of the articles that exist."""
        rows = self._connection.execute_in(f"{_SELECT} WHERE id IN (?*)", article_ids)
        return {row[0]: STORED_ARTICLE.record(row) for row in rows}

    def find(self, id_or_url: str) -> StoredArticle:
        """Return the article with an id or URL (or one that led to it). Raises ``UnknownArticleError``."""
        is_id = id_or_url.isascii() and id_or_url.isdecimal() and len(id_or_url) < 19
        article_id = int(id_or_url) if is_id else None
        if article_id is None or not self.many([article_id]):
            article_id = self.find_url(id_or_url) or self.find_external(id_or_url)
        if (article_id := article_id or article_behind(self._connection, id_or_url)) is None:
            message = "no article has this id or URL; `cuttings articles WORDS` finds some"
            raise UnknownArticleError(message, id_or_url)
        return self.get(article_id)

    def find_url(self, url: str) -> int | None:
        """Return the id of the article at a URL, or of one that names it as its canonical URL."""
        key = url_key(url)
        row = self._connection.one("SELECT min(id) FROM articles WHERE url_key = ?", (key,))
        if row is None or row[0] is None:
            sql = "SELECT min(id) FROM articles WHERE canonical_url = ? AND canonical_url IS NOT url_key"
            row = self._connection.one(sql, (key,))  # as its index asks
        return None if row is None else row[0]

    def at_url(self, url: str) -> list[int]:
        """Return the ids of all articles at a URL: an import may hold several."""
        sql = "SELECT id FROM articles WHERE url_key = ? ORDER BY id"
        return [row[0] for row in self._connection.execute(sql, (url_key(url),))]

    def read_from(self, page_id: int) -> list[int]:
        """Return the ids of the articles that were read from a stored page."""
        return [
            row[0]
            for row in self._connection.execute("SELECT id FROM articles WHERE page_id = ?", (page_id,))
        ]

    def find_external(self, external_id: str) -> int | None:
        """Return the id of the article that was imported under an id of its own."""
        row = self._connection.one(
            "SELECT min(id) FROM articles WHERE external_id = ?", (storable(external_id),)
        )
        return None if row is None else row[0]

    def find_import(self, external_id: str, source_id: str | None, url: str | None) -> int | None:
        """Return the id of the article that was imported under an id of its own, from that source and URL."""
        row = self._connection.one(
            "SELECT min(id) FROM articles WHERE external_id = ? AND +source_id IS ? AND +url_key IS ?",
            (storable(external_id), storable(source_id), url_key(url)),
        )
        return None if row is None else row[0]

    def unfiled(self) -> tuple[int, ...]:
        """Return the new and revised articles that were not filed yet, those of a killed run too."""
        rows = self._connection.execute("SELECT id FROM articles WHERE filed_at IS NULL ORDER BY id")
        return tuple(row[0] for row in rows)

    def ids(self) -> tuple[int, ...]:
        """Return the id of every article."""
        return tuple(row[0] for row in self._connection.execute("SELECT id FROM articles ORDER BY id"))

    def of_site(self, site: str, *, limit: int) -> Iterator[tuple[int, str, frozenset[int]]]:
        """Yield the articles read from pages of a site, the newest first: id, title, blocks of the page."""
        rows = self._connection.execute(
            """SELECT a.id, a.title, p.blocks FROM articles AS a JOIN pages AS p ON p.id = a.page_id
            WHERE p.template = ? ORDER BY a.id DESC LIMIT ?""",
            (storable(site), limit),
        )
        for article_id, title, blocks in rows:
            yield article_id, title, frozenset(unpack(blocks))

    def count(self) -> int:
        """Return how many articles there are."""
        return int(self._connection.execute("SELECT count(*) FROM articles")[0][0])

    def iterate(
        self, *, since: datetime | None = None, source_id: str | None = None
    ) -> Iterator[StoredArticle]:
        """Yield the articles first seen since, in order of id."""
        ids = self._connection.execute(
            "SELECT id FROM articles WHERE first_seen_at >= ? AND (? IS NULL OR source_id = ?) ORDER BY id",
            (stamp(since) or "", source_id, source_id),
        )
        for portion in portions((row[0] for row in ids), _PORTION):
            yield from self.many(portion).values()

    def revisions(self, article_id: int) -> tuple[Revision, ...]:
        """Return every version of an article, oldest first."""
        rows = self._connection.execute(
            f"{REVISION.select('revisions')} WHERE article_id = ? ORDER BY id", (article_id,)
        )
        return tuple(map(REVISION.record, rows))

    def mark_gone(self, article_id: int, *, at: datetime | None) -> None:
        """Note since when an article's page is gone; ``None``: it is there."""
        self._connection.execute(
            """UPDATE articles SET gone_at = CASE WHEN :at IS NULL THEN NULL ELSE coalesce(gone_at, :at) END
            WHERE id = :id AND (gone_at IS NULL) <> (:at IS NULL)""",
            {"id": article_id, "at": stamp(at)},
        )

    def remove_revisions(self, *, before: datetime) -> int:
        """Remove the versions of before but the first and the newest one, and return their number."""
        rows = self._connection.execute(
            """DELETE FROM revisions WHERE seen_at < ?
            AND id <> (SELECT min(id) FROM revisions AS r WHERE r.article_id = revisions.article_id)
            AND id <> (SELECT max(id) FROM revisions AS r WHERE r.article_id = revisions.article_id)
            RETURNING id""",
            (stamp(before),),
        )
        return len(rows)

    def removals(self, article_id: int) -> tuple[Removed, ...]:
        """Return what was removed from an article's page."""
        rows = self._connection.execute(
            "SELECT text, reason FROM removals WHERE article_id = ? ORDER BY position", (article_id,)
        )
        return tuple(Removed(text=text, reason=reason) for text, reason in rows)

    def same_text(self, copy_keys: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """Return for each key the articles that share it."""
        sql = "SELECT copy_key, id FROM articles WHERE copy_key IN (?*) ORDER BY id"
        return _grouped(self._connection.execute_in(sql, dict.fromkeys(copy_keys)))

    def heads(self, article_ids: Iterable[int]) -> dict[int, Head]:
        """Return what decides the order of each article, without the text."""
        sql = f"SELECT {HEAD_COLUMNS} FROM articles WHERE id IN (?*)"
        return {row[0]: head(row) for row in self._connection.execute_in(sql, article_ids)}

    def matched_as(self, article_ids: Iterable[int]) -> dict[int, int]:
        """Return for each filed article the one that was compared in its place, mostly itself."""
        sql = "SELECT id, matched_as FROM articles WHERE matched_as IS NOT NULL AND id IN (?*)"
        return dict(self._connection.execute_in(sql, article_ids))

    def stand_ins(self, representatives: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """Return for each compared article those that it represents, itself included."""
        sql = "SELECT matched_as, id FROM articles WHERE matched_as IN (?*) ORDER BY id"
        return _grouped(self._connection.execute_in(sql, representatives))

    def set_matched_as(self, representatives: Mapping[int, int]) -> None:
        """Note for each article (key) which one is compared in its place (value)."""
        self._connection.many(
            "UPDATE articles SET matched_as = ? WHERE id = ? AND matched_as IS NOT ?",
            [
                (representative, article, representative)
                for article, representative in representatives.items()
            ],
        )

    def external_stories(self) -> dict[str, int]:
        """Return the story of each filed article that was imported under an id of its own."""
        rows = self._connection.execute(
            """SELECT external_id, story_id FROM articles
            WHERE external_id IS NOT NULL AND story_id IS NOT NULL"""
        )
        return dict(rows)

    def stories_of(self, article_ids: Iterable[int]) -> dict[int, int]:
        """Return the story of each filed article."""
        sql = "SELECT id, story_id FROM articles WHERE story_id IS NOT NULL AND id IN (?*)"
        return dict(self._connection.execute_in(sql, article_ids))


def _grouped(rows: Iterable[Row]) -> dict[Any, tuple[int, ...]]:
    """Return for each first value the second values that stand with it."""
    groups: dict[Any, list[int]] = {}
    for key, value in rows:
        groups.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in groups.items()}
