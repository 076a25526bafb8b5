"""Edit the source list in a config file; keep its comments and order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, Array

from pipelines.config.settings import parse_config
from pipelines.errors import ConfigError
from pipelines.files import write_atomically
from scraper.models import Source
from scraper.sources import source_values


def add_sources(path: Path, sources: Iterable[Source], *, version: str) -> None:
    """Append sources to a config file. Raises ``ConfigError`` if an id is in use."""
    text = path.read_text(encoding="utf-8-sig")
    tables = "\n".join(source_table(source) for source in sources)
    _write(path, f"{text.rstrip()}\n\n{tables}", version)


def switch_sources(path: Path, source_ids: Sequence[str], *, enabled: bool, version: str) -> None:
    """Set ``enabled`` of sources in a config file. Raises ``ConfigError`` if an id is unknown; then none is
    switched.
    """
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    except TOMLKitError as error:
        raise ConfigError(f"not a TOML file: {error}", str(path)) from error
    tables = document.get("source")
    listed: Any = tables if isinstance(tables, AoT | Array) else ()
    by_id = {table.get("id"): table for table in listed}
    if unknown := [source_id for source_id in source_ids if source_id not in by_id]:
        message = "no source has this id; `cuttings sources list` shows all ids"
        raise ConfigError(message, ", ".join(unknown))
    for source_id in source_ids:
        by_id[source_id]["enabled"] = enabled
    _write(path, tomlkit.dumps(document), version)


def source_table(source: Source) -> str:
    """Return a source as TOML text: one ``[[source]]`` table with the keys that are not at their defaults."""
    table = tomlkit.table()
    for key, value in source_values(source).items():
        table.add(key, _toml(value))
    tables = tomlkit.aot()
    tables.append(table)
    return tomlkit.dumps(tomlkit.document().add("source", tables))


def _toml(value: object) -> Any:
    """Return a value that tomlkit writes: lists, inline tables, text without lone surrogates, whole ints."""
    if isinstance(value, tuple):
        return [_toml(part) for part in value]
    if isinstance(value, dict):
        table = tomlkit.inline_table()
        table.update({key: _toml(part) for key, part in value.items()})
        return table
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _write(path: Path, text: str, version: str) -> None:
    parse_config(text, path, version=version)  # never write a file that could not be read again
    write_atomically(path, text.encode())
