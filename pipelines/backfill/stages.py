"""The stages of a backfill in their order. Each task is a function of its number and of finished stages.

inputs | read | survey, furniture | extract | order, notices, standing | fingerprint | block | score
       | graph, weigh, parts | cluster | assign | result-articles, result-stories
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pipelines.backfill import extracting, grouping, ordering, pairing, reading, results
from pipelines.backfill.folder import Folder
from pipelines.backfill.ordering import Archive
from pipelines.backfill.pieces import pieces_of
from pipelines.backfill.plan import Plan, read_plan

Task = Callable[[Folder, Plan, int], Mapping[str, object]]
COST = ("cpu_seconds", "peak_bytes")  # what a task cost; not part of the result


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its name, how many tasks it has, and what each does."""

    name: str
    count: Callable[[Folder, Plan], int]
    task: Task
    last_first: bool = False  # its last tasks are the largest

    def in_turn(self, numbers: Iterable[int]) -> list[int]:
        """Return tasks in the order in which they begin: the largest first, so that workers end together."""
        return sorted(numbers, reverse=self.last_first)


def _one(_folder: Folder, _plan: Plan) -> int:
    return 1


def _inputs(_folder: Folder, plan: Plan) -> int:
    return len(pieces_of(plan.inputs))


def _partitions(_folder: Folder, plan: Plan) -> int:
    return plan.partitions


def _slices(folder: Folder, plan: Plan) -> int:
    return Archive(folder, plan).slices


def _shares(folder: Folder, plan: Plan) -> int:
    archive = Archive(folder, plan)
    return archive.slices * archive.shares


STAGES = (
    Stage(reading.READ, _inputs, reading.read),
    Stage(extracting.SURVEY, _partitions, extracting.survey_pages),
    Stage(extracting.FURNITURE, _partitions, extracting.learn_sites),
    Stage(extracting.EXTRACT, _partitions, extracting.extract),
    Stage(ordering.ORDER, _one, ordering.order),
    Stage(ordering.NOTICES, _partitions, ordering.find_notices),
    Stage(ordering.STANDING, _one, ordering.settle_standing),
    Stage(pairing.FINGERPRINT, _partitions, pairing.fingerprint_articles),
    Stage(pairing.BLOCK, _partitions, pairing.block),
    Stage(pairing.SCORE, _shares, pairing.score, last_first=True),  # what comes later meets more
    Stage(grouping.GRAPH, _one, grouping.graph),
    Stage(grouping.WEIGH, _slices, grouping.weigh),
    Stage(grouping.PARTS, _one, grouping.parts),
    Stage(grouping.CLUSTER, _slices, grouping.cluster),
    Stage(results.ASSIGN, _one, results.assign),
    Stage(results.RESULT_ARTICLES, _partitions, results.write_articles),
    Stage(results.RESULT_STORIES, _slices, results.write_stories),
)
BY_NAME = {stage.name: stage for stage in STAGES}
PAGES_USED_BY = extracting.EXTRACT  # the last stage that reads raw pages
WORK_OF_PAGES = (reading.READ, extracting.SURVEY, extracting.PROFILES, extracting.OUTLINES)


@lru_cache(maxsize=1)
def _plan(path: Path) -> Plan:
    return read_plan(Folder(path))


def run_task(path: Path, stage: str, number: int) -> None:
    """Do one task and mark it as done; nothing if it is done. Raises ``PipelineError`` and ``OSError``."""
    folder = Folder(path)
    if folder.is_done(stage, number):
        return
    before = time.process_time()
    counts = BY_NAME[stage].task(folder, _plan(path), number)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    cost = dict(zip(COST, (round(time.process_time() - before, 3), peak), strict=True))
    folder.finish(stage, number, {**counts, **cost})
