"""Cells of a table as JSON Lines would hold them. Pure."""

from __future__ import annotations

import json
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any
from uuid import UUID

from scraper.decoding import decode
from scraper.lazily import lazily

if TYPE_CHECKING:
    import pyarrow
else:
    pyarrow = lazily("pyarrow")

_UNREADABLE = b"\xff"  # not UTF-8: the reader of rows refuses it


def cells_of(name: str, column: pyarrow.Array) -> list[Any]:
    """Return the values of a column; one that Python cannot hold as text, which its reader refuses."""
    kind = column.type
    if pyarrow.types.is_timestamp(kind) and kind.unit == "ns":  # as pandas writes times
        column = column.cast(pyarrow.timestamp("us", kind.tz), safe=False)
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError, KeyError):  # a text that is not UTF-8, the year 10000, an unknown zone
        values = [_cell(scalar) for scalar in column]
    return [_plain(name, value) for value in values]


def _cell(scalar: pyarrow.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:  # a list of texts has no bytes of its own
        return scalar.as_buffer().to_pybytes() if hasattr(scalar, "as_buffer") else _UNREADABLE
    except (ValueError, OverflowError, KeyError):
        number = getattr(scalar, "value", None)  # of a time: its seconds or parts of a second
        return str(number) if isinstance(number, int) else _UNREADABLE


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, bytes):
        return _text(name, value)
    if isinstance(value, float):  # pandas makes floats of whole numbers where one is missing
        whole = value.is_integer() and name in {"id", "external_id"}
        return int(value) if whole else None if isnan(value) else value
    if isinstance(value, str) and name == "authors_json":
        return _names(value)
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _text(name: str, value: bytes) -> str | bytes:
    """Return the text of bytes: of a page as browsers decide it, of others if it is UTF-8."""
    if name == "html":
        return decode(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _names(value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
