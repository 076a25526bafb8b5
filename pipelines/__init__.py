"""From clean articles to stories in SQLite: matching, stories, the scheduled run, the command line.

The names below are the public ones; each is loaded at its first use (PEP 562), as in ``scraper``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scraper.lazily import names_of

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

_MODULES = {
    "ConfigError": "errors",
    "DatabaseError": "errors",
    "Decision": "models",
    "DecisionKind": "models",
    "Evidence": "models",
    "Match": "models",
    "PipelineError": "errors",
    "Store": "storage.store",
    "Story": "models",
    "group": "stories.in_memory",
}

__getattr__ = names_of(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
