"""The types that the steps from source to article hand to each other.

All are frozen; all times are aware and in UTC; sizes are bytes and durations seconds.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cached_property

DEFAULT_DELAY_SECONDS = (
    5.0  # between the starts of two requests to a host; a common Crawl-delay of news sites
)
DEFAULT_TIMEOUT_SECONDS = 30.0  # for the whole exchange, not only between two bytes
DEFAULT_MAX_BYTES = 15_000_000  # as sent, and after decompression
DEFAULT_WORKERS = 16


def in_utc(moment: datetime) -> datetime:
    """Return a time in UTC; one without a zone counts as UTC, and so does one within a day of the calendar's
    end (year 1 or 9999), of which only the year matters.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)


class ChannelKind(StrEnum):
    """How a source announces its articles."""

    FEED = "feed"
    SITEMAP = "sitemap"
    LISTING = "listing"


class Access(StrEnum):
    """How much of an article could be read."""

    FULL = "full"
    TEASER = "teaser"
    HEADLINE = "headline"
    IMPORTED = "imported"


class DatePrecision(StrEnum):
    """How exactly the time of publication is known."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One URL at which a source announces articles. ``selector`` is a CSS selector of a listing's links."""

    kind: ChannelKind
    url: str
    selector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """The CSS selectors of a source's pages; an empty one leaves it to the rules."""

    body: str = ""
    remove: tuple[str, ...] = ()
    title: str = ""
    date: str = ""
    author: str = ""

    def __bool__(self) -> bool:
        return self != Selectors()

    def single(self) -> tuple[tuple[str, str], ...]:
        """Return the keys that have one selector each, with it."""
        return (("body", self.body), ("title", self.title), ("date", self.date), ("author", self.author))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One site of the sector, as declared in a source list."""

    id: str
    name: str
    homepage: str = ""
    kind: str = "press"
    owner: str = ""  # the publisher's family; sources of one owner are not independent
    channels: tuple[Channel, ...] = ()
    enabled: bool = True
    note: str = ""
    delay: float | None = None  # seconds; None: the desk's own
    licence: str | None = None  # what the publisher permits; overrides `purpose`
    include: tuple[str, ...] = ()  # article URLs must contain one of these, if any is given
    exclude: tuple[str, ...] = ()
    min_poll: float | None = None  # seconds
    max_poll: float | None = None  # seconds
    max_articles: int = 200  # new articles fetched in one pass
    body: str = ""  # CSS selectors of an article's parts; see `Selectors`
    remove: tuple[str, ...] = ()
    title: str = ""
    date: str = ""
    author: str = ""
    proven: bool = True  # the channel URLs have been seen working

    @property
    def selectors(self) -> Selectors:
        """The selectors that a person declared for the source's pages."""
        return Selectors(
            body=self.body, remove=self.remove, title=self.title, date=self.date, author=self.author
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to make the next request conditional (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An article as a channel announces it. ``key`` is the channel's own identity for it (see feeds)."""

    url: str
    title: str = ""
    summary: str = ""
    content: str = ""  # full HTML, where a feed carries it
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    modified_at: datetime | None = None
    id: str = ""
    key: str = ""
    language: str | None = None
    publisher: str = ""  # of an item that an aggregator took from elsewhere (RSS and Atom `source`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """One sitemap file: the pages it lists, and the further sitemaps that an index names."""

    url: str
    pages: tuple[Link, ...] = ()
    sitemaps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Page:
    """One reply with a body, complete and decompressed. Header names are lower case."""

    url: str  # as asked
    final_url: str  # after redirects
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    fetched_at: datetime
    moved_to: str | None = None  # where the permanent redirects at the start of the way led

    def header(self, name: str) -> str | None:
        """Return the value of a header, several joined by ", ", or ``None`` if it is absent."""
        values = [value for key, value in self.headers if key == name.lower()]
        return ", ".join(values) if values else None

    @property
    def content_type(self) -> str | None:
        """Return the Content-Type header as sent."""
        return self.header("content-type")

    @property
    def validators(self) -> Validators:
        """Return ETag and Last-Modified as sent."""
        return Validators(etag=self.header("etag"), last_modified=self.header("last-modified"))

    @cached_property
    def content_hash(self) -> str:
        """Return the SHA-256 of the decompressed body, in hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """HTTP 304: the stored page is current. The headers may carry a new cache lifetime."""

    url: str
    fetched_at: datetime
    headers: tuple[tuple[str, str], ...] = ()
    moved_to: str | None = None  # where the permanent redirects at the start of the way led


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """What is stored about one host between runs: its robots.txt, and when it may be asked again.

    ``robots_status`` is the final HTTP status of robots.txt, 0 if it could not be reached.
    """

    host: str  # "host:port"
    updated_at: datetime
    not_before: datetime | None = None  # Retry-After, or the back-off after refusals in a row
    failures: int = 0  # refusals in a row (429, 503)
    robots_status: int | None = None
    robots_body: bytes | None = None
    robots_fetched_at: datetime | None = None
    robots_expires_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The publisher's restrictions on reuse, from every place that states them. ``True`` is a restriction."""

    noindex: bool = False
    noarchive: bool = False
    nosnippet: bool = False
    tdm_reserved: bool = False
    tdm_policy: str | None = None
    no_ai: bool = False  # Content-Signal / Content-Usage: training or input refused
    signals: tuple[str, ...] = ()  # each "where: what", as found

    def __or__(self, other: Rights) -> Rights:
        """Return the union of the restrictions of both."""
        return Rights(
            noindex=self.noindex or other.noindex,
            noarchive=self.noarchive or other.noarchive,
            nosnippet=self.nosnippet or other.nosnippet,
            tdm_reserved=self.tdm_reserved or other.tdm_reserved,
            tdm_policy=self.tdm_policy or other.tdm_policy,
            no_ai=self.no_ai or other.no_ai,
            signals=tuple(dict.fromkeys(self.signals + other.signals)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a value of an article was read.

    For example ``Provenance(field="published_at", place="json-ld datePublished")``.
    """

    field: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A block of text that was removed from a page, and why."""

    text: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Article:
    """The clean text of one report. Paragraphs, list items and sub-headings are separated by one newline."""

    title: str = ""
    text: str = ""
    url: str | None = None
    canonical_url: str | None = None
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None  # in UTC; midnight where only the day is known
    published_precision: DatePrecision | None = None  # None without a date, or where nothing is known of it
    published_day: date | None = None  # in the time zone of the desk that stored it; see `day`
    modified_at: datetime | None = None
    language: str | None = None  # a code of BCP 47, such as en or en-GB
    access: Access = Access.FULL
    publisher: str | None = None  # by the name that the page gives
    agency: str | None = None  # the news agency that the article credits
    source_id: str | None = None  # id of the source in the config
    external_id: str | None = None  # the id given on import
    rights: Rights = Rights()
    links: tuple[str, ...] = ()  # absolute URLs linked from the body text
    origins: tuple[Provenance, ...] = ()  # from which part of the page each value comes
    removed: tuple[Removed, ...] = ()  # blocks that were left out, and why

    @cached_property
    def content_hash(self) -> str:
        """Return the SHA-256 in hex of title and text.

        White space and Unicode form do not count, so re-flowed text is not a revision.
        """
        title = " ".join(unicodedata.normalize("NFC", self.title).split())
        plain = f"{title}\x1f{self.plain_text}"
        return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def plain_text(self) -> str:
        """Return the text with one space between words, in Unicode form NFC."""
        return " ".join(unicodedata.normalize("NFC", self.text).split())

    @property
    def day(self) -> date | None:
        """Return the day of publication: the desk's, else that in UTC; ``None`` without a date."""
        if self.published_day or self.published_at is None:
            return self.published_day
        return in_utc(self.published_at).date()

    @property
    def is_day_only(self) -> bool:
        """Return whether no time of day is known: of a date of unknown precision, midnight in UTC."""
        if self.published_at is None or self.published_precision is not None:
            return self.published_precision in (DatePrecision.DAY, DatePrecision.MONTH)
        return in_utc(self.published_at).time() == time.min

    @property
    def word_count(self) -> int:
        """Return the number of words, split at white space."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """The `[fetch]` table of the config, with `contact` of `[cuttings]`."""

    delay: float = DEFAULT_DELAY_SECONDS  # seconds between two requests to a host
    timeout: float = DEFAULT_TIMEOUT_SECONDS  # seconds for one page
    max_bytes: int = DEFAULT_MAX_BYTES  # of one page, as sent and unpacked
    workers: int = DEFAULT_WORKERS  # hosts that a run asks at once
    max_requests: int = 0  # of one run; 0: no bound
    allow_private: frozenset[str] = frozenset()  # "host:port"
    proxy: str = ""  # URL of a forward proxy, http:// only; never taken from the environment
    contact: str = ""  # your e-mail or web address, for the User-Agent
    local_only: bool = False  # request only what `allow_private` lists: there is no contact
    version: str = "0"

    @property
    def user_agent(self) -> str:
        """Return ``cuttings/VERSION (+contact)``, the User-Agent of every request."""
        return f"cuttings/{self.version} (+{self.contact})" if self.contact else f"cuttings/{self.version}"
