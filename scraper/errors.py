"""Every expected failure between a web address and a clean article.

The tree::

    ScraperError
     ├─ AddressError (also ValueError)   not an http(s) address
     ├─ SourceError (also ValueError)    a source list that cannot be read or used
     ├─ FetchError                       the network door
     │   ├─ ForbiddenAddressError        a private, loopback or otherwise refused address
     │   ├─ RobotsDisallowedError        robots.txt says no
     │   ├─ RobotsUnreachableError       robots.txt answers 5xx or not at all: the site rests
     │   ├─ PostponedError           the host's turn comes later than this run lasts
     │   │   └─ SpentError           the time or the budget of this run is spent
     │   ├─ ConnectError                 name, route, refusal, reset, TLS
     │   ├─ DeadlineError                the page took longer than it may
     │   ├─ BadReplyError                bytes that are not HTTP, or past the header limits
     │   ├─ TruncatedError               the body ended before it was complete
     │   ├─ TooLargeError                more bytes than we take, on the wire or unpacked
     │   ├─ RedirectError                a loop, too many hops, or a hop to no http(s) address
     │   ├─ ContentTypeError             a type that is not a page, feed or sitemap
     │   └─ StatusError                  any other final status; carries it
     │       ├─ GoneError                404, 410
     │       ├─ BlockedError             401, 402, 403, 451, a bot challenge, a login
     │       └─ RateLimitedError         429, 503; carries how long to wait
     ├─ DiscoveryError                   a channel that is not what it is declared to be
     │   └─ NoChannelError               a site without a feed, sitemap or listing
     └─ ExtractionError                  a page that gives no article
         ├─ NotHtmlError                 binary, a feed, plain text where a page was due
         ├─ EmptyPageError               nothing to read
         ├─ NotAnArticleError            a list page, a hub
         │   └─ MissingPageError         a soft 404
         ├─ WallError                    a login, consent or challenge page instead of the article
         └─ ParseLimitError              past the limits of time, depth or size for parsing
"""

from __future__ import annotations


class ScraperError(Exception):
    """One expected failure.

    ``str(error)`` is one line: what failed and what to do next, then the subject (the URL or file). ``stage``
    is the step in which it arose; it becomes ``failures.stage``.
    """

    stage = "scrape"

    def __init__(self, message: str, subject: str = "") -> None:
        super().__init__(message, subject)
        self.message = message
        self.subject = subject

    def __str__(self) -> str:
        return f"{self.message}: {self.subject}" if self.subject else self.message


class AddressError(ScraperError, ValueError):
    """The text is not an http(s) URL."""

    stage = "discover"


class SourceError(ScraperError, ValueError):
    """A source list cannot be read or used; the message names table, key and what was expected."""

    stage = "config"


class FetchError(ScraperError):
    """A page could not be fetched."""

    stage = "fetch"


class ForbiddenAddressError(FetchError):
    """The host resolves to an address that is refused unless ``allow_private`` lists it."""


class RobotsDisallowedError(FetchError):
    """robots.txt disallows the URL, or its Crawl-delay is longer than a run waits."""


class RobotsUnreachableError(FetchError):
    """robots.txt answered 5xx or not at all, so the whole host is skipped (RFC 9309, 2.3.1.4)."""


class PostponedError(FetchError):
    """Not requested: the host rests for longer than this run waits. A later run tries again."""


class SpentError(PostponedError):
    """Not requested: the time of this run, or its budget of requests, is spent. The next run continues."""


class ConnectError(FetchError):
    """No connection: DNS, routing, refusal, reset, TLS or a proxy."""


class DeadlineError(FetchError):
    """The exchange took longer than its timeout."""


class BadReplyError(FetchError):
    """The reply is not HTTP, or exceeds the limits for headers."""


class TruncatedError(FetchError):
    """The body ended before it was complete."""


class TooLargeError(FetchError):
    """The body has more bytes than are accepted, as sent or after decompression."""


class RedirectError(FetchError):
    """A redirect loop, too many hops, or a hop to something other than an http(s) URL."""


class ContentTypeError(FetchError):
    """The content type is not one of a page, feed or sitemap."""


class StatusError(FetchError):
    """A final HTTP status other than 200 and 304."""

    def __init__(self, message: str, subject: str = "", *, status: int) -> None:
        super().__init__(message, subject)
        self.status = status


class GoneError(StatusError):
    """HTTP 404 or 410."""


class BlockedError(StatusError):
    """The publisher refuses access: HTTP 401, 402, 403, 451, or a bot challenge."""


class RateLimitedError(StatusError):
    """HTTP 429 or 503; ``retry_after`` in seconds, ``None`` if the server names no time."""

    def __init__(
        self, message: str, subject: str = "", *, status: int, retry_after: float | None = None
    ) -> None:
        super().__init__(message, subject, status=status)
        self.retry_after = retry_after


class DiscoveryError(ScraperError):
    """A feed, sitemap or listing is not what it is declared to be."""

    stage = "discover"


class NoChannelError(DiscoveryError):
    """A site has no feed, sitemap or listing; ``tried`` are the requested URLs, each with its outcome."""

    def __init__(self, message: str, subject: str = "", *, tried: tuple[str, ...] = ()) -> None:
        super().__init__(message, subject)
        self.tried = tried


class ExtractionError(ScraperError):
    """The page has no article."""

    stage = "extract"


class NotHtmlError(ExtractionError):
    """A binary file, a feed or other content instead of a page."""


class EmptyPageError(ExtractionError):
    """The page holds no text."""


class NotAnArticleError(ExtractionError):
    """The page is a list, a hub or a search page."""


class MissingPageError(NotAnArticleError):
    """A soft 404: the page says that it was not found, or the URL leads to the front page."""


class WallError(ExtractionError):
    """A login, consent or challenge page instead of the article."""


class ParseLimitError(ExtractionError):
    """The page exceeds the limits of time, depth or size for parsing."""
