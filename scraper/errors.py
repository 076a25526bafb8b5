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
     │   ├─ ConnectError                 name, route, refusal, reset, TLS
     │   ├─ DeadlineError                the page took longer than it may
     │   ├─ BadReplyError                bytes that are not HTTP, or past the header limits
     │   ├─ TruncatedError               the body ended before it was complete
     │   ├─ TooLargeError                more bytes than we take, on the wire or unpacked
     │   ├─ RedirectError                a loop, too many hops, or a hop to no http(s) address
     │   ├─ ContentTypeError             a type that is no page, feed or sitemap
     │   └─ StatusError                  any other final status; carries it
     │       ├─ GoneError                404, 410
     │       ├─ BlockedError             401, 402, 403, 451, a bot challenge, a login
     │       └─ RateLimitedError         429, 503; carries how long to wait
     ├─ DiscoveryError                   a channel that is not what it is declared to be
     └─ ExtractionError                  a page that gives no article
         ├─ NotHtmlError                 binary, a feed, plain text where a page was due
         ├─ EmptyPageError               nothing to read
         ├─ NotAnArticleError            a list page, a hub, a soft 404
         ├─ WallError                    a login, consent or challenge page instead of the article
         └─ ParseLimitError              past the limits of time, depth or size for parsing
"""

from __future__ import annotations


class ScraperError(Exception):
    """One expected failure.

    ``str(error)`` is one line: the message (what failed and what to do) and the subject (the address or
    file). ``stage`` says in which step it arose; it becomes ``failures.stage``.
    """

    stage = "scrape"

    def __init__(self, message: str, subject: str = "") -> None:
        super().__init__(message, subject)
        self.message = message
        self.subject = subject

    def __str__(self) -> str:
        return f"{self.message}: {self.subject}" if self.subject else self.message


class AddressError(ScraperError, ValueError):
    """Not an http(s) address."""

    stage = "discover"


class SourceError(ScraperError, ValueError):
    """A source list that cannot be read or used; names file, table, key and what was expected."""

    stage = "config"


class FetchError(ScraperError):
    """The page could not be taken."""

    stage = "fetch"


class ForbiddenAddressError(FetchError):
    """The host resolves to an address that is refused unless ``allow_private`` lists it."""


class RobotsDisallowedError(FetchError):
    """robots.txt forbids this address to our agent."""


class RobotsUnreachableError(FetchError):
    """robots.txt answered 5xx or not at all, so the whole site rests (RFC 9309, 2.3.1.4)."""


class PostponedError(FetchError):
    """Not asked: the host wants to be left alone for longer than this run lasts. The next run takes it up."""


class ConnectError(FetchError):
    """No connection: name, route, refusal, reset or TLS."""


class DeadlineError(FetchError):
    """The whole exchange took longer than it may."""


class BadReplyError(FetchError):
    """The reply is not HTTP, or is past the limits for headers."""


class TruncatedError(FetchError):
    """The body ended before it was complete."""


class TooLargeError(FetchError):
    """More bytes than are taken, on the wire or after decompression."""


class RedirectError(FetchError):
    """A redirect loop, too many hops, or a hop to no http(s) address."""


class ContentTypeError(FetchError):
    """A content type that is no page, feed or sitemap."""


class StatusError(FetchError):
    """A final HTTP status other than 200 and 304."""

    def __init__(self, message: str, subject: str = "", *, status: int) -> None:
        super().__init__(message, subject)
        self.status = status


class GoneError(StatusError):
    """404 or 410."""


class BlockedError(StatusError):
    """The publisher does not want this visit: 401, 402, 403, 451, or a bot challenge."""


class RateLimitedError(StatusError):
    """429 or 503; ``retry_after`` in seconds, ``None`` when the server names no time."""

    def __init__(
        self, message: str, subject: str = "", *, status: int, retry_after: float | None = None
    ) -> None:
        super().__init__(message, subject, status=status)
        self.retry_after = retry_after


class DiscoveryError(ScraperError):
    """A feed, sitemap or listing that is not what it is declared to be."""

    stage = "discover"


class ExtractionError(ScraperError):
    """The page gives no article."""

    stage = "extract"


class NotHtmlError(ExtractionError):
    """Binary, a feed, or other content where a page was due."""


class EmptyPageError(ExtractionError):
    """There is nothing to read on the page."""


class NotAnArticleError(ExtractionError):
    """A list page, a hub, a search page or a soft 404."""


class WallError(ExtractionError):
    """A login, consent or challenge page stands where the article should be."""


class ParseLimitError(ExtractionError):
    """The page is past the limits of time, depth or size for parsing."""
