"""Parse times as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from pipelines.errors import ConfigError

_AGO = re.compile(r"(\d{1,6})\s*(m|h|d|w|y)", re.IGNORECASE)
_UNITS = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
_YEARS = range(1000, 9000)  # in which days can be added and time zones applied


class Since(click.ParamType[datetime]):
    """Accept ``7d``, ``24h``, ``2w`` (that long ago) or a day or time, in UTC if it names no time zone."""

    name = "when"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the moment."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        moment = _moment(text)
        if moment is None or moment.year not in _YEARS:
            self.fail(f"expected 7d, 24h, 2w or a date such as 2026-03-01, got {text!r}", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    try:
        if ago := _AGO.fullmatch(text):
            return datetime.now(UTC) - int(ago[1]) * _UNITS[ago[2].lower()]
        return datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None


SINCE = Since()


def check_window(since: datetime | None, until: datetime | None) -> None:
    """Raise ``ConfigError`` if nothing can lie between ``--since`` and ``--until``."""
    if since is not None and until is not None and since >= until:
        raise ConfigError("--since must be before --until", f"{since:%Y-%m-%d %H:%M} UTC")
