"""Files and streams to records: saved pages, text dumps, JSON Lines, newsletters, lists of addresses."""

from pipelines.ingest.inputs.reader import read_inputs
from pipelines.ingest.inputs.records import (
    Declared,
    HtmlPage,
    Imported,
    InputFormat,
    PlainPage,
    ReadyArticle,
    ToFetch,
)

__all__ = [
    "Declared",
    "HtmlPage",
    "Imported",
    "InputFormat",
    "PlainPage",
    "ReadyArticle",
    "ToFetch",
    "read_inputs",
]
