"""E-mail newsletters to articles: an essay is one article, a digest one article for each item. Pure.

First it is decided which of the two a mail is: by how much running text stands between its linked headlines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from scraper.errors import AddressError, EmptyPageError, ParseLimitError
from scraper.extraction.authors import clean_authors
from scraper.extraction.mail import Mail, read_mail
from scraper.extraction.mail_blocks import (
    MAX_HEADLINE_CHARS,
    MIN_HEADLINE_WORDS,
    Block,
    is_note_mark,
    is_url,
    without_note_marks,
)
from scraper.extraction.mail_links import is_service_link, link_target
from scraper.extraction.newsletter_words import newsletter_words
from scraper.models import Access, Article, Provenance
from scraper.urls import canonical_url, is_home_page

MIN_ITEMS = 2  # one link in a mail is an article that somebody passed on
# Running words for each linked headline: digests of 1 to 4 sentences an item have 15 to 90, essays that link
# their section headings 150 and more. A post with the buttons of a blogging service, or whose subject is its
# first headline, is an essay from half of that.
ESSAY_WORDS = 150
POST_WORDS = 70
PROSE_WORDS = 12  # a block with fewer words is a label, a name or a button
FOOTER_SHARE = 0.5  # of the blocks; a line of the footer before it stands in the header
MIN_SUBJECT_CHARS = 16  # of a headline behind a prefix: Issue 12: Why the valley lost its carers
MIN_LINKED_HEADING = 2
LEAD_WORDS = 40  # of a line whose linked headline is bold: "Headline, by a writer (outlet)"
LOOK_AHEAD = 5  # blocks: a headline's summary of some paragraphs, and its button
LABEL_WORDS = 8  # the most that a line such as "Sponsored" or "Together with X" has
# An essay with a list of earlier ones below: before the first link it has the words of an essay, a sentence
# for each link, and twice the words that stand below the links.
WORDS_PER_LISTED = 25
LISTED_RATIO = 2

_SEPARATOR = re.compile(r"^\s*[:–—|-]\s*|^\s*\.\s+")
_LABEL = re.compile(
    r"(?:[^\s:–—|]+\s+){0,3}[^\s:–—|]+\s*[:–—|]|(?:\S+\s+){1,3}-"
)  # "Pier Post:", "Pier Post -"
_OUTLET = re.compile(r"\s*[(\[][^()\[\]]{2,60}[)\]]\s*\.?\s*")
_NUMBER = re.compile(r"^\(?\d{1,2}[.)]\s+(?=\D)")
_READING_TIME = re.compile(r"\s*\(\d+[ -]min(?:ute)?s?(?: read)?\)\s*$", re.IGNORECASE)
_HANDLE = re.compile(r"^@\w+$|\s@\w+$")
_STAMP = re.compile(r"^\d{1,2}:\d{2}\s*[AP]M\b|^\d+ (?:likes?|retweets?|reposts?)\b", re.IGNORECASE)
_BYLINE = re.compile(r"^(?:by|von|par|por|di|door)\s+\S", re.IGNORECASE)
_DAY = re.compile(
    r"^\W*(?:\w+day,?\s+)?(?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2}\.? [A-Z][a-z]{2,8})(?:,? \d{4})?\W*$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A headline of a digest and what stands below it."""

    title: str
    link: str
    strong: bool  # the headline itself links, or a link such as "Read more" follows
    dropped: bool = False  # a sponsor's, a poll's
    lines: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()  # links within the lines

    @property
    def words(self) -> int:
        return sum(len(line.split()) for line in self.lines)


def read_newsletter(raw: bytes) -> list[Article]:
    """Return the articles of a newsletter: the items of a digest, each with its URL, or the essay.

    Items carry the mail's date and sender, and `Access.TEASER` or `Access.HEADLINE`: a digest holds
    summaries. Raises `EmptyPageError` when the mail has no readable text, `ParseLimitError` when its parts
    are nested too deeply."""
    try:
        mail = read_mail(raw)
    except RecursionError:
        raise ParseLimitError("the parts of this mail are nested too deeply; not read") from None
    blocks = _content_blocks(mail.blocks)
    sections = _sections(blocks, mail.subject)
    items = _items(sections) if _is_digest(sections, blocks, mail) else []
    common = Article(
        published_at=mail.sent_at,
        publisher=mail.sender or None,
        language=mail.language,
        origins=(
            Provenance(field="title", place="newsletter item"),
            Provenance(field="published_at", place="mail Date"),
        ),
    )
    if len(items) < MIN_ITEMS:
        return [_essay(mail, blocks, common)]
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


def _content_blocks(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blocks without the lines and links of the sender and the mailing service, and the footer."""
    words = newsletter_words()
    content: list[Block] = []
    for index, block in enumerate(blocks):
        is_service = words.service.search(block.text) and block.words <= 4 * PROSE_WORDS
        if is_service and index >= FOOTER_SHARE * len(blocks) and _ends_here(blocks[index:]):
            break
        if not is_service and not (block.linked and is_service_link(block.links[0])):
            content.append(without_note_marks(block))
    return tuple(block for block in content if block.text)


def _ends_here(rest: Sequence[Block]) -> bool:
    """Return whether the footer has begun: hardly any running text, no linked headline and no footnote
    follow."""
    if any(is_note_mark(run) for block in rest for run in block.runs):
        return False
    prose = [block for block in rest[1:] if block.words >= 2 * PROSE_WORDS and not block.linked]
    headlines = [
        block
        for block in rest[1:]
        if block.heading or (len(block.links) == 1 and block.linked and block.words >= MIN_HEADLINE_WORDS)
    ]
    service = newsletter_words().service
    return not [block for block in (*prose, *headlines) if not service.search(block.text)]


def _essay(mail: Mail, blocks: Sequence[Block], common: Article) -> Article:
    """Return the mail as one article under its subject, with all of its text."""
    lines = _essay_lines(mail, blocks)
    title = _essay_title(mail, blocks)
    authors = clean_authors([line for line in lines[:3] if _BYLINE.match(line)])
    if not lines and not title:
        raise EmptyPageError("the mail has no text", mail.subject)
    lines = [line for line in lines if not (_BYLINE.match(line) and len(line.split()) <= LABEL_WORDS)]
    return replace(
        common,
        title=title or (lines[0] if lines else ""),
        text="\n".join(lines),
        authors=authors or clean_authors([mail.sender], full_names=True),
        access=Access.IMPORTED if lines else Access.HEADLINE,
        origins=(Provenance(field="title", place="mail Subject"), common.origins[1]),
    )


def _essay_title(mail: Mail, blocks: Sequence[Block]) -> str:
    """Return the subject, or the heading in the mail that it ends with: "[Letter] Why the boats stopped"."""
    headings = [block.text for block in blocks[:8] if block.heading and _is_same(block.text, mail.subject)]
    return min([mail.subject, *headings], key=len)


def _essay_lines(mail: Mail, blocks: Sequence[Block]) -> list[str]:
    """Return the lines of the essay: from its headline on, without the date line and the writer's name."""
    lines = [block.text for block in blocks if not is_url(block)]
    start = next((index + 1 for index, line in enumerate(lines[:8]) if _is_same(line, mail.subject)), 0)
    lines = lines[start:]
    opening = [
        line for line in lines[:5] if not (_DAY.match(line) or line.casefold() == mail.sender.casefold())
    ]
    return [*opening, *lines[5:]]


def _is_digest(sections: Sequence[_Section], blocks: Sequence[Block], mail: Mail) -> bool:
    """Return whether a mail is a list of items rather than one text."""
    strong = [section for section in sections if section.strong and not section.dropped and section.link]
    linked = (
        strong if len(strong) >= MIN_ITEMS else [each for each in sections if each.link and not each.dropped]
    )
    if len(linked) < MIN_ITEMS or len({link_target(section.link) for section in linked}) < MIN_ITEMS:
        return False
    titles = {section.title for section in sections}
    prose = sum(
        block.words
        for block in blocks
        if block.words >= PROSE_WORDS and not block.linked and block.text not in titles
    )
    words = newsletter_words()
    is_post = any(words.post.search(block.text) for block in mail.blocks) or any(
        _is_same(block.text, mail.subject) for block in blocks
    )
    if _is_followed_by_list(linked, blocks):
        return False
    per_item = prose / len(linked)
    if len(strong) < MIN_ITEMS:  # unlinked headings over text with links: an essay with sections, more often
        return per_item < POST_WORDS and len(linked) > MIN_ITEMS and not is_post
    return per_item < (POST_WORDS if is_post else ESSAY_WORDS)


def _is_followed_by_list(linked: Sequence[_Section], blocks: Sequence[Block]) -> bool:
    """Return whether the linked headlines are a list below an essay, such as its author's earlier ones."""
    opening = 0
    for block in blocks:
        if linked[0].link in block.links:
            break
        opening += block.words if block.words >= PROSE_WORDS and not block.linked else 0
    below = sum(section.words for section in linked)
    return opening >= max(ESSAY_WORDS, WORDS_PER_LISTED * len(linked), LISTED_RATIO * below)


def _sections(blocks: Sequence[Block], subject: str) -> list[_Section]:
    """Return a section for each block that can be a headline; what follows it is its summary."""
    words = newsletter_words()
    embedded = _embedded_anchors(blocks)
    sections: list[_Section] = []
    drops_next = in_poll = False
    for index, block in enumerate(blocks):
        text = block.text
        in_poll = bool(words.poll.search(text)) or (in_poll and _is_option(block))
        if words.sponsor.search(text) and (block.words <= LABEL_WORDS or block.heading or block.linked):
            drops_next = block.words < MIN_HEADLINE_WORDS or not (block.heading or block.linked)
            sections.append(_Section(title=text, link="", strong=False, dropped=True))
            continue
        following = blocks[index + 1 : index + 1 + LOOK_AHEAD]
        section = None if block.anchors & embedded else _headline(block, following)
        if section and _is_same(section.title, subject):
            continue
        if section:
            repeated = sections and not sections[-1].lines and sections[-1].link == section.link != ""
            section = replace(section, dropped=drops_next or in_poll)
            if repeated:
                longest = max(sections[-1].title, section.title, key=len)
                sections[-1] = replace(sections[-1], title=longest)
            else:
                sections.append(section)
            drops_next = False
        elif sections:
            sections[-1] = _extended(sections[-1], block)
            # Running text below "Together with X" is the advertisement: the next headline is an item again.
            drops_next = drops_next and (block.words < PROSE_WORDS or block.linked)
    return [_with_inline_link(section) for section in sections]


def _is_option(block: Block) -> bool:
    """Return whether a block can be an answer to choose below the question of a poll."""
    return block.linked and not block.heading and block.words <= PROSE_WORDS


def _headline(block: Block, following: Sequence[Block]) -> _Section | None:
    """Return the section that a block begins; ``None`` when it cannot be a headline."""
    text = block.text
    if newsletter_words().more.search(text) and block.words <= LABEL_WORDS and not block.heading:
        return None
    if _BYLINE.match(text) and not block.heading and clean_authors([text]):
        return None
    if bullet := _bullet(block):
        return bullet
    has_summary = bool(following) and following[0].words >= PROSE_WORDS and not following[0].linked
    shortest = MIN_HEADLINE_WORDS
    if block.heading:
        shortest = MIN_LINKED_HEADING if block.linked and has_summary else MIN_HEADLINE_WORDS - 1
    if _word_count(text) < shortest or len(text) > MAX_HEADLINE_CHARS or is_url(block):
        return None
    title = _title(text)
    if block.linked:
        words = "".join(run.text for run in block.runs if run.link)
        title = _title(" ".join(words.split())) if len(block.links) == 1 else title
        return _Section(title=title, link=block.links[0], strong=True)
    ends = text.endswith((".", "!", "?", ":"))
    if block.heading or (block.bold and not ends):
        return _Section(title=title, link=block.links[0] if block.links else "", strong=bool(block.links))
    # Plain text: a headline and, on the next line, its URL.
    if following and is_url(following[0]) and not text.endswith((".", "!", "?")):
        return _Section(title=title, link=following[0].links[0], strong=True)
    # A headline that only a style sets apart: its summary and a button follow.
    if (
        has_summary
        and not ends
        and not block.links
        and block.words <= PROSE_WORDS
        and _has_button(following[1:])
    ):
        return _Section(title=title, link="", strong=False)
    return None


def _has_button(following: Sequence[Block]) -> bool:
    """Return whether "Read more" follows, with nothing but running text before it."""
    more = newsletter_words().more
    for block in following:
        if block.links and block.words <= LABEL_WORDS and more.search(block.text):
            return True
        if block.heading or block.words < PROSE_WORDS:
            return False
    return False


def _title(text: str) -> str:
    """Return a headline without its number in the list, the reading time and a colon before its URL."""
    return _NUMBER.sub("", _READING_TIME.sub("", text)).rstrip(": ")


def _bullet(block: Block) -> _Section | None:
    """Return the section of a line such as "Headline: what it says" or "What happened (Outlet)"."""
    runs = [run for run in block.runs if run.text.strip()]
    if len(block.links) != 1 or block.linked or len(runs) < 2:
        return None
    first = " ".join("".join(run.text for run in runs if run.link).split())
    before_link = "".join(run.text for run in runs[: next(i for i, run in enumerate(runs) if run.link)])
    before_link = before_link.strip(" •·*").lstrip("-–—")
    last = max(i for i, run in enumerate(runs) if run.link)
    after_link = "".join(run.text for run in runs[last + 1 :])
    is_labelled = bool(_LABEL.fullmatch(before_link)) and not newsletter_words().more.search(before_link)
    if (not before_link or is_labelled) and _word_count(first) >= MIN_HEADLINE_WORDS - 1:
        separator = _SEPARATOR.match(after_link)
        is_lead = block.listed or (all(run.bold for run in runs if run.link) and block.words <= LEAD_WORDS)
        if _OUTLET.fullmatch(after_link) or (is_labelled and not after_link.strip(" .")):
            return _Section(title=_title(first), link=block.links[0], strong=True)
        if separator or (is_lead and len(first) <= MAX_HEADLINE_CHARS):
            summary = " ".join(after_link[separator.end() if separator else 0 :].split())
            lines = (summary,) if len(summary.split()) >= 3 else ()
            return _Section(title=_title(first), link=block.links[0], strong=True, lines=lines)
    title = before_link.rstrip(" ([:–—|-")
    is_source = (
        (block.listed or first.startswith(("http://", "https://", "www.")))
        and before_link
        and not newsletter_words().more.search(first)
        and len(first.split()) <= 4
        and runs[-1].text.strip(" ).]»") in ("", first)
    )
    if is_source and _word_count(title) >= MIN_HEADLINE_WORDS and len(title) <= MAX_HEADLINE_CHARS:
        return _Section(title=_title(title), link=block.links[0], strong=True)
    return None


def _extended(section: _Section, block: Block) -> _Section:
    """Return a section with one more block below its headline."""
    is_more = bool(newsletter_words().more.search(block.text)) and block.words <= LABEL_WORDS
    if is_url(block) or (is_more and block.links):
        link = section.link or block.links[0]
        return replace(section, link=link, strong=section.strong or link == block.links[0])
    if block.links and not section.link and block.linked:
        return replace(section, link=block.links[0], strong=True)
    if is_more or (block.linked and block.words < MIN_HEADLINE_WORDS):
        return section
    section = replace(section, lines=(*section.lines, block.text), inline=(*section.inline, *block.links))
    button = next((run for run in reversed(block.runs) if run.text.strip(" ).]»>")), None)
    if not section.link and button and button.link and newsletter_words().more.search(button.text.strip()):
        return replace(section, link=button.link, strong=True)
    return section


def _with_inline_link(section: _Section) -> _Section:
    """Return a section with the only link of its text, when neither headline nor button links."""
    links = tuple(dict.fromkeys(section.inline))
    return replace(section, link=links[0]) if not section.link and len(links) == 1 else section


def _items(sections: Iterable[_Section]) -> list[_Section]:
    """Return the sections that link to a page of their own, each URL once."""
    items: dict[str, _Section] = {}
    for section in sections:
        try:
            link = canonical_url(link_target(section.link))
            if section.dropped or is_home_page(link) or is_service_link(section.link):
                continue
        except AddressError:
            continue
        earlier = items.get(link)
        if earlier is None or not earlier.lines:
            items[link] = replace(section, link=link, title=earlier.title if earlier else section.title)
    return list(items.values())


def _embedded_anchors(blocks: Sequence[Block]) -> frozenset[int]:
    """Return the <a> elements that are an embedded post of a social network: a name, a handle, words, a
    time."""
    return frozenset(
        anchor
        for block in blocks
        if _HANDLE.search(block.text) or _STAMP.match(block.text)
        for anchor in block.anchors
    )


def _word_count(text: str) -> int:
    """Return the number of words; of scripts without spaces, two signs are taken for a word."""
    wide = sum("\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7af" for sign in text)
    return len(text.split()) + wide // 2


def _is_same(text: str, subject: str) -> bool:
    """Return whether a line is the subject, apart from marks, case and what the subject has in front."""
    line, whole = (re.sub(r"[\W_]+", "", each.casefold()) for each in (text, subject))
    return bool(line) and (line == whole or (len(line) >= MIN_SUBJECT_CHARS and whole.endswith(line)))
