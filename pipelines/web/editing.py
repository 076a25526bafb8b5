"""Corrections on the review page, where `cuttings serve --edit` allows them on this computer."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pipelines.errors import ConfigError, PipelineError
from pipelines.storage.lock import locked
from pipelines.storage.store import Store
from pipelines.stories.corrections import Editor, join, split, undo
from pipelines.web.page import number_of

if TYPE_CHECKING:
    from datasette.app import Datasette

LOCK_SECONDS = 20.0  # a browser waits so long for a run to end; then the page says that one is under way
SAME, DIFFERENT, UNDO = "same", "different", "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """Who decides on the review page, and how the desk files. ``token`` proves that a form is our own."""

    name: str
    encoder: str = "none"
    threshold: float | None = None  # natural log odds
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))


_KEPT = "cuttings_editing"  # the attribute of a site; a Datasette that somebody else starts does not have it


def allow(datasette: Datasette, editing: Editing) -> None:
    """Let the review page of a site record decisions. Only `serve --edit` does."""
    setattr(datasette, _KEPT, editing)


def allowed_on(datasette: Datasette) -> Editing | None:
    """Return who decides on a site; None where nothing may be edited."""
    editing: Editing | None = getattr(datasette, _KEPT, None)
    return editing


def is_loopback(host: str) -> bool:
    """Return whether a host is this computer alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def check_host(host: str) -> None:
    """Raise ``ConfigError`` for an address that other computers reach."""
    if not is_loopback(host):
        raise ConfigError("--edit works only on this computer; leave --host at 127.0.0.1", host)


def refusal(editing: Editing, headers: Mapping[str, str], values: Mapping[str, str]) -> str:
    """Return why a form is not accepted; empty for our own form, sent from this computer.

    The host is checked because another site may point its own name to 127.0.0.1 (DNS rebinding).
    """
    host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
    if not is_loopback(host):
        return "Corrections are accepted only at 127.0.0.1 or localhost."
    if not hmac.compare_digest(values.get("token", "").encode(), editing.token.encode()):
        return "The form is not from this page, or the server has been restarted; load the page again."
    return ""


def correct(database: Path, editing: Editing, values: Mapping[str, str]) -> str:
    """Do what a form asks, as `join`, `split` and `undo` do; return the number of the decision.

    The number is empty where nothing was to be done. Raises ``PipelineError``, also for a form that asks for
    nothing.
    """
    editor = Editor(
        name=editing.name, reason=values.get("reason", "")[:500], now=datetime.now(UTC),
        threshold=editing.threshold,
    )  # fmt: skip
    answer = values.get("answer", "")
    a, b, number = (number_of(values.get(name)) for name in ("a", "b", "number"))
    with locked(database, wait=LOCK_SECONDS), Store(database, encoder=editing.encoder) as store:
        if answer == UNDO:
            undo(store, number, editor)
            return str(number)
        if answer not in {SAME, DIFFERENT}:
            raise PipelineError("the form does not say whether both are one event", answer)
        first, second = store.articles.get(a).id, store.articles.get(b).id
        decide = join if answer == SAME else split
        decided = decide(store, first, second, editor)
    return str(decided.decisions[0].id) if decided.decisions else ""
