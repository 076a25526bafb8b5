"""Raw pages that are being written: several at a time, while the next ones are fetched and read.

A page takes two waits for the disk (its bytes, its name), 5 to 8 ms: a tenth of a run on one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from pipelines.storage.page_store import PageStore

WRITERS = 4  # pages on their way to the disk at once, which the file system flushes together

PutPage = Callable[[bytes], Future[str]]


@contextmanager
def page_writes(pages: PageStore) -> Iterator[PutPage]:
    """Yield a function that begins to store a page in a thread; leaving the block waits for all pages.

    Its result is the page's hash, once the bytes are safely on the disk, or the ``OSError`` of a disk that
    did not take them. Write no row that names the page before.
    """
    with ThreadPoolExecutor(max_workers=WRITERS, thread_name_prefix="pages") as threads:
        yield lambda body: threads.submit(pages.put, body)
