"""Who does the tasks of a stage: this process, local processes, or Ray. EDGE: processes.

An engine gets numbers and hands numbers back; what a task reads and writes lies in the folder. So a task that
is lost with its worker is done again, by any other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import connection, forkserver, resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pipelines.backfill.inputs import require
from pipelines.backfill.stages import run_task
from pipelines.errors import BackfillError
from pipelines.ingest.signals import Interrupted, held_signals
from scraper.lazily import lazily
from scraper.sandbox import keep_server

if TYPE_CHECKING:
    import ray
else:
    ray = lazily("ray")

# What a worker needs. Each stage has workers of its own, whose memory begins small. A new interpreter takes
# 1.5 s of CPU to load all this, in each of 17 stages; a fork of a server that has loaded it takes .02 s.
LOADED = ("pipelines.backfill.stages", "pyarrow.parquet", "scipy.sparse.csgraph")
MOST_DEATHS = 3  # of workers, one after another, without a finished task between: then a task is to blame
AHEAD = 2  # tasks a worker that wait for it
MANAGER_SECONDS = 2.0  # for the thread that looks after killed workers to end; it takes some milliseconds
# Ray takes a third of the memory for its object store by default. Nothing of ours lies in it.
OBJECT_STORE_BYTES = 100_000_000
STARTS = 3  # of Ray on this machine: it gives up after 30 s, which two cores under load may need
RAY_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # it would report to its makers
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # 20 by default: five minutes and more to give up a cluster
}
TASK_RETRIES = 20  # of one task whose worker died, by Ray

Done = Callable[[int], None]


class Engine(Protocol):
    """Does tasks, in any order."""

    def run(self, folder: Path, stage: str, numbers: Iterable[int], done: Done) -> None:
        """Do the tasks; ``done`` is called with each number. Raises ``PipelineError`` and ``OSError``."""


@dataclass(frozen=True, slots=True)
class InProcess:
    """One task after another, in this process."""

    def run(self, folder: Path, stage: str, numbers: Iterable[int], done: Done) -> None:
        """Do the tasks."""
        for number in numbers:
            run_task(folder, stage, number)
            done(number)


@dataclass(frozen=True, slots=True)
class LocalProcesses:
    """Processes of this machine."""

    workers: int

    def run(self, folder: Path, stage: str, numbers: Iterable[int], done: Done) -> None:
        """Do the tasks. When a worker is killed, others take its tasks."""
        waiting, deaths = list(numbers), 0
        while waiting:
            finished = self._in_pool(folder, stage, waiting, done)
            waiting = [number for number in waiting if number not in finished]
            deaths = 0 if finished else deaths + 1
            if waiting and deaths >= MOST_DEATHS:
                message = f"workers died {deaths} times in a row; if memory ran out, use fewer --workers"
                raise BackfillError(message, f"stage {stage}, task {waiting[0]}")

    def _in_pool(self, folder: Path, stage: str, numbers: list[int], done: Done) -> set[int]:
        """Return the tasks that were done before all were, or a worker died."""
        finished: set[int] = set()
        keep_server(*LOADED)
        _start_server()
        context = multiprocessing.get_context("forkserver")
        size = min(self.workers, len(numbers))
        pool = ProcessPoolExecutor(size, mp_context=context, initializer=_start_worker)
        try:
            with suppress(BrokenProcessPool):
                for number in _in_window(pool, folder, stage, numbers, size * AHEAD):
                    finished.add(number)
                    done(number)
            pool.shutdown()  # it waits, so a signal may come in it too
        except BaseException:
            _end_workers(pool)
            raise
        return finished


def _start_server() -> None:
    """Start the server of workers if it does not run. It and its children never get the SIGINT that a
    terminal sends to the whole group, which would end each with a traceback.
    """
    resource_tracker.ensure_running()  # it sets the mask of signals itself
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # children inherit it
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_workers(pool: ProcessPoolExecutor) -> None:
    """Kill the workers, whose tasks are done again, and their server."""
    # not active_children(): it takes workers for ended once their server is
    workers = list(pool._processes or ())
    manager: threading.Thread | None = getattr(pool, "_executor_manager_thread", None)  # mistyped in typeshed
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)
    _end_server()
    # Python wakes this thread at exit, and prints an error of a closed descriptor if it ends at that moment
    if manager is not None:
        manager.join(MANAGER_SECONDS)


def _end_server() -> None:
    """Kill the server of workers. While it is loading it would fork a worker for each request that waits,
    after the end of this process, when the semaphores of the pool are gone.
    """
    server: int | None = getattr(forkserver._forkserver, "_forkserver_pid", None)
    if server is not None:
        with suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)


def _in_window(
    pool: ProcessPoolExecutor, folder: Path, stage: str, numbers: Iterable[int], size: int
) -> Iterator[int]:
    """Yield the numbers of tasks as they end; only some are handed out ahead."""
    remaining, running = iter(numbers), dict[Future[None], int]()
    while True:
        while len(running) < size and (number := next(remaining, None)) is not None:
            with held_signals(_end_server):  # a worker that is half started would end with a traceback
                running[pool.submit(run_task, folder, stage, number)] = number
        if not running:
            return
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            number = running.pop(future)
            future.result()
            yield number


def _start_worker() -> None:
    """Leave SIGINT to the driver, and end when it does, also when it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_server()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


@dataclass(frozen=True, slots=True)
class OnRay:
    """Core tasks of a Ray cluster; every node reads and writes the same folder."""

    workers: int

    def run(self, folder: Path, stage: str, numbers: Iterable[int], done: Done) -> None:
        """Do the tasks. Ray does a task again when its worker or its node dies."""
        task: Any = ray.remote(num_cpus=1, max_retries=TASK_RETRIES)(run_task_there)
        remaining, running = iter(numbers), dict[Any, int]()
        while True:
            while len(running) < self.workers * AHEAD and (number := next(remaining, None)) is not None:
                running[task.remote(folder, stage, number)] = number
            if not running:
                return
            ended, _ = ray.wait(list(running), num_returns=1)
            for reference in ended:
                number = running.pop(reference)
                _result_of(reference, stage, number)
                done(number)


def run_task_there(folder: Path, stage: str, number: int) -> None:
    """Do one task in a worker of Ray."""
    keep_server()
    run_task(folder, stage, number)


def _result_of(reference: Any, stage: str, number: int) -> None:
    """Raise what a task raised, as a local process would."""
    try:
        ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, ImportError):
            message = f"a node of the cluster lacks a package ({cause}); install cuttings[scale] on all nodes"
            raise BackfillError(message) from error
        raise cause if isinstance(cause, Exception) else error from error
    except ray.exceptions.RayError as error:
        message = f"Ray could not finish a task ({type(error).__name__})"
        raise BackfillError(message, f"stage {stage}, task {number}") from error


@contextmanager
def engine_of(name: str, *, workers: int, address: str | None) -> Iterator[Engine]:
    """Give an engine by its name: ``local`` or ``ray``. Raises ``BackfillError`` when Ray is missing."""
    if name != "ray":
        if workers == 1:
            keep_server()
        yield InProcess() if workers == 1 else LocalProcesses(workers)
        return
    for variable, value in RAY_SETTINGS.items():  # Ray reads some when it is imported
        os.environ.setdefault(variable, value)
    require("ray", "scale", "--engine ray needs")
    _join_ray(workers, address)
    try:
        cpus = int(ray.cluster_resources().get("CPU", workers))  # type: ignore[no-untyped-call]
        yield OnRay(cpus if address else workers)
    finally:
        ray.shutdown()


def _join_ray(workers: int, address: str | None) -> None:
    """Join a cluster, or start one of this machine. Raises ``BackfillError``."""
    left = 1 if address else STARTS
    while left:
        left -= 1
        try:
            with _own_sigterm():
                ray.init(**_ray_options(workers, address))
        except Exception as error:  # a bare one when a node takes too long to start
            ray.shutdown()
            if not left:
                message = f"Ray could not be reached or started ({' '.join(str(error).split())[:200]})"
                raise BackfillError(message, address or "this machine") from error
        else:
            return


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Keep the handler of SIGTERM in the block: Ray installs its own, which ends the process with status 15
    and without a message.
    """
    utils: Any = import_module("ray._private.utils")
    its_own = getattr(utils, "set_sigterm_handler", None)
    before = signal.getsignal(signal.SIGTERM)
    try:
        if its_own is not None:
            utils.set_sigterm_handler = lambda _handler: None
        yield
    except SystemExit as stop:  # raised by Ray's handler, where Ray installed it by another function
        raise Interrupted(signal.SIGTERM) from stop
    finally:
        if its_own is not None:
            utils.set_sigterm_handler = its_own
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _ray_options(workers: int, address: str | None) -> dict[str, Any]:
    quiet = {"logging_level": "ERROR", "log_to_driver": False}
    if address:
        return {"address": address, **quiet}
    return {
        "num_cpus": workers,
        "include_dashboard": False,
        "object_store_memory": OBJECT_STORE_BYTES,
        **quiet,
    }
