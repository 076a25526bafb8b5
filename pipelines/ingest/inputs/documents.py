"""The text of a document file (Word, RTF, HTML, plain) as lines: one a paragraph, blank lines kept. Pure."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from lxml import etree, html
from striprtf.striprtf import rtf_to_text

from pipelines.ingest.inputs.detection import RTF, UnusableInput
from pipelines.ingest.inputs.saved_pages import decode_text
from scraper.decoding import decode

MAX_XML_BYTES = 60_000_000  # of word/document.xml: 500 articles with their markup have 20 MB
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BLOCKS = frozenset("p div tr table h1 h2 h3 h4 h5 h6 li br hr body article section blockquote pre".split())
_UNREAD = frozenset("script style head".split())


def document_lines(body: bytes) -> list[str]:
    """Return the lines of a document. Raises `UnusableInput` when it is damaged or not a text."""
    if body.startswith(b"PK"):
        return list(_word_lines(body))
    if body.startswith(RTF):
        text: str = rtf_to_text(body.decode("latin-1"), errors="ignore")  # type: ignore[no-untyped-call]
        return text.splitlines()
    start = body[:2000].lower()
    if b"<html" in start or b"<body" in start or b"<div" in start or b"<!doctype html" in start:
        return _html_lines(decode(body, "text/html"))
    return decode_text(body).replace("\r\n", "\n").split("\n")


def _word_lines(body: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed, packed.open("word/document.xml") as document:
            xml = document.read(MAX_XML_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, KeyError, OSError, RuntimeError, ValueError, EOFError) as error:
        raise UnusableInput("a binary file, not a Word document") from error
    if len(xml) > MAX_XML_BYTES:
        raise UnusableInput(f"a Word document with more than {MAX_XML_BYTES} bytes of text")
    # Read and freed paragraph by paragraph: the whole tree of a document of 60 MB takes 900 MB.
    paragraphs = etree.iterparse(
        io.BytesIO(xml), events=("end",), tag=f"{_WORD}p", resolve_entities=False, no_network=True,
        load_dtd=False, recover=True, huge_tree=True,
    )  # fmt: skip
    try:
        for _, paragraph in paragraphs:
            yield from "".join(_runs(paragraph)).split("\n")
            paragraph.clear()
            while (earlier := paragraph.getprevious()) is not None:
                earlier.getparent().remove(earlier)
    except etree.XMLSyntaxError as error:
        raise UnusableInput("a damaged Word document") from error


def _runs(paragraph: etree._Element) -> Iterator[str]:
    for element in paragraph.iter(f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br", f"{_WORD}cr"):
        if element.tag == f"{_WORD}t":
            yield element.text or ""
        else:
            yield "\t" if element.tag == f"{_WORD}tab" else "\n"


def _html_lines(markup: str) -> list[str]:
    try:
        root = html.document_fromstring(
            markup.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return []
    pieces: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if not isinstance(element.tag, str):
            pieces.append(element.tail or "" if event == "end" else "")
            continue
        if element.tag in _BLOCKS:
            pieces.append("\n")
        if element.tag == "td" and event == "end":
            pieces.append("\t")
        text = (element.text if event == "start" and element.tag not in _UNREAD else "") or ""
        tail = (element.tail if event == "end" else "") or ""
        pieces.append(" ".join(f"|{text}{tail}|".split())[1:-1])
    return [line.strip(" ") for line in "".join(pieces).split("\n")]
