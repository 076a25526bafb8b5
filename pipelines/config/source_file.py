"""Changing the source list in a config file, with its comments and its order left as the person wrote
them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT

from pipelines.config.settings import parse_config
from pipelines.errors import ConfigError
from pipelines.storage.atomic import write_atomically
from scraper.models import Source
from scraper.sources import source_table


def add_sources(path: Path, sources: Iterable[Source], *, version: str) -> None:
    """Append sources to a config file. Raises ``ConfigError`` when one of their ids is taken."""
    text = path.read_text(encoding="utf-8-sig")
    tables = "\n".join(source_table(source) for source in sources)
    _write(path, f"{text.rstrip()}\n\n{tables}", version)


def switch_source(path: Path, source_id: str, *, enabled: bool, version: str) -> None:
    """Set ``enabled`` of a source in a config file. Raises ``ConfigError`` when there is no such source."""
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8-sig"))
    except TOMLKitError as error:
        raise ConfigError(f"not a TOML file: {error}", str(path)) from error
    tables = document.get("source")
    listed: Any = tables if isinstance(tables, AoT) else ()
    found = next((table for table in listed if table.get("id") == source_id), None)
    if found is None:
        raise ConfigError("no such source; `cuttings sources list` shows them", source_id)
    found["enabled"] = enabled
    _write(path, tomlkit.dumps(document), version)


def _write(path: Path, text: str, version: str) -> None:
    parse_config(text, path, version=version)  # a file that cannot be read again is not written
    write_atomically(path, text.encode())
