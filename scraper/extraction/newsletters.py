"""E-mail newsletters to articles: one for each item with its link, so that a round-up is never glued into one
story."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from lxml import etree, html

from scraper.errors import AddressError, EmptyPageError
from scraper.extraction.plain_text import extract_text
from scraper.models import Access, Article, Provenance
from scraper.urls import canonical_url, is_home_page

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MIN_TITLE_WORDS = 4  # "Read more", "View online", a section's name
MAX_TITLE_CHARS = 200
MIN_ITEMS = 2  # one link in a mail is an article that somebody forwarded

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
BLOCKS = HEADINGS | frozenset(
    (
        "p",
        "div",
        "td",
        "th",
        "li",
        "tr",
        "table",
        "section",
        "article",
        "blockquote",
        "br",
        "hr",
        "center",
        "ul",
        "ol",
        "body",
    )
)
HIDDEN = re.compile(
    r"(?i)display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|$)"
)
NOT_AN_ITEM = re.compile(
    r"(?i)unsubscribe|opt.?out|manage (?:your )?(?:preferences|subscription)|"
    r"view (?:this )?(?:e?mail|message|newsletter|it)?\s*(?:in|on|online)|"
    r"privacy (?:policy|notice)|terms (?:and|&|of)|forward (?:this|to)|update your|add us to|"
    r"contact us|advertis|sponsor|follow us|"
    r"you (?:are )?receiv\w+ this|you are subscribed|sent to|copyright|all rights reserved|"
    r"registered (?:in|office|company)|^\s*©"
)
MORE = re.compile(
    r"(?i)^\W*(?:read|see|view|find out|learn|continue|full)\b.{0,30}$|^\W*more\W*$|\bread more\W*$"
)
SENTENCES = re.compile(r"[.!?:][\"”’)]*(?:\s+\S|\s*$)")
BARE_ADDRESS = re.compile(r"<?(https?://[^\s<>\"]+)>?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """One line of a mail. ``link`` is the address of its (first) link; ``linked`` when all of it is link
    text."""

    text: str
    link: str = ""
    linked: bool = False
    heading: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    title: str
    link: str
    lines: tuple[str, ...] = ()


def read_newsletter(raw: bytes) -> list[Article]:
    """The items of a newsletter, each with its own address; for a mail that is one article, that article.

    Items carry the mail's date and sender, and `Access.TEASER` (or `Access.HEADLINE`): a newsletter holds
    summaries. Raises `EmptyPageError` when the mail has no readable part.
    """
    message = email.message_from_bytes(raw, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise EmptyPageError("not a mail that can be read")
    blocks = list(_blocks(message))
    if not blocks:
        raise EmptyPageError("the mail has no text", _header(message, "subject"))
    items = _with_links(_items(blocks))
    common = Article(
        published_at=_date(message),
        publisher=_sender(message),
        language=(_header(message, "content-language").partition("-")[0].lower() or None),
        origins=(
            Provenance(field="title", place="newsletter item"),
            Provenance(field="published_at", place="mail Date"),
        ),
    )
    if len(items) < MIN_ITEMS:
        return [_single(message, blocks, common)]
    return [
        replace(
            common,
            title=item.title,
            text="\n".join(item.lines),
            url=item.link,
            access=Access.TEASER if item.lines else Access.HEADLINE,
        )
        for item in items
    ]


def _single(message: EmailMessage, blocks: Sequence[_Block], common: Article) -> Article:
    """The mail as one article under its subject, which stands where a page has its headline."""
    subject = re.sub(r"(?i)^(?:\s*(?:re|fwd?|aw|wg)\s*:)+\s*", "", _header(message, "subject"))
    article = extract_text("\n\n".join((subject, *(block.text for block in blocks))))
    return replace(
        common,
        title=subject or article.title,
        text=article.text,
        authors=article.authors,
        access=Access.IMPORTED,
        published_at=article.published_at or common.published_at,
        origins=(Provenance(field="title", place="mail Subject"), common.origins[1]),
    )


def _items(blocks: Sequence[_Block]) -> list[_Notice]:
    """A new item begins with each linked or heading line that can be a headline; what follows is its
    summary."""
    items: list[_Notice] = []
    for at, block in enumerate(blocks):
        if NOT_AN_ITEM.search(block.text):
            continue
        if _is_headline(block, blocks[at + 1] if at + 1 < len(blocks) else None):
            if items and items[-1].link and items[-1].link == block.link and not items[-1].lines:
                items[-1] = replace(items[-1], title=max(items[-1].title, block.text, key=len))
            else:
                items.append(_Notice(title=block.text, link=block.link))
        elif items:
            last = items[-1]
            if block.link and (not last.link or block.link == last.link) and MORE.match(block.text):
                items[-1] = replace(last, link=last.link or block.link)
            elif not MORE.match(block.text):
                link = last.link or (block.link if block.linked or BARE_ADDRESS.fullmatch(block.text) else "")
                lines = last.lines if BARE_ADDRESS.fullmatch(block.text) else (*last.lines, block.text)
                items[-1] = replace(last, link=link, lines=lines)
    return items


def _is_headline(block: _Block, following: _Block | None) -> bool:
    if (
        len(block.text.split()) < MIN_TITLE_WORDS
        or len(block.text) > MAX_TITLE_CHARS
        or MORE.match(block.text)
    ):
        return False
    if block.linked or block.heading:
        return True
    # plain-text parts: "Headline" and, on the next line, its address
    return (
        following is not None
        and bool(BARE_ADDRESS.fullmatch(following.text))
        and not block.text.endswith((".", "!", "?"))
    )


def _with_links(items: Sequence[_Notice]) -> list[_Notice]:
    """Items that lead to a page of their own, each address once; section headings and the home page go."""
    found: dict[str, _Notice] = {}
    for item in items:
        try:
            link = canonical_url(_unwrapped(item.link))
            if is_home_page(link):
                continue
        except AddressError:
            continue
        known = found.get(link)
        if known is None or not known.lines:
            found[link] = replace(item, link=link, title=known.title if known else item.title)
    return list(found.values())


def _unwrapped(link: str) -> str:
    """The address that a click counter's link carries in a parameter; the link itself when it carries
    none."""
    for _, value in parse_qsl(urlsplit(link).query):
        if value.startswith(("http://", "https://")):
            return value
    return link


def _blocks(message: EmailMessage) -> Iterator[_Block]:
    part = message.get_body(preferencelist=("html", "plain"))
    if part is None:
        return
    try:
        content = part.get_content()
    except (LookupError, UnicodeDecodeError, ValueError):  # a charset that nobody knows
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if not isinstance(content, str) or not content.strip():
        return
    if part.get_content_subtype() == "html":
        yield from _html_blocks(content)
    else:
        yield from _text_blocks(content)


def _html_blocks(content: str) -> Iterator[_Block]:
    try:
        root = html.document_fromstring(
            re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "", content).encode(),
            parser=html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True),
        )
    except (etree.ParserError, etree.XMLSyntaxError):
        return
    yield from _Walk().blocks(root)


class _Walk:
    """Gathers the text of a mail's tree into lines, each with the link it stands in."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._linked = 0
        self._link = ""
        self._heading = False

    def blocks(self, root: HtmlElement) -> Iterator[_Block]:
        link, hidden, heading = "", 0, 0
        for event, node in etree.iterwalk(root, events=("start", "end")):
            gone = node.tag in ("script", "style", "head", "title") or bool(
                HIDDEN.search(node.get("style") or "")
            )
            if event == "start":
                if node.tag in BLOCKS:
                    yield from self._flush()
                hidden += gone
                heading += node.tag in HEADINGS
                link = (node.get("href") or "") if node.tag == "a" else link
                self._add(node.text, link, hidden, heading)
            else:
                hidden -= gone
                if node.tag in BLOCKS:
                    yield from self._flush()
                heading -= node.tag in HEADINGS
                link = "" if node.tag == "a" else link
                self._add(node.tail, link, hidden, heading)
        yield from self._flush()

    def _add(self, text: str | None, link: str, hidden: int, heading: int) -> None:
        if not text or hidden:
            return
        self._text.append(text)
        if text.strip():
            self._heading = self._heading or heading > 0
            if link.startswith(("http:", "https:")):
                self._link = self._link or link
                self._linked += len(text.strip())

    def _flush(self) -> Iterator[_Block]:
        text = " ".join("".join(self._text).replace("\u200c", "").replace("\u034f", "").split())
        if text:
            linked = bool(self._link) and self._linked >= 0.8 * len(text)
            yield _Block(text=text, link=self._link, linked=linked, heading=self._heading)
        self._text, self._linked, self._link, self._heading = [], 0, "", False


def _text_blocks(content: str) -> Iterator[_Block]:
    """Lines of a plain part, those of one paragraph joined; addresses are blocks of their own, wherever they
    stand."""
    for paragraph in re.split(r"\n\s*\n", content.replace("\r\n", "\n")):
        at = 0
        for address in BARE_ADDRESS.finditer(paragraph):
            yield from _text_block(paragraph[at : address.start()])
            yield _Block(text=address[1], link=address[1])
            at = address.end()
        yield from _text_block(paragraph[at:])


def _text_block(piece: str) -> Iterator[_Block]:
    """A headline over its summary stands on a line of its own, short and without a full stop."""
    piece = re.sub(r"(?i)\b(?:read|see|find out|learn)\s+more\s*:?\s*$", "", piece.rstrip("<( \t\n"))
    lines = [
        text for text in (" ".join(line.split()).strip("*=_-#>[]()< ") for line in piece.split("\n")) if text
    ]
    if lines and _starts_item(lines):
        yield _Block(text=lines.pop(0), heading=True)
    if lines:
        yield _Block(text=" ".join(lines))


def _starts_item(lines: Sequence[str]) -> bool:
    """A headline stands on a line of its own, without a full stop; over its summary it is also the shorter
    line."""
    first, rest = lines[0], lines[1:]
    if first.endswith((".", ",", ";", ":")) or len(first.split()) < MIN_TITLE_WORDS:
        return False
    return len(first) < max(map(len, rest)) if rest else len(first) <= MAX_TITLE_CHARS


def _header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (
        ValueError,
        IndexError,
        KeyError,
        AttributeError,
        TypeError,
    ):  # the stdlib's parser on broken headers
        return ""


def _sender(message: EmailMessage) -> str | None:
    name = re.sub(r"\s*<[^>]*>\s*$", "", _header(message, "from")).strip("\"' ")
    return name if name and "@" not in name else None


def _date(message: EmailMessage) -> datetime | None:
    try:
        when = parsedate_to_datetime(_header(message, "date"))
    except (ValueError, TypeError, IndexError):
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
