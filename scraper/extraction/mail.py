"""A mail as it was meant: its header, its body as blocks, and what a colleague forwarded instead of the
wrapper. Pure."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Sequence
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
HEADER_BLOCKS = 8

_REPLY_MARKS = re.compile(r"(?i)^(?:\s*(?:re|fwd?|aw|wg|tr|rv|i|enc|doorst)\s*:)+\s*")
# Charsets whose text is ASCII bytes: valid UTF-8 says nothing there.
_UTF_8 = re.compile(r"(?i)utf-?8|us-ascii|ascii")
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
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise EmptyPageError("this mail cannot be read")
    mail = _read(_attached(message) or message)
    if not any(char.isalnum() for block in mail.blocks for char in block.text):
        raise EmptyPageError("the mail has no text", mail.subject)
    return _forwarded(mail)


def _read(message: EmailMessage) -> Mail:
    sender, domain = _sender(_header(message, "from"))
    part = message.get_body(preferencelist=("html", "plain"))
    text = _content(part) if part is not None else ""
    is_html = part is not None and part.get_content_subtype() == "html"
    return Mail(
        subject=_without_marks(_header(message, "subject")),
        sender=sender,
        sender_domain=domain,
        sent_at=_date(_header(message, "date")),
        language=_header(message, "content-language").partition("-")[0].lower() or None,
        is_html=is_html,
        blocks=tuple((html_blocks if is_html else text_blocks)(text)),
    )


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
    charset = part.get_content_charset("utf-8") or "utf-8"
    if not _SEVEN_BIT.match(charset):
        try:
            return payload.decode("utf-8")
        except UnicodeDecodeError:
            pass
        if _UTF_8.fullmatch(charset):
            charset = "windows-1252"
    return decode(payload, f"text/html; charset={charset}")


def _forwarded(mail: Mail) -> Mail:
    """Return the mail that was forwarded inline, with the sender, date and subject of its own header."""
    words = newsletter_words()
    for index, block in enumerate(mail.blocks[:SEARCHED_BLOCKS]):
        is_mark = words.forwarded.search(block.text) is not None
        fields, end = _header_fields(mail.blocks, index + is_mark)
        if (is_mark and fields) or {"from", "subject"} <= fields.keys():
            sender, domain = _sender(fields.get("from", ""))
            return replace(
                mail,
                subject=_without_marks(fields.get("subject", "")) or mail.subject,
                sender=sender or mail.sender,
                sender_domain=domain or mail.sender_domain,
                sent_at=_date(fields.get("date", "")) or parse_date(fields.get("date", "")) or mail.sent_at,
                blocks=mail.blocks[end:] or mail.blocks,
            )
    return mail


def _header_fields(blocks: Sequence[Block], start: int) -> tuple[dict[str, str], int]:
    """Return the header fields that stand in the blocks from ``start`` on, and the index of the block
    after."""
    fields: dict[str, str] = {}
    index = start
    for block in blocks[start : start + HEADER_BLOCKS]:
        # The lines of a plain mail's header are one paragraph.
        lines = re.split(
            r"\s(?=(?:From|Date|Sent|Subject|To|Cc|Von|Gesendet|Betreff|An|Objet|Envoyé|À):\s)", block.text
        )
        headers = [newsletter_words().header.match(line) for line in lines]
        if not all(headers):
            break
        for header in headers:
            assert header is not None  # noqa: S101 - for the type checker; all() says so
            name = next(name for name in ("from", "date", "subject", "to") if header[name])
            fields.setdefault(name, header["value"].strip("* "))
        index += 1
    return fields, index


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


def _date(text: str) -> datetime | None:
    try:
        sent_at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return sent_at.replace(tzinfo=UTC) if sent_at.tzinfo is None else sent_at.astimezone(UTC)
