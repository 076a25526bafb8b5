"""The test site itself: what other tests lean on must stand."""

from __future__ import annotations

import http.client
from threading import Thread

import pytest

from pipelines.demo.server import Reply, not_modified_since
from tests.site import NOON, Entry, Site, days


def ask(site: Site, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
    try:
        connection.request(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def test_a_page_comes_with_an_etag_and_then_304(site: Site) -> None:
    site.page("/a", "<p>Förster</p>", modified=NOON)
    status, headers, body = ask(site, "/a")
    assert (status, body.decode()) == (200, "<p>Förster</p>")
    assert headers["last-modified"] == "Mon, 07 Sep 2026 12:00:00 GMT"
    assert ask(site, "/a", if_none_match=headers["etag"])[0] == 304
    site.page("/a", "<p>changed</p>", modified=NOON + days(1))
    assert ask(site, "/a", if_none_match=headers["etag"])[0] == 200
    assert ask(site, "/a", if_modified_since=headers["last-modified"])[0] == 200


@pytest.mark.parametrize(
    ("asked", "current"),
    [
        ({}, False),
        ({"if-none-match": '"x", W/"y"'}, True),
        ({"if-none-match": '"x"'}, False),
        ({"if-none-match": "*"}, True),
        ({"if-modified-since": "Mon, 07 Sep 2026 12:00:00 GMT"}, True),
        ({"if-modified-since": "Mon, 07 Sep 2026 11:59:59 GMT"}, False),
        ({"if-modified-since": "yesterday"}, False),
        ({"if-none-match": '"x"', "if-modified-since": "Mon, 07 Sep 2026 12:00:00 GMT"}, False),
    ],
)
def test_conditions_are_those_of_the_standard(asked: dict[str, str], current: bool) -> None:
    assert (
        not_modified_since(asked, {"ETag": '"y"', "Last-Modified": "Mon, 07 Sep 2026 12:00:00 GMT"})
        is current
    )


def test_the_log_keeps_headers_and_order(site: Site) -> None:
    site.page("/a")
    ask(site, "/a?x=1", user_agent="me/1")
    ask(site, "/b")
    assert [entry.target for entry in site.log] == ["/a?x=1", "/b"]
    assert site.last("/a").headers["user-agent"] == "me/1"
    assert (site.count("/a"), site.count("/a?x=1"), site.count("/a?x=2")) == (1, 1, 0)
    site.forget()
    assert site.log == ()


def test_unknown_pages_and_robots_are_404_until_set(site: Site) -> None:
    assert ask(site, "/robots.txt")[0] == 404
    site.robots("User-agent: *\nDisallow: /private")
    assert ask(site, "/robots.txt")[2].startswith(b"User-agent")


def test_sequences_redirects_and_removal(site: Site) -> None:
    site.sequence("/a", Reply(status=503), Reply(body=b"fine"))
    assert [ask(site, "/a")[0] for _ in range(3)] == [503, 200, 200]
    site.redirect("/old", "/a")
    status, headers, _ = ask(site, "/old")
    assert (status, headers["location"]) == (301, "/a")
    site.remove("/a", status=410)
    assert ask(site, "/a")[0] == 410


def test_channels_name_their_entries(site: Site) -> None:
    entries = [Entry(path="/a?x=1&y=2", title="Care & control", content="<p>All</p>")]
    site.feed("/rss", entries)
    site.feed("/atom", entries, atom=True)
    site.sitemap("/sitemap.xml", entries)
    site.listing("/news", entries)
    for path in ("/rss", "/atom", "/sitemap.xml", "/news"):
        body = ask(site, path)[2].decode()
        assert "Care &amp; control" in body
        assert "/a?x=1&amp;y=2" in body


def test_a_held_page_waits_for_its_gate(site: Site) -> None:
    site.page("/a", "done")
    gate = site.hold("/a")
    got: list[bytes] = []
    thread = Thread(target=lambda: got.append(ask(site, "/a")[2]))
    thread.start()
    thread.join(0.1)
    assert got == []
    gate.set()
    thread.join(5)
    assert got == [b"done"]


def test_stopping_does_not_wait_for_idle_connections() -> None:
    with Site() as site:
        site.page("/a", "x")
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=5)
        connection.request("GET", "/a")
        assert connection.getresponse().read() == b"x"
        port = site.port
    connection.close()
    fresh = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with pytest.raises(OSError, match=r"refused"):
        fresh.request("GET", "/a")
