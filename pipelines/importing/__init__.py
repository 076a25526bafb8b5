"""Files and streams to records: saved pages, text dumps, JSON Lines, newsletters, lists of addresses."""

from pipelines.importing.inputs import read_inputs
from pipelines.importing.models import Declared, HtmlPage, Imported, InputFormat, PlainPage, Ready, Wanted

__all__ = ["Declared", "HtmlPage", "Imported", "InputFormat", "PlainPage", "Ready", "Wanted", "read_inputs"]
