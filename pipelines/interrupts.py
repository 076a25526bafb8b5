"""SIGINT in the process of a command, from its first line to its last: no traceback, and never dropped.

Python raises KeyboardInterrupt between any two instructions. Raised in a callback of the import system or of
the garbage collector it is printed and dropped (docs.python.org, "Note on Signal Handlers and Exceptions"),
and a compiled module that is being imported may turn it into another error. So the process ends without an
exception while it starts, imports or exits, when nothing of ours is half done; only the body of a command
gets the exception. A run, which stores what it fetched, has rules of its own: ``pipelines.ingest.signals``.

At its top this imports only what Python has loaded before it reads our first line; ``signal`` takes 3 ms.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

MESSAGE = b"cuttings: interrupted; everything stored so far is kept\n"
SIGINT = 2  # POSIX


def end(number: int, _frame: "FrameType | None" = None) -> "NoReturn":
    """End the process at once, with one line on stderr and status 128 + ``number``, as shells report it."""
    try:  # noqa: SIM105 - contextlib is not loaded
        os.write(2, MESSAGE)
    except OSError:  # stderr is closed, or its disk is full
        pass
    os._exit(128 + number)


def interrupt(number: int, frame: "FrameType | None") -> None:
    """Raise KeyboardInterrupt, or end the process if an import is under way."""
    if is_importing(frame):
        end(number)
    raise KeyboardInterrupt


def is_importing(frame: "FrameType | None") -> bool:
    """Return whether an import is under way, where an exception may be dropped."""
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("importlib._bootstrap"):
            return True
        frame = frame.f_back
    return False


def end_on_sigint() -> None:
    """From now on, end at once. A process that was started to ignore SIGINT goes on ignoring it."""
    import signal  # noqa: PLC0415 - slow

    _replace(signal.default_int_handler, end)


def raise_in_command() -> None:
    """From now on, raise: the body of a command begins. Nothing changes in other processes."""
    _replace(end, interrupt)


def end_after_command() -> None:
    """From now on, end at once again: the command is over."""
    _replace(interrupt, end)


def _replace(old: object, new: "Callable[[int, FrameType | None], object]") -> None:
    import signal  # noqa: PLC0415 - slow

    if signal.getsignal(SIGINT) is old:
        signal.signal(SIGINT, new)


def end_if_dropped(dropped: "sys.UnraisableHookArgs") -> None:
    """End the process if the exception that Python is about to drop is an interruption; a
    ``sys.unraisablehook``.
    """
    if issubclass(dropped.exc_type, KeyboardInterrupt):
        end(getattr(dropped.exc_value, "exit_status", 128 + SIGINT) - 128)  # 143 after SIGTERM
    sys.__unraisablehook__(dropped)
