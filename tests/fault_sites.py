"""What concerns a whole host: robots.txt, TLS, and time. Each row has a host of its own."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from tests.fault_server import PAGE, Fault, Hang, Repeat, Reset, Step, article, chunks, http, zipped

RESTS = "RobotsUnreachableError"
REFUSED = "RobotsDisallowedError"
SLOW = "DeadlineError"
BROKEN = "ConnectError"

DENY = b"User-agent: *\nDisallow: /\n"
ALLOW = b"User-agent: *\nAllow: /\n"
OURS = b"User-agent: cuttings\nDisallow: /r\n"
FIRST_BYTES = 512_000  # of robots.txt that count


def site_faults() -> tuple[Fault, ...]:
    """Every row of this file but TLS, which needs certificates."""
    return (*robots_files(), *robots_replies(), *times())


def robots_files() -> list[Fault]:
    """What stands in robots.txt."""
    filler = b"# nothing to see here\n" * (FIRST_BYTES // 22)
    files: dict[str, tuple[bytes, str]] = {
        "allow": (ALLOW, PAGE),
        "deny": (DENY, REFUSED),
        "deny-us": (b"User-agent: cuttings\nDisallow: /\n", REFUSED),
        "deny-us-upper-case": (b"USER-AGENT: CUTTINGS\nDISALLOW: /\n", REFUSED),
        "deny-us-with-version": (b"User-agent: cuttings/1.0\nDisallow: /\n", REFUSED),
        "deny-others": (b"User-agent: GPTBot\nDisallow: /\n", PAGE),
        "deny-longer-name": (b"User-agent: cuttingsbot\nDisallow: /\n", PAGE),
        "deny-shorter-name": (b"User-agent: cut\nDisallow: /\n", PAGE),
        "ours-beats-all": (b"User-agent: *\nDisallow: /\n\nUser-agent: cuttings\nAllow: /\n", PAGE),
        "groups-merge": (b"User-agent: cuttings\nDisallow: /a\n\nUser-agent: x\nAllow: /\n\n" + OURS, REFUSED),
        "two-agents": (b"User-agent: x\nUser-agent: cuttings\nDisallow: /\n", REFUSED),
        "unknown-line-between": (b"User-agent: cuttings\nNoindex: /x\nUser-agent: x\nDisallow: /\n", REFUSED),
        "empty": (b"", PAGE),
        "empty-disallow": (b"User-agent: *\nDisallow:\n", PAGE),
        "only-comments": (b"# Disallow: /\n", PAGE),
        "no-agent": (b"Disallow: /\n", PAGE),
        "html": (b"<!doctype html><title>Not here</title><p>User-agent: *", PAGE),
        "bom": (b"\xef\xbb\xbf" + DENY, REFUSED),
        "cr-only": (DENY.replace(b"\n", b"\r"), REFUSED),
        "crlf": (DENY.replace(b"\n", b"\r\n"), REFUSED),
        "spaces": (b"  User-agent :  *  \n\t Disallow\t:   /   \n", REFUSED),
        "comment-behind": (b"User-agent: * # all\nDisallow: / # everything\n", REFUSED),
        "no-newline-at-end": (DENY.rstrip(), REFUSED),
        "latin1": (b"# caf\xe9\n" + DENY, REFUSED),
        "nul": (b"User-agent: *\0\nDisallow: /\n", REFUSED),
        "typo": (b"User-agent: *\nDissallow: /\n", REFUSED),
        "longest-wins": (b"User-agent: *\nAllow: /feed\nAllow: /robots\nDisallow: /\n", PAGE),
        "equal-allows": (b"User-agent: *\nDisallow: /robots\nAllow: /robots\n", PAGE),
        "star": (b"User-agent: *\nDisallow: /*star\n", REFUSED),
        "dollar": (b"User-agent: *\nDisallow: /robots$\n", PAGE),
        "dollar-hits": (b"User-agent: *\nDisallow: /*-hits$\n", REFUSED),
        "escaped": (b"User-agent: *\nDisallow: /%72obots\n", REFUSED),
        "case-matters": (b"User-agent: *\nDisallow: /ROBOTS\n", PAGE),
        "deny-late": (filler + b"\n" + DENY, PAGE),
        "deny-early": (DENY + filler * 2, REFUSED),
        "many-stars": (b"User-agent: *\nDisallow: /" + b"*a" * 2_000 + b"\n", PAGE),
        "long-line": (b"User-agent: *\nDisallow: /" + b"x" * 200_000 + b"\n", PAGE),
        "many-rules": (b"User-agent: *\n" + b"".join(b"Disallow: /x%d\n" % n for n in range(20_000)), PAGE),
        "many-agents": (b"".join(b"User-agent: a%d\n" % n for n in range(20_000)) + b"Disallow: /\n", PAGE),
        "crawl-delay-absurd": (b"User-agent: *\nCrawl-delay: 1e99\n", PAGE),
        "crawl-delay-negative": (b"User-agent: *\nCrawl-delay: -5\n", PAGE),
        "crawl-delay-word": (b"User-agent: *\nCrawl-delay: slow\n", PAGE),
    }  # fmt: skip
    return [
        _robots(name, http(body=body, content_type="text/plain"), becomes)
        for name, (body, becomes) in files.items()
    ]


def robots_replies() -> list[Fault]:
    """How robots.txt answers."""
    plain = "text/plain"
    hops = {f"/hop-{n}": (http("302 Found", f"Location: /hop-{n - 1}"),) for n in range(1, 6)}
    return [
        *(_robots(f"{code}", http(f"{code} No"), PAGE) for code in (400, 401, 403, 404, 405, 410, 418, 451)),
        *(_robots(f"{code}", http(f"{code} No"), RESTS) for code in (429, 500, 502, 503, 504, 520)),
        _robots("503-retry", http("503 No", "Retry-After: 60"), RESTS),
        _robots("204", http("204 No Content"), PAGE),
        _robots(
            "gzip", http("200 OK", "Content-Encoding: gzip", body=zipped(DENY), content_type=plain), REFUSED
        ),
        _robots(
            "chunked", http("200 OK", "Transfer-Encoding: chunked", length=None) + chunks(DENY, 5), REFUSED
        ),
        _robots("until-close", http(body=DENY, length=None, content_type=plain), REFUSED),
        _robots("type-png", http(body=DENY, content_type="image/png"), REFUSED),
        _robots("gzip-cut", http("200 OK", "Content-Encoding: gzip", body=zipped(ALLOW)[:12]), RESTS),
        _robots("cut", http(body=ALLOW, length=99), RESTS),
        _robots("bomb", http("200 OK", "Content-Encoding: gzip", body=zipped(bytes(4_000_000), 1)), RESTS),
        _robots(
            "declared-huge",
            [http(length=10**12, content_type=plain), DENY, Repeat(data=b"#" * 9_999 + b"\n")],
            REFUSED,
        ),
        _robots("endless", [http(length=None), DENY, Repeat(data=b"#" * 9_999 + b"\n")], REFUSED),
        _robots(
            "chunked-endless",
            [_te() + chunks(DENY, end=b""), Repeat(data=b"2710\r\n" + b"#" * 9_999 + b"\n\r\n")],
            REFUSED,
        ),
        _robots("garbage", bytes(range(256)), RESTS),
        _robots("no-reply", b"", RESTS),
        _robots("reset", Reset, RESTS),
        _robots("hangs", Hang, RESTS),
        _robots("hangs-in-body", [http(length=99), DENY, Hang], RESTS),
        _robots("drips", [http(length=9_000), Repeat(data=b"#", pause=0.05)], RESTS),
        _robots(
            "headers-endless", [b"HTTP/1.1 200 OK\r\n", Repeat(data=b"X-A: b\r\n", times=100_000)], RESTS
        ),
        _robots(
            "moved", http("301 Moved", "Location: /moved.txt"), REFUSED, {"/moved.txt": (http(body=DENY),)}
        ),
        _robots("moved-host", http("301 Moved", "Location: http://127.0.0.1:{other}/some.txt"), PAGE),
        _robots(
            "moved-five",
            http("301 Moved", "Location: /hop-4"),
            REFUSED,
            hops | {"/hop-0": (http(body=DENY),)},
        ),
        _robots("moved-to-404", http("301 Moved", "Location: /nothing"), PAGE),
        _robots("moved-to-500", http("301 Moved", "Location: /five"), RESTS, {"/five": (http("500 No"),)}),
        _robots("moved-in-circle", http("301 Moved", "Location: /robots.txt"), PAGE),
        _robots("moved-to-private", http("301 Moved", "Location: http://10.0.0.1/robots.txt"), RESTS),
        _robots("moved-to-file", http("301 Moved", "Location: file:///etc/passwd"), RESTS),
        _robots("moved-nowhere", http("301 Moved"), RESTS),
        Fault(
            name="moved-to-denied-host",
            sends=(http("302 Found", "Location: http://127.0.0.1:{port}/inner/x"),),
            robots=(http(body=b"User-agent: *\nDisallow: /inner/\n", content_type=plain),),
            becomes=REFUSED,
        ),
    ]


def times() -> list[Fault]:
    """Slow in every place where a server can be slow. The limit in the tests is below a second."""
    body = article("slow")
    head = http(body=body)[: -len(body)]
    rows: dict[str, tuple[object, str]] = {
        "before-reply": (Hang, SLOW),
        "in-status-line": ([b"HTTP/1.1 2", Hang], SLOW),
        "in-headers": ([b"HTTP/1.1 200 OK\r\nContent-", Hang], SLOW),
        "after-headers": ([head, Hang], SLOW),
        "in-body": ([head + body[:300], Hang], SLOW),
        "in-body-until-close": ([http(body=body[:300], length=None), Hang], SLOW),
        "in-chunk": ([_te() + b"190\r\n" + body[:100], Hang], SLOW),
        "in-chunk-size": ([_te() + b"19", Hang], SLOW),
        "after-last-chunk": ([_te() + chunks(body, end=b"0\r\n"), Hang], SLOW),
        "drip-status-line": (Repeat(data=b"H", pause=0.05), f"{SLOW}|BadReplyError"),
        "drip-headers": ([b"HTTP/1.1 200 OK\r\n", Repeat(data=b"X-A: b\r\n", pause=0.05)], SLOW),
        "drip-one-header": ([b"HTTP/1.1 200 OK\r\nX-A: ", Repeat(data=b"b", pause=0.05)], SLOW),
        "drip-informational": (Repeat(data=b"HTTP/1.1 100 Continue\r\n\r\n", pause=0.05), SLOW),
        "drip-body": ([http(length=9_000), Repeat(data=b"<", pause=0.05)], SLOW),
        "drip-until-close": ([http(length=None), Repeat(data=b"<p>", pause=0.05)], SLOW),
        "drip-chunks": ([_te(), Repeat(data=b"1\r\n<\r\n", pause=0.05)], SLOW),
        "drip-chunk-size": ([_te(), Repeat(data=b"0", pause=0.05)], SLOW),
        "drip-trailers": ([_te() + b"0\r\n", Repeat(data=b"X-A: b\r\n", pause=0.05)], SLOW),
        "drip-redirects": ([0.2, http("302 Found", "Location: /more0")], SLOW),
        "but-in-time": ([0.1, head, 0.1, body], PAGE),
    }
    slow_hops = {f"/more{n}": (0.25, http("302 Found", f"Location: /more{n + 1}")) for n in range(9)}
    slow_hops["/more9"] = (0.25, http(body=body))
    return [
        Fault(
            name=f"slow-{name}",
            sends=_steps(sends),
            becomes=becomes,
            own_host=True,
            extra=slow_hops if name == "drip-redirects" else {},
        )
        for name, (sends, becomes) in rows.items()
    ]


def tls_faults() -> tuple[Fault, ...]:
    """Handshakes. The certificates' names are those of ``certificates``; others are played as they stand."""
    return (
        Fault(name="tls-good", sends=(http(body=article("tls-good")),), tls="good"),
        Fault(name="tls-no-goodbye", sends=(http(body=article("tls-x"), length=None),), tls="good"),
        Fault(
            name="tls-cut",
            sends=(http(body=article("tls-y"), length=9_999),),
            becomes="TruncatedError",
            tls="good",
        ),
        *(
            Fault(name=f"tls-{name}", sends=(http(body=article("x")),), becomes=f"{BROKEN}|{RESTS}", tls=name)
            for name in ("unknown-authority", "expired", "other-name", "old-protocol")
        ),
        *(
            Fault(
                name=f"tls-peer-{name}",
                sends=(),
                becomes=f"{BROKEN}|{RESTS}",
                tls=f"raw-{name}",
                extra={"": _steps(sends)},
            )
            for name, sends in (
                ("is-plain-http", http(body=article("x"))),
                ("garbage", b"\x16\x03\x03\xff\xff" + bytes(300)),
                ("closes", b""),
                ("resets", Reset),
                ("alert", b"\x15\x03\x03\x00\x02\x02\x28"),
                ("hangs", Hang),
                ("drips", Repeat(data=b"\x16", pause=0.05)),
            )
        ),
    )


def certificates(folder: Path) -> tuple[dict[str, ssl.SSLContext], Path]:
    """Server contexts by name, and the file of the authority that vouches for the good one."""
    authority, stranger = trustme.CA(), trustme.CA()
    past = datetime.now(UTC) - timedelta(days=2)
    contexts = {
        "good": _context(authority.issue_cert("127.0.0.1")),
        "other-name": _context(authority.issue_cert("other.example")),
        "expired": _context(
            authority.issue_cert("127.0.0.1", not_before=past - timedelta(days=9), not_after=past)
        ),
        "old-protocol": _context(authority.issue_cert("127.0.0.1"), newest=ssl.TLSVersion.TLSv1_1),
        "unknown-authority": _context(stranger.issue_cert("127.0.0.1")),
    }
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    return contexts, folder / "authority.pem"


def _context(
    certificate: trustme.LeafCert, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with warnings.catch_warnings():  # Python warns of the old protocol, which is what the row is about
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = newest
    return context


def _robots(
    name: str, sends: object, becomes: str, extra: dict[str, tuple[Step, ...]] | None = None
) -> Fault:
    name = f"robots-{name}"
    return Fault(
        name=name, sends=(http(body=article(name)),), becomes=becomes, robots=_steps(sends), extra=extra or {}
    )


def _steps(sends: object) -> tuple[Step, ...]:
    return tuple(sends) if isinstance(sends, list | tuple) else (sends,)  # type: ignore[return-value]


def _te() -> bytes:
    return http("200 OK", "Transfer-Encoding: chunked", length=None)
