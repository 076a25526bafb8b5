"""How single values become columns and come back."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar, overload

from scraper.models import in_utc

T = TypeVar("T")

MOST_PARAMETERS = 30_000  # SQLite allows 32,766 in one statement (sqlite.org/limits.html, since 3.32)


@overload
def stamp(moment: datetime) -> str: ...
@overload
def stamp(moment: None) -> None: ...
def stamp(moment: datetime | None) -> str | None:
    """Return ``2026-03-01T09:00:00Z`` (UTC). Raises ``ValueError`` for a time without a zone."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {moment.isoformat()}")
    # strftime takes three times as long
    return f"{in_utc(moment).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


@overload
def moment(stamped: str) -> datetime: ...
@overload
def moment(stamped: None) -> None: ...
def moment(stamped: str | None) -> datetime | None:
    """Return the aware UTC time of a stored stamp."""
    return None if stamped is None else datetime.fromisoformat(stamped)


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
def storable(text: str | None) -> str | None:
    """Return the text as a TEXT column can hold it: surrogate pairs joined, each lone half U+FFFD."""
    if text is None:
        return None
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def to_json(value: object) -> str:
    """Return compact JSON that any reader of the database can parse."""
    if value == ():
        return "[]"  # most lists of an article are empty
    return storable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def portions(values: Iterable[T], size: int = MOST_PARAMETERS) -> Iterator[list[T]]:
    """Yield lists of at most ``size``, so that any number of values fits into statements."""
    remaining = iter(values)
    while portion := list(islice(remaining, size)):
        yield portion


def pack(hashes: Sequence[int]) -> bytes:
    """Return signed 64-bit integers, little endian."""
    return struct.pack(f"<{len(hashes)}q", *hashes)


def unpack(packed: bytes) -> tuple[int, ...]:
    """Return the integers that ``pack`` packed."""
    return struct.unpack(f"<{len(packed) // 8}q", packed)
