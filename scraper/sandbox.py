"""Read hostile pages in a child process, with a deadline and a memory limit.

libxml2's time grows with the square of a tag's attributes, and it cannot be stopped. So an unusual page
is parsed in a process that can be killed; an ordinary one is parsed here and pays nothing.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from scraper.errors import ParseLimitError, ScraperError
from scraper.lazily import lazily

if TYPE_CHECKING:
    import multiprocessing
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkServerContext, SpawnContext
else:
    multiprocessing = lazily("multiprocessing")

P = ParamSpec("P")
T = TypeVar("T")

DEADLINE_SECONDS = 12.0  # an honest page of 10 MB takes 4 s, its process 1 s to begin
MEMORY_BYTES = 200_000_000  # beyond what the libraries take when the process begins
USUAL_ADDRESS_SPACE = 600_000_000
ORDINARY_BYTES = 2_000_000  # of 372 news pages of 2005 to 2024 the largest has 1.9 MB
ORDINARY_TAGS = 30_000  # of the same pages the most have 12,000
LONG_TAG_BYTES = 4_000  # inline pictures (data:) and settings make long tags with few attributes
ORDINARY_ATTRIBUTES = 1_500  # of a long tag; of the same pages the most have 1,107 equals signs

PRELOADED = ("__main__", "scraper.preloaded", "scraper.extraction.trafilatura_guess")

ORDINARY_MAIL_BYTES = 400_000  # mail programs cut a newsletter at 102 kB; larger ones carry pictures
ORDINARY_HEADER_BYTES = 65_536

_HEADER_END = re.compile(rb"\S\r?\n\r?\n")
_TAG_BEGINS = re.compile(rb"[a-zA-Z/!?]")


def keep_server(*more: str) -> None:
    """Let this process fork its children from a server that has loaded the libraries, if it has no other way.

    ``more`` are further modules that the server loads.

    The server takes as long to begin as one child without it, and 100 MB; each child then answers in a
    fortieth of the time. For a process that reads pages by the thousand.
    """
    if multiprocessing.get_start_method(allow_none=True) is None:
        multiprocessing.set_start_method("forkserver")
        multiprocessing.set_forkserver_preload([*PRELOADED, *more])


def _context() -> ForkServerContext | SpawnContext:
    """Return how to begin a child: from the server where this process keeps one."""
    if multiprocessing.get_start_method(allow_none=True) == "forkserver":
        return multiprocessing.get_context("forkserver")
    return multiprocessing.get_context("spawn")


def is_ordinary(body: bytes) -> bool:
    """Return whether reading a page takes a bounded time."""
    if len(body) > ORDINARY_BYTES or body.count(b"<") > ORDINARY_TAGS:
        return False
    return all(tag.count(b"=") <= ORDINARY_ATTRIBUTES for tag in _long_tags(body))


def _long_tags(body: bytes) -> Iterator[bytes]:
    """Yield the tags of more than `LONG_TAG_BYTES`. To split a page into its tags takes ten times as long."""
    at = body.find(b"<")
    while 0 <= at < len(body) - LONG_TAG_BYTES:
        last = body.rfind(b"<", at + 1, at + LONG_TAG_BYTES + 2)  # no tag before it is that long
        if last < 0:
            last = body.find(b"<", at + LONG_TAG_BYTES + 2)
            tag = body[at + 1 : last if last >= 0 else len(body)].partition(b">")[0]
            if len(tag) > LONG_TAG_BYTES and _TAG_BEGINS.match(tag):
                yield tag
        at = last


def is_ordinary_mail(raw: bytes) -> bool:
    """Return whether reading a mail takes a bounded time: the parser takes the square of a long header."""
    header = raw[:ORDINARY_HEADER_BYTES]
    return len(raw) <= ORDINARY_MAIL_BYTES and (len(header) == len(raw) or bool(_HEADER_END.search(header)))


def bounded(function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
    """Return the result of the function, computed in a child process. Raises its error, or
    ``ParseLimitError``.
    """
    # fork would copy the run's threads in the middle of what they do
    context = _context()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, function, arguments, options), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(DEADLINE_SECONDS):
            raise ParseLimitError(
                f"reading the page takes longer than {DEADLINE_SECONDS:g} s; it was stopped"
            )
        outcome = ours.recv()
    except EOFError:
        raise ParseLimitError("reading the page takes too much memory; it was stopped") from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(outcome, ScraperError):
        raise outcome
    return outcome  # type: ignore[no-any-return]


def _answer(
    answers: Connection,
    function: Callable[..., object],
    arguments: tuple[object, ...],
    options: dict[str, object],
) -> None:
    """Run in the child: limit its own resources, compute, answer. The parent sees a child that died."""
    most = _address_space() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (int(DEADLINE_SECONDS), int(DEADLINE_SECONDS) + 1))
    try:
        outcome: object = function(*arguments, **options)
    except ScraperError as error:
        outcome = error
    except (MemoryError, RecursionError):
        outcome = ParseLimitError("reading the page takes too much memory; it was stopped")
    answers.send(outcome)


def _address_space() -> int:
    """Return the bytes of address space in use; where the system does not say (no /proc), a measured
    value.
    """
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        return USUAL_ADDRESS_SPACE
