"""What a reader of an exported file has to know: what it is, how it was made, and whose texts it holds."""

from __future__ import annotations

from datetime import datetime

from pipelines.storage.store import Store
from pipelines.storage.values import stamp
from pipelines.version import VERSION

_METHOD = (
    "The desk fetched the articles from the sites of its list, or imported them, and filed reports of "
    "one event under one story by names, figures, quotations, words and dates; people may have "
    "corrected it. A report is an article that is not a copy of an earlier one. Sources of one owner "
    "are one publisher."
)
_LICENCE = (
    "Headlines, excerpts and texts belong to their publishers; each row names and links its source. "
    "Texts are included only where publisher, purpose and licence allow it. To circulate cuttings in "
    "the United Kingdom an organisation needs a licence from NLA Media Access or the CLA, or the "
    "publisher's permission."
)


def about_export(store: Store, what: str, *, purpose: str, made_at: datetime) -> tuple[tuple[str, str], ...]:
    """Return labels and words. Raises ``DatabaseError``."""
    first, last = store.coverage.period()
    period = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}" if first and last else "no articles"
    return (
        ("What", f"{what.capitalize()} of {store.path.name}"),
        ("Period", f"{period} (publication; first sight of undated articles)"),
        ("Made", f"{stamp(made_at)} by cuttings {VERSION}"),
        ("Times", "UTC; midnight where only the day is known"),
        ("Purpose", purpose),
        ("Method", _METHOD),
        ("Licence", _LICENCE),
    )
