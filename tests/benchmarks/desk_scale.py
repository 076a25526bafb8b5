"""Time views, searches, story lists, the digest and storing on a database of many articles.

    python -m tests.benchmarks.desk_scale [ARTICLES] [FILE]

The file is made if it does not exist (a million articles: eight minutes, 5 GB). The articles repeat real
sentences of the bundled demo with other names, two of three in stories of one, the others in stories of five, with
owners, topics, quotations and copied words. Printed: milliseconds of CPU of this process, median and 95th percentile; and CPU of storing against one plain ``executemany`` with the same
full-text index.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipelines.config.settings import DigestList, parse_config
from pipelines.export.digest.build import DigestRequest, build_digest
from pipelines.search import parse_search
from pipelines.storage.store import Store
from pipelines.storage.tables.search import Order, SearchFilter
from pipelines.storage.values import stamp
from pipelines.stories.view import view_story
from tests.factories import make_article, make_source

DEMO = Path(__file__).resolve().parents[2] / "data/demo/articles"
SPAN = timedelta(
    days=731
)  # of the archive; it ends at the last midnight, so that "the last 30 days" holds articles
END = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
START = END - SPAN
SOURCES = 60
STORY_SIZE = 5
ROUNDS = 20
VIEWS = (
    "story_coverage", "story_why", "first_to_publish", "share_of_voice", "coverage_gaps", "source_health",
    "recent_changes", "story_publishers", "syndication", "release_only", "weekly_volume", "silences",
    "stale_figures", "voices", "topic_coverage", "altered_quotations",
)  # fmt: skip
SEARCHES = ("care", '"care leavers" -housing', "foster* OR kinship", "council tax homes", "ofsted inadequate")


# Every fifth article of a story stands in the first one; one in ten stories with an origin is only the release;
# each article quotes one person; each topic has every 50th story.
DERIVED = (
    """INSERT INTO reports (article_id, story_id, lag_hours, borrowed_share, borrowed_from, origin_share)
        SELECT a.id, s.id, (julianday(a.published_at) - julianday(s.first_published_at)) * 24,
            (a.id % 5) / 5.0, CASE WHEN a.id % 5 > 0 AND a.id <> s.first_article_id THEN s.first_article_id END,
            CASE WHEN s.id % 100 = 0 THEN 0.9 ELSE (a.id % 5) / 5.0 END
        FROM stories AS s JOIN articles AS a ON a.story_id = s.id WHERE s.article_count > 1""",
    """INSERT INTO quotations (article_id, position, speaker, words, first_article_id, first_position)
        SELECT id, 1, 'Person ' || (id % 997), 'We will do what was asked of us ' || (id % 7), id, 1 FROM articles""",
    """INSERT INTO matches (article_a, article_b, probability, pair_probability, same_event, reason)
        SELECT s.first_article_id, a.id, 0.9, 0.9, 1, 'both say so' FROM stories AS s JOIN articles AS a ON a.story_id = s.id
        WHERE a.id > s.first_article_id""",
    """INSERT INTO topics (id, name, search, updated_at)
        SELECT 't' || id, 'Topic ' || id, 'care', '2024-01-01T00:00:00Z' FROM articles WHERE id <= 5""",
    """INSERT INTO story_topics (story_id, topic_id, added_at)
        SELECT s.id, t.id, s.created_at FROM stories AS s JOIN topics AS t ON s.id % 50 = CAST(substr(t.id, 2) AS INTEGER)""",
    """UPDATE stories SET origin_kind = 'article', origin_article_id = first_article_id WHERE id % 10 = 0""",
    """INSERT INTO story_changes (story_id, kind, detail, at) SELECT id, 'created', 'by the script', created_at FROM stories""",
    """UPDATE revisions SET change = '3 words added' WHERE id % 40 = 0""",
    """INSERT INTO corrections (article_id, kind, before, after, corrected_at)
        SELECT id, 'figure', 'Reference ' || id, 'Reference 0', first_seen_at FROM articles WHERE id % 400 = 0""",
    """INSERT INTO runs (id, started_at, status, version) SELECT 1, min(first_seen_at), 'ok', '1' FROM articles""",
    """INSERT INTO failures (run_id, source_id, url, stage, error, message, at)
        SELECT 1, source_id, url, 'fetch', 'timeout', 'no answer', first_seen_at FROM articles WHERE id % 50 = 0""",
    "INSERT INTO channels (source_id, url, kind) SELECT id, 'https://' || id || '.example/feed', 'feed' FROM sources",
)


def sentences() -> list[str]:
    """Return the paragraphs of the demo's articles."""
    bodies = []
    for path in sorted(DEMO.glob("*.toml")):
        for report in tomllib.loads(path.read_text(encoding="utf-8")).get("report", []):
            bodies += [line.strip() for line in str(report.get("body", "")).splitlines() if len(line) > 60]
    return bodies or ["The council said it would act."]


def rows(count: int) -> Iterator[tuple[object, ...]]:
    """Yield the columns of synthetic articles."""
    chance, lines = random.Random(1), sentences()
    for number in range(1, count + 1):
        text = "\n".join(chance.sample(lines, min(8, len(lines)))) + f"\nReference {number}."
        published = stamp(START + (END - START) * (number / count))
        story = number if number % 3 else number - number % (3 * STORY_SIZE)
        yield (
            number, f"s{number % SOURCES}", max(1, story), f"https://s{number % SOURCES}.example/{number}",
            f"{chance.choice(lines)[:80]} {number}", published, "minute", published[:10], published, published, published, number,
            len(text.split()), "full",
            f"h{number}", f"k{number}", text,
        )  # fmt: skip


def fill(path: Path, count: int) -> None:
    """Write the database."""
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA cache_size = -1000000")  # a gigabyte
    indexes = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('articles', 'revisions') AND sql <> ''"
    ).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    database.executemany(
        "INSERT INTO sources (id, name, owner, added_at) VALUES (?, ?, ?, ?)",
        [(f"s{n}", f"Source {n}", f"Owner {n // 3}", stamp(START)) for n in range(SOURCES)],
    )
    database.executemany(
        """INSERT INTO articles (id, source_id, story_id, url, title, published_at, published_precision,
            published_day, first_seen_at, last_seen_at, filed_at, matched_as, word_count, access, content_hash,
            copy_key, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        rows(count),
    )
    database.execute(
        """INSERT INTO revisions (article_id, seen_at, title, text, content_hash)
        SELECT id, first_seen_at, title, text, content_hash FROM articles"""
    )
    database.execute(
        """INSERT INTO stories (id, title, first_published_at, last_published_at, first_published_day,
            last_published_day, article_count, report_count,
            source_count, lead_article_id, first_article_id, created_at, updated_at)
        SELECT story_id, min(title), min(published_at), max(published_at), min(published_day), max(published_day),
            count(*), count(*), count(DISTINCT source_id), min(id), min(id), min(published_at), max(published_at)
        FROM articles GROUP BY story_id"""
    )
    for _, index in indexes:
        database.execute(index)
    for statement in DERIVED:
        database.execute(statement)
    database.commit()
    database.execute("ANALYZE")
    database.commit()
    database.close()
    with Store(path) as store:
        store.summaries.refresh()


def timed(name: str, action: Callable[[], object], rounds: int = ROUNDS) -> None:
    """Print median and 95th percentile of an action, in milliseconds."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        action()
        times.append(1000 * (time.process_time() - started))
    times.sort()
    print(f"{name:<44} {statistics.median(times):8.1f} {times[int(0.95 * (len(times) - 1))]:8.1f}")


def storing_cost(count: int = 3_000) -> float:
    """Return the CPU of storing articles with all indexes and revisions, against one plain table and its index."""
    articles = [
        make_article(source_id=row[1], url=row[3], title=row[4], published_at=None, text=row[-1])
        for row in rows(count)
    ]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "ours.db") as store:
        store.sources.sync([make_source(f"s{n}") for n in range(SOURCES)], at=START)
        started = time.process_time()
        with store.transaction():
            store.articles.save_all(articles, at=START)
        ours = time.process_time() - started
        plain = sqlite3.connect(Path(folder) / "plain.db")
        plain.executescript(
            """PRAGMA journal_mode = WAL; CREATE TABLE articles (id INTEGER PRIMARY KEY, title TEXT, text TEXT, url TEXT);
            CREATE VIRTUAL TABLE fts USING fts5 (
                title, text, content='articles', content_rowid='id', tokenize='porter unicode61 remove_diacritics 2');
            CREATE TRIGGER t AFTER INSERT ON articles BEGIN
                INSERT INTO fts (rowid, title, text) VALUES (new.id, new.title, new.text); END;"""
        )
        started = time.process_time()
        with plain:
            plain.executemany(
                "INSERT INTO articles (title, text, url) VALUES (?, ?, ?)",
                [(article.title, article.text, article.url) for article in articles],
            )
        theirs = time.process_time() - started
        plain.close()
    return ours / theirs


def main(count: int, path: Path) -> None:
    """Fill the database if it is not there, and print the table."""
    if not path.exists():
        started = time.perf_counter()
        fill(path, count)
        print(f"{count} articles written in {time.perf_counter() - started:.0f} s")
    print(f"{path.stat().st_size / 1e6:.0f} MB, {path.stat().st_size / count / 1000:.1f} kB an article")
    config = parse_config("", None, version="1")
    wanted = SearchFilter()
    with Store(path) as store:
        newest = store.search.stories(parse_search(""), wanted, order=Order.NEWEST, limit=50)
        big = next(s for s in newest if len(store.stories.articles_of(s)) > 1)
        print(f"{'':<44} {'p50':>8} {'p95':>8} ms")
        timed(
            "newest stories",
            lambda: store.search.stories(parse_search(""), wanted, order=Order.NEWEST, limit=50),
        )
        timed("story view with its reports", lambda: view_story(store, big))
        for text in SEARCHES:
            for order in Order:
                search = parse_search(text)
                timed(
                    f"stories {text} ({order})",
                    lambda search=search, order=order: store.search.stories(
                        search, wanted, order=order, limit=50
                    ),  # type: ignore[misc]
                )
        timed(
            "articles care (best)",
            lambda: store.search.articles(parse_search("care"), wanted, order=Order.BEST, limit=50),
        )
        for view in VIEWS:
            timed(f"first 50 rows of {view}", lambda view=view: store.view(view, limit=50), rounds=3)  # type: ignore[misc]
        _, end = store.coverage.period()
        assert end is not None
        day = end - timedelta(days=1)
        request = DigestRequest(since=day, until=end, made_at=end, readers=DigestList(name=""))
        timed("digest of a day", lambda: build_digest(store, config, request), rounds=3)
    print(f"storing / executemany with the same full-text index: {storing_cost():.2f} CPU")


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if len(sys.argv) > 2:
        main(size, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(size, Path(folder) / "desk.db")
