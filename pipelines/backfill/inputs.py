"""Paths, globs and addresses to inputs, and inputs to records. EDGE: files, object stores.

Everything that ``import`` reads is read by its code; here are Parquet, globs, and what fsspec opens.
"""

from __future__ import annotations

import glob
import io
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from pipelines.backfill.cells import cells_of
from pipelines.backfill.pieces import PARQUET, Piece, opened_piece
from pipelines.backfill.plan import Input
from pipelines.errors import BackfillError
from pipelines.ingest.inputs.detection import SUFFIXES
from pipelines.ingest.inputs.jsonl import read_row
from pipelines.ingest.inputs.reader import STDIN, read_stream, read_unpacked, suffix_of
from pipelines.ingest.inputs.records import Imported, failure
from scraper.lazily import lazily

if TYPE_CHECKING:
    import pyarrow
    from pyarrow import parquet
else:
    pyarrow = lazily("pyarrow")
    parquet = lazily("pyarrow.parquet")

LOCAL_SCHEMES = frozenset(("file", "local"))  # of fsspec
NEEDS_FILE = "a backfill reads an input in several tasks, and again after a kill: name a file"
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
BODIES = frozenset(("title", "text", "html", "page_text"))  # one of them makes an article


def find_inputs(paths: Iterable[str], *, apart_from: Iterable[Path] = ()) -> tuple[Input, ...]:
    """Return the files of paths, directories, globs and addresses, in order. Raises ``BackfillError``.

    The output and the list of domains, ``apart_from``, are left out, in directories and as paths, because the
    ``*`` of a shell gives them too.
    """
    own = frozenset(path.resolve() for path in apart_from)
    found: set[Input] = set()
    for path in paths:
        found.update(_remote(path, own) if "://" in path else _local(path, own))
    if not found:
        raise BackfillError("the only files found are the output and the list of domains; name other inputs")
    return tuple(sorted(found))


def _local(name: str, own: Collection[Path]) -> Iterator[Input]:
    path = Path(name)
    if not name or name == STDIN:
        raise BackfillError(f"no path; {NEEDS_FILE}" if not name else f"stdin; {NEEDS_FILE}")
    found = [name] if path.exists() else sorted(glob.glob(name, recursive=True))  # noqa: PTH207
    places = [Path(each) for each in found]
    others = [place for place in places if place.resolve() not in own]
    files = [file for place in others for file in (_in_folder(place, own) if place.is_dir() else [place])]
    if not files and (others or not places):
        message = "no file of a known kind in this folder" if places else "no such file or folder"
        raise BackfillError(message, name)
    yield from map(_input, files)


def _input(file: Path) -> Input:
    """Return a file as an input, by the name that was given: a link may lead to a file without a suffix."""
    address = os.path.abspath(file)  # noqa: PTH100 - `resolve` would follow links
    shown = address.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if shown != address:
        raise BackfillError("the name of the file is not UTF-8; rename it", shown)
    if file.exists() and not file.is_file():
        raise BackfillError(f"a pipe or a device; {NEEDS_FILE}", address)
    if not os.access(file, os.R_OK):
        raise BackfillError("the file cannot be read; change its permissions", address)
    return Input(address=address, size=file.stat().st_size)


def _in_folder(folder: Path, own: Collection[Path]) -> Iterator[Path]:
    """Yield the files of a known kind in a folder that is not our own, none of them hidden."""
    for name, folders, files in os.walk(folder, onerror=_unlistable):
        place = Path(name)
        folders[:] = [each for each in folders if each[0] != "." and (place / each).resolve() not in own]
        for file in (place / each for each in sorted(files) if each[0] != "."):
            if _is_known(file) and file.is_file() and file.resolve() not in own:
                yield file


def _unlistable(error: OSError) -> None:
    raise BackfillError(f"the folder cannot be listed ({error.strerror})", str(error.filename)) from error


def _is_known(file: Path) -> bool:
    return suffix_of(file) in {*SUFFIXES, PARQUET}


def _remote(address: str, own: Collection[Path]) -> Iterator[Input]:
    system, path = _system(address)
    if address.partition("://")[0].lower() in LOCAL_SCHEMES:
        yield from _local(path, own)
        return
    try:
        if any(mark in path for mark in "*?["):
            names = system.glob(path)
        elif system.isdir(path):
            names = [each for each in system.find(path) if _is_known(Path(each))]
        else:
            names = [path]
        sized = [(name, int(system.size(name) or 0)) for name in sorted(names)]
    except Exception as error:  # each file system has errors of its own
        raise BackfillError(f"cannot be listed ({_on_one_line(error)})", address) from error
    if not sized:
        raise BackfillError("no object has this address", address)
    for name, size in sized:
        yield Input(address=_address_of(name, path, address.rstrip("/")), size=size)


def _address_of(name: str, path: str, address: str) -> str:
    """Return the address of a name that was found at the path of an address: the paths of some file systems
    hold the scheme, those of others not even the host.
    """
    if path and address.endswith(path):
        return f"{address.removesuffix(path)}{name}"
    return f"{address.partition('://')[0]}://{name.lstrip('/')}"


def _system(address: str) -> tuple[Any, str]:
    """Return the file system of an address and the path in it. Raises ``BackfillError``."""
    try:
        fsspec = import_module("fsspec.core")
    except ImportError:
        message = 'addresses need fsspec: pip install "cuttings[scale]"'
        raise BackfillError(message, address) from None
    scheme, mark, rest = address.partition("://")
    if "::" in rest:
        raise BackfillError("an address within another cannot be read; unpack the outer file first", address)
    try:
        system, path = fsspec.url_to_fs(f"{scheme.lower()}{mark}{rest}")
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
    try:
        return cast(BinaryIO, _Remote(system.open(path, "rb"), address))
    except Exception as error:  # each file system has errors of its own
        raise _unreachable(error, address) from error


def _unreachable(error: Exception, address: str) -> BackfillError:
    """Return what ends the backfill: without the network an object would count as read, and be lost."""
    reason = _on_one_line(error)
    return BackfillError(f"could not be read ({reason}); start the same command again to continue", address)


class _Remote(io.BufferedIOBase):
    """An object of a bucket. Raises ``BackfillError`` for whatever its file system raises."""

    def __init__(self, stream: Any, address: str) -> None:
        self._stream, self._address = stream, address

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes."""
        try:
            content: bytes = self._stream.read(-1 if size is None else size)
        except Exception as error:
            raise _unreachable(error, self._address) from error
        return content

    read1 = read

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Return the new place."""
        try:
            return int(self._stream.seek(offset, whence))
        except Exception as error:
            raise _unreachable(error, self._address) from error

    def tell(self) -> int:
        """Return the place."""
        return int(self._stream.tell())

    def close(self) -> None:
        """Close the object."""
        with suppress(Exception):
            self._stream.close()
        super().close()


def _rows(stream: BinaryIO, piece: Piece, source_id: str | None) -> Iterator[Imported]:
    try:
        file = parquet.ParquetFile(stream)
        names = {name: COLUMNS.get(name, name) for name in file.schema_arrow.names}
        if "external_id" in names:  # the id beside it is that of a database
            names.pop("id", None)
        chosen = [name for name, key in names.items() if key in KEYS]
        if not BODIES & set(map(names.get, chosen)):
            message = f"no column title, text, html or page_text; it has {', '.join(names) or 'no column'}"
            yield failure(message[:300], place=piece.name, error="NothingToImport", source_id=source_id)
            return
        number, groups = _row_groups(file.metadata, piece)
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=chosen, row_groups=groups):
            keys = [names[name] for name in batch.schema.names]
            cells = [cells_of(*column) for column in zip(batch.schema.names, batch.columns, strict=True)]
            for row in zip(*cells, strict=True):
                number += 1
                values: dict[str, Any] = {}
                for key, value in zip(keys, row, strict=True):
                    if value is not None:
                        values.setdefault(key, value)
                yield from read_row(values, f"{piece.address}, row {number}", source_id)
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:
            raise  # of the disk, not of what the file holds
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


def _on_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
