"""Read the ``[[source]]`` tables of a config, and sector files, strictly. Edge: files.

An unknown or ill-typed key is an error that names file, table, key and what was expected: a misspelt
``delay`` that is silently ignored means requests at the wrong pace. CSV is in `scraper.source_files`, OPML
in `scraper.opml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from scraper.discovery import CHANNEL_KEYS, CHANNEL_TYPES
from scraper.errors import AddressError, SourceError
from scraper.lazily import lazily
from scraper.models import Channel, Source
from scraper.urls import canonical_url
from scraper.validation import key_text, mismatch

if TYPE_CHECKING:
    from scraper.extraction import selectors as page_selectors
else:
    page_selectors = lazily("scraper.extraction.selectors")  # needed only where a source has selectors

MAX_ARTICLES_LIMIT = 10_000  # in one pass; more is an archive, which `import` and `backfill` are for

# A selector that needs no parser to be valid, which takes longer to load than the rest of a command.
_COMPOUND = r"(?:[A-Za-z][\w-]*)?(?:[.#][A-Za-z][\w-]*)+|[A-Za-z][\w-]*"
_PLAIN_SELECTOR = re.compile(rf"(?:{_COMPOUND})(?:(?:\s*[>+~,]\s*|\s+)(?:{_COMPOUND}))*")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Seconds = Annotated[float, msgspec.Meta(ge=0, le=31_536_000)]  # a year


class _ListingTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str
    selector: str | None = None


class _SourceKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of one ``[[source]]`` but its channels; `scraper.models.Source` says what they mean."""

    id: str
    name: str = ""
    homepage: str = ""
    owner: str = ""
    kind: str = "press"
    body: str = ""
    remove: tuple[str, ...] = ()
    title: str = ""
    date: str = ""
    author: str = ""
    enabled: bool = True
    proven: bool = True
    note: str = ""
    delay: Seconds | None = None
    licence: str | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    min_poll: Seconds | None = None
    max_poll: Seconds | None = None
    max_articles: Annotated[int, msgspec.Meta(ge=1, le=MAX_ARTICLES_LIMIT)] = 200


# With one key more for each kind of channel: a list of URLs, or of tables where a selector may pick the
# links.
_SourceTable: type[_SourceKeys] = msgspec.defstruct(  # type: ignore[assignment]  # mypy sees a bare Struct
    "_SourceTable",
    [
        (key, tuple[str | _ListingTable, ...] if kind.takes_selector else tuple[str, ...], ())
        for key, kind in CHANNEL_KEYS.items()
    ],
    bases=(_SourceKeys,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)


class _SectorFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Annotated[str, msgspec.Meta(min_length=1)]
    timezone: Annotated[str, msgspec.Meta(min_length=1)]
    source: tuple[dict[str, Any], ...]


def read_sources(tables: Sequence[Mapping[str, Any]], file: str = "") -> tuple[Source, ...]:
    """The sources that ``[[source]]`` tables describe, in their order. Raises `SourceError`, which names
    ``file``."""
    sources = tuple(_source(table, number, file) for number, table in enumerate(tables, start=1))
    seen: set[str] = set()
    for number, source in enumerate(sources, start=1):
        if source.id in seen:
            raise SourceError(
                f"[[source]] {number} ({source.id}) id: expected an id that no other source has", file
            )
        seen.add(source.id)
    return sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A source list that is shared: what it covers, where its readers are, and its sources."""

    title: str
    timezone: str  # IANA name, as the file has it: not checked here
    sources: tuple[Source, ...]


def load_sector(path: Path) -> Sector:
    """Return the sector of a file: TOML with ``title``, ``timezone`` and ``[[source]]`` tables. Raises
    `SourceError`."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SourceError(f"the source list cannot be read ({error.strerror})", str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError(f"not a TOML file ({error})", str(path)) from None
    try:
        read = msgspec.convert(tables, _SectorFile)
    except msgspec.ValidationError as error:
        wrong = mismatch(error, tables, _SectorFile)
        raise SourceError(f"{key_text(wrong.path)}: {wrong.message}", str(path)) from None
    return Sector(title=read.title, timezone=read.timezone, sources=read_sources(read.source, str(path)))


def source_keys() -> tuple[str, ...]:
    """Return the keys of a ``[[source]]`` table in the order they are written, the channels after
    ``kind``."""
    keys = [key for key in _SourceTable.__struct_fields__ if key not in CHANNEL_KEYS]
    after_kind = keys.index("kind") + 1
    return (*keys[:after_kind], *CHANNEL_KEYS, *keys[after_kind:])


def source_values(source: Source) -> dict[str, Any]:
    """Return the keys of the source's ``[[source]]`` table that differ from their defaults, in order.

    ``id`` and ``name`` are always there. A channel with a selector is a dict, without one a URL.
    """
    plain = _SourceTable(id="", name="")
    return {
        key: value
        for key, value in all_source_values(source).items()
        if key in ("id", "name") or value != getattr(plain, key)
    }


def all_source_values(source: Source) -> dict[str, Any]:
    """Return every key of the source's ``[[source]]`` table with its value, in order."""
    return {
        key: tuple(_channel_value(each) for each in source.channels if each.kind is CHANNEL_KEYS[key].kind)
        if key in CHANNEL_KEYS
        else getattr(source, key)
        for key in source_keys()
    }


def _channel_value(channel: Channel) -> str | dict[str, str]:
    return {"url": channel.url, "selector": channel.selector} if channel.selector else channel.url


def _source(table: Mapping[str, Any], number: int, file: str) -> Source:
    given = table.get("id")
    where = f"[[source]] {number} ({given})" if isinstance(given, str) and given else f"[[source]] {number}"
    try:
        read = msgspec.convert(table, _SourceTable)
    except msgspec.ValidationError as error:
        wrong = mismatch(error, table, _SourceTable)
        raise SourceError(f"{where} {key_text(wrong.path)}: {wrong.message}", file) from None
    fault = _fault(read)
    if fault:
        raise SourceError(f"{where} {fault}", file)
    return Source(
        id=read.id,
        name=read.name or read.id,
        homepage=read.homepage,
        owner=read.owner,
        kind=read.kind,
        channels=_channels(read),
        enabled=read.enabled,
        proven=read.proven,
        note=read.note,
        delay=read.delay,
        licence=read.licence,
        include=read.include,
        exclude=read.exclude,
        min_poll=read.min_poll,
        max_poll=read.max_poll,
        max_articles=read.max_articles,
        body=read.body,
        remove=read.remove,
        title=read.title,
        date=read.date,
        author=read.author,
    )


def _channels(read: _SourceKeys) -> tuple[Channel, ...]:
    return tuple(
        Channel(kind=kind.kind, url=each)
        if isinstance(each, str)
        else Channel(kind=kind.kind, url=each.url, selector=each.selector)
        for key, kind in CHANNEL_KEYS.items()
        for each in getattr(read, key)
    )


def _selectors(read: _SourceKeys, channels: Iterable[Channel]) -> Iterator[tuple[str, str]]:
    """Yield the CSS selectors of a table, each with its key."""
    for channel in channels:
        if channel.selector:
            yield CHANNEL_TYPES[channel.kind].key, channel.selector
    for key in ("body", "remove", "title", "date", "author"):
        selectors = getattr(read, key)
        for css in (selectors,) if isinstance(selectors, str) else selectors:
            if css:
                yield key, css


def id_fault(identifier: str) -> str | None:
    """Return what was expected of the id of a source, and what was given; None if it can be one."""
    if _ID.fullmatch(identifier):
        return None
    return f"expected lower-case letters, digits, dots and hyphens, at most 64, got {identifier[:80]!r}"


def _fault(read: _SourceKeys) -> str | None:
    """Return what is wrong with a well-typed table, as "key: expected …"."""
    if fault := id_fault(read.id):
        return f"id: {fault}"
    channels = _channels(read)
    for key, address in (
        ("homepage", read.homepage),
        *((CHANNEL_TYPES[channel.kind].key, channel.url) for channel in channels),
    ):
        if (address or key != "homepage") and not _is_address(address):
            expected = "an address that starts with http:// or https://, without blanks"
            return f"{key}: expected {expected}, got {address[:80]!r}"
    if read.min_poll is not None and read.max_poll is not None and read.min_poll > read.max_poll:
        return f"min_poll: expected at most max_poll ({read.max_poll:g} seconds), got {read.min_poll:g}"
    for key, css in _selectors(read, channels):
        if not _PLAIN_SELECTOR.fullmatch(css) and (fault := page_selectors.selector_fault(css)):
            return f"{key}: expected a CSS selector, got {css[:80]!r} ({fault})"
    return next(
        (
            f"{key}: expected a list without empty texts"
            for key in ("include", "exclude", "remove")
            if "" in getattr(read, key)
        ),
        None,
    )


def _is_address(text: str) -> bool:
    try:
        canonical_url(text)
    except AddressError:
        return False
    return len(text.split()) == 1  # two URLs in one cell of a list would be one
