"""Hostile bodies as feed, sitemap, list page and front page: a result or our own error, in bounded memory, no
hang."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from scraper.decoding import decode
from scraper.discovery import find_channels, read_feed, read_listing, read_sitemap
from scraper.errors import DiscoveryError
from tests.hostile_bodies import hostile_bodies

URL = "https://example.org/news/"
EVERY_DAY = 0.002
READERS: Mapping[str, Callable[[bytes], object]] = {
    "feed": lambda body: read_feed(body, URL),
    "sitemap": lambda body: read_sitemap(body, URL),
    "listing": lambda body: read_listing(decode(body), URL),
    "selector": lambda body: read_listing(decode(body), URL, selector="li a, h2 > a"),
    "channels": lambda body: find_channels(decode(body), URL),
}
MOST_MEGABYTES = 300  # issue 3: peak memory while taking every hostile body
MOST_SECONDS = 300  # for all bodies together: a hang ends the test, slowness does not


def read_all(scale: float, *, only: str | None = None) -> dict[str, str]:
    """What became of each body with each reader."""
    found = {}
    for name, make in hostile_bodies(scale).items():
        if only not in (None, name):
            continue
        body = make()
        for kind, read in READERS.items():
            try:
                read(body)
                found[f"{name} as {kind}"] = "read"
            except DiscoveryError as error:
                found[f"{name} as {kind}"] = str(error)
    return found


@pytest.mark.slow
def test_hostile_bodies_of_every_day_give_a_result_or_one_line() -> None:
    found = read_all(EVERY_DAY)
    assert len(found) > 250
    assert all("\n" not in words and len(words) < 400 for words in found.values())
    assert "read" in found.values()


def test_no_file_of_ours_is_read_into_a_feed_or_sitemap(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TREASURE")
    for root in ("rss><channel><item", "urlset><url"):
        body = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]><{root}><title>&e;</title><loc>http://a/&e;</loc>'
        for read in (READERS["feed"], READERS["sitemap"]):
            try:
                assert "TREASURE" not in repr(read(body.encode()))
            except DiscoveryError as error:
                assert "TREASURE" not in str(error)  # noqa: PT017
    for name in (str(secret), secret.as_uri()):
        with pytest.raises(DiscoveryError):
            read_feed(name.encode(), URL)


PROGRAM = """
import os
from tests.test_discovery_hostile import MOST_SECONDS, read_all
from tests.hostile_bodies import hostile_bodies
for name in hostile_bodies():
    child = os.fork()
    if not child:
        read_all(1.0, only=name)
        os._exit(0)
    _, status, used = os.wait4(child, 0)
    print(name, os.waitstatus_to_exitcode(status), used.ru_maxrss // 1024, sep=";")
"""


@pytest.mark.slow
def test_hostile_bodies_of_full_size_stay_within_their_memory() -> None:
    """Each in a process of its own, so that a peak is one body's alone and a hang can be ended."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        timeout=MOST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    peaks = [line.split(";") for line in done.stdout.splitlines()]
    assert len(peaks) == len(hostile_bodies())
    assert not [peak for peak in peaks if peak[1] != "0"]
    assert not [peak for peak in peaks if int(peak[2]) > MOST_MEGABYTES]
