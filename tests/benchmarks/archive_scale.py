"""What filing one new article costs against a small and a large archive: CPU, candidates, size of the index
on disk.

    python -m tests.benchmarks.archive_scale ../shared/eval/clustering/gvc.jsonl.gz ... [--sizes 10000 100000]

The archive is made of strangers: fingerprints whose terms, at each rank, are those of random articles of the
files, so that words are as common as in the files and no two are of one event; so many a day that a larger
archive is an older one. The new articles are real, dated to its last day, and go into each archive in turn.
Prints a line a size, and the ratio of the last to the first.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
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
                (other.shortened[rank], other.counts[rank], other.surprises[rank], other.flags[rank]),
            )
    return replace(
        base,
        content_key=f"{number:024x}",
        day=NOW.toordinal() - chance.randrange(max(1, size // A_DAY)),
        terms=tuple(terms),
        shortened=tuple(each[0] for each in terms.values()),
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


def measure(paths: Sequence[Path], sizes: Sequence[int], fresh: Sequence[Article]) -> list[list[float]]:
    """Print a line a size; return the CPU seconds of saving and filing each new article, a list a size.

    Each article goes into every archive before the next: what else the machine does then changes no ratio.
    """
    seconds: list[list[float]] = [[] for _ in sizes]
    candidates: list[list[int]] = [[] for _ in sizes]
    with ExitStack() as stack:
        stores = [stack.enter_context(Store(path)) for path in paths]
        for article in fresh:
            keys = blocking_keys(fingerprint(article))
            for place, store in enumerate(stores):
                found = store.postings.lookup(keys).values()
                candidates[place].append(len({each for its in found for each in its}))
                seconds[place].append(cost(store, article))
    for path, size, took, met in zip(paths, sizes, seconds, candidates, strict=True):
        print(
            f"{size:9,} archived: {1000 * statistics.median(took):6.2f} ms CPU an article "
            f"(mean {1000 * statistics.mean(took):.2f}), {statistics.mean(met):.0f} candidates, "
            f"{path.stat().st_size / size / 1000:.1f} kB on disk an article"
        )
    return seconds


def cost(store: Store, article: Article) -> float:
    """CPU seconds of saving and filing one new article."""
    start = time.process_time()
    with store.transaction():
        store.articles.save(article, at=NOW)
        file_articles(store, now=NOW)
    return time.process_time() - start


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
        paths = [Path(folder) / f"{size}.db" for size in options.sizes]
        for path, size in zip(paths, options.sizes, strict=True):
            with Store(path) as store:
                fill(store, pool, size)
        seconds = measure(paths, options.sizes, fresh)
    ratio = statistics.median(last / first for first, last in zip(seconds[0], seconds[-1], strict=True))
    print(f"ratio of the last to the first: {ratio:.2f}, the median over the new articles")


if __name__ == "__main__":
    main()
