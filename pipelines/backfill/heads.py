"""The few columns of every article that put articles in order. EDGE: files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.backfill.folder import write
from pipelines.storage.tables.article_rows import HEAD_COLUMNS, STORED_ARTICLE, head
from scraper.lazily import lazily

if TYPE_CHECKING:
    import pyarrow
else:
    pyarrow = lazily("pyarrow")

_PLACE = {name: place for place, name in enumerate(STORED_ARTICLE.columns)}
_HEAD = tuple(name.strip() for name in HEAD_COLUMNS.split(","))
COLUMNS = ("published", "order", "copy_key")


@dataclass
class HeadRows:
    """The heads of a partition's articles."""

    columns: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    def add(self, row: Sequence[Any]) -> None:
        """Take the head of a row of `STORED_ARTICLE`."""
        values = [None if name == "matched_as" else row[_PLACE[name]] for name in _HEAD]
        its = head(tuple(values))
        for name, value in zip(COLUMNS, (its.published_at or "~", its.order, its.copy_key), strict=True):
            self.columns[name].append(value)


def write_heads(path: Path, heads: HeadRows) -> None:
    """Write the heads as an Arrow file."""
    table = pyarrow.table({name: pyarrow.array(heads.columns[name], pyarrow.string()) for name in COLUMNS})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    write(path, sink.getvalue().to_pybytes())


def read_heads(paths: Sequence[Path]) -> pyarrow.Table:
    """Return the heads of all partitions, one after another."""
    tables = []
    for path in paths:
        with pyarrow.memory_map(str(path)) as source:
            tables.append(pyarrow.ipc.open_file(source).read_all())
    return pyarrow.concat_tables(tables).combine_chunks()
