"""Articles as references for Zotero and other managers: RIS and CSL-JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import BinaryIO

from pipelines.export.columns import day_of, moment_of
from pipelines.export.records import Table, Value
from pipelines.text import defuse_line, escape_json

CITED = ("articles", "reports", "stories")  # what these formats take; a story is cited by its lead report


def write_ris(table: Table, file: BinaryIO) -> None:
    """Write one reference a row in RIS, as UTF-8 with CRLF line ends.

    Tags as in Research Information Systems' "RIS Format Specifications" (2011); type NEWS.
    """
    for row in _references(table):
        published = row.published
        fields: list[tuple[str, str]] = [("TY", "NEWS"), ("TI", row.title)]
        fields += [("AU", f"{family}, {given}" if given else family) for family, given in row.authors]
        fields += [("T2", row.source)]
        if published:
            fields += [("PY", f"{published:%Y}"), ("DA", f"{published:%Y/%m/%d}")]
        fields += [("LA", row.language), ("UR", row.url), ("AB", row.abstract), ("ID", row.id)]
        lines = [f"{tag}  - {text}" for tag, text in fields if text]
        file.write(("\r\n".join([*lines, "ER  - "]) + "\r\n\r\n").encode())


def write_csl(table: Table, file: BinaryIO) -> None:
    """Write an array of CSL-JSON items of the type ``article-newspaper`` (citationstyles.org, 1.0.2)."""
    before = b"["
    for row in _references(table):
        entry: dict[str, object] = {"id": row.id, "type": "article-newspaper", "title": row.title}
        if row.authors:
            entry["author"] = [
                {"family": family, "given": given} if given else {"literal": family}
                for family, given in row.authors
            ]
        if row.published:
            day = row.published
            entry["issued"] = {"date-parts": [[day.year, day.month, day.day]]}
        texts = {
            "container-title": row.source, "URL": row.url, "language": row.language, "abstract": row.abstract,
        }  # fmt: skip
        entry |= {key: text for key, text in texts.items() if text}
        file.write(before + b"\n" + escape_json(json.dumps(entry, ensure_ascii=False)).encode())
        before = b","
    file.write(b"\n]\n" if before == b"," else b"[]\n")


class _Reference:
    """One row of a table under the names of a reference."""

    def __init__(self, cells: Mapping[str, Value]) -> None:
        def text(*names: str) -> str:
            value = next((cells[name] for name in names if cells.get(name)), "")
            return defuse_line(str(value))

        self.id = text("article_id", "id")
        self.title = text("title") or "(no headline)"
        self.source = text("attribution", "source")
        self.url = text("url", "lead_url")
        self.language = text("language")
        self.abstract = text("excerpt")
        names = cells.get("authors") or ()
        people = names if not isinstance(names, str | int | float) else ()
        self.authors = [_family_first(defuse_line(name)) for name in people]
        self.published = _day(cells, "published") or _day(cells, "first_published")


def _day(cells: Mapping[str, Value], name: str) -> date | None:
    """Return the day of publication where the desk is, else in UTC."""
    moment = moment_of(cells.get(f"{name}_at"))
    return day_of(cells.get(f"{name}_day")) or (moment.date() if moment else None)


def _references(table: Table) -> Iterator[_Reference]:
    for row in table.rows:
        yield _Reference(dict(zip(table.columns, row, strict=True)))


def _family_first(name: str) -> tuple[str, str]:
    """Return family and given name; a name of one word, or of many, is kept whole."""
    words = name.split()
    return (words[-1], " ".join(words[:-1])) if 2 <= len(words) <= 3 else (name, "")
