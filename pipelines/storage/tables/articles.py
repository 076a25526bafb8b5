"""Articles, their revisions, and what was removed from their pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pipelines.errors import UnknownArticleError
from pipelines.storage.tables.article_rows import (
    FEATURES_ONLY,
    HEAD_COLUMNS,
    INSERT_ARTICLE,
    READ_COLUMNS,
    UPDATE_ARTICLE,
    Change,
    Head,
    Revision,
    StoredArticle,
    Upserted,
    article_values,
    fts_expression,
    head,
    stored_article,
    url_key,
)
from pipelines.storage.tables.connection import Connection, Row, marks, moment, portions, stamp, storable
from scraper.models import Article, Removed


class Articles:
    """The `articles`, `revisions` and `removals` tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
    ) -> Upserted:
        """Store an article under the id it had before, or a new one.

        It is the article ``into``, if given; else the one with the same external id, source and address;
        without an external id, that of the same address; without an address, that of the same words. With
        ``text_use`` "features_only" no text is kept; the caller saves the fingerprint in the same
        transaction. A ``correction``, our better reading of the page, replaces the newest revision. What may
        not be ``newer`` is none if it was one.
        """
        values = article_values(article, at=at, page_id=page_id, extractor=extractor, text_use=text_use)
        self._have_source(article.source_id, at)
        before = self._find_same(values) if into is None else self._find_id(into)
        if before is None:
            article_id = self._connection.insert(INSERT_ARTICLE, (*values.values(), stamp(at)))
            outcome = Change.NEW
        else:
            article_id, content_hash, kept_use = before
            same = kept_use == text_use and self._says(article_id, article, content_hash, newer=newer)
            outcome = Change.UNCHANGED if same else Change.REVISED
            if same and not correction:
                self._refresh(article_id, values)
            else:
                self._connection.execute(UPDATE_ARTICLE, (*values.values(), article_id))
        if outcome is not Change.UNCHANGED:
            write = self._correct_revision if correction and before is not None else self._add_revision
            write(article_id, values)
        if correction or outcome is not Change.UNCHANGED:
            self._save_removals(article_id, () if text_use == FEATURES_ONLY else article.removed)
        return Upserted(id=article_id, outcome=outcome)

    def save_all(
        self, articles: Iterable[Article], *, at: datetime, extractor: str = "", text_use: str = "full"
    ) -> list[Upserted]:
        """Store several articles, in order."""
        return [self.save(article, at=at, extractor=extractor, text_use=text_use) for article in articles]

    def _have_source(self, source_id: str | None, at: datetime) -> None:
        if source_id is not None:
            self._connection.execute(
                "INSERT OR IGNORE INTO sources (id, name, declared, added_at) VALUES (?, ?, 0, ?)",
                (storable(source_id), storable(source_id), stamp(at)),
            )

    def _find_same(self, values: Mapping[str, object]) -> Row | None:
        if values["external_id"] is not None:
            terms: tuple[str, ...] = ("external_id", "source_id", "url_key")
        elif values["url_key"] is not None:
            terms = ("url_key",)
        else:
            terms = ("content_hash", "source_id", "url_key")
        first, *others = terms  # "=" for the one that has an index; "IS" also finds NULL
        return self._connection.one(
            f"""SELECT id, content_hash, text_use FROM articles
            WHERE {first} = ?{"".join(f" AND +{term} IS ?" for term in others)} ORDER BY id LIMIT 1""",
            [values[term] for term in terms],
        )

    def _find_id(self, article_id: int) -> Row | None:
        return self._connection.one(
            "SELECT id, content_hash, text_use FROM articles WHERE id = ?", (article_id,)
        )

    def _says(self, article_id: int, article: Article, content_hash: str, *, newer: bool) -> bool:
        """A stored article has the words of this one, or had them once where this one may not be newer."""
        if content_hash == article.content_hash or newer:
            return content_hash == article.content_hash
        sql = "SELECT 1 FROM revisions WHERE article_id = ? AND content_hash = ? LIMIT 1"
        return self._connection.one(sql, (article_id, article.content_hash)) is not None

    def _refresh(self, article_id: int, values: Mapping[str, object]) -> None:
        """Note that the same words were seen again; what is known of them now and was not before is filled
        in.

        A date that comes late changes what the matcher sees, so the article is filed again then. A date that
        was known stays: publishers move it to the day of the last touch.
        """
        self._connection.execute(
            """UPDATE articles SET last_seen_at = :last_seen_at, extractor = :extractor,
                page_id = coalesce(:page_id, page_id),
                filed_at = CASE WHEN published_at IS NULL AND :published_at IS NOT NULL THEN NULL ELSE filed_at END,
                published_at = coalesce(published_at, :published_at), modified_at = coalesce(:modified_at, modified_at),
                language = coalesce(language, :language), publisher = coalesce(:publisher, publisher),
                authors_json = CASE WHEN :authors_json = '[]' THEN authors_json ELSE :authors_json END,
                links_json = CASE WHEN :links_json = '[]' THEN links_json ELSE :links_json END,
                origins_json = CASE WHEN :origins_json = '[]' THEN origins_json ELSE :origins_json END,
                rights_json = :rights_json, access = :access, canonical_url = coalesce(:canonical_url, canonical_url)
            WHERE id = :id""",
            {**values, "id": article_id},
        )

    def _add_revision(self, article_id: int, values: Mapping[str, object]) -> None:
        self._connection.execute(
            "INSERT INTO revisions (article_id, seen_at, title, text, content_hash) VALUES (?, ?, ?, ?, ?)",
            (article_id, values["last_seen_at"], values["title"], values["text"], values["content_hash"]),
        )

    def _correct_revision(self, article_id: int, values: Mapping[str, object]) -> None:
        self._connection.execute(
            """UPDATE revisions SET title = ?, text = ?, content_hash = ?
            WHERE id = (SELECT max(id) FROM revisions WHERE article_id = ?)""",
            (values["title"], values["text"], values["content_hash"], article_id),
        )

    def _save_removals(self, article_id: int, removed: Iterable[Removed]) -> None:
        rows = [
            (article_id, number, storable(r.reason), storable(r.text)) for number, r in enumerate(removed)
        ]
        self._connection.execute("DELETE FROM removals WHERE article_id = ?", (article_id,))
        if rows:
            self._connection.many(
                "INSERT INTO removals (article_id, position, reason, text) VALUES (?, ?, ?, ?)", rows
            )

    def get(self, article_id: int) -> StoredArticle:
        """One article. Raises ``UnknownArticleError``."""
        found = self.many([article_id])
        if not found:
            raise UnknownArticleError("there is no article with this id", str(article_id))
        return found[article_id]

    def many(self, article_ids: Iterable[int]) -> dict[int, StoredArticle]:
        """Those of the articles that exist."""
        found: dict[int, StoredArticle] = {}
        for portion in portions(article_ids):
            rows = self._connection.execute(
                f"SELECT {READ_COLUMNS} FROM articles WHERE id IN ({marks(portion)})", portion
            )
            found.update((row[0], stored_article(row)) for row in rows)
        return found

    def find(self, id_or_url: str) -> StoredArticle:
        """The article of an id, an address or an external id. Raises ``UnknownArticleError``."""
        article_id = (
            int(id_or_url) if id_or_url.isascii() and id_or_url.isdecimal() and len(id_or_url) < 19 else None
        )
        if article_id is None or not self.many([article_id]):
            article_id = self.find_url(id_or_url) or self.find_external(id_or_url)
        if article_id is None:
            raise UnknownArticleError(
                "no article has this id or address; `cuttings stories WORDS` finds some", id_or_url
            )
        return self.get(article_id)

    def find_url(self, url: str) -> int | None:
        """The id of the article at an address, or of one that names it as its canonical address."""
        key = url_key(url)
        row = self._connection.one("SELECT min(id) FROM articles WHERE url_key = ?", (key,))
        if row is None or row[0] is None:
            row = self._connection.one("SELECT min(id) FROM articles WHERE canonical_url = ?", (key,))
        return None if row is None else row[0]

    def find_external(self, external_id: str) -> int | None:
        """The id of the article that was imported under an id of its own."""
        row = self._connection.one(
            "SELECT min(id) FROM articles WHERE external_id = ?", (storable(external_id),)
        )
        return None if row is None else row[0]

    def find_import(self, external_id: str, source_id: str | None, url: str | None) -> int | None:
        """The id of the article that was imported under an id of its own, of that source and address."""
        row = self._connection.one(
            "SELECT min(id) FROM articles WHERE external_id = ? AND +source_id IS ? AND +url_key IS ?",
            (storable(external_id), storable(source_id), url_key(url)),
        )
        return None if row is None else row[0]

    def unfiled(self) -> tuple[int, ...]:
        """New and revised articles that no filing has seen, those left behind by a killed run too."""
        return tuple(
            row[0]
            for row in self._connection.execute("SELECT id FROM articles WHERE filed_at IS NULL ORDER BY id")
        )

    def ids(self) -> tuple[int, ...]:
        """Every article."""
        return tuple(row[0] for row in self._connection.execute("SELECT id FROM articles ORDER BY id"))

    def of_site(self, site: str, *, limit: int) -> tuple[int, ...]:
        """The articles read from pages of a site, the newest first."""
        rows = self._connection.execute(
            """SELECT a.id FROM articles AS a JOIN pages AS p ON p.id = a.page_id
            WHERE p.template = ? ORDER BY a.id DESC LIMIT ?""",
            (storable(site), limit),
        )
        return tuple(row[0] for row in rows)

    def count(self) -> int:
        """How many articles there are."""
        return int(self._connection.execute("SELECT count(*) FROM articles")[0][0])

    def iterate(
        self, *, since: datetime | None = None, source_id: str | None = None
    ) -> Iterator[StoredArticle]:
        """Articles first seen since, in order of id."""
        ids = self._connection.execute(
            "SELECT id FROM articles WHERE first_seen_at >= ? AND (? IS NULL OR source_id = ?) ORDER BY id",
            (stamp(since) or "", source_id, source_id),
        )
        for portion in portions((row[0] for row in ids), 200):
            yield from self.many(portion).values()

    def revisions(self, article_id: int) -> tuple[Revision, ...]:
        """Every version of an article, oldest first."""
        rows = self._connection.execute(
            "SELECT id, article_id, seen_at, title, text, content_hash FROM revisions WHERE article_id = ? ORDER BY id",
            (article_id,),
        )
        return tuple(
            Revision(
                id=row,
                article_id=owner,
                seen_at=moment(at),
                title=title,
                text=text,
                content_hash=content_hash,
            )
            for row, owner, at, title, text, content_hash in rows
        )

    def removals(self, article_id: int) -> tuple[Removed, ...]:
        """What was taken out of an article's page."""
        rows = self._connection.execute(
            "SELECT text, reason FROM removals WHERE article_id = ? ORDER BY position", (article_id,)
        )
        return tuple(Removed(text=text, reason=reason) for text, reason in rows)

    def search(self, words: str, *, limit: int = 50) -> tuple[int, ...]:
        """Articles with all of the words, best first; any words may be given."""
        expression = fts_expression(words)
        if not expression:
            return ()
        rows = self._connection.execute(
            "SELECT rowid FROM articles_fts WHERE articles_fts MATCH ? ORDER BY rank LIMIT ?",
            (expression, limit),
        )
        return tuple(row[0] for row in rows)

    def mark_filed(self, article_ids: Iterable[int], *, at: datetime) -> None:
        """A filing has taken these into account."""
        self._connection.many(
            "UPDATE articles SET filed_at = ? WHERE id = ?", [(stamp(at), a) for a in article_ids]
        )

    def same_text(self, copy_keys: Iterable[str]) -> dict[str, tuple[int, ...]]:
        """For each key the articles that share it."""
        found: dict[str, list[int]] = {}
        for portion in portions(dict.fromkeys(copy_keys)):
            rows = self._connection.execute(
                f"SELECT copy_key, id FROM articles WHERE copy_key IN ({marks(portion)}) ORDER BY id", portion
            )
            for key, article_id in rows:
                found.setdefault(key, []).append(article_id)
        return {key: tuple(ids) for key, ids in found.items()}

    def heads(self, article_ids: Iterable[int]) -> dict[int, Head]:
        """What settles the order of each article, without the text."""
        found: dict[int, Head] = {}
        for portion in portions(article_ids):
            rows = self._connection.execute(
                f"SELECT {HEAD_COLUMNS} FROM articles WHERE id IN ({marks(portion)})", portion
            )
            found.update((row[0], head(row)) for row in rows)
        return found

    def matched_as(self, article_ids: Iterable[int]) -> dict[int, int]:
        """For each filed article the one that the matcher looked at for it, mostly itself."""
        found: dict[int, int] = {}
        for portion in portions(article_ids):
            rows = self._connection.execute(
                f"SELECT id, matched_as FROM articles WHERE matched_as IS NOT NULL AND id IN ({marks(portion)})",
                portion,
            )
            found.update(rows)
        return found

    def stand_ins(self, representatives: Iterable[int]) -> dict[int, tuple[int, ...]]:
        """For each article that the matcher looked at those that it stands for, itself included."""
        found: dict[int, list[int]] = {}
        for portion in portions(representatives):
            rows = self._connection.execute(
                f"SELECT matched_as, id FROM articles WHERE matched_as IN ({marks(portion)}) ORDER BY id",
                portion,
            )
            for representative, article_id in rows:
                found.setdefault(representative, []).append(article_id)
        return {representative: tuple(ids) for representative, ids in found.items()}

    def set_matched_as(self, places: Mapping[int, int]) -> None:
        """Note for each article which one the matcher looks at for it."""
        self._connection.many(
            "UPDATE articles SET matched_as = ? WHERE id = ? AND matched_as IS NOT ?",
            [(representative, article, representative) for article, representative in places.items()],
        )

    def external_stories(self) -> dict[str, int]:
        """The story of each filed article that was imported under an id of its own."""
        rows = self._connection.execute(
            "SELECT external_id, story_id FROM articles WHERE external_id IS NOT NULL AND story_id IS NOT NULL"
        )
        return dict(rows)

    def stories_of(self, article_ids: Iterable[int]) -> dict[int, int]:
        """The story of each filed article."""
        found: dict[int, int] = {}
        for portion in portions(article_ids):
            rows = self._connection.execute(
                f"SELECT id, story_id FROM articles WHERE story_id IS NOT NULL AND id IN ({marks(portion)})",
                portion,
            )
            found.update(rows)
        return found
