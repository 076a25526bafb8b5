"""A mail as it was meant: its header, its body as blocks, and what a colleague forwarded instead of the
wrapper. Pure."""

from __future__ import annotations

import base64
import binascii
import codecs
import email
import email.policy
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime

from scraper.decoding import decode
from scraper.errors import EmptyPageError
from scraper.extraction.dates import parse_date
from scraper.extraction.mail_blocks import Block, html_blocks, text_blocks
from scraper.extraction.newsletter_words import newsletter_words

SEARCHED_BLOCKS = 40  # a forwarded mail begins within so many lines; further down it is a quotation
HEADER_BLOCKS = 12  # a label and its value may stand in two cells of a table
MOST_FORWARDS = 4  # a forwarded mail that was itself forwarded
MIN_CODED_BYTES = 200

_REPLY_MARKS = re.compile(r"(?i)^(?:\s*(?:re|fwd?|aw|wg|tr|rv|i|enc|doorst)\s*:)+\s*")
# Charsets whose text is ASCII bytes: valid UTF-8 says nothing there.
_UTF_8 = re.compile(r"(?i)utf-?8|us-ascii|ascii")
_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|body|table|div|p|meta|center|style)\b[^<>]*>", re.IGNORECASE)
_SPACED_BREAK = re.compile(rb"(?<!=)=[ \t]+\r?\n")
_QUOTED_PRINTABLE = re.compile(rb"(?<!=)=(?:3D|C[23]=|E2=|20\r?\n|\r?\n)")
MIN_QUOTED_SIGNS = 4
MAX_SEARCHED = 200_000  # bytes
_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]+={0,2}\s*")
_LIST_FOOTER = re.compile(r"\s*(?:_{5,}|-{2,})")  # mailing list programs add it as a part of its own
_TIME = re.compile(r"\b([01]?\d|2[0-3])[:.h]([0-5]\d)\b")
_SEVEN_BIT = re.compile(r"(?i)iso-2022|hz|utf-?7")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail. ``sender`` is the name shown, ``sender_domain`` the host of the sender's address."""

    subject: str = ""
    sender: str = ""
    sender_domain: str = ""
    sent_at: datetime | None = None
    language: str | None = None
    is_html: bool = False
    blocks: tuple[Block, ...] = field(default=(), repr=False)


def read_mail(raw: bytes) -> Mail:
    """Return a mail, or the one that it forwards. Raises `EmptyPageError` when it has no readable text."""
    # A byte order mark or blank line before the header would end it.
    raw = raw.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n \t")
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise EmptyPageError("this mail cannot be read")
    mail = _read(_attached(message) or message)
    if not any(char.isalnum() for block in mail.blocks for char in block.text):
        raise EmptyPageError("the mail has no text", mail.subject)
    for _ in range(MOST_FORWARDS):
        if (inner := _forwarded(mail)) is mail:
            break
        mail = inner
    return mail


def _read(message: EmailMessage) -> Mail:
    sender, domain = _sender(_header(message, "from"))
    is_html, blocks = _body(message, "html", "plain")
    if not any(block.words for block in blocks):  # nothing but a picture: the plain part has the text
        is_html, blocks = _body(message, "plain")
    return Mail(
        subject=_without_marks(_header(message, "subject")),
        sender=sender,
        sender_domain=domain,
        sent_at=_date(_header(message, "date")),
        language=_header(message, "content-language").partition("-")[0].lower() or None,
        is_html=is_html,
        blocks=blocks,
    )


def _body(message: EmailMessage, *kinds: str) -> tuple[bool, tuple[Block, ...]]:
    """Return whether the body is HTML, and its blocks; the body is the first of ``kinds`` that a mail has."""
    part = message.get_body(preferencelist=kinds)
    if part is None:
        return False, ()
    texts = [_content(part), *_later_texts(message, part)]
    is_html = part.get_content_subtype() == "html" or bool(_MARKUP.match(texts[0]))
    read = html_blocks if is_html else text_blocks
    return is_html, tuple(block for text in texts for block in read(text))


def _later_texts(message: EmailMessage, first: Message) -> Iterator[str]:
    """Yield the texts of the parts that continue a body: Apple Mail begins a new part after each file."""
    if message.get_content_type() != "multipart/mixed":
        return
    has_begun = False
    for part in message.iter_parts():
        if has_begun and isinstance(part, EmailMessage) and not part.is_attachment():
            is_same_kind = part.get_content_type() == first.get_content_type()
            if is_same_kind and not part.get_filename() and not _LIST_FOOTER.match(text := _content(part)):
                yield text
        has_begun = has_begun or part is first or any(each is first for each in part.walk())


def _attached(message: EmailMessage) -> EmailMessage | None:
    """Return the mail that this one carries as an attachment, when its own text is only a note."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            payload = part.get_payload()
            inner = payload[0] if isinstance(payload, list) and payload else None
            if (
                isinstance(inner, EmailMessage)
                and inner.get_body(preferencelist=("html", "plain")) is not None
            ):
                return inner
    return None


def _content(part: Message) -> str:
    """Return the text of a part. Valid UTF-8 is read as such whatever charset the part declares."""
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, AssertionError, LookupError):
        return ""
    if not isinstance(payload, bytes):
        return ""
    payload = _decoded(payload, part)
    charset = part.get_content_charset("utf-8") or "utf-8"
    if not _SEVEN_BIT.match(charset):
        try:
            return payload.decode("utf-8")
        except UnicodeDecodeError:
            pass
        if _UTF_8.fullmatch(charset):
            charset = "windows-1252"
    return decode(payload, f"text/html; charset={charset}")


def _decoded(payload: bytes, part: Message) -> bytes:
    """Return the bytes of a part, decoded where its header does not say that they are encoded, or where
    white space stands at the broken line ends."""
    if len(_QUOTED_PRINTABLE.findall(payload, 0, MAX_SEARCHED)) >= MIN_QUOTED_SIGNS:
        return quopri.decodestring(_SPACED_BREAK.sub(b"", payload))
    if len(payload) >= MIN_CODED_BYTES and b"\n" in payload and _BASE64.fullmatch(payload):
        try:
            return base64.b64decode(payload)
        except binascii.Error:
            return payload
    is_quoted = str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "quoted-printable"
    return _SPACED_BREAK.sub(b"", payload) if is_quoted else payload


def _forwarded(mail: Mail) -> Mail:
    """Return the mail that was forwarded inline, with the sender, date and subject of its own header."""
    words = newsletter_words()
    for index, block in enumerate(mail.blocks[:SEARCHED_BLOCKS]):
        mark = words.forwarded.search(block.text)
        rest = block.text[mark.end() :].strip(" -_*:") if mark else block.text
        fields, end = _header_fields(([rest] if rest else []), mail.blocks[index + 1 :])
        if (mark and fields) or {"from", "subject"} <= fields.keys():
            sender, domain = _sender(fields.get("from", ""))
            return replace(
                mail,
                subject=_without_marks(fields.get("subject", "")) or mail.subject,
                sender=sender or domain or mail.sender,
                sender_domain=domain or mail.sender_domain,
                sent_at=_date(fields.get("date", ""))
                or _written_date(fields.get("date", ""))
                or mail.sent_at,
                blocks=mail.blocks[index + 1 + end :] or mail.blocks,
            )
    return mail


def _header_fields(first: list[str], following: Sequence[Block]) -> tuple[dict[str, str], int]:
    """Return the header fields in a line and the blocks after it, and how many of the blocks they take."""
    fields: dict[str, str] = {}
    lines = [*first, *(block.text for block in following[:HEADER_BLOCKS])]
    words = newsletter_words()
    index = 0
    while index < len(lines):
        line, taken = lines[index], 1
        if words.label.fullmatch(line) and index + 1 < len(lines):  # the value is in the next cell of a table
            line, taken = f"{line} {lines[index + 1]}", 2
        headers = [words.header.match(part) for part in words.field_break.split(line)]
        if not all(headers):
            break
        for header in headers:
            assert header is not None  # noqa: S101 - for the type checker; all() says so
            name = next(name for name in ("from", "date", "subject", "to") if header[name])
            fields.setdefault(name, header["value"].strip("* "))
        index += taken
    return fields, max(index - len(first), 0)


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message.get(name, ""))
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):
        return ""  # the stdlib's parser on broken headers
    return " ".join(value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split())


def _without_marks(subject: str) -> str:
    return _REPLY_MARKS.sub("", subject)


def _sender(text: str) -> tuple[str, str]:
    """Return the name and the domain of a sender."""
    name, address = parseaddr(text)
    if "@" not in address and (found := re.search(r"[\w.+-]+@([\w-]+\.[\w.-]+)", text)):
        address = found[0]
    name = (name or re.sub(r"\s*[<(\[].*", "", text)).strip("\"' ")
    return ("" if "@" in name else name), address.rpartition("@")[2].lower() if "@" in address else ""


def _written_date(text: str) -> datetime | None:
    """Return the date that a mail program writes in its own language, with the time behind it."""
    day = parse_date(text)
    time = _TIME.search(text)
    if day is None or time is None or (day.hour, day.minute) != (0, 0):
        return day
    return day.replace(hour=int(time[1]), minute=int(time[2]))


def _date(text: str) -> datetime | None:
    try:
        sent_at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return sent_at.replace(tzinfo=UTC) if sent_at.tzinfo is None else sent_at.astimezone(UTC)
