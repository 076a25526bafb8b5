"""Bodies that attack whoever reads them as a feed, a sitemap or a list page, each with the size of the trick.

``scale`` 1.0 is the size of the issue (10^6 elements and the like); tests of every day use less.
"""

# one body a line

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping


def _nested_entities(levels: int) -> bytes:
    lines = [b'<!ENTITY e0 "lol">']
    lines += [b'<!ENTITY e%d "%s">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, levels)]
    return b'<?xml version="1.0"?><!DOCTYPE x [%s]>' % b"".join(lines)


def _feed(items: bytes) -> bytes:
    return b"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title>" + items + b"</channel></rss>"


def _item(element: bytes, content: bytes) -> bytes:
    return _feed(b"<item><%s>%s</%s></item>" % (element, content, element))


def _attributes(count: int, quote: bytes = b"'", value: bytes = b"1") -> bytes:
    return b" ".join(b"a%d=%s%s%s" % (number, quote, value, quote) for number in range(count))


def hostile_bodies(scale: float = 1.0) -> Mapping[str, Callable[[], bytes]]:
    """How to make each body, by its name; made one at a time they take no memory from those who measure
    it."""
    million, hundred_thousand, ten_thousand = (
        max(10, int(size * scale)) for size in (1_000_000, 100_000, 10_000)
    )
    return {
        "elements": lambda: _feed(b"<a/>" * million),
        "items": lambda: _feed(b"<item><title>a</title></item>" * (million // 3)),
        "unclosed items": lambda: _feed(b"<item>" * hundred_thousand),
        "nested elements": lambda: _feed(b"<a>" * hundred_thousand),
        "attributes": lambda: b"<rss><channel><item " + _attributes(hundred_thousand) + b"></item></channel></rss>",
        "attributes with brackets": lambda: b"<rss><channel><item " + _attributes(hundred_thousand, value=b">") + b"/></channel></rss>",
        "attributes in escaped html": lambda: _item(b"description", b"&lt;p " + _attributes(hundred_thousand, b"&quot;") + b"&gt;"),
        "attributes in cdata": lambda: _item(b"description", b"<![CDATA[<p " + _attributes(hundred_thousand) + b">]]>"),
        "namespaces": lambda: b"<rss " + b" ".join(b"xmlns:a%d='urn:%d'" % (n, n) for n in range(ten_thousand)) + b"/>",
        "billion laughs": lambda: _nested_entities(10) + b"<rss><channel><item><title>&e9;</title></item></channel></rss>",
        "billion laughs in utf-16": lambda: (_nested_entities(10) + b"<rss><channel><item><title>&e9;</title></item></channel></rss>")
        .decode()
        .encode("utf-16"),
        "quadratic blow-up": lambda: b'<!DOCTYPE x [<!ENTITY e "' + b"x" * hundred_thousand + b'">]>' + _item(b"title", b"&e;" * ten_thousand),
        "entity declarations": lambda: b"<!DOCTYPE x [" + b"<!ENTITY e 'b'>" * hundred_thousand,
        "document types": lambda: b"<!DOCTYPE " * hundred_thousand,
        "external entity": lambda: b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + _item(b"title", b"&e;"),
        "ampersands": lambda: _item(b"description", b"&" * million),
        "half references": lambda: _item(b"title", b"&#" * (million // 2)),
        "open cdata": lambda: _item(b"title", b"<![CDATA[" * hundred_thousand),
        "open comments": lambda: _feed(b"<!--" * hundred_thousand),
        "open comments in html": lambda: _item(b"description", b"<![CDATA[" + b"<!--" * (hundred_thousand // 2) + b"]]>"),
        "open instructions": lambda: _feed(b"<?" * hundred_thousand),
        "brackets": lambda: b"<" * million,
        "long title": lambda: _item(b"title", b"x" * (5 * million)),
        "title of tags": lambda: _item(b"title", b"<b>" * (hundred_thousand // 2)),
        "long link": lambda: _item(b"link", b"http://" + b"x" * (5 * million)),
        "long style": lambda: _item(b"description", b"&lt;p style='" + b"a" * (3 * hundred_thousand) + b"'&gt;"),
        "disguised long style": lambda: _item(b"description", b"&lt;p st&#121;le='" + b"&#97;" * hundred_thousand + b"'&gt;"),
        "long e-mail": lambda: _item(b"author", b"a.b" * (hundred_thousand // 3) + b"@x"),
        "disguised long e-mail": lambda: _item(b"author", b"a&#46;b" * (hundred_thousand // 3)),
        "unquoted address": lambda: _item(b"description", b"<![CDATA[" + b"<a href='" * (hundred_thousand // 2) + b"]]>"),
        "long date": lambda: _item(b"pubDate", b"2026-" * hundred_thousand),
        "dates": lambda: _feed(b"<item><pubDate>Mon, 99 Foo 99999999999 99:99:99 X</pubDate></item>" * ten_thousand),
        "points": lambda: _feed(b"<item><g:line xmlns:g='http://www.georss.org/georss'>" + b"1 " * hundred_thousand + b"</g:line></item>"),
        "links": lambda: b"<feed><entry>" + b"<link href='http://x/y'/>" * (hundred_thousand // 2) + b"</entry></feed>",
        "codec punycode": lambda: b"<?xml version='1.0' encoding='punycode'?><rss>" + b"a-b" * hundred_thousand,
        "codec zlib": lambda: b"<?xml version='1.0' encoding='zlib'?><rss/>",
        "nul": lambda: b"\0" * million,
        "line ends": lambda: b"\n" * (5 * million),
        "deep json": lambda: b'{"items":' + b"[" * million,
        "json items": lambda: b'{"items":[' + b'{"url":"http://x/"},' * (million // 3) + b"{}]}",
        "long json number": lambda: b'{"items":[{"id":' + b"9" * hundred_thousand + b"}]}",
        "json of wrong types": lambda: json.dumps({"items": [{"id": 1e300, "url": 5, "authors": [1, {"name": 3}], "date_published": "9999-99"}]}).encode(),
        "urls": lambda: b"<urlset>" + b"<url><loc>http://a/</loc></url>" * (million // 3),
        "nested urls": lambda: b"<urlset>" + b"<url>" * hundred_thousand,
        "one entry": lambda: b"<urlset><url>" + b"<loc>http://a</loc>" * (million // 2) + b"</url></urlset>",
        "broken tags": lambda: b"<urlset>" + b"<url " * (3 * million),
        "bomb": lambda: gzip.compress(b"0" * (100 * million)),
        "bomb of bombs": lambda: gzip.compress(gzip.compress(b"0" * (50 * million))),
        "text": lambda: b"http://a/b\n" * million,
        "robots": lambda: b"sitemap: http://a/b\n" * (million // 2),
        "nested divs": lambda: b"<html><body>" + b"<div>" * hundred_thousand + b"<a href=/a-b-c>x</a>",
        "nested links": lambda: b"<html><body>" + b"<a href=/a-b-c>" * (hundred_thousand // 2),
        "html attributes": lambda: b"<html><body><a " + _attributes(million) + b">x</a>",
        "html attributes with brackets": lambda: b"<html><body><a " + _attributes(hundred_thousand, value=b">") + b">x</a>",
        "classes": lambda: b"<html><body><div class='" + b"a " * (million // 2) + b"'><a href=/a-b-c>x</a>",
        "page of links": lambda: b"<html>" + b"".join(b"<a href=/a-b-%d>some words in a row</a>" % n for n in range(hundred_thousand)),
        "one heading": lambda: b"<h2>x" * (ten_thousand // 5) + b"".join(b"<a href=/a-b-%d>Read more</a>" % n for n in range(ten_thousand // 5)),
        "list of dates": lambda: b"<li><a href=/a-b-c>one two three</a> " + b"1 January 2026 " * hundred_thousand,
        "feed links": lambda: b"".join(b"<link rel=alternate type=application/rss+xml href=/f%d>" % n for n in range(hundred_thousand)),
        "long base": lambda: b"<base href='http://" + b"x" * million + b"'><a href=a-b-c>x</a>",
    }  # fmt: skip
