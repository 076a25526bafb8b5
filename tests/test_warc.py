"""WARC archives: pages and feeds out of responses, odd records named, memory flat."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from pipelines.ingest.inputs import HtmlPage, Imported, InputFormat, ReadyArticle, read_inputs
from pipelines.models import Failure
from scraper.models import Access

pytest.importorskip("warcio", reason="the extra [archive] is not installed")

PAGE = b"<html><head><title>A hub opens</title></head><body><p>The hub opened on Monday.</p></body></html>"
FEED = (
    b"<rss version='2.0'><channel><title>T</title><item><title>A headline of it</title><link>https://a.example/n</link>"
    b"<description>A teaser.</description></item></channel></rss>"
)


def record(
    url: str,
    body: bytes = PAGE,
    *,
    content_type: str = "text/html; charset=utf-8",
    status: str = "200 OK",
    headers: str = "",
    kind: str = "response",
) -> bytes:
    http = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{headers}\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-01-07T12:00:00Z\r\n"
        f"WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        f"Content-Type: application/http; msgtype={kind}\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def read(data: bytes) -> list[Imported]:
    return list(read_inputs(["-"], format=InputFormat.AUTO, source_id="archive", stdin=io.BytesIO(data)))


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lambda data: gzip.compress(data) + gzip.compress(data)]
)
def test_a_page_has_the_address_and_the_date_of_its_record(pack: Callable[[bytes], bytes]) -> None:
    page, *more = read(pack(record("https://a.example/hub?utm_source=x")))
    assert isinstance(page, HtmlPage)
    assert (page.url, page.page) == ("https://a.example/hub", PAGE)
    assert page.fetched_at == datetime(2026, 1, 7, 12, tzinfo=UTC)
    assert page.declared.source_id == "archive"
    assert len(more) in (0, 1)


def test_chunked_and_packed_bodies_are_plain() -> None:
    chunked = f"{len(PAGE):x}\r\n".encode() + PAGE + b"\r\n0\r\n\r\n"
    records = read(
        record("https://a.example/1", chunked, headers="Transfer-Encoding: chunked\r\n")
        + record("https://a.example/2", gzip.compress(PAGE), headers="Content-Encoding: gzip\r\n")
    )
    assert [each.page for each in records if isinstance(each, HtmlPage)] == [PAGE, PAGE]


def test_the_items_of_a_feed_are_articles() -> None:
    [item] = read(record("https://a.example/feed", FEED, content_type="application/rss+xml"))
    assert isinstance(item, ReadyArticle)
    assert (item.article.url, item.article.access) == ("https://a.example/n", Access.TEASER)


def test_what_is_no_page_is_passed_over() -> None:
    [told] = read(
        record("https://a.example/a.png", b"\x89PNG", content_type="image/png")
        + record("https://a.example/gone", status="404 Not Found")
        + record("https://a.example/asked", kind="request")
        + record("metadata://gnu.org/log")
    )
    assert isinstance(told, Failure)
    assert told.message == "<stdin>: no article, page or URL in this file"


def test_a_damaged_record_is_named_and_the_others_are_read() -> None:
    bad = record("https://a.example/bad", b"\x1f\x8bgarbage", headers="Content-Encoding: gzip\r\n")
    records = read(record("https://a.example/1") + bad + record("https://a.example/2"))
    assert [each.url for each in records if isinstance(each, HtmlPage) and each.page == PAGE] == [
        "https://a.example/1",
        "https://a.example/2",
    ]


@pytest.mark.parametrize("cut", [5, 60, 1000])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_truncated_archive_gives_what_came_before(pack: Callable[[bytes], bytes], cut: int) -> None:
    bodies = [b"<html>" + hashlib.sha512(bytes([number])).hexdigest().encode() * 20 for number in range(20)]
    whole = pack(b"".join(record(f"https://a.example/{number}", body) for number, body in enumerate(bodies)))
    records = read(whole[:-cut])
    pages = [each for each in records if isinstance(each, HtmlPage)]
    assert [each.page for each in pages] == bodies[: len(pages)]
    assert len(pages) >= 5
    assert any(isinstance(each, Failure) for each in records)


def test_a_record_without_an_address_does_not_end_the_archive(capfd: pytest.CaptureFixture[str]) -> None:
    one = record("https://a.example/1")
    refused, page = read(one.replace(b"WARC-Target-URI", b"WARC-Other-URI") + one)
    assert isinstance(refused, Failure)
    assert refused.message.endswith("record 1: the record has no address")
    assert isinstance(page, HtmlPage)
    assert len(read(one.replace(b"Content-Type: text/html", b"Content-Type:   text/html") + one)) == 2
    assert capfd.readouterr().err == ""  # warcio writes of a wrong Content-Length


def test_a_file_that_is_only_named_an_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.warc").write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + PAGE)
    (refused,) = read_inputs([str(tmp_path / "a.warc")])
    assert isinstance(refused, Failure)
    assert "not a WARC archive" in refused.message


@pytest.mark.parametrize("kept", [0.001, 0.9])
def test_a_zstandard_file_that_is_cut_off_is_told(kept: float) -> None:
    lines = [
        json.dumps({"title": hashlib.sha512(bytes([n % 256, n // 256])).hexdigest()}) for n in range(2000)
    ]
    packer = zstandard.ZstdCompressor()
    whole = packer.compress("\n".join(lines).encode()) + packer.compress(b'\n{"title": "The last"}')
    assert len(read(whole)) == 2001
    found = read(whole[: int(len(whole) * kept) + 20])
    assert isinstance(found[-1], Failure)
    assert "cut off" in found[-1].message


@pytest.mark.slow
def test_a_bomb_in_a_record_is_refused() -> None:
    bomb = gzip.compress(b"<p>" + b"0" * 200_000_000, 9)
    [refusal] = read(record("https://a.example/bomb", bomb, headers="Content-Encoding: gzip\r\n"))
    assert isinstance(refusal, Failure)


def test_archives_of_other_programs(shared: Path) -> None:
    folder = shared / "eval/conformance/warc"
    counts = {}
    for path in sorted(folder.iterdir()):
        records = list(read_inputs([str(path)]))
        counts[path.name.partition(".")[0]] = (
            sum(isinstance(each, HtmlPage) for each in records),
            sum(isinstance(each, Failure) for each in records),
        )
    assert counts == {
        "bad": (0, 1),  # ARC, the format before WARC
        "example-bad-non-chunked": (1, 0),
        "example-resource": (1, 0),
        "example-space-in-target-uri": (0, 1),  # an image
        "example-wget-bad-target-uri": (1, 0),
        "example-wrong-chunks": (1, 0),
        "post-test": (0, 1),
    }


@pytest.mark.slow
def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    program = """
        import resource, sys
        from pipelines.ingest.inputs import read_inputs
        count = sum(1 for _ in read_inputs([sys.argv[1]]))
        print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
    """
    peaks = []
    for name, megabytes in (("small.warc", 20), ("large.warc", 1000)):
        body = b"<html><body>" + b"<p>A paragraph of a page.</p>" * 4000 + b"</body></html>"
        one = record("https://a.example/p", body)
        with (tmp_path / name).open("wb") as archive:
            for _ in range(megabytes * 1_000_000 // len(one)):
                archive.write(one)
        command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / name)]
        count, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        assert int(count) == megabytes * 1_000_000 // len(one)
        peaks.append(int(peak))
        (tmp_path / name).unlink()
    assert peaks[1] - peaks[0] < 30
