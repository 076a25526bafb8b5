"""Where log records go and how they look: one line each, ``time level module run=N event key=value``.

What comes from other people's servers cannot start a new line or move a cursor, and passwords, tokens and
cookies are masked.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

from pipelines.logs import PACKAGES, RunFilter, replace_handlers

MAX_LOG_BYTES = 5_000_000  # of one log file; with 5 old ones a desk keeps some months of half-hourly runs
OLD_LOGS = 5
LINE = "%(asctime)s %(levelname)s %(name)s run=%(run)s %(message)s"
TIME = "%Y-%m-%dT%H:%M:%SZ"

# C0 with tab and newline, DEL, C1, line and paragraph separators, bidi controls, lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_SECRETS = (
    (re.compile(r"(?<=://)[^/\s@]+@"), "***@"),  # http://user:password@proxy:3128
    (re.compile(r"(?i)\b((?:set-)?cookie|(?:proxy-)?authorization)(\s*[:=]\s*).*"), r"\1\2***"),
    (re.compile(r"(?i)([?&;\s][a-z_-]*(?:token|password|passwd|secret|api_?key)=)[^&\s]+"), r"\1***"),
    (re.compile(r"(?i)([?&;](?:key|pwd|auth|sig|signature|session|sessionid|code)=)[^&\s]+"), r"\1***"),
)


class LineFormatter(logging.Formatter):
    """Format a record as one printable line without secrets."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__(LINE, TIME)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return printable(without_secrets(super().format(record)))


def configure(*, verbose: bool = False, file: Path | None = None) -> None:
    """Send the records of our packages to stderr (``verbose``), to a rotating file, or to both.

    Raises ``OSError`` when the file cannot be opened.
    """
    logging.raiseExceptions = False  # a log that cannot be written (full disk) must not disturb a run
    handlers: list[logging.Handler] = []
    if verbose:
        handlers.append(logging.StreamHandler(sys.stderr))
    if file is not None:
        handlers.append(
            RotatingFileHandler(file, maxBytes=MAX_LOG_BYTES, backupCount=OLD_LOGS, encoding="utf-8")
        )
    run_filter, formatter = RunFilter(), LineFormatter()
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.addFilter(run_filter)
    for logger in map(logging.getLogger, PACKAGES):
        replace_handlers(logger, handlers)
        logger.setLevel(logging.INFO)


def printable(text: str) -> str:
    """Return the text with control characters and bidi controls as escapes such as ``\\x1b``."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)


def without_secrets(text: str) -> str:
    """Return the text with passwords in URLs, tokens in queries, cookies and credentials masked."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
