"""What filing one new article costs against a small and a large archive: CPU, candidates, size of the index
on disk.

    python -m tests.benchmarks.archive_scale ../shared/eval/clustering/gvc.jsonl.gz ... [--sizes 10000 100000]

The archive is made of strangers: fingerprints whose terms, at each rank, are those of random articles of the
files, so that words are as common as in the files and no two are of one event; so many a day that a larger
archive is an older one. The new articles are real, dated to its last day. Prints a line a size, and the ratio
of the last to the first.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.ingest.inputs import ReadyArticle, read_inputs
from pipelines.matching import FINGERPRINT_VERSION, MAX_BLOCK, Fingerprint, blocking_keys, fingerprint
from pipelines.storage.store import Store
from pipelines.storage.tables.stories import StoredStory
from pipelines.stories.filing import file_articles
from scraper.models import Article

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A_DAY = 250  # articles; a sector of a hundred busy sites
NEW_ARTICLES = 60
BATCH = 5_000
POSTINGS = 500_000  # written at once
POOL = 4_000  # real articles whose words the strangers have


def stranger(pool: Sequence[Fingerprint], chance: random.Random, number: int, size: int) -> Fingerprint:
    """A fingerprint with the words of many and the event of none."""
    base = chance.choice(pool)
    terms: dict[str, tuple[str, int, int, int]] = {}
    for rank in range(len(base.terms)):
        other = chance.choice(pool)
        if rank < len(other.terms):
            terms.setdefault(
                other.terms[rank],
                (other.surfaces[rank], other.counts[rank], other.surprises[rank], other.flags[rank]),
            )
    return replace(
        base,
        content_key=f"{number:024x}",
        day=NOW.toordinal() - chance.randrange(max(1, size // A_DAY)),
        terms=tuple(terms),
        surfaces=tuple(each[0] for each in terms.values()),
        counts=bytes(each[1] for each in terms.values()),
        surprises=bytes(each[2] for each in terms.values()),
        flags=bytes(each[3] for each in terms.values()),
        names=(),
        quotations=(),
        links=(),
        sketch=(),
        days=(),
    )


def fill(store: Store, pool: Sequence[Fingerprint], size: int) -> None:
    """An archive of strangers, filed each in a story of its own."""
    chance = random.Random(size)
    postings: list[NDArray[np.int64]] = []  # rows of key and article
    for start in range(0, size, BATCH):
        with store.transaction():
            articles = [
                Article(title=f"stranger {n}", external_id=f"stranger {n}")
                for n in range(start, start + BATCH)
            ]
            ids = [saved.id for saved in store.articles.save_all(articles, at=NOW)]
            prints = {article: stranger(pool, chance, article, size) for article in ids}
            keys = {article: blocking_keys(its) for article, its in prints.items()}
            store.fingerprints.save_all(
                (a, FINGERPRINT_VERSION, its.encoder, its.to_bytes()) for a, its in prints.items()
            )
            store.fingerprints.set_keys(keys)
            postings.append(
                np.array([(key, article) for article, its in keys.items() for key in its], dtype=np.int64)
            )
            store.articles.set_matched_as({article: article for article in ids})
            store.stories.save_all(_story(article) for article in ids)
            store.stories.assign({article: article for article in ids}, at=NOW)
    index(store, np.concatenate(postings))


def index(store: Store, postings: NDArray[np.int64]) -> None:
    """Enter all postings in the order of the B-tree: minutes for a million articles; batch by batch takes an
    hour."""
    postings = postings[np.argsort(postings[:, 0], kind="stable")]
    for start in range(0, len(postings), POSTINGS):
        with store.transaction():
            store.postings.add(map(tuple, postings[start : start + POSTINGS].tolist()))
    keys, counts = np.unique(postings[:, 0], return_counts=True)
    with store.transaction():
        store.postings.mark_crowded(keys[counts > MAX_BLOCK].tolist(), most=MAX_BLOCK)


def _story(article: int) -> StoredStory:
    return StoredStory(
        id=article,
        title="stranger",
        first_published_at=None,
        last_published_at=None,
        first_published_day=None,
        last_published_day=None,
        article_count=1,
        report_count=1,
        source_count=1,
        lead_article_id=article,
        first_article_id=None,
        merged_into=None,
        origin_kind="",
        origin_article_id=None,
        origin_url=None,
        created_at=NOW,
        updated_at=NOW,
    )


def measure(path: Path, pool: Sequence[Fingerprint], fresh: Sequence[Article], size: int) -> float:
    """Median CPU seconds of saving and filing one new article."""
    with Store(path) as store:
        fill(store, pool, size)
        on_disk = path.stat().st_size
        seconds, candidates = [], []
        for article in fresh:
            keys = blocking_keys(fingerprint(article))
            candidates.append(len({each for its in store.postings.lookup(keys).values() for each in its}))
            start = time.process_time()
            with store.transaction():
                store.articles.save(article, at=NOW)
                file_articles(store, now=NOW)
            seconds.append(time.process_time() - start)
    median = statistics.median(seconds)
    print(
        f"{size:9,} archived: {1000 * median:6.2f} ms CPU an article (mean {1000 * statistics.mean(seconds):.2f}), "
        f"{statistics.mean(candidates):.0f} candidates, {on_disk / size / 1000:.1f} kB on disk an article",
        flush=True,
    )
    return median


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--sizes", nargs="+", type=int, default=[10_000, 100_000])
    options = parser.parse_args()
    articles = [each.article for each in read_inputs(options.files) if isinstance(each, ReadyArticle)]
    random.Random(2).shuffle(articles)
    fresh = [replace(article, published_at=NOW) for article in articles[:NEW_ARTICLES]]
    rest = articles[NEW_ARTICLES : NEW_ARTICLES + POOL]
    pool = [made for made in map(fingerprint, rest) if len(made.terms) > 20]
    with tempfile.TemporaryDirectory() as folder:
        costs = [measure(Path(folder) / f"{size}.db", pool, fresh, size) for size in options.sizes]
    print(f"ratio of the last to the first: {costs[-1] / costs[0]:.2f}")


if __name__ == "__main__":
    main()
