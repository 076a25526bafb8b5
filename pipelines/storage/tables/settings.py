"""What stored values depend on."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from pipelines.storage.connection import Connection
from pipelines.storage.values import moment


class Settings:
    """The `_settings` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def timezone(self) -> tzinfo:
        """Return the time zone by which the stored days of publication were told."""
        row = self._connection.one("SELECT value FROM _settings WHERE name = 'timezone'", ())
        return UTC if row is None or row[0] == "UTC" else ZoneInfo(row[0])

    def set_timezone(self, zone: tzinfo) -> None:
        """Record the time zone and tell the days of all articles by it; one whose day moves is filed again.

        A day without a time of day stays what it is.
        """
        self._connection.execute(
            "INSERT INTO _settings (name, value) VALUES ('timezone', ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (str(zone),),
        )
        rows = self._connection.execute(
            "SELECT id, published_at, published_day FROM articles WHERE published_precision = 'minute'"
        )
        days = ((moment(at).astimezone(zone).date().isoformat(), before, key) for key, at, before in rows)
        self._connection.many(
            "UPDATE articles SET published_day = ?, filed_at = NULL WHERE id = ?",
            [(day, key) for day, before, key in days if day != before],
        )
