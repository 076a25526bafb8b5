"""One backfill from its inputs to its report: every stage in turn, by an engine, alone or as one of n.

A stage begins when the one before is done. What was done before a kill stays done, so the same command goes
on where it ended.

As one of n (``--shard i/n``) a process does every n-th task of each stage, then waits for the others. The
tasks of a shard that gives no sign of life, because it died or a scheduler has not started it yet, are done
by those that wait. Two processes that do one task write the same bytes.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.backfill.engines import Engine
from pipelines.backfill.folder import Folder
from pipelines.backfill.plan import Plan
from pipelines.backfill.report import write_report
from pipelines.backfill.stages import PAGES_USED_BY, STAGES, WORK_OF_PAGES, Stage

PATIENCE = 60.0  # seconds without a sign of life of a shard, after which others do its tasks
SIGN_SECONDS = 10.0  # between two signs of life
POLL = 2.0  # seconds between two looks at a shared folder


@dataclass(frozen=True, slots=True)
class Shard:
    """Which tasks this process does first: those whose number divided by ``count`` leaves ``index``."""

    index: int = 0
    count: int = 1

    def own(self, numbers: Iterable[int]) -> list[int]:
        """Return the tasks of this shard."""
        return [number for number in numbers if number % self.count == self.index]


Progress = Callable[[str, int, int], None]  # is told of a stage how many of its tasks are done


def run_stages(
    folder: Folder,
    plan: Plan,
    engine: Engine,
    *,
    shard: Shard | None = None,
    patience: float = PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
    progress: Progress,
) -> dict[str, Any]:
    """Do what is left of all stages and return the report. Raises ``PipelineError`` and ``OSError``."""
    others = Others(folder=folder, shard=shard or Shard(), patience=patience, sleep=sleep)
    with others.seeing_us(), folder.whole():
        for stage in STAGES:
            total = stage.count(folder, plan)
            _run_own(folder, stage, total, engine, others.shard, progress)
            others.finish(stage, total, engine, progress)
            if stage.name == PAGES_USED_BY and others.shard.count == 1:
                for name in WORK_OF_PAGES:  # the articles are there: the pages would double the space
                    shutil.rmtree(folder.path / "work" / name, ignore_errors=True)
    return write_report(folder, plan)


def _run_own(  # noqa: PLR0917 - one private call
    folder: Folder, stage: Stage, total: int, engine: Engine, shard: Shard, progress: Progress
) -> None:
    finished = folder.done(stage.name)
    count = len(finished)
    progress(stage.name, count, total)

    def done(_number: int) -> None:
        nonlocal count
        count += 1
        progress(stage.name, count, total)

    engine.run(folder.path, stage.name, shard.own(stage.in_turn(set(range(total)) - finished)), done)


@dataclass(slots=True, kw_only=True)
class Others:
    """The other shards of a backfill, as far as their folder shows them."""

    folder: Folder
    shard: Shard
    patience: float
    sleep: Callable[[float], None]
    waited: float = 0.0  # seconds, in all stages: a shard that never comes costs its minute once

    @contextmanager
    def seeing_us(self) -> Iterator[None]:
        """Give a sign of life every few seconds."""
        if self.shard.count == 1:
            yield
            return
        ended = threading.Event()
        self._sign(self.shard.index).parent.mkdir(parents=True, exist_ok=True)
        self._sign(self.shard.index).touch()
        thread = threading.Thread(target=self._give_signs, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _give_signs(self, ended: threading.Event) -> None:
        while not ended.wait(SIGN_SECONDS):
            with suppress(OSError):  # a full disk; the tasks will tell
                self._sign(self.shard.index).touch()

    def _sign(self, index: int) -> Path:
        return self.folder.path / "shards" / f"{index}-of-{self.shard.count}"

    def finish(self, stage: Stage, total: int, engine: Engine, progress: Progress) -> None:
        """Wait until all tasks of a stage are done, and do those of shards that show no life."""
        before = -1
        while left := sorted(set(range(total)) - self.folder.done(stage.name)):
            if len(left) != before:
                before = len(left)
                progress(stage.name, total - len(left), total)
            lost = [number for number in left if not self._lives(number % self.shard.count)]
            if lost:
                chosen = lost[self.shard.index % len(lost)]  # those who wait begin at different places
                engine.run(self.folder.path, stage.name, [chosen], lambda _number: None)
            else:
                self.sleep(POLL)
                self.waited += POLL

    def _lives(self, index: int) -> bool:
        """Return whether a shard gave a sign; both times are those of the file system, not of two clocks."""
        try:
            last = self._sign(index).stat().st_mtime
        except FileNotFoundError:
            return self.waited < self.patience
        own = self._sign(self.shard.index)
        own.touch()
        return own.stat().st_mtime - last < self.patience
