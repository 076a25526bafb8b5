"""The row codec: how a frozen record becomes the columns of a row, and comes back.

Each field of a record is one column of the same name, converted by its type. A field that is itself a record
stands for the columns of that record; a tuple of texts is JSON in a ``*_json`` column.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from pipelines.storage.values import moment, pack, stamp, storable, to_json, unpack

Row = tuple[Any, ...]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Converter:
    """How one value becomes a column and comes back; ``None``: as it is."""

    encode: Callable[[Any], object] | None = None
    decode: Callable[[Any], object] | None = None
    suffix: str = ""  # of the column's name


@dataclass(frozen=True, slots=True)
class _Field:
    """One field and its columns: ``start`` to ``stop`` of a row."""

    name: str
    start: int
    stop: int
    converter: Converter
    nested: RowCodec[Any] | None


def _tuples(stored: str) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(each) for each in json.loads(stored))


PLAIN = Converter()
_BY_TYPE: Mapping[Any, Converter] = {
    str: Converter(storable),
    int: PLAIN,
    float: PLAIN,
    bytes: PLAIN,
    bool: Converter(int, bool),
    datetime: Converter(stamp, moment),
    date: Converter(date.isoformat, date.fromisoformat),
    tuple[int, ...]: Converter(pack, unpack),
    tuple[str, ...]: Converter(to_json, lambda stored: tuple(json.loads(stored)), "_json"),
    tuple[tuple[str, str], ...]: Converter(to_json, _tuples, "_json"),
}


class RowCodec(Generic[T]):
    """The columns of one kind of record.

    ``names`` gives columns that are not called like their field, ``converters`` those that need more than
    their type, ``without`` the fields that are not stored (they need a default).
    """

    def __init__(
        self,
        record: type[T],
        *,
        names: Mapping[str, str] | None = None,
        converters: Mapping[str, Converter] | None = None,
        nested: Mapping[str, RowCodec[Any]] | None = None,
        without: Sequence[str] = (),
    ) -> None:
        self._record = record
        self._fields: list[_Field] = []
        columns: list[str] = []
        self.columns: tuple[str, ...]
        hints = get_type_hints(record)
        for each in fields(record):  # type: ignore[arg-type]
            if each.name in without:
                continue
            converter = (converters or {}).get(each.name)
            inner = None if converter else (nested or {}).get(each.name) or _codec_of(hints[each.name])
            if converter is None:
                converter = PLAIN if inner else _converter_of(hints[each.name])
            start = len(columns)
            name = (names or {}).get(each.name, f"{each.name}{converter.suffix}")
            columns += inner.columns if inner else (name,)
            self._fields.append(_Field(each.name, start, len(columns), converter, inner))
        self.columns = tuple(columns)

    def record(self, row: Sequence[Any]) -> T:
        """Return the record of a row that holds the columns, in their order."""
        values: dict[str, Any] = {}
        for each in self._fields:
            if each.nested is not None:
                values[each.name] = each.nested.record(row[each.start : each.stop])
            else:
                value, decode = row[each.start], each.converter.decode
                values[each.name] = value if decode is None or value is None else decode(value)
        return self._record(**values)

    def values(self, record: T) -> list[object]:
        """Return the values of the columns, in their order."""
        values: list[object] = []
        for each in self._fields:
            value = getattr(record, each.name)
            if each.nested is not None:
                values += each.nested.values(value)
            else:
                encode = each.converter.encode
                values.append(value if encode is None or value is None else encode(value))
        return values

    def by_column(self, record: T) -> dict[str, object]:
        """Return the values by the names of their columns."""
        return dict(zip(self.columns, self.values(record), strict=True))

    def select(self, table: str, alias: str = "") -> str:
        """Return ``SELECT columns FROM table``."""
        prefix = f"{alias}." if alias else ""
        return f"SELECT {', '.join(prefix + name for name in self.columns)} FROM {table} {alias}"

    def upsert(self, table: str, *key: str) -> str:
        """Return the statement that adds a row, or replaces the one with the same key."""
        return upsert(table, self.columns, *key)


def insert(table: str, columns: Sequence[str]) -> str:
    """Return the statement that adds a row with these columns."""
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def upsert(table: str, columns: Sequence[str], *key: str, keep: Sequence[str] = ()) -> str:
    """Return the statement that adds a row, or replaces all but ``keep`` of the one with the same key."""
    changed = ", ".join(
        f"{name} = excluded.{name}" for name in columns if name not in key and name not in keep
    )
    return f"{insert(table, columns)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"


def _codec_of(hint: Any) -> RowCodec[Any] | None:
    return RowCodec(hint) if isinstance(hint, type) and is_dataclass(hint) else None


def _converter_of(hint: Any) -> Converter:
    if hint in _BY_TYPE:
        return _BY_TYPE[hint]
    kinds = [kind for kind in get_args(hint) if kind is not NoneType]
    kind = kinds[0] if len(kinds) == 1 else hint
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Converter(str, kind)
    return _BY_TYPE[kind]
