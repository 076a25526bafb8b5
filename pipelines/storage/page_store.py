"""Raw pages, compressed, beside the database: everything can be rebuilt and the analysts' file stays small.

A page is named by the SHA-256 of its bytes, so that the same page is kept once. It is on the disk, whole and
under its name, before anybody may write a row that names it: whoever finds the row finds the page, also after
a power cut.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import zstandard

from pipelines.files import real_file, write_atomically

_LEVEL = 9  # on news pages of 80 KB: 3 % larger than level 19 at a fifteenth of the time
_MOST_BYTES = 64_000_000  # larger pages are not fetched; a damaged file must not unpack without end
_SUFFIX = ".zst"
_NOTED = "to-remove.txt"  # one hash a line
_HASH = re.compile(r"[0-9a-f]{64}")
_ASIDE = ".unusable"  # what stands in the way of a page is moved aside, not deleted
_MOVING_ASIDE = threading.Lock()


class PageState(StrEnum):
    """How a raw page stands on the disk."""

    OK = "ok"
    MISSING = "missing"
    UNREADABLE = "unreadable"  # no permission, a folder in its place, a disk error
    DAMAGED = "damaged"  # not zstd, too large, or other bytes than its name says


def pages_folder(database: Path) -> Path:
    """Return where the raw pages of a database are: `desk.db` has `desk.db-pages`.

    For a symbolic link that is beside the file it leads to, unless earlier versions put them beside the link.
    """
    folder, by_link = _beside(real_file(database)), _beside(database)
    return by_link if by_link.is_dir() and not folder.exists() else folder


def pages_of(database: Path) -> PageStore:
    """Return the raw pages of a database, also those that earlier versions put beside a link to it."""
    folder, by_link = pages_folder(database), _beside(database)
    is_other = by_link.is_dir() and os.path.realpath(by_link) != os.path.realpath(folder)
    return PageStore(folder, by_link if is_other else None)


def _beside(database: Path) -> Path:
    return database.with_name(f"{database.name}-pages")


def _name(content_hash: str) -> Path:
    return Path(content_hash[:2], f"{content_hash[2:]}{_SUFFIX}")


@dataclass(frozen=True, slots=True)
class PageStore:
    """The folder of raw pages, and another that holds some of them."""

    folder: Path
    other: Path | None = None

    def path(self, content_hash: str) -> Path:
        """Return where the page with that hash is, or would be."""
        path = self.folder / _name(content_hash)
        if self.other is not None and not path.exists():
            in_other = self.other / _name(content_hash)
            return in_other if in_other.exists() else path
        return path

    def has(self, content_hash: str) -> bool:
        """Return whether there is a file for the page; it is not read."""
        return self.path(content_hash).is_file()

    def get(self, content_hash: str) -> bytes | None:
        """Return the page's bytes; ``None`` if they are missing, unreadable or damaged."""
        return self._read(content_hash)[1]

    def state(self, content_hash: str) -> PageState:
        """Return whether the page can be read and has the bytes that its name says."""
        return self._read(content_hash)[0]

    def put(self, body: bytes) -> str:
        """Return the page's hash, after its bytes are safely on the disk. Raises ``OSError``.

        Safe to use from several threads.
        """
        content_hash = hashlib.sha256(body).hexdigest()
        path = self.path(content_hash)
        with _MOVING_ASIDE:  # or a thread moves what another has just mended
            if path.exists() and self.state(content_hash) is not PageState.OK:
                with suppress(FileNotFoundError):  # another process was faster
                    path.replace(path.with_name(f"{path.name}{_ASIDE}"))
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, zstandard.ZstdCompressor(level=_LEVEL).compress(body))
        return content_hash

    def remove(self, content_hash: str) -> None:
        """Remove a page; nothing happens if it is not kept. Raises ``OSError``."""
        for folder in self._folders():
            with suppress(FileNotFoundError, NotADirectoryError):
                (folder / _name(content_hash)).unlink()

    def erase(self, content_hash: str) -> None:
        """Remove a page with what a kill or damage left of it under other names. Raises ``OSError``."""
        for folder in self._folders():
            for path in (folder / content_hash[:2]).glob(f"*{_name(content_hash).name}*"):
                if not path.is_dir():
                    path.unlink(missing_ok=True)

    def hashes(self) -> Iterator[str]:
        """Yield the hashes of all pages kept; of one in both folders twice."""
        for path in self._files():
            yield path.parent.name + path.name.removesuffix(_SUFFIX)

    def size(self) -> int:
        """Return the bytes that all pages take."""
        return sum(path.stat().st_size for path in self._files())

    def note_removals(self, content_hashes: Iterable[str]) -> None:
        """Note on the disk which pages are about to be removed, beside those noted before.

        Whoever removes them after a commit can be killed in between. Raises ``OSError``.
        """
        noted = self.noted_removals().union(content_hashes)
        if noted and self.folder.is_dir():
            write_atomically(self.folder / _NOTED, "\n".join(sorted(noted)).encode())

    def noted_removals(self) -> frozenset[str]:
        """Return the hashes of pages that were to be removed, as far as that was not done."""
        try:
            noted = (self.folder / _NOTED).read_text(encoding="ascii", errors="replace")
        except OSError:
            return frozenset()
        return frozenset(filter(_HASH.fullmatch, noted.split()))

    def forget_removals(self) -> None:
        """Remove the note, once nothing is left to be removed. Raises ``OSError``."""
        (self.folder / _NOTED).unlink(missing_ok=True)

    def _files(self) -> Iterator[Path]:
        for folder in self._folders():
            yield from folder.glob(f"??/*{_SUFFIX}")

    def _folders(self) -> tuple[Path, ...]:
        return (self.folder,) if self.other is None else (self.folder, self.other)

    def _read(self, content_hash: str) -> tuple[PageState, bytes | None]:
        try:
            packed = self.path(content_hash).read_bytes()
        except FileNotFoundError:
            return PageState.MISSING, None
        except OSError:
            return PageState.UNREADABLE, None
        try:
            # Not decompress(max_output_size=...): it is ignored if the frame names its size, and 32 KB of a
            # hostile file took 1 GB of memory.
            body = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed)).read(_MOST_BYTES + 1)
        except (zstandard.ZstdError, MemoryError):
            return PageState.DAMAGED, None
        if len(body) > _MOST_BYTES or hashlib.sha256(body).hexdigest() != content_hash:
            return PageState.DAMAGED, None
        return PageState.OK, body
