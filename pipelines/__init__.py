"""From clean articles to stories in SQLite: matching, stories, the scheduled run, the command line.

The names below are the public ones; each is loaded at its first use (PEP 562), as in ``scraper``. Nothing is
imported before: this runs when SIGINT is not handled yet (see ``pipelines.__main__``).
"""

TYPE_CHECKING = False
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


def __getattr__(name: str) -> object:
    from scraper.lazily import names_of  # noqa: PLC0415 - see above

    return names_of(__name__, _MODULES)(name)


def __dir__() -> list[str]:
    return __all__
