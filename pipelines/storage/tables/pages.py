"""The versions of pages that were taken. The bytes are beside the database; see
``pipelines.storage.page_store``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.tables.connection import (
    Connection,
    Row,
    moment,
    pack,
    stamp,
    storable,
    to_json,
    unpack,
)
from scraper.models import Page, Validators


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """One version of one address. ``blocks`` are hashes of its text blocks, for furniture."""

    id: int
    url: str
    final_url: str
    purpose: str
    source_id: str | None
    fetched_at: datetime
    checked_at: datetime
    status: int
    content_type: str | None
    content_hash: str
    size: int
    validators: Validators
    headers: tuple[tuple[str, str], ...]
    template: str = ""
    blocks: tuple[int, ...] = ()


_COLUMNS = """id, url, final_url, purpose, source_id, fetched_at, checked_at, status, content_type, content_hash, size,
    etag, last_modified, headers_json, template, blocks"""


class Pages:
    """The `pages` table."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(
        self,
        page: Page,
        *,
        purpose: str,
        source_id: str | None = None,
        blocks: Sequence[int] = (),
        template: str = "",
    ) -> int:
        """The id of this version's row: a new one, or that of the same bytes at the same address, marked as
        checked."""
        validators = page.validators
        rows = self._connection.execute(
            """INSERT INTO pages (url, final_url, purpose, source_id, fetched_at, checked_at, status, content_type,
                content_hash, size, etag, last_modified, headers_json, template, blocks)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (url, content_hash) DO UPDATE SET final_url = excluded.final_url, status = excluded.status,
                checked_at = excluded.checked_at, etag = excluded.etag, last_modified = excluded.last_modified,
                headers_json = excluded.headers_json, template = excluded.template, blocks = excluded.blocks
            RETURNING id""",
            (
                storable(page.url),
                storable(page.final_url),
                purpose,
                source_id,
                stamp(page.fetched_at),
                stamp(page.fetched_at),
                page.status,
                storable(page.content_type),
                page.content_hash,
                len(page.body),
                storable(validators.etag),
                storable(validators.last_modified),
                to_json(page.headers),
                template,
                pack(blocks),
            ),
        )
        return int(rows[0][0])

    def get(self, page_id: int) -> StoredPage | None:
        """One version by its id."""
        row = self._connection.one(f"SELECT {_COLUMNS} FROM pages WHERE id = ?", (page_id,))
        return None if row is None else _stored_page(row)

    def latest(self, url: str) -> StoredPage | None:
        """The version of an address that was seen last."""
        row = self._connection.one(
            f"SELECT {_COLUMNS} FROM pages WHERE url = ? ORDER BY checked_at DESC, id DESC LIMIT 1",
            (storable(url),),
        )
        return None if row is None else _stored_page(row)

    def validators(self, url: str) -> Validators:
        """What to ask "has it changed?" with; empty when the address is new."""
        row = self._connection.one(
            "SELECT etag, last_modified FROM pages WHERE url = ? ORDER BY checked_at DESC, id DESC LIMIT 1",
            (storable(url),),
        )
        return Validators() if row is None else Validators(etag=row[0], last_modified=row[1])

    def unmodified(self, url: str, *, at: datetime) -> None:
        """The server says that what we took last is current."""
        self._connection.execute(
            """UPDATE pages SET checked_at = ? WHERE id =
            (SELECT id FROM pages WHERE url = ? ORDER BY checked_at DESC, id DESC LIMIT 1)""",
            (stamp(at), storable(url)),
        )

    def iterate(
        self, *, purpose: str = "article", since: datetime | None = None, source_id: str | None = None
    ) -> Iterator[StoredPage]:
        """The newest version of each address, in order of id."""
        ids = self._connection.execute(
            """SELECT max(id) FROM pages AS p WHERE purpose = ? AND fetched_at >= ? AND (? IS NULL OR source_id = ?)
            AND NOT EXISTS (SELECT 1 FROM pages AS q WHERE q.url = p.url AND q.checked_at > p.checked_at)
            GROUP BY url ORDER BY 1""",
            (purpose, stamp(since) or "", source_id, source_id),
        )
        for (page_id,) in ids:
            page = self.get(page_id)
            if page is not None:
                yield page

    def last_checked_before(self, moment: datetime) -> tuple[str, ...]:
        """The content hashes that no page checked since has."""
        rows = self._connection.execute(
            "SELECT content_hash FROM pages GROUP BY content_hash HAVING max(checked_at) < ?",
            (stamp(moment),),
        )
        return tuple(row[0] for row in rows)

    def hashes(self) -> frozenset[str]:
        """The content hashes that rows name: what the page store must keep."""
        return frozenset(
            row[0] for row in self._connection.execute("SELECT DISTINCT content_hash FROM pages")
        )


def _stored_page(row: Row) -> StoredPage:
    (
        page_id,
        url,
        final_url,
        purpose,
        source_id,
        fetched,
        checked,
        status,
        content_type,
        content_hash,
        size,
        *rest,
    ) = row
    etag, modified, headers_json, template, blocks = rest
    return StoredPage(
        id=page_id,
        url=url,
        final_url=final_url,
        purpose=purpose,
        source_id=source_id,
        fetched_at=moment(fetched),
        checked_at=moment(checked),
        status=status,
        content_type=content_type,
        content_hash=content_hash,
        size=size,
        validators=Validators(etag=etag, last_modified=modified),
        headers=tuple((name, value) for name, value in json.loads(headers_json)),
        template=template,
        blocks=unpack(blocks),
    )
