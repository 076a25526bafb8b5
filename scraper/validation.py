"""Say in words why a table of a TOML file does not fit the struct that declares it. Pure.

The one translator of msgspec's validation errors: `scraper.sources` uses it for ``[[source]]`` tables, the
config of the pipelines for all others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

import msgspec

MAX_VALUE_CHARS = 80  # of a wrong value that is shown; the rest of a pasted file would hide the message

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<key>.*)`$")
_MISSING = re.compile(r"missing required field `(?P<key>.*)`$")
_EXPECTED = re.compile(r"^Expected `(?P<type>[^`]*)`(?P<limit>.*?)(?:, got .*)?$")
_STEP = re.compile(r"[^.\[\]]+")
_TYPES = {
    "str": "a text in quotes", "str | null": "a text in quotes", "bool": "true or false",
    "int": "a whole number", "float": "a number", "float | null": "a number", "object": "a table",
    "array": 'a list such as ["one", "two"]',
    "str | object": 'a URL in quotes, or a table {url = "…", selector = "…"}',
}  # fmt: skip


class Mismatch(NamedTuple):
    """Where a table is wrong, as keys from the outside in, and what is wrong there."""

    path: tuple[str, ...]
    message: str
    is_unknown: bool = False  # the last key of the path is not a key of its table


def mismatch(error: msgspec.ValidationError, table: Mapping[str, Any], shape: type) -> Mismatch:
    """Return why ``table`` is not a ``shape``, from the error that `msgspec.convert` raised."""
    text = str(error)
    position = _PATH.search(text)
    path = tuple(_STEP.findall(position["path"])) if position else ()
    reason = _PATH.sub("", text)
    if unknown := _UNKNOWN.search(reason):
        keys = ", ".join(_struct_at(shape, path).__struct_fields__)
        return Mismatch((*path, unknown["key"]), f"unknown key; expected one of {keys}", is_unknown=True)
    if missing := _MISSING.search(reason):
        return Mismatch((*path, missing["key"]), "expected this key, which is missing")
    expected = _EXPECTED.match(reason)
    words = f"{_TYPES.get(expected['type'], expected['type'])}{expected['limit']}" if expected else reason
    return Mismatch(path, f"expected {words}, got {_shown(_value_at(table, path))}")


def key_text(path: Sequence[str]) -> str:
    """Return a path as people write it: ``listings[0] url``."""
    text = ""
    for step in path:
        text += f"[{step}]" if step.isdigit() else f" {step}" if text else step
    return text


def _struct_at(shape: type, path: Sequence[str]) -> type[msgspec.Struct]:
    """Return the struct that declares the table at ``path``."""
    struct = _struct_in(shape)
    for step in path:
        declared = next((f.type for f in msgspec.structs.fields(struct) if f.encode_name == step), None)
        struct = _struct_in(declared) if declared is not None else struct
    return struct


def _struct_in(annotation: Any) -> type[msgspec.Struct]:
    """Return the first struct in an annotation such as ``tuple[str | Listing, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return annotation
    structs = (_struct_in(part) for part in get_args(annotation))
    return next((struct for struct in structs if struct is not msgspec.Struct), msgspec.Struct)


def _value_at(table: Any, path: Sequence[str]) -> Any:
    for step in path:
        if isinstance(table, Mapping):
            table = table.get(step)
        elif isinstance(table, Sequence) and step.isdigit() and int(step) < len(table):
            table = table[int(step)]
        else:
            return table
    return table


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= MAX_VALUE_CHARS else f"{text[:MAX_VALUE_CHARS]}…"
