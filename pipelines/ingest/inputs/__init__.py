"""Files and streams to records: saved pages, text dumps, JSON Lines, newsletters, lists of addresses."""

from pipelines.ingest.inputs.reader import read_inputs
from pipelines.ingest.inputs.records import Declared, HtmlPage, Imported, InputFormat, PlainPage, Ready, Wanted

__all__ = ["Declared", "HtmlPage", "Imported", "InputFormat", "PlainPage", "Ready", "Wanted", "read_inputs"]
