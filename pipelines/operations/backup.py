"""Backup and restore: a copy of the database and, beside it, of the raw pages that it names."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.errors import DamagedDatabaseError
from pipelines.files import real_file, sync_file
from pipelines.storage.maintenance import (
    check_replaceable,
    copy_database,
    faults_of,
    page_hashes,
    put_in_place,
    remove_database,
    settle,
)
from pipelines.storage.page_store import PageState, PageStore, pages_of

REPLACED = ".replaced"  # the database that was there before a restore


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup holds. ``missing``: raw pages that the database names and that are not there whole."""

    database: Path
    pages: int
    copied: int  # pages that were not there yet
    missing: tuple[str, ...]
    faults: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Return whether nothing is missing or wrong."""
        return not self.missing and not self.faults


def backup(database: Path, target: Path, *, with_pages: bool = True) -> BackupReport:
    """Copy a database, in use or not, to ``target`` and its raw pages to ``target-pages``.

    Pages that are there already in the same size are not copied again, damaged ones not at all. Raises
    ``DatabaseError``, also for a target that is not an earlier backup, and ``OSError``; an earlier backup
    stays until the new one is whole.
    """
    target = real_file(target)
    check_replaceable(target)
    copy_database(database, target)
    if not with_pages:
        return BackupReport(database=target, pages=0, copied=0, missing=())
    return _copy_pages(target, pages_of(database), pages_of(target))


def verify(target: Path, *, with_pages: bool = True) -> BackupReport:
    """Check a backup: the file, its references, and the bytes of every raw page. Raises ``DatabaseError``."""
    faults = tuple(faults_of(target))
    hashes = page_hashes(target) if with_pages else frozenset()
    pages = pages_of(target)
    missing = tuple(sorted(each for each in hashes if pages.state(each) is not PageState.OK))
    return BackupReport(database=target, pages=len(hashes), copied=0, missing=missing, faults=faults)


def restore(
    source: Path, database: Path, *, prepare: Callable[[Path], None] = lambda _: None
) -> tuple[BackupReport, Path | None]:
    """Put a backup in the place of a database; return what it holds, and where the old database is now.

    All is made ready beside the old database, which one rename replaces: a kill at any moment leaves the old
    one or the new one, with all raw pages that it names. ``prepare`` may change the new one before. Pages
    that it then no longer names are noted, to be removed by who opens the database next.
    The caller holds the lock. Raises ``DamagedDatabaseError`` for a backup that is not sound.
    """
    kept = pages_of(database)  # by the name that was given: some may be beside a link
    faults = faults_of(source)
    if faults:
        message = f"the backup is damaged ({faults[0]}); nothing was changed"
        raise DamagedDatabaseError(message, str(source))
    database = real_file(database)
    staged = database.with_name(f".{database.name}.restored")
    remove_database(staged)  # what a kill left
    try:
        copy_database(source, staged)
        named = page_hashes(staged)
        prepare(staged)
        settle(staged)
        report = _copy_pages(staged, pages_of(source), kept, read_all=True)
        with suppress(OSError):
            kept.note_removals(named - page_hashes(staged))
        aside = put_in_place(staged, database, REPLACED)
    finally:
        remove_database(staged)
    return replace(report, database=database), aside


def _copy_pages(
    database: Path, source: PageStore, target: PageStore, *, read_all: bool = False
) -> BackupReport:
    """Copy the raw pages that a database names from one page store to another.

    What the target has stays if it is sound: as its bytes say if ``read_all`` is set, else as its size says.
    """
    hashes = page_hashes(database)
    missing, copied = [], 0
    for content_hash in sorted(hashes):
        if not read_all and _has_same_size(content_hash, source, target):
            continue
        if read_all and target.state(content_hash) is PageState.OK:
            continue
        if source.state(content_hash) is not PageState.OK:
            if target.state(content_hash) is not PageState.OK:
                missing.append(content_hash)
            continue
        path = target.path(content_hash)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            shutil.copyfile(source.path(content_hash), part)
            if read_all:  # before the database that names it is in place
                sync_file(part)
            part.replace(path)
            copied += 1
        except (FileNotFoundError, IsADirectoryError):  # removed just now; a folder in its place
            missing.append(content_hash)
        finally:
            part.unlink(missing_ok=True)
    return BackupReport(database=database, pages=len(hashes), copied=copied, missing=tuple(missing))


def _has_same_size(content_hash: str, source: PageStore, target: PageStore) -> bool:
    """Return whether both have a file for a page, of one size: a copy that a full disk cut is shorter."""
    if not (source.has(content_hash) and target.has(content_hash)):
        return False
    return source.path(content_hash).stat().st_size == target.path(content_hash).stat().st_size
