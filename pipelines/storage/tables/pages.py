"""The versions of fetched pages. Their bytes are beside the database: see ``storage.page_store``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.storage.connection import Connection
from pipelines.storage.deletion import delete_pages
from pipelines.storage.rows import Converter, RowCodec, upsert
from pipelines.storage.tables.article_rows import decode_rights, encode_rights
from pipelines.storage.values import stamp, storable
from scraper.models import Page, Rights, Validators

# What is read again from a stored page: its kind and language, its validators, what its publisher reserves.
# The others (cookies, security policies, traces of the delivery network) are 1 to 2 kB on many news sites.
KEPT_HEADERS = frozenset(
    "content-type content-language content-location etag last-modified"
    " x-robots-tag content-usage content-signal tdm-reservation tdm-policy".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """One version of the page at one URL. ``blocks`` are hashes of its text blocks, for furniture."""

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
    size: int  # bytes
    validators: Validators
    headers: tuple[tuple[str, str], ...]  # those of KEPT_HEADERS
    template: str = ""
    blocks: tuple[int, ...] = ()
    removed_at: datetime | None = None  # the raw page, by retention


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadPage:
    """A page that was fetched and not yet read. ``key`` is that of its frontier entry."""

    page_id: int
    source_id: str
    key: str
    previous_page_id: int | None
    text_use: str
    rights: Rights


_UNREAD = RowCodec(UnreadPage, converters={"rights": Converter(encode_rights, decode_rights, "_json")})
_CODEC = RowCodec(StoredPage)
_SELECT = _CODEC.select("pages")
_KEPT = ("purpose", "source_id", "fetched_at", "content_type", "size")  # of a version that comes again
_SAVE = f"{upsert('pages', _CODEC.columns[1:], 'url', 'content_hash', keep=_KEPT)} RETURNING id"
_NEWEST = "WHERE url = ? ORDER BY checked_at DESC, id DESC LIMIT 1"


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
        """Return the id of this version's row: a new one, or that of the same bytes at the same URL."""
        stored = StoredPage(
            id=0,
            url=page.url,
            final_url=page.final_url,
            purpose=purpose,
            source_id=source_id,
            fetched_at=page.fetched_at,
            checked_at=page.fetched_at,
            status=page.status,
            content_type=page.content_type,
            content_hash=page.content_hash,
            size=len(page.body),
            validators=page.validators,
            headers=tuple(header for header in page.headers if header[0] in KEPT_HEADERS),
            template=template,
            blocks=tuple(blocks),
        )
        return int(self._connection.execute(_SAVE, _CODEC.values(stored)[1:])[0][0])

    def get(self, page_id: int) -> StoredPage | None:
        """Return one version by its id."""
        row = self._connection.one(f"{_SELECT} WHERE id = ?", (page_id,))
        return None if row is None else _CODEC.record(row)

    def latest(self, url: str) -> StoredPage | None:
        """Return the version that was seen last at a URL."""
        row = self._connection.one(f"{_SELECT} {_NEWEST}", (storable(url),))
        return None if row is None else _CODEC.record(row)

    def unmodified(self, url: str, *, at: datetime) -> None:
        """Note that the server calls the version seen last current."""
        self._connection.execute(
            f"UPDATE pages SET checked_at = ? WHERE id = (SELECT id FROM pages {_NEWEST})",
            (stamp(at), storable(url)),
        )

    def iterate(
        self, *, purpose: str = "article", since: datetime | None = None, source_id: str | None = None
    ) -> Iterator[StoredPage]:
        """Yield the newest version at each URL, in order of id."""
        ids = self._connection.execute(
            """SELECT max(id) FROM pages AS p
            WHERE purpose = ? AND fetched_at >= ? AND (? IS NULL OR source_id = ?)
            AND NOT EXISTS (SELECT 1 FROM pages AS q WHERE q.url = p.url AND q.checked_at > p.checked_at)
            GROUP BY url ORDER BY 1""",
            (purpose, stamp(since) or "", source_id, source_id),
        )
        for (page_id,) in ids:
            page = self.get(page_id)
            if page is not None:
                yield page

    def last_checked_before(self, moment: datetime) -> tuple[str, ...]:
        """Return the content hashes whose raw page is kept and of which no page was checked since."""
        rows = self._connection.execute(
            """SELECT content_hash FROM pages WHERE removed_at IS NULL
            GROUP BY content_hash HAVING max(checked_at) < ?""",
            (stamp(moment),),
        )
        return tuple(row[0] for row in rows)

    def mark_removed(self, content_hashes: Iterable[str], *, at: datetime) -> None:
        """Note that raw pages are removed."""
        self._connection.many(
            "UPDATE pages SET removed_at = ? WHERE content_hash = ?",
            [(stamp(at), content_hash) for content_hash in content_hashes],
        )

    def hashes(self) -> frozenset[str]:
        """Return the content hashes that rows name: what the page store must keep."""
        rows = self._connection.execute("SELECT DISTINCT content_hash FROM pages")
        return frozenset(row[0] for row in rows)

    def named(self, content_hashes: Iterable[str]) -> frozenset[str]:
        """Return those of the content hashes that rows name."""
        sql = "SELECT content_hash FROM pages WHERE content_hash IN (?*)"
        return frozenset(row[0] for row in self._connection.execute_in(sql, frozenset(content_hashes)))

    def add_unread(self, page: UnreadPage) -> None:
        """Note that a page is to be read."""
        self._connection.execute(_UNREAD.upsert("_unread_pages", "page_id"), _UNREAD.values(page))

    def unread(self, source_id: str | None = None) -> tuple[UnreadPage, ...]:
        """Return the pages that were not read yet, of one source or of all, in the order of fetching."""
        rows = self._connection.execute(
            f"{_UNREAD.select('_unread_pages')} WHERE ? IS NULL OR source_id = ? ORDER BY page_id",
            (source_id, source_id),
        )
        return tuple(map(_UNREAD.record, rows))

    def mark_read(self, page_ids: Iterable[int]) -> None:
        """Note that pages were read, or cannot be."""
        self._connection.many("DELETE FROM _unread_pages WHERE page_id = ?", [(page,) for page in page_ids])

    def invalidate(self, content_hash: str) -> None:
        """Drop the validators of the versions with these bytes, so that the server sends the page again."""
        self._connection.execute(
            "UPDATE pages SET etag = NULL, last_modified = NULL WHERE content_hash = ?", (content_hash,)
        )

    def supersede(self, page_ids: Iterable[int]) -> frozenset[str]:
        """Delete versions that no article was read from; return the hashes that nothing names any more."""
        rows = self._connection.execute_in(
            """DELETE FROM pages WHERE id IN (?*) AND id NOT IN (SELECT page_id FROM _unread_pages)
            AND NOT EXISTS (SELECT 1 FROM _unread_pages WHERE previous_page_id = pages.id)
            AND NOT EXISTS (SELECT 1 FROM articles WHERE page_id = pages.id) RETURNING content_hash""",
            page_ids,
        )
        hashes = frozenset(row[0] for row in rows)
        return hashes - self.named(hashes)

    def delete(self, urls: Iterable[str]) -> frozenset[str]:
        """Delete all versions at some URLs; return the hashes of raw pages that nothing names any more."""
        return delete_pages(self._connection, urls)
