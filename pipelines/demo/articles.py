"""Read the demo's reports from ``data/demo/articles/*.toml``: one file for each event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from pipelines.errors import ConfigError

_Kind = TypeVar("_Kind")


class BlockKind(StrEnum):
    """The kind of a block; the value is the mark it begins with in the file."""

    PARAGRAPH = ""
    BULLET = "- "
    HEADING = "## "
    QUOTE = "> "


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One paragraph, bullet, subheading or block quotation."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One outlet's article. ``copy_of`` names the site whose text it repeats word for word."""

    site: str
    slug: str
    date: datetime
    title: str = ""
    standfirst: str = ""
    byline: str = ""
    agency: str = ""  # the agency that is credited
    caption: str = ""
    body: str = ""
    copy_of: str = ""
    also: tuple[str, ...] = ()  # further addresses: "amp", "print"
    free_blocks: int | None = None  # behind a wall after so many blocks
    modified: datetime | None = None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return the blocks that the page shows, in order."""
        return read_blocks(self.body)[: self.free_blocks]

    @property
    def changed_at(self) -> datetime:
        """Return when the page last changed."""
        return self.modified or self.date


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event and its reports. With ``single`` each report is an event of its own."""

    event: str
    about: str
    report: tuple[Report, ...]
    single: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of an article between the two passes: words replaced, paragraphs added, or a new title."""

    site: str
    slug: str
    at: datetime
    title: str = ""
    replaced: Mapping[str, str] = field(default_factory=dict)  # words of the body, and what stands there then
    added: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An article that an outlet removed between the two passes."""

    site: str
    slug: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondPass:
    """All changes and removals between the two passes."""

    change: tuple[Change, ...] = ()
    gone: tuple[Gone, ...] = ()


def read_blocks(body: str) -> tuple[Block, ...]:
    """Return the blocks of a body: empty lines separate paragraphs, a bullet is a line of its own."""
    blocks = []
    for chunk in body.strip().split("\n\n"):
        lines = chunk.splitlines() if chunk.startswith(BlockKind.BULLET) else [" ".join(chunk.split())]
        blocks += [_block(line) for line in lines if line]
    return tuple(blocks)


def read_events(folder: Path) -> tuple[Event, ...]:
    """Return every event, with the texts of copies. Raises ``ConfigError``, which names the file."""
    return tuple(_with_copies(read_toml(path, Event)) for path in sorted(folder.glob("*.toml")))


def read_second_pass(path: Path) -> SecondPass:
    """Return what changes before the second pass. Raises ``ConfigError``, which names the file."""
    return read_toml(path, SecondPass)


def after_changes(reports: tuple[Report, ...], changes: SecondPass) -> tuple[Report, ...]:
    """Return the reports as the sites serve them in the second pass."""
    by_place = {(change.site, change.slug): change for change in changes.change}
    gone = {(gone.site, gone.slug) for gone in changes.gone}
    kept = (report for report in reports if (report.site, report.slug) not in gone)
    return tuple(_changed(report, by_place.get((report.site, report.slug))) for report in kept)


def _changed(report: Report, change: Change | None) -> Report:
    if change is None:
        return report
    body = report.body
    for before, after in change.replaced.items():
        body = body.replace(before, after)
    body = f"{body.rstrip()}\n\n{change.added.strip()}\n"
    return replace(report, title=change.title or report.title, body=body, modified=change.at)


def _with_copies(event: Event) -> Event:
    originals = {report.site: report for report in event.report}
    return replace(event, report=tuple(_copied(report, originals) for report in event.report))


def _copied(report: Report, originals: dict[str, Report]) -> Report:
    if not report.copy_of:
        return report
    original = originals[report.copy_of]
    return replace(report, title=report.title or original.title, body=original.body)


def _block(line: str) -> Block:
    for kind in (BlockKind.BULLET, BlockKind.HEADING, BlockKind.QUOTE):
        if line.startswith(kind):
            return Block(kind=kind, text=line.removeprefix(kind).strip())
    return Block(kind=BlockKind.PARAGRAPH, text=line)


def read_toml(path: Path, kind: type[_Kind]) -> _Kind:
    """Return a TOML file as a checked record. Raises ``ConfigError``, which names file and fault."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(
            f"could not read a file of the demo ({error}); reinstall cuttings", str(path)
        ) from error
