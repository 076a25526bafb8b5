"""From a parsed page to its article: metadata, a first guess at the body, the scores among blocks, the
text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from scraper.extraction.block_features import PageView
from scraper.extraction.blocks import TextBlock, words_key
from scraper.extraction.body_classifier import BlockScores, score_blocks
from scraper.extraction.document import Document, read_document
from scraper.extraction.furniture import Furniture, pages_with, set_aside
from scraper.extraction.line_features import BULLET
from scraper.extraction.metadata import Metadata, read_metadata
from scraper.extraction.not_articles import ChosenBody, require_article
from scraper.extraction.paywall import settled_access
from scraper.extraction.phrases import Phrases, load_phrases
from scraper.extraction.plain_text import PlainReading
from scraper.extraction.structured import parse_json
from scraper.extraction.trafilatura_guess import guess_body
from scraper.extraction.unmarked import is_unmarked, read_unmarked
from scraper.models import Article, DatePrecision, Link, Removed

EXTRACTOR_VERSION = (
    "2026.11.2"  # changes with the rules and the weights, so that `reprocess` knows what is old
)
# An instant of a day that a page prints in its own zone: between East Asia's and western America's.
DAY, EAST, WEST = timedelta(days=1), timedelta(hours=12), timedelta(hours=8)
SUMMARY_METAS = ("og:description", "description", "twitter:description")
DECLARED_LENGTH = 300  # characters; a shorter articleBody is a summary
KNOWN_SITE = 3  # pages; from there on what a site repeats tells more than the words of its lines
AFTER_TITLE = 0.9  # of the words chosen
TITLE_LENGTH = 20  # letters of a block that may be the end of the title
MAX_REMOVED = 200  # blocks told as removed; more is a list page's worth
MOSTLY = 0.4  # of a block's characters in links: with "READ MORE:" before it, a pointer
REMOVED_LENGTH = 300  # characters of each

BY_WORDS = "outside the article, by its words: the page has no marks"

_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPage:
    """What is known of a page before its body is chosen."""

    metadata: Metadata
    page: PageView


def extract(html: str | bytes, url: str | None = None, *, content_type: str | None = None) -> Article:
    """The clean article of one page. Raises `ExtractionError`, whose message says why there is none."""
    return extract_document(read_document(html, url, content_type))


def extract_document(
    document: Document,
    *,
    furniture: Furniture | None = None,
    link: Link | None = None,
    now_limit: datetime | None = None,
    title_suffixes: tuple[str, ...] = (),
) -> Article:
    """The clean article of a parsed page.

    ``furniture`` is what the site is known to repeat, this page counted too. ``link`` is how a channel
    announced the article; it fills what the page does not say. Raises `ExtractionError`.
    """
    prepared = prepare(document, furniture=furniture, now_limit=now_limit, title_suffixes=title_suffixes)
    if reading := _line_reading(document, prepared, furniture, now_limit):
        metadata = _with_lines(prepared.metadata, reading, document.blocks)
        return _article(document, metadata, link, *_by_lines(prepared, reading))
    return _from_blocks(document, prepared, link)


def _line_reading(
    document: Document, prepared: PreparedPage, furniture: Furniture | None, now_limit: datetime | None
) -> PlainReading | None:
    """Return what the lines of a page without mark-up give; ``None`` for a page with mark-up."""
    if prepared.page.site_pages >= KNOWN_SITE or not is_unmarked(document.blocks):
        return None
    title_key = words_key(prepared.metadata.title)
    reading = read_unmarked(document.blocks, furniture, title_key=title_key, now_limit=now_limit)
    return reading if reading.kept else None


def _from_blocks(document: Document, prepared: PreparedPage, link: Link | None) -> Article:
    """Return the article made of the blocks that the classifier takes for its body."""
    scores = score_blocks(prepared.page, lambda aside: guess_body(document.root, document.outline, aside))
    phrases = load_phrases()
    chosen = _without_phrases(prepared, scores, phrases)
    require_article(
        ChosenBody(
            root=document.root,
            blocks=document.blocks,
            chosen=chosen,
            title=prepared.metadata.title,
            head_title=prepared.metadata.title_in_head,
            declares_article=prepared.metadata.is_article,
            url=document.url or "",
        )
    )
    removed = tuple(_removed(prepared, scores, chosen, phrases))
    return _article(document, prepared.metadata, link, _text(prepared.page.blocks, chosen), removed)


def _article(
    document: Document, metadata: Metadata, link: Link | None, text: str, removed: tuple[Removed, ...]
) -> Article:
    """Return the article; what the page does not say is filled from its announcement."""
    published_at, precision = _published(metadata, link)
    return Article(
        title=metadata.title or (link.title if link else ""),
        text=text,
        url=document.url,
        canonical_url=metadata.canonical_url,
        authors=metadata.authors or (link.authors if link else ()),
        published_at=published_at,
        published_precision=precision,
        modified_at=metadata.modified_at or (link.modified_at if link else None),
        language=metadata.language or (link.language if link else None),
        access=settled_access(metadata.access, text, (block.text for block in document.blocks)),
        publisher=metadata.publisher,
        origins=metadata.origins,
        removed=removed,
    )


def _published(metadata: Metadata, link: Link | None) -> tuple[datetime | None, DatePrecision | None]:
    """Return the publication date at the best precision: the minute of a feed beats the day of a page."""
    page, feed = metadata.published_at, link.published_at if link else None
    if page is None:
        return feed, _precision(feed)
    is_day = metadata.published_precision is DatePrecision.DAY
    if (
        feed
        and is_day
        and _precision(feed) is DatePrecision.MINUTE
        and page - EAST <= feed < page + DAY + WEST
    ):
        return feed, DatePrecision.MINUTE
    return page, metadata.published_precision


def _precision(when: datetime | None) -> DatePrecision | None:
    """Return the precision of a date that a channel gave: midnight is a day."""
    if when is None:
        return None
    midnight = (when.hour, when.minute, when.second) == (0, 0, 0)
    return DatePrecision.DAY if midnight else DatePrecision.MINUTE


def _with_lines(metadata: Metadata, reading: PlainReading, blocks: Sequence[TextBlock]) -> Metadata:
    """The metadata, filled from the lines above the text where the page declares nothing."""
    return replace(
        metadata,
        title=metadata.title or (blocks[reading.title_at].text if reading.title_at is not None else ""),
        authors=metadata.authors or reading.authors,
        published_at=metadata.published_at or reading.published_at,
    )


def _by_lines(prepared: PreparedPage, reading: PlainReading) -> tuple[str, tuple[Removed, ...]]:
    """The text of a page without marks, and what was left out between its first and its last line."""
    kept = frozenset(reading.kept)
    text = "\n".join(BULLET.sub("", prepared.page.blocks[place].text) for place in reading.kept)
    between = range(reading.kept[0], reading.kept[-1])
    removed = (prepared.page.blocks[place].text[:REMOVED_LENGTH] for place in between if place not in kept)
    return text, tuple(Removed(text=lost, reason=BY_WORDS) for lost in removed)


def prepare(
    document: Document,
    *,
    furniture: Furniture | None = None,
    now_limit: datetime | None = None,
    title_suffixes: tuple[str, ...] = (),
) -> PreparedPage:
    """What the page says, and what its site is known to repeat."""
    metadata = read_metadata(document, now_limit=now_limit, title_suffixes=title_suffixes)
    blocks = document.blocks
    title_key = words_key(metadata.title)
    repeated = pages_with(blocks, furniture, title_key)
    aside = set_aside(blocks, repeated, furniture)
    out = tuple(bool(reason) for reason in aside)
    page = PageView(
        blocks=blocks,
        title_key=title_key,
        summary_key=words_key(_summary(metadata)),
        declared_key=words_key(_declared_text(document)),
        repeated=repeated,
        site_pages=furniture.pages if furniture else 0,
        aside=out,
    )
    return PreparedPage(metadata=metadata, page=page)


def _summary(metadata: Metadata) -> str:
    said = {name.lower(): content for name, content in reversed(metadata.metas)}
    return next((said[name] for name in SUMMARY_METAS if said.get(name)), "")


def _declared_text(document: Document) -> str:
    """The articleBody of the page's JSON-LD, empty without one; a check on what is found, never the text
    itself."""
    found: list[str] = []
    for script in document.root.iter("script"):
        if script.text and "articleBody" in script.text and "ld+json" in (script.get("type") or ""):
            found += _article_bodies(parse_json(script.text))
    longest = max(found, key=len, default="")
    return _TAG.sub(" ", html.unescape(longest)) if len(longest) > DECLARED_LENGTH else ""


def _article_bodies(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            body = node.get("articleBody")
            if isinstance(body, str):
                yield body
            waiting += (inner for inner in node.values() if isinstance(inner, dict | list))


def _without_phrases(prepared: PreparedPage, scores: BlockScores, phrases: Phrases) -> list[bool]:
    blocks = prepared.page.blocks
    chosen = [
        is_chosen and not (met and phrases.dropped_by(block.text, linked=linked > MOSTLY))
        for block, is_chosen, met, linked in zip(
            blocks, scores.chosen(blocks), scores.sizes.phrases, scores.sizes.linked, strict=True
        )
    ]
    start = _start(prepared.page, chosen)
    return [
        is_chosen and place >= start and not _is_title(blocks[place], prepared.page.title_key)
        for place, is_chosen in enumerate(chosen)
    ]


def _is_title(block: TextBlock, title_key: str) -> bool:
    """True for the title as a block, also where the page's title has the site's name before it."""
    return bool(title_key) and (
        block.key == title_key or (len(block.key) > TITLE_LENGTH and title_key.endswith(block.key))
    )


def _start(page: PageView, chosen: Sequence[bool]) -> int:
    """Where the story begins: at its title, when nearly all that was chosen comes after it; a banner stands
    above."""
    title = next((place for place, block in enumerate(page.blocks) if _is_title(block, page.title_key)), 0)
    words = [block.words if is_chosen else 0 for block, is_chosen in zip(page.blocks, chosen, strict=True)]
    return title if sum(words[title:]) >= AFTER_TITLE * sum(words) else 0


def _text(blocks: Sequence[TextBlock], chosen: Sequence[bool]) -> str:
    return "\n".join(block.text for block, is_chosen in zip(blocks, chosen, strict=True) if is_chosen)


def _removed(
    prepared: PreparedPage, scores: BlockScores, chosen: Sequence[bool], phrases: Phrases
) -> Iterator[Removed]:
    """What a reader might miss: the blocks that the site repeats, that a rule took, or that trafilatura had
    taken."""
    told = 0
    for place, block in enumerate(prepared.page.blocks):
        if chosen[place] or told >= MAX_REMOVED:
            continue
        if reason := _reason(prepared, scores, phrases, place):
            told += 1
            yield Removed(text=block.text[:REMOVED_LENGTH], reason=reason)


def _reason(prepared: PreparedPage, scores: BlockScores, phrases: Phrases, place: int) -> str:
    block = prepared.page.blocks[place]
    pages = prepared.page.repeated[place] if prepared.page.repeated else 0
    if pages > 1:
        return f"repeated on {pages} pages of the site"
    if scores.sizes.phrases[place] and (
        rule := phrases.dropped_by(block.text, linked=scores.sizes.linked[place] > MOSTLY)
    ):
        return f"{rule.name}: {rule.why}"
    if not scores.guess[place]:
        return ""
    if block.key == prepared.page.title_key:
        return "the title, said once"
    return f"outside the article (probability {scores.probabilities[place]:.2f})"
