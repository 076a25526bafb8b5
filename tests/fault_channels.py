"""Feeds, sitemaps, listings and pages that mislead a whole run: each row a site, and which of its pages are
articles.

``{root}`` in what a site sends becomes its own root.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fault_server import Fault, article, http

XML = "application/xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultySite:
    """One site: its files by path, its channel, and the paths of which a run stores an article."""

    name: str
    files: Mapping[str, bytes]
    kind: str = "feeds"
    channel: str = "/feed"
    stored: frozenset[str] = field(default_factory=frozenset)

    @property
    def fault(self) -> Fault:
        """The site as the fault server knows it."""
        return Fault(
            name=self.name,
            sends=(http("404 Not Found"),),
            becomes="GoneError",
            own_host=True,
            extra={path: (reply,) for path, reply in self.files.items()},
        )


def faulty_sites() -> tuple[FaultySite, ...]:
    """Every row of this file."""
    return (*_feeds(), *_links(), *_sitemaps(), *_listings(), *_canonicals())


def _feeds() -> list[FaultySite]:
    """What is served as a feed. Where it names /a, /a is an article."""
    item = "<item><title>One</title><link>/a</link></item>"
    attributes = " ".join(f"a{n}='1'" for n in range(3_000))
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    broken = {
        "empty": b"", "spaces": b"  \n ", "html": b"<!doctype html><title>News</title><p>No feed here", "json": b"{}",
        "json-array": b"[1,2,3]", "png": b"\x89PNG\r\n\x1a\n" + bytes(500), "nul": bytes(500), "words": b"not found",
        "xml-only": b"<?xml version='1.0'?>", "other-xml": b"<?xml version='1.0'?><svg/>", "deep": b"<a>" * 50_000,
        "laughs": f"<!DOCTYPE x [<!ENTITY l0 'lol'>{laughs}]><rss><channel><title>&l11;</title></channel></rss>"
        .encode(),
        "no-items": b"<rss version='2.0'><channel><title>x</title></channel></rss>",
    }  # fmt: skip
    readable = {
        "cut": f"<rss version='2.0'><channel>{item}<item><title>Tw",
        "no-channel": f"<rss version='2.0'>{item}</rss>",
        "ampersand": f"<rss version='2.0'><channel><title>A & B</title>{item}</channel></rss>",
        "leading-space": f"\n\n <rss version='2.0'><channel>{item}</channel></rss>",
        "external-dtd": f"<!DOCTYPE rss SYSTEM 'http://10.0.0.1/'><rss version='2.0'><channel>{item}</channel></rss>",
        "external-entity": "<!DOCTYPE rss [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><rss version='2.0'><channel>"
        f"<title>&x;</title>{item}</channel></rss>",
        "stylesheet": f"<?xml-stylesheet href='http://10.0.0.1/'?><rss version='2.0'><channel>{item}</channel></rss>",
        "wrong-encoding": f"<?xml version='1.0' encoding='x-none'?><rss version='2.0'><channel>{item}</channel></rss>",
        "same-item-often": f"<rss version='2.0'><channel>{item * 500}</channel></rss>",
        "same-guid": f"<rss version='2.0'><channel>{item.replace('<link>', '<guid>1</guid><link>')}</channel></rss>",
        "far-future": f"<rss version='2.0'><channel>{item.replace('<link>', _FUTURE + '<link>')}</channel></rss>",
        "many-attributes": f"<rss version='2.0' {attributes}><channel>{item}</channel></rss>",
        "json-feed": '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "url": "{root}/a"}]}',
        "atom": "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>One</title><link href='/a'/></entry></feed>",
        "atom-no-namespace": "<feed><entry><title>One</title><link href='{root}/a'/></entry></feed>",
    }
    return [
        *(FaultySite(name=f"feed-{name}", files={"/feed": _xml(body)}) for name, body in broken.items()),
        *(_one_article(f"feed-{name}", {"/feed": _xml(text.encode())}) for name, text in readable.items()),
        *(
            _one_article(f"feed-called-{name}", {"/feed": http(body=_rss("/a"), content_type=said)})
            for name, said in (("html", "text/html"), ("plain", "text/plain"), ("bytes", "application/octet-stream"))
        ),
        FaultySite(name="feed-called-png", files={"/feed": http(body=_rss("/a"), content_type="image/png")}),
        FaultySite(name="feed-500", files={"/feed": http("500 Error")}),
        FaultySite(name="feed-moved-to-private", files={"/feed": http("301 Moved", "Location: http://10.0.0.1/feed")}),
        _one_article("feed-moved", {"/feed": http("301 Moved", "Location: /new"),
        "/new": http(body=_rss("/a"), content_type=XML)}),
    ]  # fmt: skip


def _links() -> list[FaultySite]:
    """What a feed may announce beside an honest article."""
    hostile = {
        "javascript": "javascript:alert(1)", "data": "data:text/html,x", "file": "file:///etc/passwd",
        "mailto": "mailto:a@b.example",
        "private": "http://10.0.0.1/a", "metadata": "http://169.254.169.254/latest/",
        "loopback": "http://127.0.0.1:1/x",
        "localhost": "http://localhost/x", "mapped": "http://[::ffff:7f00:1]/x", "octal": "http://0177.0.0.1/x",
        "bad": "http://[x",
        "port": "http://127.0.0.1:99999/x", "empty": "", "space": " ", "fragment": "#x", "ftp": "ftp://127.0.0.1/x",
        "nul": "http://127.0.0.1&#1;/x", "long": "/" + "x" * 20_000, "missing": "/missing", "picture": "/picture.png",
    }  # fmt: skip
    picture = {"/picture.png": http(body=b"\x89PNG\r\n\x1a\n", content_type="image/png")}
    return [
        _one_article(f"link-{name}", {"/feed": http(body=_rss(link, "/a"), content_type=XML), **picture})
        for name, link in hostile.items()
    ]


def _sitemaps() -> list[FaultySite]:
    """Sitemaps, which are only ever as large and as deep as they say."""
    head = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    url = "<url><loc>{root}/a</loc><lastmod>2026-09-01</lastmod></url>"
    readable = {
        "plain": f"{head}{url}</urlset>",
        "cut": f"{head}{url}<url><loc>{{root}}/b",
        "bad-dates": f"{head}{url.replace('2026-09-01', 'yesterday')}</urlset>",
        "spaces": f"{head}{url.replace('<loc>', '<loc>  ').replace('</loc>', ' </loc>')}</urlset>",
        "no-namespace": f"<urlset>{url}</urlset>",
        "index-of-itself": f"{index}<sitemap><loc>{{root}}/map</loc></sitemap>"
        "<sitemap><loc>{root}/two</loc></sitemap></sitemapindex>",
        "hostile-children": f"{index}<sitemap><loc>file:///etc/passwd</loc></sitemap><sitemap><loc>http://10.0.0.1/x</loc>"
        "</sitemap><sitemap><loc>{root}/two</loc></sitemap></sitemapindex>",
    }
    two = {"/two": http(body=f"{head}{url}</urlset>".encode(), content_type=XML)}
    rows = [
        _one_article(
            f"sitemap-{name}",
            {"/map": http(body=text.encode(), content_type=XML), **two},
            kind="sitemaps",
            channel="/map",
        )
        for name, text in readable.items()
    ]
    broken = {"html": b"<!doctype html><p>x", "empty": b"", "feedless": b"<x/>", "nul": bytes(99)}
    return rows + [
        FaultySite(
            name=f"sitemap-{name}",
            files={"/map": http(body=body, content_type=XML)},
            kind="sitemaps",
            channel="/map",
        )
        for name, body in broken.items()
    ]


def _listings() -> list[FaultySite]:
    """List pages that hold nothing."""
    pages = {
        "empty": b"",
        "no-links": b"<!doctype html><h1>News</h1>",
        "hostile-links": b"<a href='javascript:x'>A long headline</a>" * 5,
    }
    return [
        FaultySite(name=f"listing-{name}", files={"/news": http(body=body)}, kind="listings", channel="/news")
        for name, body in pages.items()
    ]


def _canonicals() -> list[FaultySite]:
    """What a page says its own address is: none of it may lose the article or send us anywhere."""
    told = {
        "self": "{root}/a", "relative": "/a", "home": "{root}/", "other-site": "https://elsewhere.example/story",
        "empty": "",
        "private": "http://10.0.0.1/a", "javascript": "javascript:alert(1)", "fragment": "#main", "bad": "http://[x",
        "data": "data:,x",
        "missing-page": "{root}/never", "tracking": "{root}/a?utm_source=x", "other-scheme": "ftp://127.0.0.1/a",
        "spaces": " {root}/a ",
    }  # fmt: skip
    rows = []
    for name, address in told.items():
        link = f"<link rel=canonical href='{address}'>".encode()
        page = article(f"canonical-{name}").replace(b"</head>", link + b"</head>")
        rows.append(
            FaultySite(
                name=f"canonical-{name}",
                files={"/feed": http(body=_rss("/a"), content_type=XML), "/a": http(body=page)},
                stored=frozenset(("/a",)),
            )
        )
    return rows


_FUTURE = "<pubDate>Mon, 01 Jan 2999 00:00:00 GMT</pubDate>"


def _one_article(
    name: str, files: dict[str, bytes], *, kind: str = "feeds", channel: str = "/feed"
) -> FaultySite:
    files = {"/a": http(body=article(name)), **files}
    return FaultySite(name=name, files=files, kind=kind, channel=channel, stored=frozenset(("/a",)))


def _xml(body: bytes) -> bytes:
    return http(body=body, content_type=XML)


def _rss(*links: str) -> bytes:
    items = "".join(
        f"<item><title>Item {n}</title><link>{link}</link></item>" for n, link in enumerate(links)
    )
    return f"<rss version='2.0'><channel><title>Site</title>{items}</channel></rss>".encode()
