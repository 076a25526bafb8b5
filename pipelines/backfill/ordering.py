"""The stages ``order``, ``notices`` and ``standing``: numbers, order in time, word-for-word copies.

An article's number is its place in the order of identities, so it is the same however the input was cut.
``rank`` is its place in the order of publication, undated ones last, as filing sorts (``Head.sorting``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.backfill.extracting import ARTICLES, EXTRACT, read_segment
from pipelines.backfill.folder import Array, Folder, SegmentFiles, array_segment, read_array, write_array
from pipelines.backfill.folder import write_segments as _write_segments
from pipelines.backfill.heads import read_heads
from pipelines.backfill.plan import Plan
from pipelines.backfill.records import stored_article
from pipelines.matching.notices import MOST_HEADLINES, is_notice
from pipelines.storage.tables.article_rows import StoredArticle
from scraper.lazily import lazily

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import compute
else:
    pyarrow = lazily("pyarrow")
    compute = lazily("pyarrow.compute")

ORDER, NOTICES, STANDING = "order", "notices", "standing"
RANKS, BY_RANK, CONTENT, FIRST, UNITS = range(5)  # numbers of the files of the first stage
# Tasks that score one slice: alone, among few, among many. With an odd number of tasks of one size the busier
# of two workers has one more. Each share reads the later articles again: four took a tenth more CPU than one.
SHARES_ALONE, SHARES_AMONG_FEW, FEW_SLICES = 4, 2, 16
LEAST_SHARED = 160  # articles for each such task
STANDS, TOGETHER, POINTERS, ALL_NOTICES = range(4)  # and of the last


@dataclass
class Archive:
    """The articles of a backfill by number, which counts from 1, and the arrays that order them."""

    folder: Folder
    plan: Plan
    _files: SegmentFiles = field(default_factory=SegmentFiles)
    _paths: dict[tuple[str, int], Path] = field(default_factory=dict)

    @cached_property
    def starts(self) -> Array:
        """The number of articles before each partition, and of all."""
        counts = [int(self.folder.counts(EXTRACT, p)["articles"]) for p in range(self.plan.partitions)]
        return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))

    @property
    def count(self) -> int:
        """The number of articles."""
        return int(self.starts[-1])

    @property
    def slices(self) -> int:
        """The number of slices of articles in order of publication."""
        return -(-self.count // self.plan.slice_articles)

    @property
    def shares(self) -> int:
        """The number of tasks that score one slice: more where slices are few, so that workers end alike."""
        wanted = SHARES_AMONG_FEW if self.slices < FEW_SLICES else 1
        wanted = SHARES_ALONE if self.slices == 1 else wanted
        return max(1, min(wanted, self.count // LEAST_SHARED))

    @cached_property
    def rank(self) -> Array:
        """The place of each article (its number - 1) in order of publication."""
        return read_array(self.folder.file(ORDER, RANKS, "npy"))

    @cached_property
    def by_rank(self) -> Array:
        """The article (its number - 1) at each place."""
        return read_array(self.folder.file(ORDER, BY_RANK, "npy"))

    @cached_property
    def content(self) -> Array:
        """The place of each article in the order of content, which decides between equals."""
        return read_array(self.folder.file(ORDER, CONTENT, "npy"))

    @cached_property
    def standing(self) -> Array:
        """For each article (number - 1) the one that is compared in its place (number - 1)."""
        return read_array(self.folder.file(STANDING, STANDS, "npy"))

    @cached_property
    def _together(self) -> tuple[Array, Array]:
        numbers = (TOGETHER, POINTERS)
        together, pointers = (read_array(self.folder.file(STANDING, each, "npy")) for each in numbers)
        return together, pointers

    def stand_ins(self, number: int) -> tuple[int, ...]:
        """Return the articles that a compared article stands for, itself included."""
        together, pointers = self._together
        places = together[pointers[number - 1] : pointers[number]]
        return tuple((places + 1).tolist())

    @property
    def notices(self) -> set[int]:
        """The articles (number - 1) whose text is a notice."""
        return set(read_array(self.folder.file(STANDING, ALL_NOTICES, "npy")).tolist())

    def place(self, number: int) -> tuple[int, int]:
        """Return the partition of an article and its place in it."""
        partition = int(np.searchsorted(self.starts, number - 1, side="right")) - 1
        return partition, number - 1 - int(self.starts[partition])

    def segment(self, stage: str, number: int) -> bytes:
        """Return what a stage wrote for one article."""
        partition, place = self.place(number)
        path = self._paths.get((stage, partition))
        if path is None:  # a path takes longer to make than the segment to read
            path = self._paths[stage, partition] = self.folder.file(stage, partition)
        return self._files.read(path, place)

    def article(self, number: int) -> StoredArticle:
        """Return one article, as it would come out of the database."""
        return stored_article(read_segment(self.segment(ARTICLES, number))[0], number)

    def close(self) -> None:
        """Close the files."""
        self._files.close()


def order(folder: Folder, plan: Plan, _number: int) -> dict[str, object]:
    """Put all articles in order, and find those with the same text."""
    heads = read_heads([folder.file(EXTRACT, p, "arrow") for p in range(plan.partitions)])
    count = heads.num_rows
    heads = heads.append_column("number", pyarrow.array(np.arange(count)))
    by_rank = _sorted(heads, ("published", "order", "number"))
    rank = _inverse(by_rank)
    content = _inverse(_sorted(heads, ("order", "number")))
    first, units = _same_text(heads.column("copy_key"), rank, by_rank)
    for number, array in ((RANKS, rank), (BY_RANK, by_rank), (CONTENT, content), (FIRST, first)):
        write_array(folder.file(ORDER, number, "npy"), array)
    starts = Archive(folder, plan).starts
    homes = [int(np.searchsorted(starts, unit[0], side="right")) - 1 for unit in units]
    lists: list[list[Array]] = [[] for _ in range(plan.partitions)]
    for home, unit in zip(homes, units, strict=True):
        lists[home] += [np.array([len(unit)]), unit]
    segments = (array_segment(np.concatenate(each).astype("<i8")) if each else b"" for each in lists)
    _write_segments(folder.file(ORDER, UNITS), segments)
    return {"articles": count, "copies": int((first != np.arange(count)).sum())}


def _sorted(table: pyarrow.Table, names: Sequence[str]) -> Array:
    keys = [(name, "ascending") for name in names]
    indices: Array = compute.sort_indices(table, sort_keys=keys).to_numpy().astype(np.int64)
    return indices


def _inverse(order_of: Array) -> Array:
    places = np.empty(len(order_of), dtype=np.int64)
    places[order_of] = np.arange(len(order_of))
    return places


def _same_text(copy_keys: pyarrow.ChunkedArray, rank: Array, by_rank: Array) -> tuple[Array, list[Array]]:
    """Return for each article the earliest with its text, and the units of several with one text."""
    if not len(by_rank):
        return np.zeros(0, dtype=np.int64), []
    codes = copy_keys.combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    together = np.lexsort((rank, codes))  # by text, then by publication
    bounds = np.flatnonzero(np.diff(codes[together])) + 1
    first = np.empty(len(rank), dtype=np.int64)
    units = np.split(together, bounds)
    first[together] = np.repeat([unit[0] for unit in units], [len(unit) for unit in units])
    several = [unit for unit in units if len(unit) > 1]
    return first, sorted(several, key=lambda unit: int(unit[0]))


def find_notices(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Find the texts that are not the articles' own, of units whose earliest is in this partition."""
    archive, found = Archive(folder, plan), []
    for unit in _units(SegmentFiles().read(folder.file(ORDER, UNITS), number)):
        if is_notice([archive.article(place + 1).article for place in unit[:MOST_HEADLINES].tolist()]):
            found.append(unit)
    notices = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
    write_array(folder.file(NOTICES, number, "npy"), notices)
    archive.close()
    return {"notices": len(notices)}


def _units(content: bytes) -> Iterable[Array]:
    values, at = np.frombuffer(content, dtype="<i8"), 0
    while at < len(values):
        size = int(values[at])
        yield values[at + 1 : at + 1 + size]
        at += 1 + size


def settle_standing(folder: Folder, plan: Plan, _number: int) -> dict[str, object]:
    """Decide which articles are compared: each text once, but a notice under each of its headlines."""
    standing = np.array(read_array(folder.file(ORDER, FIRST, "npy")))
    files = [read_array(folder.file(NOTICES, p, "npy")) for p in range(plan.partitions)]
    notices = np.sort(np.concatenate([np.array(each) for each in files]))
    standing[notices] = notices
    together = np.argsort(standing, kind="stable")
    pointers = np.searchsorted(standing[together], np.arange(len(standing) + 1))
    for number, array in enumerate((standing, together, pointers, notices)):
        write_array(folder.file(STANDING, number, "npy"), array)
    return {"compared": int((standing == np.arange(len(standing))).sum()), "notices": len(notices)}
