"""What the columns of exported tables hold, for formats that have types. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import StrEnum


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIME = "time"  # UTC, as ISO 8601 text in rows
    DAY = "day"  # where the desk is, as ISO 8601 text in rows
    TEXTS = "texts"  # several


_INTEGERS = frozenset(
    """id copy_group copy_of merged_into word_count article_count report_count source_count article_a
    article_b same_event position first_position borrowed_percent borrowed_from origin_percent""".split()
)
_NUMBERS = frozenset(("probability", "lag_hours"))
_BOOLEANS = frozenset(("lead",))
_TEXTS = frozenset(("authors", "source_names", "rights"))
_TEXT_IDS = frozenset(("external_id", "source_id"))


def kinds_of(columns: Iterable[str], **others: ColumnKind) -> dict[str, ColumnKind]:
    """Return the kind of each column by its name; ``others`` are kinds that the name does not tell."""
    return {name: others.get(name, _kind_of(name)) for name in columns}


def _kind_of(name: str) -> ColumnKind:
    by_name: tuple[tuple[bool, ColumnKind], ...] = (
        (name.endswith("_at"), ColumnKind.TIME),
        (name.endswith("_day"), ColumnKind.DAY),
        (name in _INTEGERS, ColumnKind.INTEGER),
        (name.endswith("_id") and name not in _TEXT_IDS, ColumnKind.INTEGER),
        (name in _NUMBERS, ColumnKind.NUMBER),
        (name in _BOOLEANS, ColumnKind.BOOLEAN),
        (name in _TEXTS, ColumnKind.TEXTS),
    )
    return next((kind for holds, kind in by_name if holds), ColumnKind.TEXT)


def moment_of(value: object) -> datetime | None:
    """Return the time in a cell; None where there is none."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return None if parsed is None else parsed.astimezone(UTC)


def day_of(value: object) -> date | None:
    """Return the day in a cell; None where there is none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
