"""The stages ``fingerprint``, ``block`` and ``score``: what filing does to find and judge pairs, in files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

import msgspec
import numpy as np

from pipelines.backfill.folder import (
    Array,
    Folder,
    SegmentFiles,
    array_segment,
    distinct,
    gathered,
    packed,
    split_by,
    write_array,
    write_segments,
)
from pipelines.backfill.ordering import Archive
from pipelines.backfill.plan import Plan
from pipelines.matching import (
    MAX_BLOCK,
    Compared,
    Fingerprint,
    TermSketch,
    compared_bytes,
    profile_of_bytes,
)
from pipelines.matching.encoder import load_encoder
from pipelines.matching.fingerprint import SINGLE_BYTES
from pipelines.models import Match
from pipelines.storage.tables.matching import MATCH
from pipelines.stories.neighbourhood import log_odds
from pipelines.stories.pairs import close_candidates, fingerprint_of, keys_of, verdicts

FINGERPRINT, SKETCHES, COMPARED, POSTINGS = "fingerprint", "sketches", "compared", "postings"
BLOCK, SCORE = "block", "score"
KEYS, CROWDED = "keys", "crowded"
POSTING = np.dtype([("key", "<i8"), ("rank", "<i8")])
EDGE = np.dtype([("a", "<i8"), ("b", "<i8"), ("odds", "<f8")])
PAGE_BIT = 1  # of a pair: both stand on one page
RANK_BITS = 31  # so that two ranks and the bit fit into 63: two billion articles
_RANK = (1 << RANK_BITS) - 1
# Earlier articles that are held against a slice at a time, beside the articles of the slice. Each is decoded
# once for a slice; when a hundred articles of the slice were held against all others at a time, an archive of
# 40 days decoded 20 for each article, and an older one more.
MOST_EARLIER = 10_000
MOST_WHOLE = 1_000  # fingerprints that are kept decoded: of pairs that are explained
_Read = TypeVar("_Read")


def fingerprint_articles(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Make the fingerprints of a partition, and list the keys under which each article is found."""
    archive, encoder = Archive(folder, plan), load_encoder(plan.encoder)
    notices = archive.notices
    start, stop = int(archive.starts[number]), int(archive.starts[number + 1])
    bodies, sketches, compared, keys, postings = [], [], [], [], []
    for place in range(start, stop):
        if archive.standing[place] != place:
            bodies.append(b"")
            sketches.append(b"")
            compared.append(b"")
            keys.append(b"")
            continue
        row = archive.article(place + 1)
        made = fingerprint_of(row, None, encoder, notice=place in notices)
        held = np.array(keys_of(made, row), dtype="<i8")
        bodies.append(packed(made.to_bytes()))
        sketches.append(b"p" + made.glimpse.sought.tobytes() + made.glimpse.single)
        compared.append(packed(compared_bytes(made)))
        keys.append(array_segment(held))
        entries = np.empty(len(held), dtype=POSTING)
        entries["key"], entries["rank"] = held, archive.rank[place]
        postings.append(entries)
    write_segments(folder.file(FINGERPRINT, number), bodies)
    write_segments(folder.file(SKETCHES, number), sketches)
    write_segments(folder.file(COMPARED, number), compared)
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
    codes = distinct(np.concatenate([np.zeros(0, dtype=np.int64), *_pairs(postings, starts, sizes)]))
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
    """Judge the pairs whose later article is in one slice: all, or those with a share of the earlier ones."""
    archive = Archive(folder, plan)
    of_slice, share = divmod(number, archive.shares)
    contents = gathered(folder, BLOCK, range(plan.partitions), of_slice)
    codes = distinct(np.concatenate([np.frombuffer(each, dtype="<i8") for each in contents]))
    codes = _of_share(codes, share, archive.shares)
    on_page = {_numbers(archive, code) for code in codes[codes & PAGE_BIT == 1].tolist()}
    pairs = distinct(codes >> 1)
    reader = _Prints(archive)
    matches: list[Match] = []
    close = 0
    for candidates in _against_earlier(archive, pairs):
        near = close_candidates(reader.sketches(candidates), candidates, on_page)
        close += sum(map(len, near.values()))
        matches += verdicts(reader.compared(near), near, on_page, reader.have_one_url, reader.whole)
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


def _of_share(codes: Array, share: int, shares: int) -> Array:
    """Return the pairs with one share of the earlier articles, so that each of these is decoded once."""
    if shares == 1:
        return codes
    earlier = (codes >> 1) & _RANK
    bounds = np.sort(earlier)[np.arange(1, shares) * len(codes) // shares] if len(codes) else earlier
    own: Array = codes[np.searchsorted(bounds, earlier, side="right") == share]
    return own


def _numbers(archive: Archive, code: int) -> tuple[int, int]:
    """Return the numbers of the later and the earlier article of a pair."""
    later, earlier = code >> (RANK_BITS + 1), (code >> 1) & _RANK
    return int(archive.by_rank[later]) + 1, int(archive.by_rank[earlier]) + 1


def _against_earlier(archive: Archive, pairs: Array) -> Iterator[dict[int, list[int]]]:
    """Yield the candidates of the later articles, of ``MOST_EARLIER`` earlier articles at a time."""
    distinct, place = np.unique(pairs & _RANK, return_inverse=True)
    turn = place // MOST_EARLIER
    order = np.argsort(turn, kind="stable")  # so the later articles stay in order
    bounds = np.searchsorted(turn[order], np.arange(1, -(-len(distinct) // MOST_EARLIER)))
    for own in np.split(pairs[order], bounds):
        yield _by_later(archive, own)


def _by_later(archive: Archive, pairs: Array) -> dict[int, list[int]]:
    later = np.asarray(archive.by_rank)[pairs >> RANK_BITS] + 1
    earlier = np.asarray(archive.by_rank)[pairs & _RANK] + 1
    bounds = np.flatnonzero(np.diff(later)) + 1
    firsts = later[np.concatenate(([0], bounds))].tolist() if len(later) else []
    return {
        article: sorted(others.tolist())
        for article, others in zip(firsts, np.split(earlier, bounds), strict=False)
    }


def _still_read(
    before: Mapping[int, _Read], candidates: Mapping[int, Sequence[int]], read: Callable[[int], _Read]
) -> dict[int, _Read]:
    """Return what is read of some articles and their candidates, as far as possible from what was before."""
    asked = sorted({*candidates, *chain.from_iterable(candidates.values())})
    return {article: before[article] if article in before else read(article) for article in asked}


@dataclass
class _Prints:
    """Sketches and fingerprints; those that the last pairs did not ask for are dropped."""

    archive: Archive
    _sketches: dict[int, TermSketch] = field(default_factory=dict)
    _compared: dict[int, Compared] = field(default_factory=dict)
    _whole: dict[int, Fingerprint] = field(default_factory=dict)

    def sketches(self, candidates: dict[int, list[int]]) -> dict[int, TermSketch]:
        """Return the sketches of some articles and their candidates."""
        self._sketches = _still_read(self._sketches, candidates, self._sketch)
        return self._sketches

    def compared(self, candidates: dict[int, list[int]]) -> dict[int, Compared]:
        """Return what is compared of the articles whose sketches were asked for last."""
        self._compared = _still_read(self._compared, candidates, self._profiled)
        return self._compared

    def _sketch(self, article: int) -> TermSketch:
        content = self.archive.segment(SKETCHES, article)
        return TermSketch.of_stored(content[:-SINGLE_BYTES], content[-SINGLE_BYTES:])

    def _profiled(self, article: int) -> Compared:
        return Compared(self._sketches[article], profile_of_bytes(self.archive.segment(COMPARED, article)))

    def whole(self, article: int) -> Fingerprint:
        """Return the fingerprint of an article."""
        if len(self._whole) > MOST_WHOLE:
            self._whole.clear()
        made = self._whole.get(article)
        if made is None:
            made = self._whole[article] = Fingerprint.from_bytes(self.archive.segment(FINGERPRINT, article))
        return made

    def have_one_url(self, a: int, b: int) -> bool:
        """Return whether two articles have the same address."""
        return self.archive.article(a).article.url == self.archive.article(b).article.url


def scored_edges(archive: Archive, of_slice: int) -> Array:
    """Return the pairs of a slice with their log odds, in order."""
    edges = np.concatenate([np.frombuffer(each, dtype=EDGE) for each in _scored(archive, of_slice, 0)])
    return edges[np.lexsort((edges["b"], edges["a"]))]


def scored_matches(archive: Archive, of_slice: int) -> list[Match]:
    """Return the verdicts of a slice, by the two texts alone, in the order of ``scored_edges``."""
    rows: Iterator[Any] = chain.from_iterable(map(msgspec.msgpack.decode, _scored(archive, of_slice, 1)))
    return sorted((MATCH.record(tuple(row)) for row in rows), key=lambda match: (match.a, match.b))


def _scored(archive: Archive, of_slice: int, segment: int) -> Iterator[bytes]:
    files = SegmentFiles()
    for task in range(of_slice * archive.shares, (of_slice + 1) * archive.shares):
        yield files.read(archive.folder.file(SCORE, task), segment)
    files.close()
