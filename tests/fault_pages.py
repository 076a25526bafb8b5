"""What a server may send for one page: framing, headers, compression, content types, sizes."""

from __future__ import annotations

import zlib
from functools import cache

import brotli
import zstandard

from tests.fault_server import PAGE, Fault, Hang, Repeat, Reset, Step, article, chunks, http, zipped

BAD = "BadReplyError"
CUT = "TruncatedError"
BIG = "TooLargeError"
TYPE = "ContentTypeError"

TEST_MAX_BYTES = 400_000  # fetch.max_bytes in the tests
BOMB = bytes(4_000_000)


@cache  # packing what unpacks to megabytes takes half a second, and three test files ask for it
def page_faults() -> tuple[Fault, ...]:
    """Every row of this file."""
    return (*framing(), *heads(), *compression(), *types(), *sizes())


def framing() -> list[Fault]:
    """Where the body ends, and what stands between."""
    return [
        _whole("length", lambda body: http(body=body)),
        _whole("chunked", lambda body: _te() + chunks(body)),
        _whole("chunked-one-byte", lambda body: _te() + chunks(body, 1)),
        _whole("chunked-upper-hex", lambda body: _te() + chunks(body, 0xAB).replace(b"ab\r\n", b"00AB\r\n")),
        _whole(
            "chunked-extensions",
            lambda body: _te() + chunks(body, 1000).replace(b"3e8\r\n", b'3e8;a=1;b="x y"\r\n'),
        ),
        _whole(
            "chunked-space-after-size",
            lambda body: _te() + chunks(body, 1000).replace(b"3e8\r\n", b"3e8  \r\n"),
        ),
        _whole(
            "chunked-trailers", lambda body: _te() + chunks(body, end=b"0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n")
        ),
        _whole("chunked-bare-newlines", lambda body: _te() + chunks(body).replace(b"190\r\n", b"190\n")),
        _whole("chunked-no-final-newline", lambda body: _te() + chunks(body, end=b"0\r\n")),
        _whole("chunked-case", lambda body: _te("Transfer-Encoding: CHUNKED") + chunks(body)),
        _whole(
            "chunked-and-length",
            lambda body: _te("Transfer-Encoding: chunked", "Content-Length: 7") + chunks(body),
        ),
        _whole("chunked-identity", lambda body: _te("Transfer-Encoding: identity, chunked") + chunks(body)),
        _whole("until-close", lambda body: http(body=body, length=None)),
        _whole("until-close-http10", lambda body: http(body=body, length=None, version="HTTP/1.0")),
        _whole("length-http10", lambda body: http(body=body, version="HTTP/1.0")),
        _whole("length-twice-same", lambda body: http("200 OK", f"Content-Length: {len(body)}", body=body)),
        _whole(
            "length-list-same",
            lambda b: http("200 OK", f"Content-Length: {len(b)}, {len(b)}", body=b, length=None),
        ),
        _whole(
            "length-spaces", lambda b: http("200 OK", f"Content-Length:    {len(b)}  ", body=b, length=None)
        ),
        _whole(
            "junk-after-body",
            lambda body: http(body=body) + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        ),
        _row("length-two-values", http("200 OK", "Content-Length: 7", body=b"<p>x"), BAD),
        _row("length-negative", _length("-5"), BAD),
        _row("length-plus", _length("+5"), BAD),
        _row("length-hex", _length("0x5"), BAD),
        _row("length-underscore", _length("1_0"), BAD),
        _row("length-word", _length("many"), BAD),
        _row("length-float", _length("5.0"), BAD),
        _row("length-unicode-digit", _length("\u0665"), BAD),
        _row("length-too-long", http(body=article("length-too-long"), length=9_999), CUT),
        _row("length-far-too-long", http(body=b"<p>", length=300_000), CUT),
        _row("length-reset", [http(body=b"<p>half", length=5_000), 0.05, Reset], f"{CUT}|ConnectError"),
        _row("chunked-cut-inside", _te() + chunks(article("x"))[:700], CUT),
        _row("chunked-cut-between", _te() + chunks(article("x"), end=b""), CUT),
        _row("chunked-cut-at-once", _te(), CUT),
        _row("chunked-cut-in-size", _te() + b"1", CUT),
        _row("chunked-negative", _te() + b"-1\r\nabc\r\n0\r\n\r\n", BAD),
        _row("chunked-underscore", _te() + b"1_0\r\n" + bytes(16) + b"\r\n0\r\n\r\n", BAD),
        _row("chunked-hex-prefix", _te() + b"0x4\r\nabcd\r\n0\r\n\r\n", BAD),
        _row("chunked-word", _te() + b"four\r\nabcd\r\n0\r\n\r\n", BAD),
        _row("chunked-empty-size", _te() + b"\r\nabcd\r\n0\r\n\r\n", BAD),
        _row("chunked-longer-than-it-says", _te() + b"3\r\nabcdef\r\n0\r\n\r\n", BAD),
        _row("chunked-huge-size", _te() + b"fffffffffffffff\r\nabc\r\n", BIG),
        _row("chunked-more-digits", _te() + b"f" * 40 + b"\r\nabc\r\n", BAD),
        _row("chunked-size-line-endless", [_te(), Repeat(data=b"0" * 1_000, times=50)], BAD),
        _row("chunked-trailers-endless", [_te() + b"0\r\n", Repeat(data=b"X: y\r\n", times=5_000)], BAD),
        _row(
            "coding-gzip-chunked", _te("Transfer-Encoding: gzip, chunked") + chunks(zipped(article("x"))), BAD
        ),
        _row("coding-unknown", _te("Transfer-Encoding: xchunked") + chunks(article("x")), BAD),
        _row("coding-chunked-twice", _te("Transfer-Encoding: chunked, chunked") + chunks(article("x")), BAD),
    ]


def heads() -> list[Fault]:
    """Status lines and headers."""
    return [
        _whole("no-reason", lambda body: http("200", body=body)),
        _whole("long-reason", lambda body: http("200 " + "fine " * 200, body=body)),
        _whole(
            "bare-newlines",
            lambda body: http().replace(b"\r\n", b"\n").replace(b": 0", b": %d" % len(body)) + body,
        ),
        _whole("folded-header", lambda body: http("200 OK", "X-Long: one\r\n two\r\n\tthree", body=body)),
        _whole("line-without-colon", lambda body: http("200 OK", "this is no header", body=body)),
        _whole("space-before-colon", lambda body: http("200 OK", "X-Odd : 1", body=body)),
        _whole("space-in-header-name", lambda body: http("200 OK", "X Odd: 1", body=body)),
        _whole("empty-header", lambda body: http("200 OK", "X-Empty:", body=body)),
        _whole("no-header-name", lambda body: http("200 OK", ": nameless", body=body)),
        _whole("header-latin1", lambda body: http("200 OK", "X-Name: caf\u00e9", body=body)),
        _whole(
            "header-control-characters", lambda body: http("200 OK", "X-Odd: a\x00b\x1b[31mc\x7f", body=body)
        ),
        _whole(
            "many-cookies",
            lambda b: http("200 OK", *(f"Set-Cookie: c{n}={n}; Path=/" for n in range(80)), body=b),
        ),
        _whole("many-headers", lambda b: http("200 OK", *(f"X-{n}: {n}" for n in range(150)), body=b)),
        _whole("long-header", lambda body: http("200 OK", "X-Long: " + "x" * 60_000, body=body)),
        _whole("continue-first", lambda body: b"HTTP/1.1 100 Continue\r\n\r\n" + http(body=body)),
        _whole(
            "early-hints",
            lambda body: b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" * 2 + http(body=body),
        ),
        _whole("processing-first", lambda body: b"HTTP/1.1 102 Processing\r\n\r\n" + http(body=body)),
        _whole("head-in-pieces", lambda body: http(body=body), pieces=7),
        _row(
            "informational-endless",
            Repeat(data=b"HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n", times=20_000),
            BAD,
        ),
        _row("switching-protocols", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", BAD),
        _row("http09", article("http09"), BAD),
        _row("http2-line", http(body=article("x"), version="HTTP/2.0"), BAD),
        _row("http3-line", http(body=article("x"), version="HTTP/3"), BAD),
        _row("http-lower-case", http(body=article("x"), version="http/1.1"), BAD),
        _row("icy", http(body=article("x"), version="ICY"), BAD),
        _row("status-two-digits", http("99 Odd", body=article("x")), BAD),
        _row("status-four-digits", http("2000 OK", body=article("x")), BAD),
        _row("status-word", http("OK 200", body=article("x")), BAD),
        _row("status-negative", http("-200 OK", body=article("x")), BAD),
        _row("status-missing", b"HTTP/1.1\r\n\r\n", BAD),
        _row("blank-line-first", b"\r\n" + http(body=article("x")), BAD),
        _row("garbage", bytes(range(256)) * 20, BAD),
        _row("ssh-banner", b"SSH-2.0-OpenSSH_9.6\r\n", BAD),
        _row("smtp-banner", b"220 mail.example.org ESMTP\r\n", BAD),
        _row("tls-alert", b"\x15\x03\x01\x00\x02\x02\x50", BAD),
        _row("no-reply", b"", "ConnectError"),
        _row("reset", Reset, "ConnectError"),
        _row("half-a-status-line", b"HTTP/1.", f"{BAD}|{CUT}"),
        _row("half-a-head", b"HTTP/1.1 200 OK\r\nContent-Type: text/h", CUT),
        _row("head-without-end", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", CUT),
        _row(
            "too-many-headers", http("200 OK", *(f"X-{n}: {n}" for n in range(1_000)), body=article("x")), BAD
        ),
        _row("too-long-header", http("200 OK", "X-Long: " + "x" * 70_000, body=article("x")), BAD),
        _row(
            "too-large-head",
            http("200 OK", *(f"X-{n}: {'x' * 50_000}" for n in range(8)), body=article("x")),
            BAD,
        ),
        _row("header-endless", [b"HTTP/1.1 200 OK\r\nX-A: ", Repeat(data=b"a" * 10_000, times=100)], BAD),
        _row("headers-endless", [b"HTTP/1.1 200 OK\r\n", Repeat(data=b"X-A: b\r\n", times=100_000)], BAD),
    ]


def compression() -> list[Fault]:
    """Content-Encoding, true and false."""
    return [
        _packed("gzip", "gzip", zipped),
        _packed("x-gzip", "x-gzip", zipped),
        _packed("gzip-upper-case", "GZIP", zipped),
        _packed("gzip-two-members", "gzip", lambda body: zipped(body[:500]) + zipped(body[500:])),
        _packed("gzip-zero-padding", "gzip", lambda body: zipped(body) + bytes(100)),
        _packed("gzip-trailing-junk", "gzip", lambda body: zipped(body) + b"junk"),
        _packed("deflate-zlib", "deflate", zlib.compress),
        _packed("deflate-raw", "deflate", _raw_deflate),
        _packed("br", "br", brotli.compress),
        _packed("zstd", "zstd", zstandard.compress),
        _packed(
            "zstd-two-frames",
            "zstd",
            lambda body: zstandard.compress(body[:500]) + zstandard.compress(body[500:]),
        ),
        _packed("zstd-checksum", "zstd", zstandard.ZstdCompressor(write_checksum=True).compress),
        _packed("identity", "identity", bytes),
        _packed("encoding-empty", "", bytes),
        _packed("gzip-then-deflate", "gzip, deflate", lambda body: zlib.compress(zipped(body))),
        _packed(
            "br-then-gzip-then-zstd",
            "br,gzip , zstd",
            lambda b: zstandard.compress(zipped(brotli.compress(b))),
        ),
        _whole(
            "gzip-chunked",
            lambda b: _te("Transfer-Encoding: chunked", "Content-Encoding: gzip") + chunks(zipped(b)),
        ),
        _whole(
            "gzip-until-close",
            lambda b: http("200 OK", "Content-Encoding: gzip", body=zipped(b), length=None),
        ),
        _bad_pack("gzip-is-plain", "gzip", article("x"), CUT),
        _bad_pack("gzip-is-zstd", "gzip", zstandard.compress(article("x")), CUT),
        _bad_pack("br-is-plain", "br", article("x"), CUT),
        _bad_pack("zstd-is-plain", "zstd", article("x"), CUT),
        _bad_pack("deflate-is-plain", "deflate", article("x"), CUT),
        _bad_pack("gzip-cut", "gzip", zipped(article("x"))[:200], CUT),
        _bad_pack("gzip-cut-in-head", "gzip", zipped(article("x"))[:6], CUT),
        _bad_pack("gzip-cut-in-checksum", "gzip", zipped(article("x"))[:-3], CUT),
        _bad_pack("gzip-without-trailer", "gzip", zipped(article("x"))[:-8], CUT),
        _bad_pack(
            "gzip-wrong-checksum",
            "gzip",
            zipped(article("x"))[:-8] + b"abcd" + zipped(article("x"))[-4:],
            CUT,
        ),
        _bad_pack("gzip-wrong-size", "gzip", zipped(article("x"))[:-4] + b"\0\0\0\1", CUT),
        _bad_pack(
            "gzip-damaged",
            "gzip",
            zipped(article("x"))[:100] + b"\xff" * 40 + zipped(article("x"))[140:],
            CUT,
        ),
        _bad_pack("gzip-second-member-cut", "gzip", zipped(article("x")) + zipped(article("y"))[:90], CUT),
        _bad_pack("gzip-said-twice", "gzip, gzip", zipped(article("x")), CUT),
        _bad_pack("deflate-cut", "deflate", zlib.compress(article("x"))[:200], CUT),
        _bad_pack("deflate-raw-cut", "deflate", _raw_deflate(article("x"))[:200], CUT),
        _bad_pack("deflate-wrong-checksum", "deflate", zlib.compress(article("x"))[:-4] + b"abcd", CUT),
        _bad_pack("br-cut", "br", brotli.compress(article("x"))[:150], CUT),
        _bad_pack("zstd-cut", "zstd", zstandard.compress(article("x"))[:150], CUT),
        _bad_pack("zstd-huge-window", "zstd", _wide_zstd(), f"{CUT}|{BIG}"),
        _bad_pack("encoding-unknown", "compress", article("x"), BAD),
        _bad_pack("encoding-dictionary", "dcb", article("x"), BAD),
        _bad_pack("encoding-six-layers", "gzip,gzip,gzip,gzip,gzip,gzip", article("x"), BAD),
        _bad_pack("bomb-gzip", "gzip", zipped(BOMB, 1), BIG),
        _bad_pack("bomb-deflate", "deflate", zlib.compress(BOMB, 1), BIG),
        _bad_pack("bomb-br", "br", brotli.compress(BOMB, quality=1), BIG),
        _bad_pack("bomb-zstd", "zstd", zstandard.compress(BOMB), BIG),
        _bad_pack("bomb-in-bomb", "gzip, gzip", zipped(zipped(bytes(300_000_000 // 10), 1)), BIG),
        _bad_pack("bomb-many-members", "gzip", zipped(BOMB[:100_000]) * 50, BIG),
    ]


def types() -> list[Fault]:
    """What the server calls it, and what it is."""
    taken = {
        "upper-case": "TEXT/HTML; CHARSET=UTF-8", "quoted": 'text/html; charset="utf-8"', "semicolons": "text/html;;;",
        "xhtml": "application/xhtml+xml", "plain-html": "text/html", "not-a-type": "html", "star": "*/*",
        "two-in-one": "text/html, text/html; charset=utf-8", "empty": "",
    }  # fmt: skip
    refused = {
        "png": "image/png", "jpeg": "image/jpeg", "svg": "image/svg+xml", "pdf": "application/pdf", "mp4": "video/mp4",
        "mp3": "audio/mpeg", "zip": "application/zip", "bytes": "application/octet-stream", "css": "text/css",
        "word": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "font": "font/woff2",
        "javascript": "text/javascript", "wasm": "application/wasm", "calendar": "text/calendar", "csv": "text/csv",
        "form": "multipart/form-data; boundary=a", "html-then-pdf": "text/html, application/pdf",
        "proto": "application/grpc",
    }  # fmt: skip
    lies = {
        "png": b"\x89PNG\r\n\x1a\n" + bytes(2_000), "jpeg": b"\xff\xd8\xff\xe0" + bytes(2_000),
        "gzip": zipped(article("x")), "zip": b"PK\x03\x04" + bytes(2_000), "nothing": b"", "spaces": b" \r\n\t" * 50,
        "pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "elf": b"\x7fELF" + bytes(2_000),
        "json": b'{"articles": [{"id": 1}, {"id": 2}]}', "zeros": bytes(5_000),
    }  # fmt: skip
    endless = (http(content_type="text/event-stream", length=None), Repeat(data=b"data: x\n\n", pause=0.01))
    return [
        *(
            _whole(f"type-{name}", lambda body, said=said: http(body=body, content_type=said))
            for name, said in taken.items()
        ),
        _whole("type-absent", lambda body: http(body=body, content_type=None)),
        *(
            _row(f"refused-{name}", http(body=article("x"), content_type=said), TYPE)
            for name, said in refused.items()
        ),
        *(
            Fault(name=f"lie-{name}", sends=(http(body=body),), body=body, stored=False)
            for name, body in lies.items()
        ),
        _row("refused-event-stream", endless, TYPE),
        _row("refused-before-body", [http(content_type="video/mp4", length=300_000), Hang], TYPE),
        _row("refused-large", http(content_type="application/pdf", length=300_000_000), TYPE + "|" + BIG),
        Fault(
            name="channel-gzip",
            sends=(http(body=b"x", content_type="application/gzip"),),
            channel=True,
            stored=False,
        ),
        Fault(
            name="channel-bytes",
            sends=(http(body=b"x", content_type="application/octet-stream"),),
            channel=True,
            stored=False,
        ),
        Fault(name="channel-png", sends=(http(content_type="image/png"),), channel=True, becomes=TYPE),
    ]


def sizes() -> list[Fault]:
    """More than a page may have."""
    head = http(length=None)
    return [
        _row("size-declared", http(length=TEST_MAX_BYTES + 1), BIG),
        _row("size-declared-absurd", http(length=10**17), BIG),
        _row("size-until-close", [head, Repeat(data=b"<p>x</p>" * 1_000, times=200)], BIG),
        _row("size-endless", [head, Repeat(data=b"<p>x</p>" * 1_000)], BIG),
        _row("size-chunked", [_te(), Repeat(data=chunks(b"x" * 10_000, 10_000, end=b""), times=100)], BIG),
        _row(
            "size-chunk-overhead", [_te(), Repeat(data=(b"1;" + b"x" * 3_000 + b"\r\nx\r\n"), times=500)], BIG
        ),
        Fault(name="size-just-fits", sends=(http(body=b"x" * TEST_MAX_BYTES),), stored=False),
    ]


def _whole(name: str, reply: object, *, pieces: int = 1) -> Fault:
    """A page that must arrive whole."""
    body = article(name)
    sent: bytes = reply(body)  # type: ignore[operator]
    size = -(-len(sent) // pieces) if pieces == 1 else 13
    steps: list[Step] = (
        [sent]
        if pieces == 1
        else [Repeat(data=sent[n : n + size], times=1) for n in range(0, len(sent), size)]
    )
    return Fault(name=name, sends=tuple(steps), becomes=PAGE, body=body)


def _row(name: str, sends: object, becomes: str) -> Fault:
    steps = tuple(sends) if isinstance(sends, list | tuple) else (sends,)
    return Fault(name=name, sends=steps, becomes=becomes)  # type: ignore[arg-type]


def _packed(name: str, encoding: str, pack: object) -> Fault:
    return _whole(name, lambda body: http("200 OK", f"Content-Encoding: {encoding}", body=pack(body)))  # type: ignore[operator]


def _bad_pack(name: str, encoding: str, body: bytes, becomes: str) -> Fault:
    return _row(name, http("200 OK", f"Content-Encoding: {encoding}", body=body), becomes)


def _te(*headers: str) -> bytes:
    return http("200 OK", *(headers or ("Transfer-Encoding: chunked",)), length=None)


def _length(value: str) -> bytes:
    return http("200 OK", f"Content-Length: {value}", body=b"<p>12345", length=None)


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def _wide_zstd() -> bytes:
    """A frame that asks for 128 MB of window before the first byte."""
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(article("x")) + packer.flush()
