"""A desk whose every text is hostile: markup, scripts, addresses that run code, odd characters."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tests.conftest import SHARED

HOSTILE = (
    "<script>window.owned = 1</script>",
    '"><img src=x onerror="window.owned = 1">',
    "'><svg/onload=window.owned=1>",
    "</title></textarea><iframe src=javascript:window.owned=1>",
    "{{ 7 * 7 }}{% raw %}<b>bold</b>",
    "&lt;script&gt;window.owned = 1&lt;/script&gt; &amp;amp; ]]> <!--",
    "javascript:window.owned=1",
    "data:text/html,<script>window.owned=1</script>",
    "\u202eevil\u2066 \u0000 \ufeff right to left",
    "long" * 400,
    "a\u0300\u0301\u0302\u0303" * 60,
)
_COLUMNS: dict[str, Iterable[str]] = {
    "articles": ("title", "text", "url", "publisher"),
    "stories": ("title", "origin_url"),
    "sources": ("name", "homepage", "owner"),
    "quotations": ("speaker", "role", "words"),
    "topics": ("name", "search"),
    "story_changes": ("detail", "by"),
}


def payloads() -> list[str]:
    """Our own hostile texts, and the naughty strings that lie beside the checkout; all can be stored."""
    lines = SHARED / "eval" / "conformance" / "strings" / "blns.jsonl"
    more = (
        [json.loads(line)["s"] for line in lines.read_text(encoding="utf-8").splitlines()]
        if lines.is_file()
        else []
    )
    storable = (each.replace("\x00", "").encode("utf-8", "replace").decode() for each in more if each.strip())
    return [*(each.replace("\x00", "") for each in HOSTILE), *storable]


def poisoned(desk: Path, copy: Path, first: int = 0) -> Path:
    """Return a copy of a desk whose every text is a payload, beginning with the ``first``."""
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(desk, copy)
    texts = islice(cycle(payloads()), first, None)
    raw = sqlite3.connect(copy)
    raw.execute("UPDATE matches SET reason = ?", (HOSTILE[0],))
    raw.execute("UPDATE channels SET last_error = ?, failures = 1", (HOSTILE[1],))
    for table, names in _COLUMNS.items():
        for (row,) in raw.execute(f"SELECT id FROM {table}").fetchall():
            assignments = ", ".join(f"{name} = ?" for name in names)
            raw.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*islice(texts, len(names)), row))
    (content,) = raw.execute("SELECT content_json FROM digests").fetchone()
    raw.execute("UPDATE digests SET content_json = ?", (json.dumps(_hostile(json.loads(content), texts)),))
    raw.commit()
    raw.close()
    return copy


def _hostile(value: Any, texts: Iterator[str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _hostile(each, texts, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_hostile(each, texts, key) for each in value]
    return (
        next(texts) if isinstance(value, str) and key in {"title", "lead", "source", "text", "url"} else value
    )
