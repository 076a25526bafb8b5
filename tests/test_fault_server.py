"""Every behaviour of the fault server against ``Client``: the right outcome, and nothing carried or touched
beside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scraper.client import Client, Kind
from scraper.crawl import Crawl, Fetched, Request
from scraper.models import FetchSettings, Page
from tests.fault_moves import move_faults
from tests.fault_pages import TEST_MAX_BYTES, page_faults
from tests.fault_server import Fault, FaultServer
from tests.fault_sites import certificates, site_faults, tls_faults

SECONDS = 1.5  # for one page; a busy machine needs as much for an honest one
WORKERS = 60
ROWS = (*page_faults(), *move_faults(), *site_faults(), *tls_faults())

Outcomes = dict[str, Fetched]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultServer]:
    contexts, authority = certificates(tmp_path_factory.mktemp("certificates"))
    with pytest.MonkeyPatch.context() as patch, FaultServer(ROWS, certificates=contexts) as server:
        patch.setenv("SSL_CERT_FILE", str(authority))
        yield server


@pytest.fixture(scope="module")
def outcomes(served: FaultServer) -> Outcomes:
    """What became of each row, all taken in one crawl."""
    return take(served, ROWS)


def take(server: FaultServer, rows: tuple[Fault, ...]) -> Outcomes:
    settings = FetchSettings(
        delay=0.0,
        timeout=SECONDS,
        max_bytes=TEST_MAX_BYTES,
        workers=WORKERS,
        allow_private=server.hosts,
        version="1",
    )
    with Client(settings) as client:
        crawl = Crawl(client)
        for fault in rows:
            crawl.add(
                Request(
                    url=server.url(fault), context=fault, kind=Kind.CHANNEL if fault.channel else Kind.PAGE
                )
            )
        return {fetched.request.context.name: fetched for fetched in crawl}


def test_there_is_breadth() -> None:
    assert len({fault.name for fault in ROWS}) == len(ROWS) >= 400


@pytest.mark.parametrize("fault", ROWS, ids=[fault.name for fault in ROWS])
def test_becomes(fault: Fault, outcomes: Outcomes) -> None:
    outcome = outcomes[fault.name].outcome
    assert {kind.__name__ for kind in type(outcome).__mro__} & set(fault.becomes.split("|")), outcome
    if isinstance(outcome, Page) and fault.body is not None:
        assert outcome.body == fault.body


def test_each_error_is_one_line_and_names_the_address(outcomes: Outcomes) -> None:
    failed = [each for each in outcomes.values() if isinstance(each.outcome, Exception)]
    assert len(failed) > 300
    for each in failed:
        assert "\n" not in str(each.outcome)
        assert str(each.outcome).endswith(each.outcome.subject)  # type: ignore[union-attr]
        assert each.outcome.subject.startswith(("http://", "https://"))  # type: ignore[union-attr]


def test_nothing_is_carried_along(served: FaultServer, outcomes: Outcomes) -> None:
    assert any(asked.path == "/redirect-credentials" for asked in served.log)
    for asked in served.log:
        assert not {"cookie", "authorization", "proxy-authorization", "referer"} & asked.headers.keys()
        assert asked.headers["user-agent"] == "cuttings/1"


def test_no_forbidden_place_is_asked(served: FaultServer, outcomes: Outcomes) -> None:
    """pytest-socket fails the crawl on any other host; on this one the forbidden spellings lead to the
    root."""
    assert not [asked for asked in served.log if asked.path == "/"]


def test_a_page_that_robots_txt_refuses_is_not_asked_for(served: FaultServer, outcomes: Outcomes) -> None:
    refused = {
        f.path
        for f in ROWS
        if f.robots is not None and f.becomes.startswith("Robots") and f.name[:6] == "robots"
    }
    assert len(refused) > 40
    assert not refused & {asked.path for asked in served.log}
