"""Sources as declared, and the state of their channels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipelines.storage.tables.connection import Connection, Row, moment, stamp, storable, to_json
from scraper.models import Channel, ChannelKind, Source, Validators

_SETTINGS = ("delay", "min_poll", "max_poll", "max_articles", "proven")  # of Source; kept in settings_json
_PATTERNS = ("include", "exclude")


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


class Sources:
    """The `sources` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def sync(self, sources: Iterable[Source], *, at: datetime) -> None:
        """Make the declared sources and channels those of the config; others stay, marked as not declared.

        A source that a person enabled again starts afresh: its channels are due at once.
        """
        declared = tuple(sources)
        before: dict[str, int] = dict(self._connection.execute("SELECT id, enabled FROM sources"))
        self._connection.execute("UPDATE sources SET declared = 0 WHERE declared = 1")
        self._connection.execute("UPDATE channels SET declared = 0 WHERE declared = 1")
        self._save_all(declared, at=at)
        for source in declared:
            if source.enabled and before.get(source.id) == 0:
                Channels(self._connection).forget_schedule(source.id)

    def save(self, source: Source, *, at: datetime) -> None:
        """Store one declared source with its channels."""
        self._save_all((source,), at=at)

    def _save_all(self, sources: Sequence[Source], *, at: datetime) -> None:
        self._connection.many(
            """INSERT INTO sources (id, name, homepage, kind, enabled, declared, licence, note, settings_json, added_at)
            VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, homepage = excluded.homepage, kind = excluded.kind,
                enabled = excluded.enabled, declared = 1, licence = excluded.licence, note = excluded.note,
                settings_json = excluded.settings_json""",
            [
                (
                    storable(source.id),
                    storable(source.name),
                    storable(source.homepage),
                    storable(source.kind),
                    int(source.enabled),
                    storable(source.licence),
                    storable(source.note),
                    _settings_json(source),
                    stamp(at),
                )
                for source in sources
            ],
        )
        self._connection.many(
            """INSERT INTO channels (source_id, url, kind, selector) VALUES (?, ?, ?, ?)
            ON CONFLICT (source_id, url) DO UPDATE SET kind = excluded.kind, selector = excluded.selector,
                declared = 1""",
            [
                (storable(source.id), storable(channel.url), str(channel.kind), storable(channel.selector))
                for source in sources
                for channel in source.channels
            ],
        )

    def ensure(
        self, source_id: str, *, name: str = "", homepage: str = "", kind: str = "press", at: datetime
    ) -> None:
        """Have a row for a source that no config declares; an existing row stays as it is."""
        self._connection.execute(
            """INSERT INTO sources (id, name, homepage, kind, declared, added_at) VALUES (?, ?, ?, ?, 0, ?)
            ON CONFLICT (id) DO NOTHING""",
            (storable(source_id), storable(name or source_id), storable(homepage), kind, stamp(at)),
        )

    def get(self, source_id: str) -> Source | None:
        """One source with its declared channels."""
        row = self._connection.one(f"{_SELECT_SOURCE} WHERE id = ?", (storable(source_id),))
        return None if row is None else self._source(row)

    def all(self) -> tuple[Source, ...]:
        """Every source, declared or not, by name of id."""
        return tuple(self._source(row) for row in self._connection.execute(f"{_SELECT_SOURCE} ORDER BY id"))

    def declared(self) -> tuple[Source, ...]:
        """The sources of the config at its last reading."""
        rows = self._connection.execute(f"{_SELECT_SOURCE} WHERE declared = 1 ORDER BY id")
        return tuple(self._source(row) for row in rows)

    def kinds(self) -> dict[str, str]:
        """The kind of each source."""
        return dict(self._connection.execute("SELECT id, kind FROM sources"))

    def _source(self, row: Row) -> Source:
        source_id, name, homepage, kind, enabled, licence, note, settings_json = row
        settings = json.loads(settings_json)
        channels = self._connection.execute(
            "SELECT kind, url, selector FROM channels WHERE source_id = ? AND declared = 1 ORDER BY kind, url",
            (source_id,),
        )
        return Source(
            id=source_id,
            name=name,
            homepage=homepage,
            kind=kind,
            enabled=bool(enabled),
            licence=licence,
            note=note,
            channels=tuple(
                Channel(kind=ChannelKind(kind), url=url, selector=selector)
                for kind, url, selector in channels
            ),
            include=tuple(settings.get("include", ())),
            exclude=tuple(settings.get("exclude", ())),
            **{key: settings[key] for key in _SETTINGS if key in settings},
        )


def _settings_json(source: Source) -> str:
    settings = {key: getattr(source, key) for key in _SETTINGS}
    return to_json(settings | {key: list(getattr(source, key)) for key in _PATTERNS})


_SELECT_SOURCE = "SELECT id, name, homepage, kind, enabled, licence, note, settings_json FROM sources"


class Channels:
    """The `channels` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, source_id: str, url: str) -> ChannelState | None:
        """One channel's state."""
        row = self._connection.one(
            f"{_SELECT_CHANNEL} WHERE source_id = ? AND url = ?", (source_id, storable(url))
        )
        return None if row is None else _channel_state(row)

    def of_source(self, source_id: str) -> tuple[ChannelState, ...]:
        """Every channel of a source, undeclared ones too."""
        rows = self._connection.execute(f"{_SELECT_CHANNEL} WHERE source_id = ? ORDER BY url", (source_id,))
        return tuple(map(_channel_state, rows))

    def due(self, now: datetime) -> tuple[ChannelState, ...]:
        """The declared channels of enabled sources whose time has come, longest waiting first."""
        rows = self._connection.execute(
            f"""{_SELECT_CHANNEL} WHERE declared = 1 AND coalesce(next_poll_at, '') <= ?
            AND source_id IN (SELECT id FROM sources WHERE enabled = 1 AND declared = 1)
            ORDER BY coalesce(next_poll_at, ''), source_id, url""",
            (stamp(now),),
        )
        return tuple(map(_channel_state, rows))

    def save(self, state: ChannelState) -> None:
        """Store the state of one channel."""
        self._connection.execute(
            f"""INSERT INTO channels ({_CHANNEL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (source_id, url) DO UPDATE SET kind = excluded.kind, selector = excluded.selector,
                etag = excluded.etag, last_modified = excluded.last_modified, content_hash = excluded.content_hash,
                identity = excluded.identity, ttl = excluded.ttl, last_polled_at = excluded.last_polled_at,
                next_poll_at = excluded.next_poll_at, last_ok_at = excluded.last_ok_at,
                last_new_at = excluded.last_new_at, failures = excluded.failures, last_error = excluded.last_error,
                declared = excluded.declared""",
            (
                state.source_id,
                storable(state.url),
                str(state.kind),
                storable(state.selector),
                storable(state.validators.etag),
                storable(state.validators.last_modified),
                state.content_hash,
                state.identity,
                state.ttl,
                stamp(state.last_polled_at),
                stamp(state.next_poll_at),
                stamp(state.last_ok_at),
                stamp(state.last_new_at),
                state.failures,
                storable(state.last_error),
                int(state.declared),
            ),
        )

    def forget_schedule(self, source_id: str) -> None:
        """All channels of a source are due at once, with a clean slate."""
        for state in self.of_source(source_id):
            self.save(replace(state, next_poll_at=None, failures=0, last_error=""))


_CHANNEL_COLUMNS = """source_id, url, kind, selector, etag, last_modified, content_hash, identity, ttl,
    last_polled_at, next_poll_at, last_ok_at, last_new_at, failures, last_error, declared"""
_SELECT_CHANNEL = f"SELECT {_CHANNEL_COLUMNS} FROM channels"


def _channel_state(row: Row) -> ChannelState:
    source_id, url, kind, selector, etag, modified, content_hash, identity, ttl, *rest = row
    polled, due, ok, new, failures, error, declared = rest
    return ChannelState(
        source_id=source_id,
        url=url,
        kind=ChannelKind(kind),
        selector=selector,
        validators=Validators(etag=etag, last_modified=modified),
        content_hash=content_hash,
        identity=identity,
        ttl=ttl,
        last_polled_at=moment(polled),
        next_poll_at=moment(due),
        last_ok_at=moment(ok),
        last_new_at=moment(new),
        failures=failures,
        last_error=error,
        declared=bool(declared),
    )
