"""What the views that read stored summaries have to give, counted from the rows of articles, stories and reports."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

Rows = list[tuple[object, ...]]

OUTLET = "coalesce(o.name, a.publisher, '(unknown)')"
IS_REPORT = "(a.copy_group IS NULL OR a.copy_group = a.id)"

SHARE_OF_VOICE = f"""
    SELECT substr(a.counted_at, 1, 7) AS month, {OUTLET}, count(*), sum{IS_REPORT},
        count(DISTINCT CASE WHEN {IS_REPORT} THEN a.story_id END),
        count(DISTINCT CASE WHEN {IS_REPORT} AND s.source_count > 1 THEN s.id END),
        round(100.0 * sum{IS_REPORT} / nullif(sum(sum{IS_REPORT}) OVER (PARTITION BY substr(a.counted_at, 1, 7)), 0), 1),
        sum(a.word_count)
    FROM articles AS a LEFT JOIN stories AS s ON s.id = a.story_id LEFT JOIN sources AS o ON o.id = a.source_id
    GROUP BY 1, 2"""
SYNDICATION = f"""
    SELECT {OUTLET}, coalesce(po.name, p.publisher, '(unknown)'), count(*),
        sum(a.copy_group IS NOT NULL AND a.copy_group <> a.id), round(100 * avg(r.borrowed_share)),
        coalesce(nullif(o.owner, '') = nullif(po.owner, ''), 0),
        min(coalesce(a.published_at, a.first_seen_at)), max(coalesce(a.published_at, a.first_seen_at))
    FROM reports AS r JOIN articles AS a ON a.id = r.article_id JOIN articles AS p ON p.id = r.borrowed_from
    LEFT JOIN sources AS o ON o.id = a.source_id LEFT JOIN sources AS po ON po.id = p.source_id
    WHERE r.borrowed_share >= 0.5 AND a.source_id IS NOT p.source_id GROUP BY 1, 2"""
VOICES = """
    SELECT q.speaker, max(q.role), count(*), count(DISTINCT a.story_id),
        count(DISTINCT coalesce(nullif(o.owner, ''), a.source_id, a.publisher)),
        sum(q.first_article_id IS NOT NULL AND q.first_article_id <> q.article_id),
        min(a.published_at), max(a.published_at)
    FROM quotations AS q JOIN articles AS a ON a.id = q.article_id LEFT JOIN sources AS o ON o.id = a.source_id
    WHERE q.speaker <> '' GROUP BY 1"""
TOPIC_COVERAGE = f"""
    SELECT t.id, t.name, {OUTLET}, count(DISTINCT a.story_id),
        count(DISTINCT CASE WHEN {IS_REPORT} THEN a.story_id END),
        sum(s.first_article_id IS a.id AND s.source_count > 1),
        sum(sum(s.lead_article_id IS a.id)) OVER (PARTITION BY t.id),
        (SELECT coalesce(l.published_at, l.first_seen_at) FROM articles AS l
         WHERE l.id = (SELECT max(b.id) FROM articles AS b JOIN story_topics AS x ON x.story_id = b.story_id
            JOIN stories AS y ON y.id = b.story_id AND y.merged_into IS NULL LEFT JOIN sources AS bo ON bo.id = b.source_id
            WHERE x.topic_id = t.id
                AND coalesce(bo.name, b.publisher, '(unknown)') = coalesce(o.name, a.publisher, '(unknown)')))
    FROM topics AS t JOIN story_topics AS st ON st.topic_id = t.id
    JOIN stories AS s ON s.id = st.story_id AND s.merged_into IS NULL
    JOIN articles AS a ON a.story_id = s.id LEFT JOIN sources AS o ON o.id = a.source_id
    GROUP BY t.id, {OUTLET}"""
PLAIN = {
    "share_of_voice": SHARE_OF_VOICE,
    "syndication": SYNDICATION,
    "voices": VOICES,
    "topic_coverage": TOPIC_COVERAGE,
}
COLUMNS = {
    "share_of_voice": "month, source, articles, reports, stories, shared_stories, percent_of_reports, words",
    "silences": "story_id, first_source, silent_source, followed, earlier_stories",
}


def differing(database: sqlite3.Connection) -> dict[str, tuple[Rows, Rows]]:
    """Return each view whose rows are not those of the plain count, with the rows of both."""
    plain = {name: sorted(database.execute(sql).fetchall(), key=repr) for name, sql in PLAIN.items()}
    plain["silences"] = sorted(_silences(database), key=repr)
    shown = {
        name: sorted(database.execute(f"SELECT {COLUMNS.get(name, '*')} FROM {name}").fetchall(), key=repr)
        for name in plain
    }
    return {name: (shown[name], rows) for name, rows in plain.items() if shown[name] != rows}


def _silences(database: sqlite3.Connection) -> Rows:
    stories = database.execute(
        """SELECT s.id, f.source_id, f.counted_at, s.first_published_at, s.source_count, f.story_id = s.id,
            min(coalesce(s.last_published_at, s.created_at), s.updated_at)
        FROM stories AS s JOIN articles AS f ON f.id = s.first_article_id
        WHERE s.merged_into IS NULL AND f.source_id IS NOT NULL AND s.source_count > 1"""
    ).fetchall()
    newest = database.execute(
        """SELECT max(min(coalesce(last_published_at, created_at), updated_at)) FROM stories
        WHERE merged_into IS NULL"""
    ).fetchone()[0]
    had = defaultdict(set)
    for story, source in database.execute(
        "SELECT story_id, source_id FROM articles WHERE story_id IS NOT NULL"
    ):
        had[story].add(source)
    names = dict(database.execute("SELECT id, name FROM sources"))
    watched = {
        key for (key,) in database.execute("SELECT id FROM sources WHERE enabled = 1 AND declared = 1")
    }
    rows: Rows = []
    for story, first, _, published, _, _, latest in stories:
        if published is None or latest < _week_before(newest):
            continue
        earlier = sorted(
            ((at, key) for key, source, at, _, _, is_own, _ in stories if source == first and is_own and at < published),
            reverse=True,
        )[:20]  # fmt: skip
        if len(earlier) < 5:
            continue
        followed = Counter(source for _, key in earlier for source in had[key])
        rows += [
            (story, names[first], names[source], number, len(earlier))
            for source, number in followed.items()
            if source in watched - had[story] and number >= 0.6 * len(earlier)
        ]
    return rows


def _week_before(moment: str) -> str:
    at = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) - timedelta(days=7)
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
