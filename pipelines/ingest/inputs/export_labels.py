"""The labels of an export in other languages as the English ones that `exports` reads. Pure but for one
file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

_FACTIVA_END = re.compile(r"^\s*(?:Dokument|Documento|Documento)\s+(?=[A-Z]\w{5,}\d{8}\w+\s*$)")
_START = re.compile(r"^\s*(?:Dokument|Document|Documento)\s+(\d+)\s+(?:von|de|di|van)\s+(\d+)\s*$")
# Factiva's codes with one space behind them, as a copied page has them.
_CODE_AND_SPACE = re.compile(r"^(HD|CR|BY|WC|PD|ET|SN|SC|ED|PG|LA|CY|LP|TD|CO|IN|NS|RE|AN) (?=\S)")
_HEADLINE_CODE = re.compile(r"^HD \S")


def in_english(lines: Sequence[str]) -> list[str]:
    """Return the lines with English labels; lines of an English export stay as they are."""
    is_spaced = any(_HEADLINE_CODE.match(line) for line in lines)
    lines = [_CODE_AND_SPACE.sub(r"\1  ", line) if is_spaced else line for line in lines]
    lines = [_START.sub(r"\1 of \2 DOCUMENTS", _FACTIVA_END.sub("Document ", line)) for line in lines]
    alone, fields, proquest = _tables()
    if any(proquest.get(_label(line)) in ("Full text", "ProQuest document ID") for line in lines):
        return [_relabelled(line, proquest) for line in lines]
    if any(alone.get(line.strip().casefold()) == "End of Document" for line in lines) or any(
        fields.get(_label(line)) == "Length" for line in lines
    ):
        return [alone.get(line.strip().casefold()) or _relabelled(line, fields) for line in lines]
    return lines


def _label(line: str) -> str:
    """Return what stands before a colon, folded; empty without one."""
    label, colon, _ = line.partition(":")
    return label.strip().casefold() if colon else ""


def _relabelled(line: str, names: dict[str, str]) -> str:
    name = names.get(_label(line))
    return f"{name}:{line.partition(':')[2]}" if name else line


@cache
def _tables() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    table = tomllib.loads(
        files("pipelines.ingest.inputs").joinpath("export_labels.toml").read_text(encoding="utf-8")
    )
    alone, fields, proquest = (
        {other.casefold(): english for english, others in table[name].items() for other in others}
        for name in ("lines", "fields", "proquest")
    )
    return alone, fields, proquest
