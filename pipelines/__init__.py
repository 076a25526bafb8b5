"""From clean articles to stories in SQLite: matching, stories, the scheduled run, the command line.

The names below are the public ones; each is loaded at its first use (PEP 562), as in ``scraper``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.errors import ConfigError, DatabaseError, PipelineError
    from pipelines.models import Decision, DecisionKind, Evidence, Match, Story
    from pipelines.storage.store import Store
    from pipelines.stories.in_memory import group

__all__ = [
    "ConfigError",
    "DatabaseError",
    "Decision",
    "DecisionKind",
    "Evidence",
    "Match",
    "PipelineError",
    "Store",
    "Story",
    "group",
]

_HOMES = {
    "pipelines.errors": ("ConfigError", "DatabaseError", "PipelineError"),
    "pipelines.stories.in_memory": ("group",),
    "pipelines.models": ("Decision", "DecisionKind", "Evidence", "Match", "Story"),
    "pipelines.storage.store": ("Store",),
}


def __getattr__(name: str) -> object:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
