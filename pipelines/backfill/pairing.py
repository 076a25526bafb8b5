"""The stages ``fingerprint``, ``block`` and ``score``: what filing does to find and judge pairs, in files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from pipelines.backfill.folder import (
    Array,
    Folder,
    array_segment,
    gathered,
    packed,
    split_by,
    write_array,
    write_segments,
)
from pipelines.backfill.ordering import Archive
from pipelines.backfill.plan import Plan
from pipelines.matching import MAX_BLOCK, Fingerprint, TermSketch
from pipelines.matching.encoder import load_encoder
from pipelines.models import Match
from pipelines.storage.tables.matching import MATCH
from pipelines.stories.neighbourhood import log_odds
from pipelines.stories.pairs import close_candidates, fingerprint_of, keys_of, verdicts

FINGERPRINT, SKETCHES, POSTINGS = "fingerprint", "sketches", "postings"
BLOCK, SCORE = "block", "score"
KEYS, CROWDED = "keys", "crowded"
POSTING = np.dtype([("key", "<i8"), ("rank", "<i8")])
EDGE = np.dtype([("a", "<i8"), ("b", "<i8"), ("odds", "<f8")])
PAGE_BIT = 1  # of a pair: both stand on one page
RANK_BITS = 31  # so that two ranks and the bit fit into 63: two billion articles
_RANK = (1 << RANK_BITS) - 1
# Kept decoded beyond those of a batch. A fingerprint that was compared takes some 40 kB with what it computed
# for comparing: the 20,000 of filing take .9 GB.
MOST_SKETCHES, MOST_DECODED = 20_000, 5_000
BATCH = 100  # articles whose candidates are decoded together, beyond the bounds above
GLANCE_BYTES = 32  # of a sketch, behind its terms


def fingerprint_articles(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Make the fingerprints of a partition, and list the keys under which each article is found."""
    archive, encoder = Archive(folder, plan), load_encoder(plan.encoder)
    notices = archive.notices
    start, stop = int(archive.starts[number]), int(archive.starts[number + 1])
    bodies, sketches, keys, postings = [], [], [], []
    for place in range(start, stop):
        if archive.standing[place] != place:
            bodies.append(b"")
            sketches.append(b"")
            keys.append(b"")
            continue
        row = archive.article(place + 1)
        made = fingerprint_of(row, None, encoder, notice=place in notices)
        held = np.array(keys_of(made, row), dtype="<i8")
        bodies.append(packed(made.to_bytes()))
        sketches.append(b"p" + made.glimpse.sought.tobytes() + made.glimpse.glance.tobytes())
        keys.append(array_segment(held))
        entries = np.empty(len(held), dtype=POSTING)
        entries["key"], entries["rank"] = held, archive.rank[place]
        postings.append(entries)
    write_segments(folder.file(FINGERPRINT, number), bodies)
    write_segments(folder.file(SKETCHES, number), sketches)
    write_segments(folder.file(KEYS, number), keys)
    together = np.concatenate(postings) if postings else np.zeros(0, dtype=POSTING)
    home = together["key"] & (plan.partitions - 1)  # keys are hashes, so their low bits are even
    parts = split_by(home, together, plan.partitions)
    write_segments(folder.file(POSTINGS, number), map(array_segment, parts))
    archive.close()
    return {"fingerprints": len(postings), "postings": len(together)}


def block(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """List the pairs that share a key of this partition which few enough articles have."""
    contents = gathered(folder, POSTINGS, range(plan.partitions), number)
    postings = np.concatenate([np.frombuffer(each, dtype=POSTING) for each in contents])
    postings = postings[np.lexsort((postings["rank"], postings["key"]))]
    starts: Array = np.flatnonzero(np.diff(postings["key"], prepend=postings["key"][:1] - 1))
    sizes = np.diff(starts, append=len(postings))
    codes = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *_pairs(postings, starts, sizes)]))
    archive = Archive(folder, plan)
    later = codes >> (RANK_BITS + 1)
    bounds = np.searchsorted(later, np.arange(1, archive.slices) * plan.slice_articles)
    segments = np.split(codes, bounds) if archive.slices else []
    write_segments(folder.file(BLOCK, number), map(array_segment, segments))
    crowded = postings["key"][starts[sizes > MAX_BLOCK]]
    write_array(folder.file(CROWDED, number, "npy"), crowded)
    return {
        "keys": len(sizes),
        "crowded": len(crowded),
        "largest": int(sizes.max(initial=0)),
        "pairs": len(codes),
    }


def _pairs(postings: Array, starts: Array, sizes: Array) -> Iterator[Array]:
    """Yield the pairs of all keys with the same number of articles, as one number each."""
    for size in np.unique(sizes[(sizes > 1) & (sizes <= MAX_BLOCK)]).tolist():
        first = starts[sizes == size]
        ranks = postings["rank"][first[:, None] + np.arange(size)]  # ascending in each row
        low, high = np.triu_indices(size, 1)
        on_page = (postings["key"][first] < 0).astype(np.int64)[:, None]
        yield ((ranks[:, high] << (RANK_BITS + 1)) | (ranks[:, low] << 1) | on_page * PAGE_BIT).ravel()


def score(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Judge the pairs whose later article is in this slice."""
    archive = Archive(folder, plan)
    contents = gathered(folder, BLOCK, range(plan.partitions), number)
    codes = np.unique(np.concatenate([np.frombuffer(each, dtype="<i8") for each in contents]))
    on_page = {_numbers(archive, code) for code in codes[codes & PAGE_BIT == 1].tolist()}
    pairs = np.unique(codes >> 1)
    reader = _Prints(archive)
    matches: list[Match] = []
    close = 0
    for batch in _batches(archive, pairs):
        candidates = close_candidates(reader.sketches(batch), batch, on_page)
        close += sum(map(len, candidates.values()))
        known = reader.fingerprints(candidates)
        matches += verdicts(known, candidates, on_page, reader.have_one_url)
    matches.sort(key=lambda match: (match.a, match.b))
    edges = np.array(
        [(match.a, match.b, log_odds(match.probability)) for match in matches], dtype=EDGE
    ).reshape(-1)
    rows = [MATCH.values(match) for match in matches]
    write_segments(
        folder.file(SCORE, number), [packed(edges.tobytes()), packed(msgspec.msgpack.encode(rows))]
    )
    archive.close()
    return {"candidates": len(pairs), "close": close, "matches": len(matches)}


def _numbers(archive: Archive, code: int) -> tuple[int, int]:
    """Return the numbers of the later and the earlier article of a pair."""
    later, earlier = code >> (RANK_BITS + 1), (code >> 1) & _RANK
    return int(archive.by_rank[later]) + 1, int(archive.by_rank[earlier]) + 1


def _batches(archive: Archive, pairs: Array) -> Iterator[dict[int, list[int]]]:
    """Yield the candidates of ``BATCH`` articles at a time."""
    later = np.asarray(archive.by_rank)[pairs >> RANK_BITS] + 1
    earlier = np.asarray(archive.by_rank)[pairs & _RANK] + 1
    bounds = np.flatnonzero(np.diff(later)) + 1
    batch: dict[int, list[int]] = {}
    for article, others in zip(
        later[np.concatenate(([0], bounds))] if len(later) else [], np.split(earlier, bounds), strict=False
    ):
        batch[int(article)] = sorted(others.tolist())
        if len(batch) >= BATCH:
            yield batch
            batch = {}
    if batch:
        yield batch


@dataclass
class _Prints:
    """Sketches and fingerprints, of which a bounded number stays decoded."""

    archive: Archive
    _sketches: dict[int, TermSketch] = field(default_factory=dict)
    _fingerprints: dict[int, Fingerprint] = field(default_factory=dict)

    def sketches(self, candidates: dict[int, list[int]]) -> dict[int, TermSketch]:
        """Return the sketches of all articles of a batch."""
        articles = {*candidates, *(other for others in candidates.values() for other in others)}
        if len(self._sketches) > MOST_SKETCHES:
            self._sketches = {key: made for key, made in self._sketches.items() if key in articles}
        for article in articles - self._sketches.keys():
            content = self.archive.segment(SKETCHES, article)
            self._sketches[article] = TermSketch.of_stored(content[:-GLANCE_BYTES], content[-GLANCE_BYTES:])
        return self._sketches

    def fingerprints(self, candidates: dict[int, list[int]]) -> dict[int, Fingerprint]:
        """Return the fingerprints of the articles of a batch that are compared."""
        compared = {article: others for article, others in candidates.items() if others}
        articles = {*candidates, *(other for others in compared.values() for other in others)}
        if len(self._fingerprints) > MOST_DECODED:
            self._fingerprints = {key: made for key, made in self._fingerprints.items() if key in articles}
        for article in articles - self._fingerprints.keys():
            body = self.archive.segment(FINGERPRINT, article)
            self._fingerprints[article] = Fingerprint.from_bytes(body)
        return self._fingerprints

    def have_one_url(self, a: int, b: int) -> bool:
        """Return whether two articles have the same address."""
        return self.archive.article(a).article.url == self.archive.article(b).article.url


def scored_rows(content: bytes) -> list[Match]:
    """Return the verdicts of a slice, by the two texts alone."""
    rows: Sequence[Any] = msgspec.msgpack.decode(content)
    return [MATCH.record(tuple(row)) for row in rows]
