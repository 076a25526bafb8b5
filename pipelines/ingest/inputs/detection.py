"""What a file holds, by its first bytes; its name decides only where the bytes do not."""

from __future__ import annotations

import codecs
import re

from pipelines.ingest.inputs.records import InputFormat

SNIFFED_BYTES = 8192
MAGIC_OF_BINARIES = (
    b"%PDF-",
    b"PK\x03\x04",
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
    rb"^(?:From|To|Subject|Date|Received|Return-Path|Delivered-To|MIME-Version|Message-ID|Reply-To|Content-Type|List-Unsubscribe|DKIM-Signature|X-[\w-]+):",
    re.IGNORECASE,
)
FOLDED = re.compile(rb"^[ \t]")
ADDRESS_LINE = re.compile(rb"^\s*(?:#.*|https?://\S+)?\s*$", re.IGNORECASE)
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
    ".warc": InputFormat.WARC,
    ".urls": InputFormat.URLS,
}


class UnusableInput(ValueError):  # noqa: N818 - an answer, not an error of ours
    """The file is of a kind that holds no article."""


def detect_format(start: bytes, suffix: str = "") -> InputFormat:
    """The format of a file that begins with ``start``. Raises `UnusableInput`, with what it is instead."""
    if start.startswith(MAGIC_OF_BINARIES):
        raise UnusableInput("a binary file (archive, image, PDF or database), not a page or a text")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode()
    elif start.count(b"\x00") > len(start) // 100:
        raise UnusableInput("a binary file, not a page or a text")
    start = start.removeprefix(codecs.BOM_UTF8)
    named = SUFFIXES.get(suffix.lower())
    if start.startswith(b"WARC/"):
        return InputFormat.WARC
    if FEED.match(start):
        raise UnusableInput(
            "a feed, sitemap or OPML file, not an article; declare it as a source (cuttings sources add)"
        )
    if named is InputFormat.JSONL or (
        (named is None or named is InputFormat.TEXT) and start.lstrip()[:1] == b"{" and b'"' in start
    ):
        return InputFormat.JSONL
    if named is InputFormat.EML or _is_mail(start):
        return InputFormat.EML
    if named is InputFormat.HTML or MARKUP.search(start):
        return InputFormat.HTML
    if named is InputFormat.URLS or _is_address_list(start):
        return InputFormat.URLS
    return InputFormat.TEXT


def _is_mail(start: bytes) -> bool:
    headers = 0
    for line in start.splitlines()[:40]:
        if MAIL_HEADER.match(line):
            headers += 1
        elif not line.strip() or not (FOLDED.match(line) or re.match(rb"[!-9;-~]+:", line)):
            break
    return headers >= MIN_MAIL_HEADERS


def _is_address_list(start: bytes) -> bool:
    lines = start.splitlines()
    whole = lines[:-1] if len(start) >= SNIFFED_BYTES else lines
    return (
        any(line.strip() for line in whole)
        and all(ADDRESS_LINE.match(line) for line in whole)
        and b"://" in start
    )
