"""The stages ``graph``, ``weigh``, ``parts`` and ``cluster``: pairs to stories, part by part.

A part is a connected component of linked pairs. What becomes of it depends on its own pairs and on those at
its neighbours (``stories.neighbourhood``), so parts are clustered apart, by the functions of filing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from pipelines.backfill.folder import (
    Array,
    Folder,
    SegmentFiles,
    array_segment,
    packed,
    read_array,
    split_by,
    write_array,
    write_segments,
)
from pipelines.backfill.ordering import Archive
from pipelines.backfill.pairing import EDGE, scored_edges
from pipelines.backfill.plan import Plan
from pipelines.matching.clustering import THRESHOLD, refined
from pipelines.matching.density import LINKED, in_their_stream
from pipelines.matching.rivals import SETTLED
from pipelines.storage.rows import RowCodec
from pipelines.storage.tables.stories import StoredStory
from pipelines.stories.builder import new_story, report_of
from pipelines.stories.cohesion import doubtful_members
from pipelines.stories.constraints import constrained_clusters
from pipelines.stories.neighbourhood import MARGIN
from pipelines.stories.summary import StorySummary, summarise
from scraper.lazily import lazily

if TYPE_CHECKING:
    from scipy import sparse
    from scipy.sparse import csgraph
else:
    sparse = lazily("scipy.sparse")
    csgraph = lazily("scipy.sparse.csgraph")

GRAPH, WEIGH, PARTS, CLUSTER = "graph", "weigh", "parts", "cluster"
EDGES, POINTERS, AT, BOUNDS = range(4)  # numbers of the files of the graph
MEMBERS, INSIDE = range(2)  # and of the parts
STORY = RowCodec(StoredStory)
INSIDE_EDGE = np.dtype([("pair", "<i8"), ("a", "<i8"), ("b", "<i8"), ("odds", "<f8")])


def graph(folder: Folder, plan: Plan, _number: int) -> dict[str, object]:
    """List all pairs, and for each article the pairs at it."""
    archive = Archive(folder, plan)
    parts = [scored_edges(archive, number) for number in range(archive.slices)]
    edges = np.concatenate([np.zeros(0, dtype=EDGE), *parts])
    write_array(folder.file(GRAPH, BOUNDS, "npy"), np.cumsum([0, *map(len, parts)]))
    write_array(folder.file(GRAPH, EDGES, "npy"), edges)
    ends = np.concatenate((edges["a"], edges["b"])) - 1
    at = np.argsort(ends, kind="stable")
    degrees = np.bincount(ends, minlength=archive.count)
    write_array(folder.file(GRAPH, POINTERS, "npy"), np.concatenate(([0], np.cumsum(degrees))))
    write_array(folder.file(GRAPH, AT, "npy"), (at % max(1, len(edges))).astype(np.int64))
    return {"pairs": len(edges), "most": int(degrees.max(initial=0))}


def weigh(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Hold each pair of a slice against its rivals, the pairs at either end."""
    edges, pointers, at, bounds = (read_array(folder.file(GRAPH, n, "npy")) for n in range(4))
    start, stop = int(bounds[number]), int(bounds[number + 1])
    own = np.array(edges[start:stop])
    ends = np.unique(np.concatenate((own["a"], own["b"]))) - 1
    around = [at[pointers[end] : pointers[end + 1]] for end in ends.tolist()]
    near = edges[np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *around]))]
    pairs = list(zip(own["a"].tolist(), own["b"].tolist(), strict=True))
    rivals = zip(near["a"].tolist(), near["b"].tolist(), near["odds"].tolist(), strict=True)
    desk = desk_size(Archive(folder, plan))
    odds = {(a, b): value for a, b, value in refined(sorted(rivals), pairs, desk=desk)}
    weighed = np.array([odds[pair] for pair in pairs], dtype="<f8")
    write_array(folder.file(WEIGH, number, "npy"), weighed)
    return {"pairs": len(pairs), "read": len(near)}


def desk_size(archive: Archive) -> int:
    """Return how many articles stand for themselves, up to ``SETTLED``."""
    standing = np.asarray(archive.standing)
    return min(SETTLED, int((standing == np.arange(len(standing))).sum()))


def weighed_odds(folder: Folder, slices: int) -> Array:
    """Return the log odds of all pairs among their rivals, in the order of the graph."""
    return np.concatenate([np.zeros(0), *(read_array(folder.file(WEIGH, s, "npy")) for s in range(slices))])


def parts(folder: Folder, plan: Plan, _number: int) -> dict[str, object]:
    """Find the parts, and hand each to the slice of its earliest article."""
    archive = Archive(folder, plan)
    edges, odds = read_array(folder.file(GRAPH, EDGES, "npy")), weighed_odds(folder, archive.slices)
    bound = min(_threshold(plan), LINKED) - MARGIN
    a, b = np.array(edges["a"]) - 1, np.array(edges["b"]) - 1
    strong = odds >= bound
    links = sparse.coo_matrix(
        (np.ones(int(strong.sum()), dtype=np.int8), (a[strong], b[strong])), shape=(archive.count,) * 2
    )
    _, labels = csgraph.connected_components(links, directed=False)
    compared = np.flatnonzero(np.asarray(archive.standing) == np.arange(archive.count))
    rank = np.asarray(archive.rank)
    earliest = np.full(archive.count, archive.count, dtype=np.int64)
    np.minimum.at(earliest, labels[compared], rank[compared])
    home = earliest[labels] // plan.slice_articles
    order = np.lexsort((rank[compared], earliest[labels[compared]]))
    members = compared[order]
    inside = np.flatnonzero(labels[a] == labels[b])
    rows = np.empty(len(inside), dtype=INSIDE_EDGE)
    rows["pair"], rows["a"], rows["b"], rows["odds"] = inside, a[inside] + 1, b[inside] + 1, odds[inside]
    by_slice = split_by(home[members], members + 1, archive.slices) if archive.slices else []
    pairs = split_by(home[a[inside]], rows, archive.slices) if archive.slices else []
    write_segments(folder.file(PARTS, MEMBERS), map(array_segment, by_slice))
    write_segments(folder.file(PARTS, INSIDE), map(array_segment, pairs))
    sizes = np.bincount(labels[compared])
    return {"parts": int((sizes > 0).sum()), "largest": int(sizes.max(initial=0))}


def _threshold(plan: Plan) -> float:
    return THRESHOLD if plan.threshold is None else plan.threshold


def cluster(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Cut the parts of a slice into stories, and sum each up."""
    archive, files = Archive(folder, plan), SegmentFiles()
    members = np.frombuffer(files.read(folder.file(PARTS, MEMBERS), number), dtype="<i8").tolist()
    rows = np.frombuffer(files.read(folder.file(PARTS, INSIDE), number), dtype=INSIDE_EDGE)
    given = list(zip(rows["a"].tolist(), rows["b"].tolist(), rows["odds"].tolist(), strict=True))
    edges = in_their_stream(given, desk=desk_size(archive))
    order = {article: f"{int(archive.content[article - 1]):012d}" for article in members}
    clusters = constrained_clusters(members, edges, [], order=order, threshold=_threshold(plan))
    doubtful = doubtful_members(clusters, edges)
    clusters = tuple(sorted(clusters, key=lambda its: min(int(archive.rank[one - 1]) for one in its)))
    copies = {article: archive.stand_ins(article) for article in members}
    stories, shares = [], []
    for place, standing in enumerate(clusters):
        summary = _summary(archive, standing, doubtful, copies)
        stories.append((STORY.values(new_story(place, summary, plan.moment)), list(summary.reports)))
        shares += _shares(summary, place, doubtful, copies)
    settled = np.empty(len(rows), dtype=[("pair", "<i8"), ("odds", "<f8")])
    settled["pair"], settled["odds"] = rows["pair"], [odds for _, _, odds in edges]
    write_segments(
        folder.file(CLUSTER, number),
        [packed(msgspec.msgpack.encode(each)) for each in (stories, shares)] + [array_segment(settled)],
    )
    archive.close()
    return {"stories": len(stories), "articles": sum(len(its) for _, its in stories)}


def _summary(
    archive: Archive,
    standing: Sequence[int],
    doubtful: frozenset[int],
    copies: Mapping[int, tuple[int, ...]],
) -> StorySummary:
    reports = []
    for each in standing:
        for number in copies[each]:
            report = report_of(archive.article(number), f"{int(archive.content[number - 1]):012d}", {})
            reports.append(replace(report, doubtful=each in doubtful))
    return summarise(sorted(reports, key=lambda report: report.key))


def _shares(
    summary: StorySummary, place: int, doubtful: frozenset[int], copies: Mapping[int, tuple[int, ...]]
) -> list[list[Any]]:
    """Return a row for each report: article, story, whether doubtful, the original of its copies."""
    unsure = {number for each in doubtful for number in copies.get(each, ())}
    return [
        [article, place, article in unsure, summary.copy_groups.get(article)] for article in summary.reports
    ]
