"""What a table family needs of the database, and how values become columns and come back."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Protocol, TypeVar, overload

Row = tuple[Any, ...]
Parameters = Sequence[object] | Mapping[str, object]  # by place, or by name
T = TypeVar("T")

MOST_PARAMETERS = 30_000  # SQLite allows 32,766 in one statement (its limits page, since 3.32)


class Connection(Protocol):
    """The open database. Every failure is a ``DatabaseError``."""

    def execute(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of one statement."""

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row, if there is one."""

    def stream(self, sql: str, parameters: Parameters = ()) -> Iterator[Row]:
        """The rows one by one, for what does not fit into memory."""

    def many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """The statement once for each row."""

    def insert(self, sql: str, parameters: Parameters = ()) -> int:
        """The statement's new row id."""

    def columns(self, sql: str, parameters: Parameters = ()) -> tuple[tuple[str, ...], list[Row]]:
        """Column names and rows."""


@overload
def stamp(moment: datetime) -> str: ...
@overload
def stamp(moment: None) -> None: ...
def stamp(moment: datetime | None) -> str | None:
    """``2026-03-01T09:00:00Z``, in UTC, to the second. Raises ``ValueError`` for a time without a zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {moment.isoformat()}")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:  # year 1 or 9999, within a day of the calendar's end
        moment = moment.replace(tzinfo=UTC)
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%SZ}"


@overload
def moment(stamped: str) -> datetime: ...
@overload
def moment(stamped: None) -> None: ...
def moment(stamped: str | None) -> datetime | None:
    """The aware UTC time of a stored stamp."""
    return None if stamped is None else datetime.fromisoformat(stamped)


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
def storable(text: str | None) -> str | None:
    """The text as a TEXT column can hold it: surrogate pairs joined, each lone half U+FFFD; all else as it
    is."""
    if text is None:
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def to_json(value: object) -> str:
    """Compact JSON that any reader of the database can parse."""
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def marks(values: Sequence[object]) -> str:
    """``?,?,?`` for an IN list."""
    return ",".join("?" * len(values))


def portions(values: Iterable[T], size: int = MOST_PARAMETERS) -> Iterator[list[T]]:
    """Lists of at most ``size``, so that any number of values fits into statements."""
    walk = iter(values)
    while portion := list(islice(walk, size)):
        yield portion


def pack(hashes: Sequence[int]) -> bytes:
    """Signed 64-bit integers, little endian."""
    return struct.pack(f"<{len(hashes)}q", *hashes)


def unpack(packed: bytes) -> tuple[int, ...]:
    """What ``pack`` packed."""
    return struct.unpack(f"<{len(packed) // 8}q", packed)
