"""Archives for the tests of backfill, and what a backfill made of them."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyarrow import parquet

from pipelines.backfill.driver import Shard, run_stages
from pipelines.backfill.engines import Engine, InProcess
from pipelines.backfill.folder import Folder
from pipelines.backfill.inputs import find_inputs
from pipelines.backfill.plan import Plan, settle
from scraper.models import Article

AS_OF = "2026-11-01T00:00:00Z"
SENTENCES = (
    "The borough council of {name} voted on Tuesday to reopen the swimming baths in the old mill.",
    "Engineers from {name} told councillors that the boiler house can be saved within two years.",
    "Residents of {name} had gathered eleven thousand signatures since the baths were shut in spring.",
    "“Children of {name} will learn to swim here again,” said the chair of the leisure committee.",
    "The treasurer warned that {name} must find another four million pounds before work can begin.",
)


def line_of(article: Article) -> dict[str, Any]:
    """An article as a line of JSON."""
    line = {
        "id": article.external_id,
        "url": article.url,
        "title": article.title,
        "text": article.text,
        "published": article.published_at.isoformat() if article.published_at else None,
        "source": article.source_id,
        "language": article.language,
    }
    return {key: value for key, value in line.items() if value}


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def page_of(name: str, *, menu: str = "", sentences: Sequence[str] = SENTENCES, date: str = "") -> bytes:
    """A page about a place, with what its site repeats."""
    body = "".join(f"<p>{sentence.format(name=name)}</p>" for sentence in sentences)
    meta = f'<meta property="article:published_time" content="{date}">' if date else ""
    return (
        f"<html><head><title>{name} reopens its baths</title>{meta}</head><body><nav>{menu}</nav>"
        f"<article><h1>{name} reopens its baths</h1>{body}</article>"
        f"<aside><p>{menu} Write to the newsdesk with your own story about the people of this county.</p></aside>"
        "</body></html>"
    ).encode()


@dataclass(frozen=True)
class Capture:
    """One response of an archive."""

    url: str
    body: bytes
    seen: str = "2026-06-01T10:00:00Z"


def warc(captures: Iterable[Capture], *, packed: bool = True) -> bytes:
    """A WARC archive of HTTP responses (ISO 28500), each record packed by itself."""
    records = []
    for number, capture in enumerate(captures):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        fields = (
            "WARC/1.0\r\nWARC-Type: response\r\n"
            f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\n"
            f"WARC-Target-URI: {capture.url}\r\nWARC-Date: {capture.seen}\r\n"
            "Content-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(head) + len(capture.body)}\r\n\r\n"
        )
        record = fields.encode() + head + capture.body + b"\r\n\r\n"
        records.append(gzip.compress(record) if packed else record)
    return b"".join(records)


def make_plan(*paths: Path | str, **options: Any) -> Plan:
    """The plan of some inputs, in small slices."""
    values = {"as_of": AS_OF, "slice_articles": 15} | options
    return Plan(inputs=find_inputs(map(str, paths)), **values)


def unseen(_stage: str, _done: int, _total: int) -> None:
    """Show no progress."""


def run(
    out: Path,
    *paths: Path | str,
    engine: Engine | None = None,
    shard: Shard | None = None,
    patience: float = 60.0,
    **options: Any,
) -> dict[str, Any]:
    """Run a backfill in this process and return its report."""
    folder = Folder(out)
    plan = settle(folder, make_plan(*paths, **options), as_of_given=True)
    return run_stages(
        folder,
        plan,
        engine or InProcess(),
        shard=shard,
        patience=patience,
        sleep=lambda _seconds: time.sleep(0.01),
        progress=unseen,
    )


def result_bytes(out: Path) -> dict[str, bytes]:
    """The files of a result."""
    tables = ("articles", "stories", "matches")
    files = sorted(file for table in tables for file in (out / table).iterdir())
    return {str(file.relative_to(out)): file.read_bytes() for file in files}


def rows(out: Path, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table of a result."""
    read = parquet.read_table(out / table, columns=list(columns))
    return sorted(zip(*(read[name].to_pylist() for name in columns), strict=True), key=str)
