"""Every expected failure between articles and stories.

The tree::

    PipelineError
     ├─ ConfigError            exit 2: a config or option that cannot be used
     ├─ DatabaseError          the database cannot be used
     │   ├─ NotOurDatabaseError   a file that is something else
     │   ├─ NewerDatabaseError    written by a newer version
     │   ├─ OlderDatabaseError    not migrated yet, and only read
     │   ├─ BusyDatabaseError     locked by somebody else for too long
     │   ├─ FullDatabaseError     no room left on the disk
     │   ├─ ReadOnlyDatabaseError it may be read but not written
     │   └─ DamagedDatabaseError  the file is ours and broken
     ├─ LockedError            exit 75: another run holds the lock
     ├─ ImportFailure          one input, or one line of it, that cannot be imported
     ├─ UnknownArticleError    an id or address that is not in the database
     ├─ ForgottenArticleError  an article that a person deleted for good comes again
     ├─ UnknownStoryError      a story that is not in the database
     ├─ BackfillError          an output folder, an input or a worker of `backfill` that cannot be used
     ├─ ExportError            rows that a format cannot hold, or a place where they cannot be written
     └─ ContradictionError     a decision that earlier decisions rule out; carries the chain
"""

from __future__ import annotations


class PipelineError(Exception):
    """One expected failure; ``str(error)`` is one line that says what failed, on what, and what to do."""

    stage = "pipeline"
    exit_code = 1

    def __init__(self, message: str, subject: str = "") -> None:
        super().__init__(message, subject)
        self.message = message
        self.subject = subject

    def __str__(self) -> str:
        return f"{self.message}: {self.subject}" if self.subject else self.message


class ConfigError(PipelineError, ValueError):
    """A config or an option that cannot be used; names file, table, key and what was expected."""

    stage = "config"
    exit_code = 2


class DatabaseError(PipelineError):
    """The database cannot be used."""

    stage = "store"


class NotOurDatabaseError(DatabaseError):
    """The file is something else than a cuttings database."""

    exit_code = 2


class OlderDatabaseError(DatabaseError):
    """An earlier version wrote the database, and it is opened for reading only."""


class NewerDatabaseError(DatabaseError):
    """The database was written by a newer version."""

    exit_code = 2


class BusyDatabaseError(DatabaseError):
    """Somebody else kept the database locked for too long."""


class FullDatabaseError(DatabaseError):
    """No room is left on the disk; what was stored before is safe."""


class ReadOnlyDatabaseError(DatabaseError):
    """The database, or its folder, may be read but not written."""


class DamagedDatabaseError(DatabaseError):
    """The file is ours and broken."""


class LockedError(PipelineError):
    """Another run holds the lock."""

    exit_code = 75


class ImportFailure(PipelineError):  # noqa: N818 - "ImportError" is taken by Python
    """One input, or one line of it, that cannot be imported."""

    stage = "import"


class UnknownArticleError(PipelineError, LookupError):
    """An article id or address that is not in the database."""


class ForgottenArticleError(PipelineError):
    """An article that a person deleted for good comes again; it is not stored."""


class UnknownStoryError(PipelineError, LookupError):
    """A story id that is not in the database."""


class ExportError(PipelineError):
    """Rows that a format cannot hold, or a place where they cannot be written."""

    stage = "export"


class BackfillError(PipelineError):
    """An output folder, an input or a worker of `backfill` that cannot be used."""

    stage = "backfill"


class ContradictionError(PipelineError):
    """A decision that earlier decisions rule out."""

    def __init__(self, message: str, subject: str = "", *, chain: tuple[int, ...] = ()) -> None:
        super().__init__(message, subject)
        self.chain = chain
