"""Sources as declared, and the state of their channels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from pipelines.storage.connection import Connection
from pipelines.storage.rows import RowCodec, upsert
from pipelines.storage.values import stamp, storable, to_json
from scraper.models import Channel, ChannelKind, Source, Validators

_COLUMNS = ("id", "name", "homepage", "kind", "owner", "enabled", "licence", "note")
_SETTINGS = tuple(
    each.name for each in fields(Source) if each.name not in {*_COLUMNS, "channels"}
)  # these are stored together in settings_json


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelState:
    """One channel and how its last visits went."""

    source_id: str
    url: str
    kind: ChannelKind
    selector: str | None = None
    validators: Validators = field(default_factory=Validators)
    content_hash: str | None = None
    identity: str = ""
    ttl: float | None = None  # seconds
    last_polled_at: datetime | None = None
    next_poll_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_new_at: datetime | None = None
    failures: int = 0  # in a row
    last_error: str = ""
    declared: bool = True
    final_url: str | None = None  # of its last answer, after redirects
    empty_polls: int = 0  # visits in a row on which it announced nothing
    moved_to: str | None = None  # where permanent redirects led on its last visit
    moved_polls: int = 0  # visits in a row on which they led there
    named_url: str | None = (
        None  # the feed that the home page named when this one failed or was empty for long
    )
    named_at: datetime | None = None  # when the home page was looked at for that


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLabel:
    """What a list shows of a source. Its channels and settings are most of the work of reading one."""

    id: str
    name: str
    kind: str


_SOURCE = RowCodec(Source, without=["channels", *_SETTINGS])
_SELECT_SOURCE = f"SELECT settings_json, {', '.join(_SOURCE.columns)} FROM sources"
_SAVE_SOURCE = upsert(
    "sources", ("declared", "added_at", "settings_json", *_SOURCE.columns), "id", keep=["added_at"]
)
_CHANNEL = RowCodec(ChannelState)
_SELECT_CHANNEL = _CHANNEL.select("channels")
_DECLARED = RowCodec(Channel)


class Sources:
    """The `sources` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sync(self, sources: Iterable[Source], *, at: datetime) -> None:
        """Make the declared sources and channels those of the config; others stay, marked as not declared.

        The channels of a source that a person enabled again are due at once; those of a source whose settings
        changed are read again, even if they answer that they are as they were.
        """
        declared = tuple(sources)
        rows = self._connection.execute("SELECT id, enabled, settings_json FROM sources")
        before: dict[str, int] = {key: enabled for key, enabled, _ in rows}
        settings: dict[str, str] = {key: stored for key, _, stored in rows}
        selectors = self._selectors()
        self._connection.execute("UPDATE sources SET declared = 0 WHERE declared = 1")
        self._connection.execute("UPDATE channels SET declared = 0 WHERE declared = 1")
        self._save_all(declared, at=at)
        for source in declared:
            if source.enabled and before.get(source.id) == 0:
                Channels(self._connection).reset_schedule(source.id)
        after = self._selectors()
        changed = {key for key, channels in selectors.items() if channels != after.get(key)}
        changed |= {each.id for each in declared if settings.get(each.id) not in (None, _settings_json(each))}
        self._connection.many(
            "UPDATE channels SET etag = NULL, last_modified = NULL, content_hash = NULL WHERE source_id = ?",
            [(storable(source_id),) for source_id in sorted(changed)],
        )

    def _selectors(self) -> dict[str, dict[str, str | None]]:
        """Return the selector of each channel, by source and URL."""
        found: dict[str, dict[str, str | None]] = {}
        for source_id, url, selector in self._connection.execute(
            "SELECT source_id, url, selector FROM channels WHERE selector IS NOT NULL"
        ):
            found.setdefault(source_id, {})[url] = selector
        return found

    def save(self, source: Source, *, at: datetime) -> None:
        """Store one declared source with its channels."""
        self._save_all((source,), at=at)

    def _save_all(self, sources: Sequence[Source], *, at: datetime) -> None:
        self._connection.many(
            _SAVE_SOURCE,
            [(1, stamp(at), _settings_json(source), *_SOURCE.values(source)) for source in sources],
        )
        self._connection.many(
            upsert("channels", ("declared", "source_id", *_DECLARED.columns), "source_id", "url"),
            [
                (1, storable(source.id), *_DECLARED.values(channel))
                for source in sources
                for channel in source.channels
            ],
        )

    def ensure(
        self, source_id: str, *, name: str = "", homepage: str = "", kind: str = "press", at: datetime
    ) -> None:
        """Add a source that no config declares; an existing one stays as it is."""
        self._connection.execute(
            """INSERT INTO sources (id, name, homepage, kind, declared, added_at) VALUES (?, ?, ?, ?, 0, ?)
            ON CONFLICT (id) DO NOTHING""",
            (storable(source_id), storable(name or source_id), storable(homepage), kind, stamp(at)),
        )

    def remove_unused(self, source_id: str) -> bool:
        """Remove a source that no config declares and that has no article, link or channel.

        Its failures and pages stay, without it. Return whether it was removed.
        """
        key = storable(source_id)
        used = " OR ".join(
            f"EXISTS (SELECT 1 FROM {table} WHERE source_id = :id)"
            for table in ("articles", "channels", "_links", "_unread_pages", "_tombstones", "_notices")
        )
        unused = f"SELECT 1 FROM sources WHERE id = :id AND declared = 0 AND NOT ({used})"
        if self._connection.one(unused, {"id": key}) is None:
            return False
        for table in ("failures", "pages"):
            self._connection.execute(f"UPDATE {table} SET source_id = NULL WHERE source_id = ?", (key,))
        self._connection.execute("DELETE FROM sources WHERE id = ?", (key,))
        return True

    def get(self, source_id: str) -> Source | None:
        """Return one source with its declared channels."""
        return next(iter(self._read("WHERE id = ?", storable(source_id), only=source_id)), None)

    def all(self) -> tuple[Source, ...]:
        """Return every source, declared or not, in order of id."""
        return self._read("")

    def declared(self) -> tuple[Source, ...]:
        """Return the sources that the config declared when it was last read."""
        return self._read("WHERE declared = 1")

    def watched(self) -> dict[str, str]:
        """Return the names of the sources that are visited, by id."""
        return dict(
            self._connection.execute("SELECT id, name FROM sources WHERE declared = 1 AND enabled = 1")
        )

    def labels(self) -> tuple[SourceLabel, ...]:
        """Return what lists show of the declared sources, by name."""
        rows = self._connection.execute("SELECT id, name, kind FROM sources WHERE declared = 1")
        labels = [SourceLabel(id=key, name=name, kind=kind or "") for key, name, kind in rows]
        return tuple(sorted(labels, key=lambda each: (each.name.casefold(), each.id)))

    def names(self) -> dict[str, str]:
        """Return the name of each source."""
        return dict(self._connection.execute("SELECT id, name FROM sources"))

    def kinds(self) -> dict[str, str]:
        """Return the kind of each source."""
        return dict(self._connection.execute("SELECT id, kind FROM sources"))

    def _read(self, condition: str, *parameters: object, only: str | None = None) -> tuple[Source, ...]:
        rows = self._connection.execute(f"{_SELECT_SOURCE} {condition} ORDER BY id", parameters)
        channels: dict[str, list[Channel]] = {}
        for source_id, *row in self._connection.execute(
            f"""SELECT source_id, {", ".join(_DECLARED.columns)} FROM channels
            WHERE declared = 1 AND (:only IS NULL OR source_id = :only) ORDER BY kind, url""",
            {"only": storable(only)},
        ):
            channels.setdefault(source_id, []).append(_DECLARED.record(row))
        sources = [(_settings(row[0]), _SOURCE.record(row[1:])) for row in rows]
        return tuple(
            replace(source, channels=tuple(channels.get(source.id, ())), **settings)
            for settings, source in sources
        )


def _settings_json(source: Source) -> str:
    return to_json({key: getattr(source, key) for key in _SETTINGS})


def _settings(stored: str) -> dict[str, Any]:
    settings = json.loads(stored)
    return {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in settings.items()
        if key in _SETTINGS
    }


class Channels:
    """The `channels` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, source_id: str, url: str) -> ChannelState | None:
        """Return the state of one channel."""
        row = self._connection.one(
            f"{_SELECT_CHANNEL} WHERE source_id = ? AND url = ?", (source_id, storable(url))
        )
        return None if row is None else _CHANNEL.record(row)

    def of_source(self, source_id: str) -> tuple[ChannelState, ...]:
        """Return every channel of a source, undeclared ones too."""
        rows = self._connection.execute(f"{_SELECT_CHANNEL} WHERE source_id = ? ORDER BY url", (source_id,))
        return tuple(map(_CHANNEL.record, rows))

    def save(self, state: ChannelState) -> None:
        """Store the state of one channel."""
        self._connection.execute(_CHANNEL.upsert("channels", "source_id", "url"), _CHANNEL.values(state))

    def reset_schedule(self, source_id: str) -> None:
        """Make all channels of a source due at once, without failures."""
        for state in self.of_source(source_id):
            self.save(replace(state, next_poll_at=None, failures=0, last_error=""))
