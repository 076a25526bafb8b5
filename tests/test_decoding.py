"""Bytes to text: the standards' own cases, real files, and every way of saying an encoding."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.decoding import LATE_META_BYTES, decode, sniff_encoding


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def test_prescan_cases(shared: Path) -> None:
    cases = list(rows(shared / "eval/conformance/encoding/html5lib.jsonl"))
    right = sum(
        sniff_encoding(base64.b64decode(case["html_b64"])).lower() == case["encoding"].lower()
        for case in cases
    )
    assert len(cases) > 20
    assert right == len(cases)


def test_prescan_cases_named_in_file_names(shared: Path) -> None:
    for case in rows(shared / "eval/conformance/encoding/jsdom.jsonl"):
        expected = {"utf-16": "UTF-8"}.get(name := case["id"].rpartition("_")[2].removesuffix(".html"), name)
        expected = "UTF-8" if "charset-utf-16" in case["id"] else expected
        assert sniff_encoding(base64.b64decode(case["html_b64"])) == expected, case["id"]


def test_real_files_decode_to_their_true_text(shared: Path) -> None:
    folder = shared / "eval/conformance"
    cases = list(rows(folder / "encoding/files_truth.jsonl"))
    wrong = []
    for case in cases:
        body = (folder / case["file"]).read_bytes()
        if decode(body) != body.decode(case["encoding"]).removeprefix("\ufeff"):
            wrong.append(case["id"])
    # One Thai page carries Windows' bullets under the label TIS-620; browsers and we read them as
    # windows-874.
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (codecs.BOM_UTF8 + b"x", "text/html; charset=iso-8859-1", "UTF-8"),
        (codecs.BOM_UTF16_LE + "x".encode("utf-16-le"), None, "UTF-16LE"),
        (b"\xe9", "text/html; charset=ISO-8859-1", "windows-1252"),
        (b"\xe9", 'text/html;charset="windows-1251"', "windows-1251"),
        (b"<meta charset=koi8-r>", "text/html; charset=nonsense", "KOI8-R"),
        (b"<meta charset=utf-16le>", None, "UTF-8"),
        (b"<meta charset=x-user-defined>", None, "windows-1252"),
        (b"<!-- <meta charset=koi8-r> --><meta charset=big5>", None, "Big5"),
        (b"<p title='<meta charset=koi8-r>'>", None, "windows-1252"),
        (b"<meta content='text/html; charset=shift_jis' http-equiv=content-type>", None, "Shift_JIS"),
        (b"<meta content='text/html; charset=shift_jis' name=description>", None, "windows-1252"),
        (b"<meta charset", None, "windows-1252"),
        (b"<meta charset='koi8-r", None, "windows-1252"),
        (b'<?xml version="1.0" encoding="iso-8859-2"?><rss/>', "text/xml", "ISO-8859-2"),
        (b'<?xml version="1.0"?><rss><x><![CDATA[<meta charset=koi8-r>]]></x></rss>', None, "windows-1252"),
        ("<rss>é</rss>".encode(), "application/rss+xml", "UTF-8"),
        ("<?xml version='1.0'?><rss/>".encode("utf-16-be"), None, "UTF-16BE"),
        (b" " * 5000 + b"<meta charset=euc-jp>", None, "EUC-JP"),
        (b" " * LATE_META_BYTES + b"<meta charset=euc-jp>", None, "windows-1252"),
        ("Die Größe der Maßnahme".encode(), None, "UTF-8"),
        (b"", None, "windows-1252"),
    ],
)
def test_who_decides(body: bytes, content_type: str | None, expected: str) -> None:
    assert sniff_encoding(body, content_type) == expected


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    assert decode(b"caf\xe9 \xff", "text/html; charset=utf-8") == "caf\ufffd \ufffd"
    assert decode(b"\x81", "text/html; charset=shift_jis") == "\ufffd"


def test_windows_quotes_under_the_wrong_but_usual_label() -> None:
    assert decode(b"\x93Children\x92s\x94", "text/html; charset=iso-8859-1") == "“Children’s”"


def test_the_byte_order_mark_is_no_text() -> None:
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ):
        assert decode(mark + "a b".encode(codec)) == "a b"


@given(st.binary(max_size=300), st.none() | st.text(max_size=40))
def test_any_bytes_give_a_text(body: bytes, content_type: str | None) -> None:
    assert isinstance(decode(body, content_type), str)


@pytest.mark.parametrize(
    "piece",
    [
        b"<meta ",
        b"<a ",
        b"<!--",
        b'<a b="',
        b"<?xml encoding=",
        b"<a " + b"a=" * 50,
        b"<meta charset=",
        b"\x1b$B",
    ],
)
def test_a_megabyte_of_any_trick_gives_a_text(piece: bytes) -> None:
    assert isinstance(decode(piece * (1_000_000 // len(piece))), str)
