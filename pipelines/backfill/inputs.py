"""Paths, globs and addresses to inputs, and inputs to records. EDGE: files, object stores.

Everything that ``import`` reads is read by its code; here are Parquet, globs, and what fsspec opens.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pipelines.backfill.pieces import PARQUET, Piece, opened_piece
from pipelines.backfill.plan import Input
from pipelines.errors import BackfillError
from pipelines.ingest.inputs.detection import SUFFIXES
from pipelines.ingest.inputs.jsonl import read_row
from pipelines.ingest.inputs.reader import read_stream, read_unpacked, suffix_of
from pipelines.ingest.inputs.records import Imported, failure
from scraper.lazily import lazily

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet
else:
    pyarrow = lazily("pyarrow")
    parquet = lazily("pyarrow.parquet")

ROWS_AT_ONCE = 256  # of a Parquet file: pages of up to some MB each
# The columns of a table, and what `import` calls them. Our own exports can be read back.
COLUMNS = {
    "external_id": "id",
    "published_at": "published",
    "source_id": "source",
    "authors_json": "authors",
    "content": "text",
    "maintext": "text",
}
KEYS = ("id", "url", "title", "text", "html", "page_text", "published", "source", "authors", "language")


def find_inputs(paths: Iterable[str]) -> tuple[Input, ...]:
    """Return the files of paths, directories, globs and addresses, in order. Raises ``BackfillError``."""
    found: set[Input] = set()
    for path in paths:
        found.update(_remote(path) if "://" in path else _local(path))
    return tuple(sorted(found))


def _local(name: str) -> Iterator[Input]:
    path = Path(name)
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if _is_input(file, path))
    elif path.exists():
        files = [path]
    else:
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - an absolute pattern too
        files = [Path(match) for match in matches if Path(match).is_file()]
    if not files:
        message = "no file of a known kind in this folder" if path.is_dir() else "no such file or folder"
        raise BackfillError(message, name)
    for file in files:
        yield Input(address=str(file.resolve()), size=file.stat().st_size)


def _is_input(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and suffix_of(file) in {*SUFFIXES, PARQUET} and file.is_file()


def _remote(address: str) -> Iterator[Input]:
    system, path = _system(address)
    scheme = address.partition("://")[0]
    try:
        if any(mark in path for mark in "*?["):
            names = system.glob(path)
        elif system.isdir(path):
            names = [each for each in system.find(path) if suffix_of(Path(each)) in {*SUFFIXES, PARQUET}]
        else:
            names = [path]
        sized = [(name, int(system.size(name) or 0)) for name in sorted(names)]
    except Exception as error:  # each file system has errors of its own
        raise BackfillError(f"cannot be listed ({_on_one_line(error)})", address) from error
    if not sized:
        raise BackfillError("no object has this address", address)
    for name, size in sized:
        yield Input(address=f"{scheme}://{name.lstrip('/') if scheme != 'file' else name}", size=size)


def _system(address: str) -> tuple[Any, str]:
    """Return the file system of an address and the path in it. Raises ``BackfillError``."""
    try:
        fsspec = import_module("fsspec.core")
    except ImportError:
        message = 'addresses need fsspec: pip install "cuttings[scale]"'
        raise BackfillError(message, address) from None
    try:
        system, path = fsspec.url_to_fs(address)
    except (ImportError, ValueError) as error:  # the package of this scheme is missing, or it is unknown
        raise BackfillError(f"cannot be opened ({_on_one_line(error)})", address) from error
    return system, str(path)


def check_readers(inputs: Iterable[Input]) -> None:
    """Raise ``BackfillError`` if a package is missing that one of the inputs needs."""
    kinds = {suffix_of(Path(each.address)) for each in inputs}
    for kind, library, extra in ((".warc", "warcio", "archive"), (PARQUET, "pyarrow", "scale")):
        if kind in kinds:
            require(library, extra, f"{kind} files need")


def require(library: str, extra: str, who: str) -> None:
    """Raise ``BackfillError`` if a library cannot be imported."""
    try:
        import_module(library)
    except ImportError:
        raise BackfillError(f'{who} {library}: pip install "cuttings[{extra}]"') from None


def read_piece(piece: Piece, source_id: str | None) -> Iterator[Imported]:
    """Yield the records of an input, or of a piece of it, and a `Failure` for what cannot be read."""
    address = piece.address
    try:
        with _opened(address) as stream:
            if suffix_of(Path(address)) == PARQUET:
                yield from _rows(stream, piece, source_id)
            elif not piece.start and not piece.end:
                yield from read_stream(stream, address, source_id=source_id)
            elif (part := opened_piece(stream, piece)) is not None:
                yield from read_unpacked(
                    part[0],
                    piece.name,
                    suffix_of(Path(address)),
                    part[1],
                    source_id,
                    is_start=not piece.start,
                )
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        yield failure(
            f"could not read the file: {reason}",
            place=piece.name,
            error=type(error).__name__,
            source_id=source_id,
        )


def _opened(address: str) -> BinaryIO:
    if "://" not in address:
        return Path(address).open("rb")
    system, path = _system(address)
    stream: BinaryIO = system.open(path, "rb")
    return stream


def _rows(stream: BinaryIO, piece: Piece, source_id: str | None) -> Iterator[Imported]:
    address = piece.address
    try:
        file = parquet.ParquetFile(stream)
        names = {name: COLUMNS.get(name, name) for name in file.schema_arrow.names}
        chosen = [name for name, key in names.items() if key in KEYS]
        number, groups = _row_groups(file.metadata, piece)
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=chosen, row_groups=groups):
            for row in batch.to_pylist():
                number += 1
                values: dict[str, Any] = {}
                for name, value in row.items():
                    if value is not None:
                        values.setdefault(names[name], _plain(value))
                yield from read_row(values, f"{address}, row {number}", source_id)
    except pyarrow.ArrowException as error:
        yield failure(
            f"not a Parquet file, or a damaged one ({_on_one_line(error)})",
            place=piece.name,
            error="BadParquet",
            source_id=source_id,
        )


def _row_groups(metadata: parquet.FileMetaData, piece: Piece) -> tuple[int, list[int]]:
    """Return the number of rows before a piece, and the row groups that begin in it."""
    before, groups = 0, []
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        start = min(_column_start(group.column(each)) for each in range(group.num_columns))
        if start < piece.start:
            before += group.num_rows
        elif not piece.end or start < piece.end:
            groups.append(number)
    return before, groups


def _column_start(column: parquet.ColumnChunkMetaData) -> int:
    return int(column.dictionary_page_offset if column.has_dictionary_page else column.data_page_offset)


def _plain(value: Any) -> Any:
    """Return a cell as JSON Lines would hold it."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _on_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
