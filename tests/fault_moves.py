"""What a server may answer instead of a page: redirects, refusals, errors, challenges."""

from __future__ import annotations

from tests.fault_server import PAGE, Fault, Hang, Repeat, Step, article, http

NOWHERE = "RedirectError"
FORBIDDEN = "ForbiddenAddressError"
STATUS = "StatusError"
BLOCKED = "BlockedError"
GONE = "GoneError"
LIMITED = "RateLimitedError"


def move_faults() -> tuple[Fault, ...]:
    """Every row of this file."""
    return (*redirects(), *forbidden_places(), *statuses(), *refusals(), *challenges())


def redirects() -> list[Fault]:
    """Where a Location may lead. Places on the other host all hold an article."""
    led = {
        "relative": "target", "root": "/redirect-root-target", "dots": "/a/../redirect-dots-target", "query": "?x=1",
        "absolute": "http://127.0.0.1:{other}/redirect-absolute", "no-scheme": "//127.0.0.1:{other}/redirect-x",
        "fragment": "http://127.0.0.1:{other}/redirect-fragment#part", "spaces": "http://127.0.0.1:{other}/re directs",
        "utf8": "http://127.0.0.1:{other}/caf\u00e9", "backslashes": "http:\\\\127.0.0.1:{other}\\redirect-backslashes",
        "upper-case": "HTTP://127.0.0.1:{other}/redirect-upper-case", "tab": "\thttp://127.0.0.1:{other}/redirect-tab",
        "credentials": "http://user:secret@127.0.0.1:{other}/redirect-credentials",
        "octal": "http://0177.0.0.1:{other}/redirect-octal", "decimal": "http://2130706433:{other}/redirect-decimal",
        "hex": "http://0x7f.1:{other}/redirect-hex", "long": "http://127.0.0.1:{other}/" + "a" * 6_000,
    }  # fmt: skip
    nowhere = {
        "ftp": "ftp://127.0.0.1/x", "file": "file:///etc/passwd", "javascript": "javascript:alert(1)",
        "data": "data:text/html,<p>x", "mailto": "mailto:a@example.org", "gopher": "gopher://127.0.0.1:{other}/1",
        "no-host": "http://", "bad-port": "http://127.0.0.1:99999/", "bad-ipv6": "http://[::1/x",
        "about": "about:blank",
        "bad-host": "http://exa mple/", "empty-host": "http:///", "unix": "unix:///var/run/docker.sock",
        "blob": "blob:x",
        "itself": "/redirect-to-itself",
    }  # fmt: skip
    statuses = (
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    )
    rows = [
        _move(f"redirect-{name}", place)
        for name, place in led.items()
        if name not in ("relative", "root", "dots", "query")
    ]
    rows += [
        _move(f"redirect-{name}", led[name], extra={path: (http(body=article(f"redirect {name}")),)})
        for name, path in (
            ("relative", "/target"), ("root", "/redirect-root-target"), ("dots", "/redirect-dots-target"),
            ("query", "/redirect-query?x=1"),
        )
    ]  # fmt: skip
    rows += [
        _move(f"redirect-{line[:3]}", "http://127.0.0.1:{other}/" + line[:3], status=line)
        for line in statuses
    ]
    rows += [_move(f"redirect-to-{name}", place, becomes=NOWHERE) for name, place in nowhere.items()]
    chain = {f"/hop-{n}": (_to(f"/hop-{n - 1}"),) for n in range(1, 12)} | {
        "/hop-0": (http(body=article("ten hops")),)
    }
    return [
        *rows,
        Fault(name="redirect-ten-hops", sends=(_to("/hop-9"),), extra=chain),
        Fault(name="redirect-eleven-hops", sends=(_to("/hop-10"),), becomes=NOWHERE),
        Fault(
            name="redirect-circle",
            sends=(_to("/circle"),),
            extra={"/circle": (_to("/redirect-circle"),)},
            becomes=NOWHERE,
        ),
        Fault(
            name="redirect-cookie-wall",
            sends=(_to("/wall", "Set-Cookie: seen=1"),),
            extra={"/wall": (_to("/redirect-cookie-wall"),)},
            becomes=NOWHERE,
        ),
        Fault(name="redirect-no-location", sends=(http("302 Found"),), becomes=NOWHERE),
        Fault(name="redirect-empty-location", sends=(http("302 Found", "Location:"),), becomes=NOWHERE),
        Fault(name="redirect-two-places", sends=(http("302 Found", "Location: /a", "Location: /b"),), becomes=NOWHERE),
        _move("redirect-same-location-twice", "http://127.0.0.1:{other}/twice", more=("Location: http://127.0.0.1:{other}/twice",)),
        Fault(name="redirect-body-hangs", sends=(_to("http://127.0.0.1:{other}/hangs", length=5_000), Hang)),
        Fault(
            name="redirect-body-endless",
            sends=(_to("http://127.0.0.1:{other}/endless", length=None), Repeat(data=b"x" * 999)),
        ),
        Fault(name="redirect-to-404", sends=(_to("/not-there"),), becomes=GONE),
        Fault(name="redirect-refresh", sends=(http("200 OK", "Refresh: 0; url=/x", body=article("refresh")),)),
        Fault(name="redirect-300", sends=(http("300 Multiple Choices", "Location: /x"),), becomes=STATUS),
        Fault(name="redirect-305", sends=(http("305 Use Proxy", "Location: http://127.0.0.1/"),), becomes=STATUS),
        Fault(name="redirect-306", sends=(http("306 Switch Proxy", "Location: /x"),), becomes=STATUS),
        Fault(name="redirect-200-location", sends=(http("200 OK", "Location: /x", body=article("location")),)),
        Fault(name="redirect-201-location", sends=(http("201 Created", "Location: /x"),), becomes=STATUS),
    ]  # fmt: skip


def forbidden_places() -> list[Fault]:
    """Addresses that no page may lead us to. Port {port} serves, so a connection would succeed where one is
    made."""
    places = {
        "private-10": "http://10.0.0.1/", "private-172": "http://172.16.0.1/", "private-192": "http://192.168.1.1/",
        "metadata": "http://169.254.169.254/latest/meta-data/", "metadata-azure": "http://168.63.129.16/",
        "metadata-alibaba": "http://100.100.100.200/", "metadata-ipv6": "http://[fd00:ec2::254]/", "zero": "http://0.0.0.0/",
        "zero-short": "http://0/", "loopback": "http://127.0.0.1/", "loopback-other": "http://127.0.0.2:{port}/",
        "loopback-short": "http://127.1/", "loopback-octal": "http://0177.1/", "loopback-hex": "http://0x7f000001/",
        "loopback-decimal": "http://2130706433/", "loopback-name": "http://localhost:{port}/", "loopback-v6": "http://[::1]:{port}/",
        "loopback-mapped": "http://[::ffff:127.0.0.1]:{port}/", "loopback-mapped-hex": "http://[::ffff:7f00:1]:{port}/",
        "loopback-compatible": "http://[::127.0.0.1]:{port}/", "nat64": "http://[64:ff9b::7f00:1]:{port}/",
        "nat64-local": "http://[64:ff9b:1::a00:1]/", "six-to-four": "http://[2002:7f00:1::]/", "teredo": "http://[2001::1]/",
        "link-local": "http://[fe80::1]/", "unique-local": "http://[fc00::1]/", "multicast": "http://224.0.0.1/",
        "multicast-v6": "http://[ff02::1]/", "broadcast": "http://255.255.255.255/", "reserved": "http://240.0.0.1/",
        "carrier": "http://100.64.0.1/", "benchmark": "http://198.18.0.1/", "documentation": "http://192.0.2.1/",
        "full-width": "http://\uff11\uff12\uff17.0.0.1/", "escaped": "http://%31%32%37.0.0.1/", "ssh": "http://127.0.0.1:22/",
        "dotless-octets": "http://127.0.1/", "trailing-dot": "http://127.0.0.1./", "unlisted-port": "http://127.0.0.1:9/",
        "other-scheme": "https://127.0.0.1/", "site-local": "http://[fec0::1]/", "discard": "http://[100::1]/",
    }  # fmt: skip
    return [_move(f"forbidden-{name}", place, becomes=FORBIDDEN) for name, place in places.items()]


def statuses() -> list[Fault]:
    """Final statuses that are no page."""
    plain = (
        201,
        202,
        204,
        205,
        206,
        207,
        226,
        305,
        400,
        405,
        406,
        408,
        409,
        411,
        412,
        413,
        414,
        415,
        416,
        417,
        418,
        421,
    )
    plain += (
        422,
        423,
        424,
        425,
        426,
        428,
        431,
        444,
        494,
        499,
        500,
        501,
        502,
        504,
        505,
        507,
        508,
        510,
        511,
        520,
        522,
        526,
        530,
        599,
    )
    return [
        Fault(name="status-203", sends=(http("203 Non-Authoritative", body=article("status-203")),)),
        Fault(name="status-304-unasked", sends=(http("304 Not Modified"),), becomes=STATUS),
        *(_status(f"status-{code}", f"{code} Some", STATUS) for code in plain),
        *(_status(f"status-{code}", f"{code} Gone", GONE) for code in (404, 410)),
        *(_status(f"status-{code}", f"{code} No", BLOCKED) for code in (401, 402, 403, 407, 451, 999)),
        _status("status-401-basic", "401 Unauthorized", BLOCKED, 'WWW-Authenticate: Basic realm="x"'),
        _status(
            "status-407-proxy", "407 Proxy Authentication Required", BLOCKED, "Proxy-Authenticate: Basic"
        ),
        Fault(
            name="status-404-endless",
            sends=(http("404 Not Found", length=None), Repeat(data=b"x" * 999)),
            becomes=GONE,
        ),
        Fault(name="status-500-hangs", sends=(http("500 Error", length=900), Hang), becomes=STATUS),
    ]


def refusals() -> list[Fault]:
    """Asked to come back later: each on a host of its own, since the whole host is then treated with more
    care."""
    waits = {
        "seconds": "Retry-After: 120", "zero": "Retry-After: 0", "date": "Retry-After: Wed, 21 Oct 2099 07:28:00 GMT",
        "past": "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", "negative": "Retry-After: -5",
        "word": "Retry-After: soon",
        "huge": "Retry-After: 99999999999999999999", "empty": "Retry-After:", "float": "Retry-After: 1.5",
    }  # fmt: skip
    rows = [
        Fault(
            name=f"limited-{code}-{name}",
            sends=(http(f"{code} Later", line),),
            becomes=LIMITED,
            own_host=True,
        )
        for code in (429, 503)
        for name, line in waits.items()
    ]
    return [
        *rows,
        Fault(name="limited-429", sends=(http("429 Too Many Requests"),), becomes=LIMITED, own_host=True),
        Fault(
            name="limited-503",
            sends=(http("503 Unavailable", body=article("x")),),
            becomes=LIMITED,
            own_host=True,
        ),
    ]


def challenges() -> list[Fault]:
    """A puzzle for browsers in the place of the page; and pages that only look like one."""
    script = b"<script>window._cf_chl_opt={cType:'managed'};</script>"
    return [
        _status(
            "challenge-cloudflare", "403 Forbidden", BLOCKED, "cf-mitigated: challenge", "Server: cloudflare"
        ),
        _status("challenge-cloudflare-503", "503 Unavailable", BLOCKED, "cf-mitigated: challenge"),
        _status("challenge-cloudflare-429", "429 Slow", BLOCKED, "cf-mitigated: challenge"),
        _status("challenge-aws-202", "202 Accepted", BLOCKED, "x-amzn-waf-action: challenge"),
        _status("challenge-aws-405", "405 Not Allowed", BLOCKED, "x-amzn-waf-action: captcha"),
        _status("challenge-ddos-guard", "503 Unavailable", BLOCKED, "Server: ddos-guard"),
        _status("challenge-datadome", "403 Forbidden", BLOCKED, "x-datadome: protected"),
        _shown("challenge-shown-cloudflare", b"<title>Just a moment...</title>" + script),
        _shown(
            "challenge-shown-datadome", b"<script src=https://geo.captcha-delivery.com/captcha/x></script>"
        ),
        _shown("challenge-shown-perimeterx", b'<div id="px-captcha"></div>'),
        _shown(
            "challenge-shown-incapsula", b"<iframe src=/_Incapsula_Resource?SWUDNSAI=31&xinfo=1></iframe>"
        ),
        _shown("challenge-shown-aws", b"<script>window.gokuProps={};</script>"),
        _shown(
            "challenge-shown-siteground", b'<meta http-equiv=refresh content="0;/.well-known/sgcaptcha/?r=x">'
        ),
        Fault(
            name="challenge-only-a-script",
            sends=(
                http(
                    body=article("script")
                    + b"<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js></script>"
                ),
            ),
        ),
        Fault(
            name="challenge-only-cloudflare",
            sends=(http("200 OK", "Server: cloudflare", "CF-RAY: 1", body=article("ray")),),
        ),
    ]


def _to(place: str, *more: str, status: str = "302 Found", length: int | None = -1) -> bytes:
    return http(status, f"Location: {place}", *more, length=length)


def _move(
    name: str,
    place: str,
    *,
    becomes: str = PAGE,
    status: str = "302 Found",
    more: tuple[str, ...] = (),
    extra: dict[str, tuple[Step, ...]] | None = None,
) -> Fault:
    return Fault(name=name, sends=(_to(place, *more, status=status),), becomes=becomes, extra=extra or {})


def _status(name: str, line: str, becomes: str, *headers: str) -> Fault:
    body = b"" if line[:3] in ("204", "205", "304") else b"<p>Sorry</p>"
    return Fault(name=name, sends=(http(line, *headers, body=body),), becomes=becomes)


def _shown(name: str, body: bytes) -> Fault:
    return Fault(name=name, sends=(http(body=body),), becomes=BLOCKED)
