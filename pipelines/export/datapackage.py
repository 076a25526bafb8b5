"""The Frictionless description of exported files: columns and types (Data Package 2, datapackage.org)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pipelines.errors import ExportError
from pipelines.export.columns import ColumnKind
from pipelines.export.records import Table
from pipelines.files import write_atomically
from pipelines.version import VERSION

NAME = "datapackage.json"
_SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
_MAKER = f"cuttings {VERSION}"
_TYPES = {
    ColumnKind.TEXT: "string", ColumnKind.INTEGER: "integer", ColumnKind.NUMBER: "number",
    ColumnKind.BOOLEAN: "boolean", ColumnKind.TIME: "datetime", ColumnKind.TEXTS: "string",
    ColumnKind.DAY: "date",
}  # fmt: skip
_MEDIA_TYPES = {".csv": "text/csv", ".parquet": "application/vnd.apache.parquet"}


def describe_file(path: Path, table: Table, *, about: Sequence[tuple[str, str]], made_at: datetime) -> None:
    """Write ``datapackage.json`` beside an exported file; files of earlier exports stay in it.

    Raises ``ExportError`` if the description there is somebody else's, and ``OSError``.
    """
    place = path.with_name(NAME)
    earlier = [each for each in _resources(place) if each.get("path") != path.name]
    package = {
        "$schema": _SCHEMA,
        "name": "cuttings-export",
        "created": f"{made_at:%Y-%m-%dT%H:%M:%SZ}",
        "contributors": [{"title": _MAKER, "roles": ["wrangler"]}],
        "description": " ".join(f"{label}: {words.rstrip('.')}." for label, words in about),
        "resources": [*earlier, _resource(path, table)],
    }
    write_atomically(place, (json.dumps(package, ensure_ascii=False, indent=2) + "\n").encode())


def _resources(place: Path) -> list[dict[str, object]]:
    if not place.exists():
        return []
    try:
        package = json.loads(place.read_bytes())
        makers = [each["title"] for each in package["contributors"]]
        resources: list[dict[str, object]] = package["resources"]
    except (ValueError, KeyError, TypeError):
        makers, resources = [], []
    if not any(str(maker).startswith("cuttings ") for maker in makers):
        raise ExportError("this describes files of another program; choose another folder", str(place))
    return resources


def _resource(path: Path, table: Table) -> dict[str, object]:
    is_csv = path.suffix == ".csv"
    kinds = table.kinds
    fields = [
        {"name": name, "type": _type(kinds[name], is_csv=is_csv), **_constraints(name)}
        for name in table.columns
    ]
    return {
        "name": path.name.lower().replace(" ", "-"),
        "path": path.name,
        "mediatype": _MEDIA_TYPES.get(path.suffix, "application/octet-stream"),
        **({"format": "csv", "encoding": "utf-8"} if is_csv else {"format": path.suffix.lstrip(".")}),
        "schema": {"fields": fields},
    }


def _type(kind: ColumnKind, *, is_csv: bool) -> str:
    """Return the type of a column; several texts are one text in CSV, separated by semicolons."""
    if kind is ColumnKind.BOOLEAN and is_csv:
        return "integer"  # 1 and 0
    return "array" if kind is ColumnKind.TEXTS and not is_csv else _TYPES[kind]


def _constraints(name: str) -> dict[str, object]:
    return {"constraints": {"required": True}} if name == "id" else {}
