"""What every log record of ours carries: the run it belongs to.

Modules write ``logger = logging.getLogger(__name__)`` and ``logger.info("fetched url=%s status=%d", …)``: an
event and its values. The command line says where the records go (`pipelines.commands.log_output`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

PACKAGES = ("pipelines", "scraper")


class RunFilter(logging.Filter):
    """Write the id of the current run into each record; ``-`` outside of runs."""

    def __init__(self) -> None:
        super().__init__()
        self.run = "-"

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the run; keep every record."""
        record.run = self.run
        return True


def silence() -> None:
    """Print no records, not even warnings, until the next handler is added."""
    for logger in map(logging.getLogger, PACKAGES):
        replace_handlers(logger, [logging.NullHandler()])


def replace_handlers(logger: logging.Logger, handlers: Iterable[logging.Handler]) -> None:
    """Close the handlers of a logger and give it these."""
    for old in logger.handlers[:]:
        logger.removeHandler(old)
        old.close()
    for handler in handlers:
        logger.addHandler(handler)


def bind_run(run_id: int | None) -> None:
    """Write this run id into all records from now on; None: no run."""
    for logger in map(logging.getLogger, PACKAGES):
        for handler in logger.handlers:
            for run_filter in handler.filters:
                if isinstance(run_filter, RunFilter):
                    run_filter.run = "-" if run_id is None else str(run_id)
