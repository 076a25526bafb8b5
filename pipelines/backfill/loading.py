"""The result of a backfill into a database, by the tables and the filing of every other command.

An empty database gets the articles under their numbers, then fingerprints, keys and pairs as filing would
have made them, then stories, part by part, then relations: each in portions of one transaction, and a load
that was killed goes on. In a database that holds other articles these are new articles like any: they are
stored, and filing compares them with all others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
import numpy as np

from pipelines.backfill.driver import Progress
from pipelines.backfill.extracting import ARTICLES, read_segment
from pipelines.backfill.folder import Folder, SegmentFiles, read_array
from pipelines.backfill.grouping import CLUSTER
from pipelines.backfill.ordering import Archive
from pipelines.backfill.pairing import CROWDED, FINGERPRINT, KEYS, scored_matches
from pipelines.backfill.plan import Plan
from pipelines.backfill.records import stored_article
from pipelines.backfill.results import copy_matches
from pipelines.config.settings import Config
from pipelines.errors import BackfillError, ForgottenArticleError
from pipelines.ingest.commit import counts_of
from pipelines.ingest.run_log import RunRecord, recorded
from pipelines.ingest.upsert import imported_use
from pipelines.matching import FINGERPRINT_VERSION, MAX_BLOCK
from pipelines.matching.encoder import load_encoder
from pipelines.models import Failure, RunCounts
from pipelines.storage.store import Store
from pipelines.storage.values import portions
from pipelines.stories.filing import file_compared
from pipelines.stories.linking import noted_keys
from pipelines.stories.threads import relate
from scraper.models import Article, Removed

PORTION = 1_000  # articles of one transaction
RELATED_AT_ONCE = 2_000  # stories


def load(
    folder: Folder,
    plan: Plan,
    *,
    store: Store,
    config: Config,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Progress,
    failures: tuple[Failure, ...] = (),
) -> RunCounts:
    """Load the result of a finished backfill. Adds one row to `runs`, and its ``failures``.

    Raises ``DatabaseError``, and ``BackfillError`` if work files are gone.
    """
    with folder.whole(), recorded(store, config, "backfill", now=now) as record:
        archive = Archive(folder, plan)
        store.failures.add_all(record.id, failures, at=record.started)
        record.counts += RunCounts(failures=failures)
        if config.sources:
            store.sources.sync(config.sources, at=record.started)
        use = str(imported_use(config.purpose))
        loader = _Loader(archive=archive, store=store, record=record, text_use=use, progress=progress)
        if loader.is_own():
            loader.articles()
            loader.index()
            loader.pairs()
            loader.stories(config.match.log_odds)
            loader.relations()
        else:
            loader.beside_others()
        archive.close()
    return record.counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loader:
    """One load."""

    archive: Archive
    store: Store
    record: RunRecord
    text_use: str  # of all articles
    progress: Progress

    def is_own(self) -> bool:
        """Return whether the database is empty, or holds only a part of this load.

        One from which articles were deleted for good refuses some, so that numbers would not agree.
        """
        if self.store.tombstones.any():
            return False
        ids = self.store.articles.ids()
        if ids != tuple(range(1, len(ids) + 1)) or len(ids) > self.archive.count:
            return False
        if not ids:
            return True
        ends = {1, len(ids)}
        stored = self.store.articles.many(ends)
        return all(stored[one].content_hash == self.archive.article(one).content_hash for one in ends)

    def articles(self) -> None:
        """Store the articles under their numbers."""
        already, done = self.store.articles.count(), 0
        for portion in portions(self._numbered(already), PORTION):
            with self.store.transaction():
                for number, article, extractor in portion:
                    if self._save(article, extractor, as_new=True) != number:
                        message = "another program is writing to the database; load into another database"
                        raise BackfillError(message, str(self.store.path))
            done += len(portion)
            self.progress("load articles", already + done, self.archive.count)

    def beside_others(self) -> None:
        """Store the articles as new ones, or as what is known of them; filing follows."""
        done = 0
        for portion in portions(self._numbered(0), PORTION):
            with self.store.transaction():
                for _, article, extractor in portion:
                    with suppress(ForgottenArticleError):
                        self._save(article, extractor, as_new=False)
            done += len(portion)
            self.progress("load articles", done, self.archive.count)

    def _numbered(self, already: int) -> Iterator[tuple[int, Article, str]]:
        files = SegmentFiles()
        for number in range(already + 1, self.archive.count + 1):
            partition, place = self.archive.place(number)
            row, removed = read_segment(files.read(self.archive.folder.file(ARTICLES, partition), place))
            stored = stored_article(row, number)
            blocks = tuple(Removed(text=text, reason=reason) for text, reason in removed)
            yield number, replace(stored.article, removed=blocks), stored.extractor

    def _save(self, article: Article, extractor: str, *, as_new: bool) -> int:
        if article.source_id and article.publisher:
            self.store.sources.ensure(article.source_id, name=article.publisher, at=self.record.started)
        at = self.archive.plan.moment
        saved = self.store.articles.save(
            article, at=at, extractor=extractor, text_use=self.text_use, newer=False, as_new=as_new
        )
        self.record.counts += counts_of(saved)
        return saved.id

    def index(self) -> None:
        """Store fingerprints and keys, and the verdicts on copies."""
        encoder = load_encoder(self.archive.plan.encoder)
        name = encoder.name if encoder else ""
        total = self.archive.plan.partitions
        for partition in range(total):
            start, stop = (int(self.archive.starts[partition + add]) for add in (0, 1))
            standing = {place + 1: int(self.archive.standing[place]) + 1 for place in range(start, stop)}
            own = [number for number, stands in standing.items() if stands == number]
            if not own or not self.store.fingerprints.keys_of(own[:1]):
                with self.store.transaction():
                    self.store.articles.set_matched_as(standing)
                    self._fingerprints(own, name)
            self.progress("load fingerprints", partition + 1, total)
        for partition in range(total):
            crowded = read_array(self.archive.folder.file(CROWDED, partition, "npy")).tolist()
            with self.store.transaction():
                self.store.postings.mark_crowded(crowded, most=MAX_BLOCK)

    def _fingerprints(self, numbers: list[int], encoder: str) -> None:
        segment = self.archive.segment
        for portion in portions(numbers, PORTION):
            keys = {n: tuple(np.frombuffer(segment(KEYS, n), dtype="<i8").tolist()) for n in portion}
            rows = ((n, FINGERPRINT_VERSION, encoder, segment(FINGERPRINT, n)) for n in portion)
            noted = {number: noted_keys(held) for number, held in keys.items()}
            self.store.fingerprints.save_all(rows, keys=noted)
            self.store.postings.add((key, number) for number, held in keys.items() for key in held)

    def pairs(self) -> None:
        """Store the verdicts on pairs, by the two texts alone."""
        for number in range(self.archive.slices):
            matches = scored_matches(self.archive, number)
            matches += copy_matches(self.archive, number)
            if matches and self.store.matches.between(matches[0].a, matches[0].b) is None:
                with self.store.transaction():
                    self.store.matches.save_all(matches)
            self.progress("load pairs", number + 1, self.archive.slices)

    def stories(self, threshold: float | None) -> None:
        """Write the stories, a slice of whole parts at a time."""
        files = SegmentFiles()
        for number in range(self.archive.slices):
            content = files.read(self.archive.folder.file(CLUSTER, number), 1)
            articles = {article for article, *_ in msgspec.msgpack.decode(content)}
            if len(self.store.articles.stories_of(articles)) < len(articles):
                filed = file_compared(
                    self.store, articles, run_id=self.record.id, now=self.record.started, threshold=threshold
                )
                self.record.counts += RunCounts(stories_created=filed.created, stories_changed=filed.changed)
            self.progress("load stories", number + 1, self.archive.slices)

    def relations(self) -> None:
        """Relate the stories, when all are there."""
        stories = sorted(set(self.store.articles.stories_of(self.store.articles.ids()).values()))
        done = 0
        for portion in portions(stories, RELATED_AT_ONCE):
            with self.store.transaction():
                relate(self.store, portion)
            done += len(portion)
            self.progress("load relations", done, len(stories))
        self.store.summaries.refresh()
