"""Replies and bodies that other projects collected: nothing but our own errors, and no broken body taken for
a page."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from scraper.client import Client
from scraper.crawl import Crawl, Request
from scraper.errors import ScraperError, TooLargeError, TruncatedError
from scraper.models import FetchSettings, NotModified, Page
from scraper.net.decompression import unpack
from tests.fault_server import Fault, FaultServer

# What curl calls a broken transfer: partial file, receive error, bad content encoding.
CURL_BROKEN = {"18", "56", "61"}


@pytest.fixture(scope="module")
def conformance(shared: Path) -> Path:
    return shared / "eval" / "conformance"


@pytest.mark.slow
def test_replies_that_curl_was_tested_with(conformance: Path) -> None:
    rows = [
        json.loads(line)
        for line in (conformance / "http_raw" / "curl_replies.jsonl").read_text().splitlines()
    ]
    assert len(rows) > 50
    faults = {
        row["id"].replace("/", "-"): Fault(
            name=row["id"].replace("/", "-"), sends=(base64.b64decode(row["raw_b64"]),), own_host=True
        )
        for row in rows
    }
    with FaultServer(faults.values()) as server:
        settings = FetchSettings(delay=0.0, timeout=2.0, workers=30, allow_private=server.hosts)
        with Client(settings) as client:
            crawl = Crawl(client)
            for fault in faults.values():
                crawl.add(Request(url=server.url(fault), context=fault.name))
            outcomes = {fetched.request.context: fetched.outcome for fetched in crawl}
    assert outcomes.keys() == faults.keys()
    assert all(isinstance(outcome, Page | NotModified | ScraperError) for outcome in outcomes.values())
    for row in rows:
        if row["curl_errorcode"] in CURL_BROKEN:
            assert not isinstance(outcomes[row["id"].replace("/", "-")], Page), row["id"]
    assert sum(isinstance(outcome, Page) for outcome in outcomes.values()) > len(rows) / 2


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("html-br", "br"),
        ("html-gzip", "gzip"),
        ("html-gzip-deflate", "gzip, deflate"),
        ("html-gzip-deflate-gzip", "gzip, deflate, gzip"),
        ("html-rawdeflate", "deflate"),
        ("html-zlibdeflate", "deflate"),
        ("html-zstd-static-content-size", "zstd"),
        ("html-zstd-static-no-content-size", "zstd"),
        ("html-zstd-streaming-no-content-size", "zstd"),
    ],
)
def test_the_same_page_in_each_encoding(name: str, encoding: str, conformance: Path) -> None:
    packed = (conformance / "compressed" / f"{name}.bin").read_bytes()
    page = unpack(packed, encoding, most=1_000_000, subject="x")
    assert page.startswith(b"<!DOCTYPE HTML")
    assert page.rstrip().endswith(b"</html>")
    assert 70_000 < len(page) < 80_000


@pytest.mark.parametrize(("name", "encoding"), [("bomb-br", "br"), ("bomb-gzip", "gzip")])
def test_bombs_are_refused(name: str, encoding: str, conformance: Path) -> None:
    packed = (conformance / "compressed" / f"{name}.bin").read_bytes()
    with pytest.raises(
        (TooLargeError, TruncatedError)
    ):  # the Brotli one breaks off after its first megabytes
        unpack(packed, encoding, most=15_000_000, subject="x")


@pytest.mark.parametrize("name", ["truncated-crc-error.gz", "truncated-crc-error-short.gz"])
def test_cut_gzip_is_refused(name: str, conformance: Path) -> None:
    with pytest.raises(TruncatedError):
        unpack((conformance / "compressed" / name).read_bytes(), "gzip", most=15_000_000, subject="x")
