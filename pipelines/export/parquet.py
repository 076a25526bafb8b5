"""A table as Parquet, by pyarrow (extra ``[parquet]``)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from pipelines.export.columns import ColumnKind, day_of, moment_of
from pipelines.export.records import Table, Value
from scraper.lazily import lazily

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet
else:
    pyarrow = lazily("pyarrow")
    parquet = lazily("pyarrow.parquet")

ROWS_AT_ONCE = 20_000  # of one row group


def write_parquet(table: Table, file: BinaryIO) -> None:
    """Write a table with typed columns, compressed with Zstandard. Raises ``ModuleNotFoundError`` without
    pyarrow."""
    schema = pyarrow.schema([(name, _type_of(table.kinds[name])) for name in table.columns])
    rows = iter(table.rows)
    with parquet.ParquetWriter(pyarrow.PythonFile(file, mode="w"), schema, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            columns = {
                name: [_cell(row[place], table.kinds[name]) for row in batch]
                for place, name in enumerate(table.columns)
            }
            writer.write_table(pyarrow.table(columns, schema=schema))


def _type_of(kind: ColumnKind) -> pyarrow.DataType:
    return {
        ColumnKind.TEXT: pyarrow.string(),
        ColumnKind.INTEGER: pyarrow.int64(),
        ColumnKind.NUMBER: pyarrow.float64(),
        ColumnKind.BOOLEAN: pyarrow.bool_(),
        ColumnKind.TIME: pyarrow.timestamp("s", tz="UTC"),
        ColumnKind.DAY: pyarrow.date32(),
        ColumnKind.TEXTS: pyarrow.list_(pyarrow.string()),
    }[kind]


def _cell(value: Value, kind: ColumnKind) -> object:
    if value is None:
        return None
    if kind is ColumnKind.TIME:
        return moment_of(value)
    if kind is ColumnKind.DAY:
        return day_of(value)
    if kind is ColumnKind.TEXTS:
        return [value] if isinstance(value, str) else list(value)  # type: ignore[arg-type]
    if kind is ColumnKind.NUMBER:
        return float(value)  # type: ignore[arg-type]
    return str(value) if kind is ColumnKind.TEXT else value
