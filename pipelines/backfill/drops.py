"""What was dropped, and why: a count for each reason, and the first few of each by name. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pipelines.models import Failure

SHOWN = 20  # of one reason, by name


class Drops:
    """Counts of reasons, and examples of failures."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._examples: dict[str, list[str]] = {}

    def count(self, stage: str, reason: str) -> None:
        """Count what was left out on purpose."""
        self._counts[stage, reason] += 1

    def failed(self, failure: Failure) -> None:
        """Count what could not be read, with its place."""
        self._counts["failed", failure.error] += 1
        shown = self._examples.setdefault(failure.error, [])
        shown.append(failure.message if failure.url is None else f"{failure.message}: {failure.url}")
        shown.sort()  # the first by name are the same, whatever was read first
        del shown[SHOWN:]

    def marks(self) -> dict[str, Any]:
        """Return both, to be kept with the counts of a task."""
        dropped = {f"{stage}: {reason}": count for (stage, reason), count in sorted(self._counts.items())}
        return {"dropped": dropped, "examples": self._examples}


def added(marks: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sum of what several tasks dropped; the order of the tasks does not matter."""
    total: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    for mark in marks:
        total.update(mark.get("dropped", {}))
        for error, messages in mark.get("examples", {}).items():
            examples[error] = sorted([*examples.get(error, ()), *messages])[:SHOWN]
    return {"dropped": dict(sorted(total.items())), "examples": dict(sorted(examples.items()))}
