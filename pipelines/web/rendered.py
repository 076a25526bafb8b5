"""Rendered pages, kept for a moment: many readers beside a run ask for the same ones again and again.

A page is made again as soon as the database has changed, unless many pages are being asked for: then one may
be ``BUSY_AGE_SECONDS`` old. With 50 readers beside an import, one page a second each, the server used 8 ms of
CPU a page instead of 31; the import uses no more CPU than alone (`tests.benchmarks.page_load`).
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasette import Response

if TYPE_CHECKING:
    from datasette.app import Datasette

Version = tuple[int, ...]  # of the database's content; see `storage.maintenance.content_version`
Address = tuple[str, str]  # path and query string

KEPT_BYTES = 16 * 1024**2  # of all pages: some 500 of them
OLDEST_SECONDS = 60.0  # a page says "today" and "2 hours ago"
BUSY_AGE_SECONDS = 10.0
BUSY_PAGES = 8  # asked for in the last second: more than one person asks for
_KEPT = "cuttings_rendered"  # the attribute of a site


@dataclass(frozen=True, slots=True)
class _Rendered:
    body: str | bytes
    headers: dict[str, str]
    content_type: str
    version: Version
    made_at: float  # seconds of the clock

    def size(self) -> int:
        return len(self.body)


class RenderedPages:
    """The pages of one site. Belongs to the thread of its event loop. ``clock`` counts seconds."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most_bytes: int = KEPT_BYTES) -> None:
        self._clock = clock
        self._most_bytes = most_bytes
        self._pages: OrderedDict[Address, _Rendered] = OrderedDict()
        self._bytes = 0
        self._making: dict[tuple[Address, Version], asyncio.Future[Response]] = {}
        self._asked: deque[float] = deque(maxlen=BUSY_PAGES)

    async def answer(
        self, address: Address, version: Version, make: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Return the kept page of an address, or make it; who asks for a page in the making waits for it."""
        now = self._clock()
        is_busy = len(self._asked) == BUSY_PAGES and now - self._asked[0] < 1.0
        self._asked.append(now)
        kept = self._pages.get(address)
        if kept is not None:
            age = now - kept.made_at
            if age < OLDEST_SECONDS if kept.version == version else is_busy and age < BUSY_AGE_SECONDS:
                self._pages.move_to_end(address)
                return Response(kept.body, headers=dict(kept.headers), content_type=kept.content_type)
        making = self._making.get((address, version))
        if making is None:
            making = asyncio.ensure_future(self._make(address, version, make))
            self._making[address, version] = making
            making.add_done_callback(lambda _: self._making.pop((address, version), None))
        made = await asyncio.shield(making)  # a reader who leaves does not end it for the others
        return Response(made.body, made.status, dict(made.headers), made.content_type)

    async def _make(
        self, address: Address, version: Version, make: Callable[[], Awaitable[Response]]
    ) -> Response:
        made = await make()
        if made.status == 200:
            self._keep(
                address, _Rendered(made.body, dict(made.headers), made.content_type, version, self._clock())
            )
        return made

    def _keep(self, address: Address, rendered: _Rendered) -> None:
        before = self._pages.pop(address, None)
        self._bytes += rendered.size() - (before.size() if before else 0)
        self._pages[address] = rendered
        while self._bytes > self._most_bytes:
            _, oldest = self._pages.popitem(last=False)
            self._bytes -= oldest.size()


def rendered_on(datasette: Datasette) -> RenderedPages:
    """Return the kept pages of a site."""
    pages: RenderedPages | None = getattr(datasette, _KEPT, None)
    if pages is None:
        pages = RenderedPages()
        setattr(datasette, _KEPT, pages)
    return pages
