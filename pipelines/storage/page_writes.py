"""Raw pages that are being written: several at a time, while the next ones are fetched and read.

A page takes two waits for the disk (its bytes, its name), 5 to 8 ms: a tenth of a run on one thread.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from pipelines.storage.page_store import PageStore

WRITERS = 4  # pages on their way to the disk at once, which the file system flushes together


class PageWrites:
    """Puts pages into a store in threads of its own. Leaving the block waits for all of them."""

    def __init__(self, pages: PageStore) -> None:
        self._pages = pages
        self._threads = ThreadPoolExecutor(max_workers=WRITERS, thread_name_prefix="pages")

    def put(self, body: bytes) -> Future[str]:
        """Begin to store a page. The result is its hash, once its bytes are safely on the disk.

        It raises the ``OSError`` of a disk that did not take them. Write no row that names the page before.
        """
        return self._threads.submit(self._pages.put, body)

    def close(self) -> None:
        """Wait until all pages are on the disk."""
        self._threads.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
