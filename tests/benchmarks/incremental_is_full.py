"""Files labelled articles in random orders and chunks and compares the stories with those of filing them at
once.

    python -m tests.benchmarks.incremental_is_full ../shared/eval/clustering/*.jsonl.gz [--articles 400] [--orders 20]

Prints one line an order; the last line says how many were identical. No assertion: tests/test_filing.py has
those.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from pipelines.config.encoders import AUTO
from pipelines.ingest.inputs import ReadyArticle, read_inputs
from pipelines.matching import load_encoder
from pipelines.storage.store import Store
from pipelines.stories.filing import file_articles, recluster
from scraper.models import Article
from tests.invented import Relation, partition, relations

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHUNKS = (1, 2, 7, 30, 150)


# The partition; title and counts of stories; the probability of each pair, and whether it is one event; the
# stories that are related.
Filed = tuple[
    set[frozenset[str]],
    frozenset[tuple[str, int, int]],
    frozenset[tuple[frozenset[str], float, bool]],
    frozenset[Relation],
]


def filed_stories(store: Store) -> Filed:
    """Return what must not depend on the order in which articles came."""
    live = store.stories.listing(limit=-1)
    summaries = frozenset((story.title, story.article_count, story.report_count) for story in live)
    ids = store.articles.ids()
    names = {stored.id: stored.article.external_id or "" for stored in store.articles.many(ids).values()}
    verdicts = frozenset(
        (frozenset((names[edge.a], names[edge.b])), round(edge.probability, 9), edge.same_event)
        for edge in store.matches.edges(ids)
    )
    return partition(list(store.articles.external_stories().items())), summaries, verdicts, relations(store)


def stories(path: Path, articles: list[Article], chunks: int, encoder: str) -> Filed:
    """Return the stories that come of filing the articles in so many chunks, checked against `recluster`."""
    with Store(path, encoder=encoder) as store:
        for chunk in range(chunks):
            part = articles[chunk * len(articles) // chunks : (chunk + 1) * len(articles) // chunks]
            with store.transaction():
                store.articles.save_all(part, at=NOW)
                file_articles(store, now=NOW)
        filed = filed_stories(store)
        recluster(store, now=NOW)
        again = filed_stories(store)
    print(
        f"{chunks:4} chunks: {len(filed[0])} stories; recluster gives {'the same' if filed == again else 'OTHERS'}"
    )
    return filed


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+")
    parser.add_argument("--articles", type=int, default=400)
    parser.add_argument("--orders", type=int, default=20)
    parser.add_argument("--encoder", default=AUTO)
    options = parser.parse_args()
    articles = [each.article for each in read_inputs(options.files) if isinstance(each, ReadyArticle)]
    chance = random.Random(1)
    events = sorted({a.external_id or "" for a in articles})
    kept = set(chance.sample(events, min(options.articles, len(events))))
    articles = [article for article in articles if article.external_id in kept]
    if encoder := load_encoder(options.encoder):  # a text is encoded by itself: once for all orders
        encoder.__dict__["vectors"] = cache(encoder.vectors)
    with tempfile.TemporaryDirectory() as folder:
        full = stories(Path(folder) / "full.db", articles, 1, options.encoder)
        same = 0
        for number in range(options.orders):
            chance.shuffle(articles)
            chunks = chance.choice(CHUNKS)
            filed = stories(Path(folder) / f"{number}.db", articles, chunks, options.encoder)
            same += filed == full
    print(
        f"{len(articles)} articles, {len(full[0])} stories: {same} of {options.orders} orders identical to filing at once"
    )


if __name__ == "__main__":
    main()
