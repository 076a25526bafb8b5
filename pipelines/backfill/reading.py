"""The stage ``read``: the records of one input, kept by domain, into partitions by identity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from pipelines.backfill.drops import Drops
from pipelines.backfill.folder import Folder, SegmentFiles, packed, write_segments
from pipelines.backfill.inputs import read_piece
from pipelines.backfill.pieces import pieces_of
from pipelines.backfill.plan import Plan
from pipelines.backfill.records import Record, article_record, page_record, partition_of
from pipelines.ingest.inputs.records import HtmlPage, PlainPage, ReadyArticle, ToFetch
from pipelines.models import Failure
from scraper.urls import canonical_url

READ = "read"
BUFFER_BYTES = 48_000_000  # of pages in memory before they are written: a worker stays far below 1 GB
RECORD_BYTES = 500  # of a record beside its page, about
OFF_LIST, NO_ADDRESS, TO_FETCH = "not on the list of domains", "without an address", "an address to fetch"


def read(folder: Folder, plan: Plan, number: int) -> dict[str, object]:
    """Read one input, or a piece of a large one. Raises ``OSError``."""
    chunks, drops = _Chunks(folder, number, plan.partitions), Drops()
    counts: Counter[str] = Counter()
    is_listed = on_list(plan.domains)
    for imported in read_piece(pieces_of(plan.inputs)[number], plan.source or None):
        counts["records"] += 1
        if isinstance(imported, Failure):
            drops.failed(imported)
        elif isinstance(imported, ToFetch):
            drops.count(READ, TO_FETCH)
        else:
            _take(imported, plan, is_listed, chunks, drops)
    chunks.flush()
    return {**counts, "chunks": chunks.written, "kept": chunks.records, **drops.marks()}


def _take(
    imported: HtmlPage | PlainPage | ReadyArticle,
    plan: Plan,
    is_listed: Callable[[str | None], str],
    chunks: _Chunks,
    drops: Drops,
) -> None:
    url = imported.article.url if isinstance(imported, ReadyArticle) else imported.url
    if reason := is_listed(url):
        drops.count(READ, reason)
    elif isinstance(imported, ReadyArticle):
        chunks.add(article_record(imported))
    else:
        chunks.add(page_record(imported, plan.moment))


def on_list(domains: tuple[str, ...]) -> Callable[[str | None], str]:
    """Return what tells why a URL is not wanted; empty if it is. A domain stands for its subdomains too."""
    listed = frozenset(domains)

    def reason(url: str | None) -> str:
        if not listed:
            return ""
        if not url:
            return NO_ADDRESS
        try:
            spelled = url if url.isascii() else canonical_url(url)
            labels = (urlsplit(spelled).hostname or "").lower().rstrip(".").split(".")
        except ValueError:
            return NO_ADDRESS
        names = (".".join(labels[at:]) for at in range(len(labels)))
        return "" if any(name in listed for name in names) else OFF_LIST

    return reason


class _Chunks:
    """Records by partition, written to a file of their own whenever they fill the buffer."""

    def __init__(self, folder: Folder, number: int, partitions: int) -> None:
        self._folder, self._number = folder, number
        self._partitions: list[list[Record]] = [[] for _ in range(partitions)]
        self._size = 0
        self.records = self.written = 0

    def add(self, record: Record) -> None:
        """Take a record."""
        self._partitions[partition_of(record.identity, len(self._partitions))].append(record)
        self.records += 1
        self._size += len(record.body) + RECORD_BYTES + sum(len(str(value)) for value in record.article or ())
        if self._size >= BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what is there."""
        if not self._size:
            return
        encode = msgspec.msgpack.encode
        segments = (packed(encode(records)) if records else b"" for records in self._partitions)
        write_segments(chunk_file(self._folder, self._number, self.written), segments)
        self.written += 1
        self._size = 0
        self._partitions = [[] for _ in self._partitions]


def chunk_file(folder: Folder, number: int, chunk: int) -> Path:
    """Return the path of one of the files that an input was read into."""
    return folder.file(READ, number, f"{chunk:04d}.seg")


_DECODER = msgspec.msgpack.Decoder(list[Record])


def records_of(folder: Folder, plan: Plan, partition: int) -> Iterator[Record]:
    """Yield the records of a partition, whichever input they came from."""
    files = SegmentFiles()
    for number in range(len(pieces_of(plan.inputs))):
        for chunk in range(int(folder.counts(READ, number)["chunks"])):
            content = files.read(chunk_file(folder, number, chunk), partition)
            if content:
                yield from _DECODER.decode(content)
        files.close()
