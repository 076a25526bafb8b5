"""Searches over articles and stories: the full-text index first, ranked or not, then the filters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipelines.search import Search
from pipelines.storage.connection import Connection
from pipelines.storage.outlets import OUTLET_NAME, PUBLISHER
from pipelines.storage.values import moment, stamp

TITLE_WEIGHT = 5.0  # of a word in a title, against 1 in the text: titles name what a report is about
RANKED_AT_FIRST = 10_000  # newest hits that are ranked; all of them only if filters leave too few of these
LOOKED_UP_AT_FIRST = 1_000  # best of them whose stories are looked up, at 5 µs each: a page shows 50 stories
RARE_HITS = 5_000  # articles; a search with fewer hits is answered from the hits, others from the newest on
WALKED_AT_ONCE = 200  # stories that are looked at together
WALKED_AT_MOST = 10_000  # stories; then all hits are looked at
SNIPPET_WORDS = 14
CLOSE_TOGETHER = 20  # rows of a range for each row that is asked for; of wider ranges each row is looked up


class Order(StrEnum):
    """The order of results."""

    NEWEST = "newest"
    BEST = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchFilter:
    """What results must be like; None and 1 allow everything. Times: of publication, else of first sight."""

    since: datetime | None = None
    until: datetime | None = None
    source_id: str | None = None
    kind: str | None = None  # of a source: press, charity, regulator …
    min_sources: int = 1  # of a story
    min_publishers: int = 1  # of a story: sources of one owner count once
    topic_id: str | None = None  # of a story


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleHit:
    """One article that a search found."""

    id: int
    story_id: int | None
    title: str
    source: str  # the source's name, else the publisher; empty if it is not known
    published_at: datetime | None
    first_seen_at: datetime
    access: str
    words: int
    url: str | None
    snippet: str  # words around the first match; empty without a search


class Searches:
    """Reads over `articles`, `stories` and their full-text indexes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def articles(
        self, search: Search, wanted: SearchFilter, *, order: Order, limit: int
    ) -> tuple[ArticleHit, ...]:
        """Return articles; all that pass the filter if the search is empty."""
        conditions, values = _article_conditions(wanted)
        if search.exclude:
            conditions.append("a.id NOT IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?)")
            values.append(search.exclude)
        if not search.include:
            sql = f"{_ARTICLES} WHERE {_all(conditions)} ORDER BY {_NEWEST_ARTICLE} LIMIT ?"
            rows = self._connection.execute(sql, (*values, limit))
        else:
            rows = self._hits(search, conditions, values, order=order, limit=limit)
        snippets = self._snippets(search, [row[0] for row in rows])
        return tuple(_article_hit(row, snippets.get(row[0], "")) for row in rows)

    def _hits(
        self, search: Search, conditions: list[str], values: list[object], *, order: Order, limit: int
    ) -> list[tuple[object, ...]]:
        if order is Order.NEWEST:
            found = "a.id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?)"
            sql = f"{_ARTICLES} WHERE {_all([*conditions, found])} ORDER BY {_NEWEST_ARTICLE} LIMIT ?"
            return self._connection.execute(sql, (*values, search.include, limit))
        rows: list[tuple[object, ...]] = []
        for ranked in (RANKED_AT_FIRST, -1):
            sql = f"""{_ARTICLES} JOIN ({_RANKED}) AS hits ON hits.rowid = a.id
                WHERE {_all(conditions)} ORDER BY hits.score, a.id DESC LIMIT ?"""
            rows = self._connection.execute(sql, (search.include, ranked, *values, limit))
            if len(rows) >= limit or self._is_rare(search.include):
                break
        return rows

    def stories(self, search: Search, wanted: SearchFilter, *, order: Order, limit: int) -> tuple[int, ...]:
        """Return the ids of live stories. A story matches with one report that has all that must occur.

        A story with a report, or a title, that has what must not occur is left out.
        """
        if limit < 0 or search.is_empty:
            return self._all_stories(search, wanted, limit=limit)
        if search.include and order is Order.BEST:
            return self._best_stories(search, wanted, limit=limit)
        if search.include and self._is_rare(search.include):
            return self._all_stories(search, wanted, limit=limit)
        return self._newest_stories(search, wanted, limit=limit)

    def _all_stories(self, search: Search, wanted: SearchFilter, *, limit: int) -> tuple[int, ...]:
        """Return the newest stories of all that match: fast where few do."""
        conditions, values = _story_conditions(wanted)
        for expression, membership in ((search.include, "IN"), (search.exclude, "NOT IN")):
            if expression:
                conditions.append(f"s.id {membership} ({_STORIES_WITH})")
                values += [expression, expression]
        sql = f"""SELECT s.id FROM stories AS s WHERE {_all(conditions)}
            ORDER BY {_LATEST} DESC, s.id DESC LIMIT ?"""
        return tuple(row[0] for row in self._connection.execute(sql, (*values, limit)))

    def _newest_stories(self, search: Search, wanted: SearchFilter, *, limit: int) -> tuple[int, ...]:
        """Return the newest that match, looked for from the newest on: fast where many do."""
        conditions, values = _story_conditions(wanted)
        sql = f"""SELECT s.id FROM stories AS s WHERE {_all(conditions)}
            ORDER BY {_LATEST} DESC, s.id DESC LIMIT {WALKED_AT_ONCE} OFFSET ?"""
        matching: list[int] = []
        for offset in range(0, WALKED_AT_MOST, WALKED_AT_ONCE):
            newest = [row[0] for row in self._connection.execute(sql, (*values, offset))]
            matching += self._matching_stories(search, newest)
            if len(matching) >= limit or len(newest) < WALKED_AT_ONCE:
                return tuple(matching[:limit])
        return self._all_stories(search, wanted, limit=limit)

    def _best_stories(self, search: Search, wanted: SearchFilter, *, limit: int) -> tuple[int, ...]:
        """Return the best of the newest hits; of all hits if the filters leave too few.

        Without a filter the best reports among these hits name the best stories: the rest is not looked up.
        """
        conditions, values = _story_conditions(wanted)
        without_include = Search(excluded=search.excluded)
        sql = f"""SELECT s.id FROM stories AS s JOIN (
                SELECT story_id, min(score) AS score FROM (
                    SELECT a.story_id, hits.score FROM (
                        SELECT * FROM ({_RANKED}) ORDER BY score, rowid DESC LIMIT ?) AS hits
                    JOIN articles AS a ON a.id = hits.rowid
                    UNION ALL SELECT rowid, {TITLE_WEIGHT} * score FROM (
                        SELECT * FROM ({_RANKED_TITLES}) ORDER BY score, rowid DESC LIMIT ?)
                ) GROUP BY story_id
            ) AS best ON best.story_id = s.id
            WHERE {_all(conditions)} ORDER BY best.score, {_LATEST} DESC, s.id DESC"""
        best: list[int] = []
        is_rare = self._is_rare(search.include)
        stages = ((RANKED_AT_FIRST, LOOKED_UP_AT_FIRST), (RANKED_AT_FIRST, -1), (-1, -1))
        for ranked, looked_up in stages[is_rare or wanted != SearchFilter() :]:
            best = []
            hits = (search.include, ranked, looked_up) * 2
            rows = self._connection.execute(sql, (*hits, *values))
            for start in range(0, len(rows), WALKED_AT_ONCE):
                portion = [row[0] for row in rows[start : start + WALKED_AT_ONCE]]
                best += self._matching_stories(without_include, portion)
                if len(best) >= limit:
                    return tuple(best[:limit])
            if is_rare and len(rows) < RANKED_AT_FIRST:
                break  # these were all
        return tuple(best)

    def _is_rare(self, expression: str) -> bool:
        """Return whether fewer than RARE_HITS articles match; FTS5 finds the first ones without the rest."""
        [(hits,)] = self._connection.execute(
            """SELECT count(*) FROM (
                SELECT 1 FROM articles_fts WHERE articles_fts MATCH ? LIMIT ?)""",
            (expression, RARE_HITS),
        )
        return int(hits) < RARE_HITS

    def _matching_stories(self, search: Search, story_ids: list[int]) -> list[int]:
        """Return those of the stories that match, in their order."""
        included = self._stories_with(search.include, story_ids) if search.include else set(story_ids)
        excluded = self._stories_with(search.exclude, story_ids) if search.exclude else set()
        return [story_id for story_id in story_ids if story_id in included and story_id not in excluded]

    def _stories_with(self, expression: str, story_ids: list[int]) -> set[int]:
        """Return those of the stories of which a report or the title matches."""
        story_of: dict[int, int] = dict(
            self._connection.execute_in("SELECT id, story_id FROM articles WHERE story_id IN (?*)", story_ids)
        )
        reports = self._among(expression, story_of)
        titles = self._matching("stories_fts", expression, story_ids)
        return {story_of[each] for each in reports} | titles

    def matching_articles(self, search: Search, article_ids: Iterable[int]) -> frozenset[int]:
        """Return those of the articles that have all that must occur and nothing that must not."""
        article_ids = tuple(article_ids)
        included = self._among(search.include, article_ids) if search.include else frozenset(article_ids)
        return included - (self._among(search.exclude, article_ids) if search.exclude else frozenset())

    def _among(self, expression: str, article_ids: Iterable[int]) -> frozenset[int]:
        return self._matching("articles_fts", expression, tuple(article_ids))

    def _matching(self, index: str, expression: str, ids: Sequence[int]) -> frozenset[int]:
        """Return those of the rows that match, in one pass over their range where they lie close together.

        FTS5 evaluates the expression again for each row of a list: 40 times slower for a prefix.
        """
        if not ids:
            return frozenset()
        sql = f"SELECT rowid FROM {index} WHERE {index} MATCH ?"
        first, last = min(ids), max(ids)
        if last - first > CLOSE_TOGETHER * len(ids):
            rows = self._connection.execute_in(f"{sql} AND rowid IN (?*)", ids, before=(expression,))
            return frozenset(row[0] for row in rows)
        in_range = self._connection.execute(f"{sql} AND rowid BETWEEN ? AND ?", (expression, first, last))
        return frozenset(ids) & {row[0] for row in in_range}

    def story_snippets(self, search: Search, story_ids: Iterable[int]) -> dict[int, str]:
        """Return for each story the words around the first match in one of its reports.

        Reports whose publishers allow no excerpt are left out, and stories of which only the title matches.
        """
        story_of: dict[int, int] = dict(
            self._connection.execute_in(
                """SELECT id, story_id FROM articles
                WHERE story_id IN (?*) AND instr(rights_json, 'nosnippet') = 0""",
                story_ids,
            )
        )
        reports = sorted(self._among(search.include, story_of)) if search.include else []
        first = {story_of[report]: report for report in reversed(reports)}
        snippets = self._snippets(search, list(first.values()))
        return {story: snippets[report] for story, report in first.items() if report in snippets}

    def _snippets(self, search: Search, article_ids: list[int]) -> dict[int, str]:
        """Return for each article the words around the first match."""
        if not search.include:
            return {}
        rows = self._connection.execute_in(
            f"""SELECT rowid, snippet(articles_fts, 1, '', '', '…', {SNIPPET_WORDS}) FROM articles_fts
            WHERE articles_fts MATCH ? AND rowid IN (?*)""",
            article_ids,
            before=(search.include,),
        )
        return {row[0]: " ".join(row[1].split()) for row in rows if row[1]}


_ARTICLES = f"""SELECT a.id, a.story_id, a.title, {OUTLET_NAME}, a.published_at,
    a.first_seen_at, a.access, a.word_count, a.url
    FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id"""
_NEWEST_ARTICLE = "coalesce(a.published_at, a.first_seen_at) DESC, a.id DESC"
# A date in the future counts from when the story was last seen to change. The index stories_latest has this.
_LATEST = "min(coalesce(s.last_published_at, s.created_at), s.updated_at)"
# bm25 costs some microseconds a hit: of a common word only the newest hits are ranked, before any join.
_RANKED = f"""SELECT rowid, bm25(articles_fts, {TITLE_WEIGHT}, 1.0) AS score FROM articles_fts
    WHERE articles_fts MATCH ? ORDER BY rowid DESC LIMIT ?"""
_RANKED_TITLES = """SELECT rowid, rank AS score FROM stories_fts
    WHERE stories_fts MATCH ? ORDER BY rowid DESC LIMIT ?"""
_STORIES_WITH = """SELECT a.story_id FROM articles AS a WHERE a.story_id IS NOT NULL
        AND a.id IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH ?)
    UNION SELECT rowid FROM stories_fts WHERE stories_fts MATCH ?"""


def _all(conditions: list[str]) -> str:
    return " AND ".join(conditions) if conditions else "1"


def _article_conditions(wanted: SearchFilter) -> tuple[list[str], list[object]]:
    """Return SQL conditions on ``articles AS a`` and ``sources AS o``, and their values."""
    published = "coalesce(a.published_at, a.first_seen_at)"
    pairs: tuple[tuple[str, object], ...] = (
        (f"{published} >= ?", stamp(wanted.since)),
        (f"{published} < ?", stamp(wanted.until)),
        ("a.source_id = ?", wanted.source_id),
        ("o.kind = ?", wanted.kind),
        ("a.story_id IN (SELECT story_id FROM story_topics WHERE topic_id = ?)", wanted.topic_id),
    )
    given = [(sql, value) for sql, value in pairs if value is not None]
    return [sql for sql, _ in given], [value for _, value in given]


def _story_conditions(wanted: SearchFilter) -> tuple[list[str], list[object]]:
    """Return SQL conditions on ``stories AS s``, and their values."""
    members = """EXISTS (SELECT 1 FROM articles AS a LEFT JOIN sources AS o ON o.id = a.source_id
        WHERE a.story_id = s.id AND {} = ?)"""
    publishers = f"""(SELECT count(DISTINCT {PUBLISHER}) FROM articles AS a
        LEFT JOIN sources AS o ON o.id = a.source_id WHERE a.story_id = s.id) >= ?"""
    pairs: tuple[tuple[str, object], ...] = (
        (f"{_LATEST} >= ?", stamp(wanted.since)),
        (f"{_LATEST} < ?", stamp(wanted.until)),
        (members.format("a.source_id"), wanted.source_id),
        (members.format("o.kind"), wanted.kind),
        ("s.source_count >= ?", wanted.min_sources if wanted.min_sources > 1 else None),
        (publishers, wanted.min_publishers if wanted.min_publishers > 1 else None),
        ("s.id IN (SELECT story_id FROM story_topics WHERE topic_id = ?)", wanted.topic_id),
    )
    given = [(sql, value) for sql, value in pairs if value is not None]
    return ["s.merged_into IS NULL", "s.article_count > 0", *(sql for sql, _ in given)], [
        value for _, value in given
    ]


def _article_hit(row: tuple[object, ...], snippet: str) -> ArticleHit:
    number, story_id, title, source, published, seen, access, words, url = row
    return ArticleHit(
        id=number,  # type: ignore[arg-type]
        story_id=story_id,  # type: ignore[arg-type]
        title=str(title),
        source=str(source),
        published_at=moment(published),  # type: ignore[call-overload]
        first_seen_at=moment(str(seen)),
        access=str(access),
        words=words,  # type: ignore[arg-type]
        url=url,  # type: ignore[arg-type]
        snippet=snippet,
    )
