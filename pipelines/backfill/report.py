"""What a backfill did: ``report.json``, the same at each run, ``costs.json``; and the views of its result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pipelines.backfill.drops import added
from pipelines.backfill.folder import Folder, write
from pipelines.backfill.plan import Plan
from pipelines.backfill.stages import COST, STAGES
from pipelines.models import Failure

REPORT, COSTS, VIEWS = "report.json", "costs.json", "views.sql"
_LARGEST = {"largest", "most"}  # counts of which the largest tells, not the sum
_OWN = {"dropped", "examples", "chunks", *COST}


def failures_of(report: Mapping[str, Any]) -> tuple[Failure, ...]:
    """Return the failures that a report gives by name."""
    return tuple(
        Failure(stage="import", error=error, message=message)
        for error, messages in report["examples"].items()
        for message in messages
    )


def write_report(folder: Folder, plan: Plan) -> dict[str, Any]:
    """Write all three and return the report. All stages must be done."""
    stages: dict[str, dict[str, int]] = {}
    costs: dict[str, dict[str, float]] = {}
    marks: list[dict[str, Any]] = []
    for stage in STAGES:
        totals: dict[str, int] = {}
        cost = dict.fromkeys(COST, 0.0)
        for number in range(stage.count(folder, plan)):
            counts = folder.counts(stage.name, number)
            marks.append(counts)
            for name in counts.keys() - _OWN:
                value = int(counts[name])
                before = totals.get(name, 0)
                totals[name] = max(before, value) if name in _LARGEST else before + value
            cost = {
                "cpu_seconds": cost["cpu_seconds"] + counts["cpu_seconds"],
                "peak_bytes": max(cost["peak_bytes"], counts["peak_bytes"]),
            }
        stages[stage.name], costs[stage.name] = dict(sorted(totals.items())), cost
    report = {"inputs": len(plan.inputs), "stages": stages, **added(marks)}
    write(folder.path / REPORT, msgspec.json.format(msgspec.json.encode(report)))
    write(folder.path / COSTS, msgspec.json.format(msgspec.json.encode(costs)))
    write(folder.path / VIEWS, Path(__file__).with_name(VIEWS).read_bytes())
    return report
