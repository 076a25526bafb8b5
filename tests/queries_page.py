"""Fills in the answers of docs/queries.md on a demo database: ``python -m tests.queries_page DEMO.db``."""

from __future__ import annotations

import re
import sqlite3
import sys
from pathlib import Path

from tabulate import tabulate

PAGE = Path(__file__).resolve().parents[1] / "docs" / "queries.md"
QUESTION = re.compile(
    r"### (?P<number>\d+)\. (?P<question>.+?)\n\n```sql\n(?P<sql>.*?)\n```\n\n```text\n(?P<answer>.*?)\n```",
    re.DOTALL,
)


def answer(database: sqlite3.Connection, sql: str) -> str:
    """Return the rows as a table of text, as ``sqlite-utils --table`` prints it."""
    cursor = database.execute(sql)
    table = tabulate(cursor.fetchall(), headers=[column[0] for column in cursor.description])
    return "\n".join(line.rstrip() for line in table.splitlines())


def filled(page: str, database: sqlite3.Connection) -> str:
    """Return the page with the answers that the database gives now."""

    def question(found: re.Match[str]) -> str:
        start, end = found.span("answer")
        whole = found[0]
        offset = found.start()
        return whole[: start - offset] + answer(database, found["sql"]) + whole[end - offset :]

    return QUESTION.sub(question, page)


if __name__ == "__main__":
    demo = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), demo), encoding="utf-8")
    demo.close()
