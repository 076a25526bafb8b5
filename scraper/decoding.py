"""Decode bytes to text as browsers do. Pure.

The order is the HTML standard's (13.2.3.2): byte order mark, Content-Type, a declaration in the first 1024
bytes, a later ``<meta>`` (a browser's parser switches when it meets one), and only then detection.

Labels are read by `webencodings` (the Encoding standard's table); undeclared bytes are detected by `chardet`
7, which reads more of the test files than Beautiful Soup's UnicodeDammit (docs/why.md). The prescan is ours:
the one in html5lib and tinyhtml5 is older than the standard's text and walks the page byte by byte.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress

import chardet
import webencodings

PRESCAN_BYTES = 1024  # HTML standard, 13.2.3.2: "the first 1024 bytes"
LATE_META_BYTES = 65_536  # a later <meta> is searched in these; heads of real pages end before
DETECT_BYTES = 65_536  # of the body are used for detection; a tenth is enough to recognise a language
_DEFAULT = "windows-1252"  # the standard's default for western locales; ASCII is the same text in it

_BOMS = ((codecs.BOM_UTF8, "UTF-8"), (codecs.BOM_UTF16_BE, "UTF-16BE"), (codecs.BOM_UTF16_LE, "UTF-16LE"))
_WIDE_BOMS = (
    (codecs.BOM_UTF32_LE, "UTF-32LE"),
    (codecs.BOM_UTF32_BE, "UTF-32BE"),
)  # not in the standard, but in real files
# XML 1.0, appendix F.1: a document that begins with "<" in so many bytes
_WIDE_XML = (
    (b"<\0?\0x\0", "UTF-16LE"), (b"\0<\0?\0x", "UTF-16BE"),
    (b"<\0\0\0?\0\0\0", "UTF-32LE"), (b"\0\0\0<\0\0\0?", "UTF-32BE"),
)  # fmt: skip
_MIXED_CASE = {"big5": "Big5", "shift_jis": "Shift_JIS"}
_UPPER_CASE = ("utf-", "iso-", "koi8", "ibm", "euc-", "gbk")
# Encoding standard, 10.1.1: GBK is decoded by the gb18030 decoder. The standard replaces ISO-2022-KR to keep
# scripts safe; no script runs here, so text that is detected as ISO-2022-KR is decoded.
_WIDE_CODECS = {"GBK": "gb18030", "ISO-2022-KR": "iso2022_kr"}
_LABELS_OF_CODECS = {
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "uhc": "euc-kr",
    "big5hkscs": "big5",
    "maccyrillic": "x-mac-cyrillic",
}
# If every byte is valid in the national standard that the label names, its own table gives the text (0x8160
# is a wave dash there). The vendor's wider table, which browsers use, reads a few characters differently.
_NARROW_CODECS = {"Shift_JIS": "shift_jis", "GBK": "gb2312"}

_SPACE = rb"\t\n\x0c\r "
_CHARSET_PARAMETER = re.compile(r"""charset\s*=\s*["']?([^\s;,"']+)""", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"""<\?xml[^>]*?[\s"']encoding\s*=\s*["']([\x21\x23-\x26\x28-\x7e]+)["']""")
_XML_ROOT = re.compile(rb"<(?:rss|feed|rdf:rdf|urlset|sitemapindex|opml)[\s>]", re.IGNORECASE)
_META = re.compile(rb"<meta(?=[" + _SPACE + rb"/])", re.IGNORECASE)
_TAG = re.compile(rb"</?[a-zA-Z][^" + _SPACE + rb">]*")
_ATTRIBUTE = re.compile(
    rb"[" + _SPACE + rb"/]*(?P<name>[^" + _SPACE + rb"/>][^=" + _SPACE + rb"/>]*)"
    rb"(?:[" + _SPACE + rb"]*=[" + _SPACE + rb"]*"
    rb"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<open>[\"'])|(?P<bare>[^" + _SPACE + rb">]*)))?"
)
_CONTENT_CHARSET = re.compile(
    rb"charset[" + _SPACE + rb"]*=[" + _SPACE + rb"]*(?:\"([^\"]*)\"|'([^']*)'|([^\"'\s;][^\s;]*))"
)


def sniff_encoding(body: bytes, content_type: str | None = None) -> str:
    """Return the encoding of a body by its name in the Encoding standard (``UTF-8``, ``windows-1252``).

    An encoding that the standard does not know (EBCDIC, UTF-32) gets the name that Python uses.
    """
    return _byte_order_mark(body) or declared_encoding(body, content_type) or _detected(body)


def decode(body: bytes, content_type: str | None = None) -> str:
    """Return the text of a body without its byte order mark.

    Bytes that are not valid in its encoding become U+FFFD. Never raises.
    """
    name = sniff_encoding(body, content_type)
    if narrow := _NARROW_CODECS.get(name):
        with suppress(UnicodeDecodeError):
            return body.decode(narrow)
    encoding = None if name in _WIDE_CODECS else webencodings.lookup(name)
    codec = encoding.codec_info if encoding else codecs.lookup(_WIDE_CODECS.get(name, name))
    if name == _DEFAULT:  # the standard has five control characters where Python's table has holes
        return body.decode("cp1252", "cuttings.controls").removeprefix("\ufeff")
    text, _ = codec.decode(body, "replace")
    return text.removeprefix("\ufeff")


def declared_encoding(body: bytes, content_type: str | None = None) -> str | None:
    """Return the encoding that header or document declares, or ``None``; unknown labels are skipped."""
    if content_type and (match := _CHARSET_PARAMETER.search(content_type)) and (name := _named(match[1])):
        return name
    start = body[:PRESCAN_BYTES]
    if _is_xml(start, content_type):
        return _xml_encoding(start)
    return _prescan(start) or _prescan(body[:LATE_META_BYTES]) or _xml_encoding(start)


def _as_controls(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("cuttings.controls", _as_controls)


def _byte_order_mark(body: bytes) -> str | None:
    for mark, name in _WIDE_BOMS:
        if body.startswith(mark) and body[4:8].count(0) > 1:  # else it is a UTF-16 text that begins with NUL
            return name
    return next((name for mark, name in _BOMS if body.startswith(mark)), None)


def _named(label: str) -> str | None:
    encoding = webencodings.lookup(label) if label.isascii() else None
    return _standard_case(encoding.name) if encoding else None


def _standard_case(name: str) -> str:
    return _MIXED_CASE.get(name) or (name.upper() if name.startswith(_UPPER_CASE) else name)


def _is_xml(start: bytes, content_type: str | None) -> bool:
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind.endswith("xml") and kind != "application/xhtml+xml":
        return True
    return start.lstrip().startswith(b"<?xml") and bool(_XML_ROOT.search(start))


def _xml_encoding(start: bytes) -> str | None:
    for mark, name in _WIDE_XML:
        if start.startswith(mark):
            return name
    match = _XML_ENCODING.match(start)
    return _of_single_bytes(_named(match[1].decode("ascii"))) if match else None


def _of_single_bytes(name: str | None) -> str | None:
    # A declaration that could be read byte by byte cannot be UTF-16, whatever it says.
    if name in ("UTF-16LE", "UTF-16BE"):
        return "UTF-8"
    return _DEFAULT if name == "x-user-defined" else name


def _prescan(start: bytes) -> str | None:
    """Return the result of the standard's "prescan a byte stream", without its XML declaration step."""
    position = start.find(b"<")
    while position >= 0:
        if start.startswith(b"<!--", position):
            end = start.find(b"-->", position + 2)
        elif meta := _META.match(start, position):
            attributes, end = _attributes(start, meta.end())
            if end >= 0 and (name := _declared_by_meta(attributes)):
                return name
        elif tag := _TAG.match(start, position):
            _, end = _attributes(start, tag.end())
        elif start.startswith((b"<!", b"</", b"<?"), position):
            end = start.find(b">", position)
        else:
            end = position + 1
        if end < 0:
            return None
        position = start.find(b"<", end)
    return None


def _attributes(start: bytes, position: int) -> tuple[dict[bytes, bytes], int]:
    """Return a tag's attributes (the first of each name) and its end, or -1 if the bytes end inside it."""
    attributes: dict[bytes, bytes] = {}
    while attribute := _ATTRIBUTE.match(start, position):
        position = attribute.end()
        if attribute["open"] is not None or position >= len(start):
            return attributes, -1
        value = next((part for part in attribute.group("double", "single", "bare") if part is not None), b"")
        attributes.setdefault(attribute["name"].lower(), value.lower())
    return attributes, position


def _declared_by_meta(attributes: dict[bytes, bytes]) -> str | None:
    if b"charset" in attributes:
        return _of_single_bytes(_label(attributes[b"charset"]))
    if attributes.get(b"http-equiv") != b"content-type":
        return None
    return next(_in_content(attributes.get(b"content", b"")), None)


def _in_content(content: bytes) -> Iterator[str]:
    match = _CONTENT_CHARSET.search(content)
    if match and (name := _of_single_bytes(_label(match[1] or match[2] or match[3] or b""))):
        yield name


def _label(label: bytes) -> str | None:
    return _named(label.decode("ascii")) if label.isascii() else None


def _detected(body: bytes) -> str:
    if body.isascii():
        # ISO-2022 escape sequences are ASCII bytes; without them there is nothing to detect.
        return _guessed(body) if b"\x1b" in body else _DEFAULT
    if _is_utf8(body):
        return "UTF-8"
    return _guessed(body)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guessed(body: bytes) -> str:
    guess = chardet.detect(body[:DETECT_BYTES], max_bytes=DETECT_BYTES)["encoding"]
    if guess is None or guess.lower() == "ascii":
        return _DEFAULT
    name = _named(_LABELS_OF_CODECS.get(guess.lower(), guess))
    return name if name and name != "replacement" else guess
