"""Read `cuttings.toml`: database, contact and purpose, politeness, retention, sources.

An unknown or ill-typed key is a ``ConfigError`` that names file, table, key and what was expected: a misspelt
``delay`` that was ignored would send publishers too many requests. Times are in seconds, sizes in bytes.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from pipelines.config.encoders import AUTO
from pipelines.errors import ConfigError
from pipelines.models import Topic
from pipelines.search import MAX_SEARCH_CHARS, MAX_TERMS, SearchFault, find_fault
from pipelines.text import are_mailboxes
from scraper.errors import SourceError
from scraper.models import (
    DEFAULT_DELAY_SECONDS,
    DEFAULT_MAX_BYTES,
    DEFAULT_TIMEOUT_SECONDS,
    DEFAULT_WORKERS,
    FetchSettings,
    Source,
)
from scraper.sources import read_sources
from scraper.validation import key_text, mismatch

CONFIG_NAME = "cuttings.toml"
DATABASE_NAME = "cuttings.db"
RESEARCH_PURPOSE = "noncommercial-research"  # UK CDPA s.29A: text and data mining for non-commercial research
DEFAULT_PURPOSE = "monitoring"  # like any purpose but the one above, it respects what publishers reserve
DEFAULT_TIMEZONE = "UTC"
MOST_WORKERS = 64  # one connection to a host each; more only cost memory

_HOST_AND_PORT = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):\d{1,5}")
_PROXY = re.compile(r"http://(?:[^\s/@:]+:[^\s/@]+@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):\d{1,5}/?")

_TOPIC_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_LISTED = ("topic", "source")  # arrays of tables

# Bounds in seconds: larger numbers do not fit into a date or a timer of the system.
Pause = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]  # a year, as of a source
Timeout = Annotated[float, msgspec.Meta(gt=0, le=86_400)]  # a day
Kept = Annotated[float, msgspec.Meta(ge=0, le=3_153_600_000)]  # a hundred years


class _DeskTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    database: str = DATABASE_NAME
    contact: str = ""
    purpose: Annotated[str, msgspec.Meta(min_length=1)] = DEFAULT_PURPOSE
    timezone: str = DEFAULT_TIMEZONE


class _FetchTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    delay: Pause = DEFAULT_DELAY_SECONDS
    timeout: Timeout = DEFAULT_TIMEOUT_SECONDS
    max_bytes: Annotated[int, msgspec.Meta(gt=0)] = DEFAULT_MAX_BYTES
    workers: Annotated[int, msgspec.Meta(ge=1, le=MOST_WORKERS)] = DEFAULT_WORKERS
    max_requests: Annotated[int, msgspec.Meta(ge=0)] = 0
    allow_private: tuple[str, ...] = ()
    proxy: str = ""


class RetentionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[retention]` table, in seconds; 0 keeps for ever. Articles and newest texts are always kept."""

    pages: Kept = 0  # raw pages, for `reprocess`
    failures: Kept = 0  # rows in `failures`
    revisions: Kept = 0  # earlier texts of articles; the first and the newest one are kept
    runs: Kept = 0  # rows in `runs` that no failure and no change of a story refers to
    links: Kept = 0  # links that no channel announces any more and that are not due
    matches: Kept = 0  # verdicts without evidence, on pairs in two stories


class MatchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[match]` table."""

    threshold: Annotated[float, msgspec.Meta(gt=0, lt=1)] | None = (
        None  # probability; None: the fitted model's own
    )
    encoder: Annotated[str, msgspec.Meta(min_length=1)] = AUTO  # see encoders.py

    @property
    def log_odds(self) -> float | None:
        """Return the threshold as natural log odds, as the matcher takes it."""
        return None if self.threshold is None else math.log(self.threshold / (1 - self.threshold))


class _TopicTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    name: str = ""
    search: str
    min_publishers: Annotated[int, msgspec.Meta(ge=1)] = 1


class DigestList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[digest.list]]`: readers who get a digest of their own."""

    name: str
    address: str = ""  # one or several, of the e-mail that `--format eml` writes
    topic: str = ""  # only stories of this topic
    licence: str = ""  # "none": no NLA or CLA licence, so links only
    headlines: bool = True  # whether a list without a licence may get headlines

    @property
    def is_links_only(self) -> bool:
        """Return whether the readers may get links, but no text."""
        return self.licence.casefold() == "none"


class DigestSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[digest]` table."""

    title: str = "Press cuttings"
    top: Annotated[int, msgspec.Meta(ge=0, le=3)] = 3  # stories before the sections
    sections: tuple[str, ...] = ()  # ids of topics and kinds of sources, in this order; others follow
    max_stories: Annotated[int, msgspec.Meta(ge=1)] = 60
    list: tuple[DigestList, ...] = ()


class NotifySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[notify]` table: where `run --notify` sends news on topics."""

    urls: tuple[str, ...] = ()  # of Apprise: mailto://, slack://, json:// …
    file: str = ""  # relative to the config; news are appended
    stdout: bool = False


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cuttings: _DeskTable = _DeskTable()
    fetch: _FetchTable = _FetchTable()
    match: MatchSettings = MatchSettings()
    retention: RetentionSettings = RetentionSettings()
    digest: DigestSettings = DigestSettings()
    notify: NotifySettings = NotifySettings()
    topic: tuple[_TopicTable, ...] = ()
    source: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One desk. ``path`` is None if there is no config file; ``database`` is relative to the caller."""

    path: Path | None
    database: Path
    purpose: str
    timezone: tzinfo
    fetch: FetchSettings
    match: MatchSettings
    retention: RetentionSettings
    digest: DigestSettings
    notify: NotifySettings
    topics: tuple[Topic, ...]
    sources: tuple[Source, ...]

    @property
    def contact(self) -> str:
        """Return the e-mail or web address at which publishers can reach this desk."""
        return self.fetch.contact


def read_config(path: Path | None, *, version: str) -> Config:
    """Return the config of a file; the defaults without a file. Raises ``ConfigError``."""
    return parse_config(_text(path) if path else "", path, version=version)


def parse_config(text: str, path: Path | None, *, version: str) -> Config:
    """Return the config in the text of a file that is, or will be, at ``path``.

    A relative ``database`` is relative to the config file, so that cron may start anywhere. Raises
    ``ConfigError``.
    """
    file = _parse_file(text, path)
    try:
        sources = read_sources(file.source, str(path))
    except SourceError as error:
        raise ConfigError(error.message, error.subject) from error
    folder = path.parent if path else Path()
    return Config(
        path=path,
        database=folder / Path(file.cuttings.database).expanduser(),
        purpose=file.cuttings.purpose,
        timezone=_timezone(file.cuttings.timezone, path),
        fetch=FetchSettings(
            delay=file.fetch.delay,
            timeout=file.fetch.timeout,
            max_bytes=file.fetch.max_bytes,
            workers=file.fetch.workers,
            max_requests=file.fetch.max_requests,
            allow_private=_hosts_and_ports(file.fetch.allow_private, path),
            proxy=_proxy(file.fetch.proxy, path),
            contact=_one_line(file.cuttings.contact, path),
            version=version,
        ),
        match=file.match,
        retention=file.retention,
        digest=_digest(file.digest, path),
        notify=_notify(file.notify, folder),
        topics=_topics(file.topic, path),
        sources=sources,
    )


def _parse_file(text: str, path: Path | None) -> _File:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not a TOML file: {error}", str(path)) from error
    try:
        return msgspec.convert(tables, _File)
    except msgspec.ValidationError as error:
        raise ConfigError(_wrong_table(error, tables), str(path)) from error


def _notify(settings: NotifySettings, folder: Path) -> NotifySettings:
    """Return the settings with the file's path made relative to the caller, like that of the database."""
    if not settings.file:
        return settings
    return msgspec.structs.replace(settings, file=str(folder / Path(settings.file).expanduser()))


def _digest(settings: DigestSettings, path: Path | None) -> DigestSettings:
    """Return the settings. Raises ``ConfigError``, which names a list whose name or address is of no use."""
    names = [each.name for each in settings.list]
    for number, each in enumerate(settings.list, 1):
        where = f"[[digest.list]] {number} ({each.name})"
        if not each.name.strip() or names.count(each.name) > 1:
            raise ConfigError(f"{where} name: expected a name that no other list has", str(path))
        if each.address and not are_mailboxes(each.address):
            expected = 'expected e-mail addresses such as "board@example.org, Ana <ana@example.org>"'
            raise ConfigError(f"{where} address: {expected}, got {each.address!r}", str(path))
    return settings


_CLEAR_SEARCH = {
    SearchFault.UNCLOSED_QUOTATION: "a second quotation mark at the end of the phrase",
    SearchFault.LOOSE_OR: "a word on each side of OR",
    SearchFault.TOO_LONG: f"at most {MAX_TERMS} words and {MAX_SEARCH_CHARS} characters",
    SearchFault.NO_WORD: "at least one word that must occur",
}


def _topics(tables: tuple[_TopicTable, ...], path: Path | None) -> tuple[Topic, ...]:
    """Return the topics. Raises ``ConfigError``, which names a topic whose id or search is of no use."""
    ids = [table.id for table in tables]
    for number, table in enumerate(tables, 1):
        where = f"[[topic]] {number} ({table.id})"
        if not _TOPIC_ID.fullmatch(table.id) or ids.count(table.id) > 1:
            expected = "expected lower-case letters, digits and hyphens, and an id that no other topic has"
            raise ConfigError(f"{where} id: {expected}, got {table.id!r}", str(path))
        if fault := find_fault(table.search):
            expected = f"expected {_CLEAR_SEARCH[fault]}"
            raise ConfigError(f"{where} search: {expected}, got {table.search!r}", str(path))
    return tuple(
        Topic(id=t.id, name=t.name or t.id, search=t.search, min_publishers=t.min_publishers) for t in tables
    )


def _timezone(name: str, path: Path | None) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f'[cuttings] timezone: expected an IANA name such as "Europe/London", got {name!r}'
        raise ConfigError(message, str(path)) from error


def _hosts_and_ports(entries: tuple[str, ...], path: Path | None) -> frozenset[str]:
    for number, entry in enumerate(entries, 1):
        if not _HOST_AND_PORT.fullmatch(entry) or not 0 < int(entry.rpartition(":")[2]) < 65536:
            expected = f'expected "host:port" such as "127.0.0.1:8000", got {entry!r}'
            raise ConfigError(f"[fetch] allow_private entry {number}: {expected}", str(path))
    return frozenset(entry.lower() for entry in entries)


def _proxy(url: str, path: Path | None) -> str:
    """Return the URL of the proxy. The message never repeats it, since it may hold a password."""
    if url and not _PROXY.fullmatch(url):
        expected = 'expected "http://host:port" or "http://user:password@host:port"'
        raise ConfigError(f"[fetch] proxy: {expected}", str(path))
    return url


def find_config(option: Path | None, variable: str | None, folder: Path) -> Path | None:
    """Return the config file to read: the option, the variable, `cuttings.toml` in the folder, or None."""
    if option or variable:
        return option or Path(str(variable))
    here = folder / CONFIG_NAME
    return here if here.is_file() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            "the config file does not exist; write one with `cuttings init`", str(path)
        ) from error
    except OSError as error:
        raise ConfigError(f"could not read the config file ({error.strerror})", str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"not a TOML file: byte {error.start} is not UTF-8; save the file as UTF-8", str(path)
        ) from error


def _one_line(contact: str, path: Path | None) -> str:
    """Return the contact without spaces around it; a request header takes one line of ASCII."""
    if contact and (not contact.isprintable() or not contact.isascii()):
        raise ConfigError("[cuttings] contact: expected an e-mail or web address in ASCII", str(path))
    return contact.strip()


def _wrong_table(error: msgspec.ValidationError, tables: Mapping[str, Any]) -> str:
    """Return a validation error as "[table] key: expected …, got …"."""
    wrong = mismatch(error, tables, _File)
    table, *keys = wrong.path or ("",)
    if wrong.is_unknown and not keys:
        names = _File.__struct_fields__
        known = ", ".join(f"[[{name}]]" if name in _LISTED else f"[{name}]" for name in names)
        return f"unknown table or key {table!r}; expected one of {known}"
    if table in _LISTED and not keys:
        return f"[{table}]: expected two brackets, [[{table}]]: one such table for each {table}"
    if table in _LISTED:
        number, *keys = keys
        where = f"[[{table}]] {int(number) + 1}" if number.isdigit() else f"[[{table}]]"
        return f"{where} {key_text(keys)}: {wrong.message}"
    return f"[{table}] {key_text(keys)}: {wrong.message}" if keys else f"[{table}]: {wrong.message}"
