"""Detect the format of a file by its first bytes; its name decides only where they do not."""

from __future__ import annotations

import codecs
import re

from pipelines.ingest.inputs.export_labels import in_english
from pipelines.ingest.inputs.records import InputFormat

SNIFFED_BYTES = 8192
ZIP = b"PK\x03\x04"
RTF = b"{\\rtf"
# What Nexis, Factiva and ProQuest write around articles; two of the last kind are needed.
EXPORT = re.compile(
    rb"^\s*\d+ of \d+ DOCUMENTS\s*$|^End of Document"
    rb"|^Document \d+ of \d+\s*$|^Document [A-Z]\w{5,}\d{8}\w+\s*$",
    re.MULTILINE,
)
EXPORT_FIELD = re.compile(
    rb"^(?:HD|WC|PD|SN|SC|LP|TD)(?:\s|$)|^(?:Publication (?:info|title|date)|"
    rb"Full text|ProQuest document ID|Load-Date|Length):",
    re.MULTILINE | re.IGNORECASE,
)
MIN_EXPORT_FIELDS = 3
FACTIVA_CLASS = re.compile(rb"""class=["'][^"']*\ben(?:Headline|Article)\b""")
TAG = re.compile(rb"<[^<>]*>|&nbsp;")
# Random bytes have 11 % of these, texts none; ESC is left out for ISO-2022-JP.
CONTROL = bytes(code for code in range(32) if code not in (9, 10, 12, 13, 27))
MAX_CONTROL_SHARE = 0.01
MAGIC_OF_BINARIES = (
    b"%PDF-",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"SQLite format 3",
    b"\x7fELF",
    b"BZh",
    b"\xfd7zXZ",
    b"Rar!",
    b"RIFF",
    b"\xd0\xcf\x11\xe0",
)
MARKUP = re.compile(
    rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]|<(?:div|p|article|table|h1|title|meta)\b[^<>]*>",
    re.IGNORECASE,
)
FEED = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:rss|feed|rdf:RDF|urlset|sitemapindex|opml)\b",
    re.DOTALL | re.IGNORECASE,
)
MAIL_HEADER = re.compile(
    rb"^(?:From|To|Subject|Date|Received|Return-Path|Delivered-To|MIME-Version|Message-ID|Reply-To|"
    rb"Content-Type|Snapshot-Content-Location|List-Unsubscribe|DKIM-Signature|X-[\w-]+):",
    re.IGNORECASE,
)
FOLDED = re.compile(rb"^[ \t]")
ADDRESS = re.compile(rb"https?://\S+", re.IGNORECASE)
MOST_WORDS = (
    7  # of a bad line in a list of URLs (a name, "www.a.example/1"); a text of 8 words may be an article
)
# The line before each mail of an mbox file (RFC 4155).
MBOX = re.compile(rb"From \S+ [^\r\n]*\d\d:\d\d[^\r\n]*\r?\n")
JSON_START = re.compile(rb"\s*(?:\{|\[\s*\{)")
TABLES = frozenset((".csv", ".tsv"))
MIN_MAIL_HEADERS = 3  # a pasted mail often keeps "From:" and "Subject:"; a message has more

SUFFIXES = {
    ".html": InputFormat.HTML,
    ".htm": InputFormat.HTML,
    ".xhtml": InputFormat.HTML,
    ".txt": InputFormat.TEXT,
    ".text": InputFormat.TEXT,
    ".md": InputFormat.TEXT,
    ".jsonl": InputFormat.JSONL,
    ".ndjson": InputFormat.JSONL,
    ".jl": InputFormat.JSONL,
    ".eml": InputFormat.EML,
    ".mht": InputFormat.EML,
    ".mhtml": InputFormat.EML,
    ".docx": InputFormat.NEXIS,
    ".rtf": InputFormat.NEXIS,
    ".warc": InputFormat.WARC,
    ".urls": InputFormat.URLS,
}


class UnusableInput(ValueError):  # noqa: N818 - an answer, not an error of ours
    """The file is of a kind that does not hold articles."""


def detect_format(start: bytes, suffix: str = "") -> InputFormat:
    """Return the format of a file that begins with ``start``. Raises `UnusableInput` and says what it is."""
    named = SUFFIXES.get(suffix.lower())
    if start.startswith(RTF) or (start.startswith(ZIP) and (b"word/" in start or named is InputFormat.NEXIS)):
        return InputFormat.NEXIS
    if start.startswith((b"WARC/", b"filedesc://")):
        return InputFormat.WARC
    if start.startswith((ZIP, *MAGIC_OF_BINARIES)):
        raise UnusableInput("a binary file (archive, image, PDF or database), not a page or a text")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode()
    elif len(start) - len(start.translate(None, CONTROL)) > MAX_CONTROL_SHARE * len(start):
        raise UnusableInput("a binary file, not a page or a text")
    if named is InputFormat.WARC:
        raise UnusableInput("not a WARC archive, although its name says so")
    start = start.removeprefix(codecs.BOM_UTF8)
    if named is not InputFormat.JSONL and is_export(start):
        return InputFormat.NEXIS
    if FEED.match(start):
        raise UnusableInput(
            "a feed, sitemap or OPML file, not an article; declare it as a source (cuttings sources add)"
        )
    if named is InputFormat.JSONL or (
        (named is None or named is InputFormat.TEXT) and JSON_START.match(start) and b'"' in start
    ):
        return InputFormat.JSONL
    if named is InputFormat.EML or _is_mail(start):
        return InputFormat.EML
    _refuse_collection(start, suffix)
    if named is InputFormat.HTML or MARKUP.search(start):
        return InputFormat.HTML
    if named is InputFormat.URLS or _is_address_list(start):
        return InputFormat.URLS
    return InputFormat.TEXT


def _refuse_collection(start: bytes, suffix: str) -> None:
    """Raise `UnusableInput` for mails or rows that would be read as one text."""
    if (before := MBOX.match(start)) and _is_mail(start[before.end() :]):
        raise UnusableInput("an mbox file, which holds several mails; save each mail as an .eml file")
    if suffix.lower() in TABLES:
        raise UnusableInput("a table, not an article; write its rows as JSON Lines, one object a line")


def is_export(start: bytes) -> bool:
    """Return whether a file is an export of Nexis, Factiva or ProQuest as text or HTML."""
    lines = TAG.sub(b"\n", start)
    lines = "\n".join(in_english(lines.decode("utf-8", "replace").splitlines())).encode("utf-8", "replace")
    return bool(EXPORT.search(lines) or FACTIVA_CLASS.search(start)) or (
        len(EXPORT_FIELD.findall(lines)) >= MIN_EXPORT_FIELDS
    )


def _is_mail(start: bytes) -> bool:
    headers = 0
    for line in start.splitlines()[:40]:
        if MAIL_HEADER.match(line):
            headers += 1
        elif not line.strip() or not (FOLDED.match(line) or re.match(rb"[!-9;-~]+:", line)):
            break
    return headers >= MIN_MAIL_HEADERS


def _is_address_list(start: bytes) -> bool:
    """Return whether more lines are URLs than not, and no other line could be an article's."""
    lines = start.splitlines()
    whole = lines[:-1] if len(start) >= SNIFFED_BYTES else lines
    filled = [line.strip() for line in whole if line.strip() and not line.lstrip().startswith(b"#")]
    others = [line for line in filled if not ADDRESS.fullmatch(line)]
    return len(filled) > 2 * len(others) and all(len(line.split()) <= MOST_WORDS for line in others)
