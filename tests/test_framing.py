"""Each rule of our own for replies: ours is right, and the library's reader is wrong.

When a test of ``test_the_library_is_wrong`` fails, the library has learnt the rule, and our code for it can go.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import brotli
import pytest
import requests

from scraper.client import Client
from scraper.errors import FetchError
from scraper.models import FetchSettings, NotModified, Page
from scraper.net import transport
from scraper.net.framing import MeteredResponse
from tests.fault_pages import TEST_MAX_BYTES, page_faults
from tests.fault_server import Fault, FaultServer, Repeat, article, http

RULES = {
    "1xx replies are skipped": ("early-hints", "processing-first"),
    "101 is an error": ("switching-protocols",),
    "a malformed header line is skipped": (
        "line-without-colon",
        "space-in-header-name",
        "space-before-colon",
    ),
    "up to 200 headers": ("many-headers",),
    "a head has an end": ("half-a-head", "head-without-end"),
    "a head is bounded": ("too-large-head",),
    "Content-Length is one number": (
        "length-negative",
        "length-plus",
        "length-hex",
        "length-underscore",
        "length-word",
        "length-float",
        "length-unicode-digit",
    ),
    "the transfer coding is chunked": (
        "chunked-identity",
        "coding-gzip-chunked",
        "coding-unknown",
        "coding-chunked-twice",
    ),
    "a chunk size is hexadecimal digits": (
        "chunked-negative",
        "chunked-underscore",
        "chunked-hex-prefix",
        "chunked-word",
        "chunked-empty-size",
    ),
    "a chunk size is bounded": ("chunked-huge-size", "chunked-more-digits", "chunked-size-line-endless"),
    "a chunk is as long as its size": ("chunked-longer-than-it-says",),
    "trailers are bounded": ("chunked-trailers-endless",),
}
FAULTS = {fault.name: fault for fault in page_faults()}
NAMES = sorted(name for names in RULES.values() for name in names)


@pytest.fixture(scope="module")
def served() -> Iterator[FaultServer]:
    with FaultServer(FAULTS[name] for name in NAMES) as server:
        yield server


def outcome(server: FaultServer, fault: Fault) -> object:
    settings = FetchSettings(
        delay=0.0, timeout=1.0, max_bytes=TEST_MAX_BYTES, allow_private=server.hosts, version="1"
    )
    with Client(settings) as client:
        try:
            return client.get(server.url(fault))
        except (FetchError, MemoryError, OverflowError) as error:
            return error


def is_right(fault: Fault, result: object) -> bool:
    if not {kind.__name__ for kind in type(result).__mro__} & set(fault.becomes.split("|")):
        return False
    return not isinstance(result, Page) or fault.body is None or result.body == fault.body


@pytest.mark.parametrize("name", NAMES)
def test_ours_is_right(name: str, served: FaultServer) -> None:
    result = outcome(served, FAULTS[name])
    assert not isinstance(result, NotModified)
    assert is_right(FAULTS[name], result), result


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES)
def test_the_library_is_wrong(rule: str, served: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport.GuardedConnection, "reply_class", MeteredResponse)
    names = [name for name in RULES[rule] if is_right(FAULTS[name], outcome(served, FAULTS[name]))]
    assert not names, f"the library reads {names} as we do: remove our rule"


@pytest.mark.slow
def test_requests_takes_a_cut_body_for_a_whole_one() -> None:
    """Why `decompression` is ours: a page that breaks off must not become an article."""
    whole = article("cut")
    packed = brotli.compress(whole)
    cut = Fault(name="cut", sends=(http("200 OK", "Content-Encoding: br", body=packed[: len(packed) // 2]),))
    with FaultServer([cut]) as server:
        theirs = requests.get(server.url(cut), timeout=5.0)
        assert theirs.status_code == 200
        assert theirs.content != whole
        ours = outcome(server, cut)
    assert type(ours).__name__ == "TruncatedError"


@pytest.mark.slow
def test_the_timeout_of_requests_is_for_each_read_and_ours_for_the_exchange() -> None:
    """Why `budget` is ours: a server that sends a byte now and then would hold a worker for hours."""
    drip = Fault(name="drip", sends=(http(length=400), Repeat(data=b"x", times=60, pause=0.05)))
    with FaultServer([drip]) as server:
        began = time.monotonic()
        with pytest.raises(requests.RequestException):  # when the server gave up, not at the timeout
            requests.get(server.url(drip), timeout=0.5)
        assert time.monotonic() - began > 1.5
        began = time.monotonic()
        assert type(outcome(server, drip)).__name__ == "DeadlineError"
        assert time.monotonic() - began < 1.5
