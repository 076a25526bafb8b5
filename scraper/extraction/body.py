"""Extract the article of a parsed page: its metadata, the choice of its body, its text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from scraper.days import is_future
from scraper.errors import ExtractionError, MissingPageError, WallError
from scraper.extraction.agencies import agency_credit
from scraper.extraction.block_features import PageView
from scraper.extraction.blocks import TextBlock, words_key
from scraper.extraction.body_choice import BodyChoice, choose_body, second_choice
from scraper.extraction.characters import count_words
from scraper.extraction.document import Document, read_document
from scraper.extraction.embedded_text import declared_body, embedded_text
from scraper.extraction.furniture import Furniture, pages_with, set_aside
from scraper.extraction.line_features import BULLET
from scraper.extraction.metadata import Metadata, read_metadata
from scraper.extraction.not_articles import ChosenBody, require_article
from scraper.extraction.paywall import settled_access
from scraper.extraction.plain_text import PlainReading
from scraper.extraction.unmarked import is_unmarked, read_unmarked
from scraper.languages import language_tag
from scraper.models import Access, Article, DatePrecision, Link, Removed

# Changes with the rules and the weights, so that `reprocess` knows which texts are old.
EXTRACTOR_VERSION = "2026.12.1"
# An instant of a day that a page prints in its own zone: between East Asia's and western America's.
DAY, EAST, WEST = timedelta(days=1), timedelta(hours=12), timedelta(hours=8)
SUMMARY_METAS = ("og:description", "description", "twitter:description")
TEASER_WORDS = 60  # a page that shows fewer may carry its text in a script
TEASER_SHARE = 3  # ... and so may one whose declared text is so many times longer
SCRIPT_GAIN = 1.5  # the text of a script has so many times the words of what the page shows
SECOND_WORDS = 120  # of running text; with fewer trafilatura's text does not outweigh our refusal
LETTERS_A_WORD = 5
BYLINE_BLOCKS = 8  # before the text: headline, standfirst, byline, date, picture
KNOWN_SITE = 3  # pages; from there on what a site repeats tells more than the words of its lines
MAX_REMOVED = 200  # blocks reported as removed; a list page has more
REMOVED_LENGTH = 300  # characters of each

BY_WORDS = "outside the article, by its words: the page has no mark-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPage:
    """What is known of a page before its body is chosen."""

    metadata: Metadata
    page: PageView


def extract(html: str | bytes, url: str | None = None, *, content_type: str | None = None) -> Article:
    """Return the clean article of one page. Raises `ExtractionError`, which says why there is none."""
    return extract_document(read_document(html, url, content_type))


def extract_document(
    document: Document,
    *,
    furniture: Furniture | None = None,
    link: Link | None = None,
    now_limit: datetime | None = None,
    title_suffixes: tuple[str, ...] = (),
    zone: tzinfo | None = None,
    any_text: bool = False,
) -> Article:
    """Return the clean article of a parsed page.

    ``furniture`` is what the site is known to repeat, this page counted too. ``link`` is how a channel
    announced the article; it fills what the page does not say. A time without a zone is read in ``zone``,
    else as UTC. ``any_text`` takes what text there is, also of a list or a few words: for a page that a
    person named. Raises `ExtractionError`.
    """
    if link and link.published_at and is_future(link.published_at, now_limit):
        link = replace(link, published_at=None)
    prepared = prepare(
        document, furniture=furniture, now_limit=now_limit, title_suffixes=title_suffixes, zone=zone
    )
    if reading := _line_reading(document, prepared, furniture, now_limit):
        metadata = _with_lines(prepared.metadata, reading, document.blocks)
        return _article(document, metadata, link, *_by_lines(prepared, reading))
    return _from_blocks(document, prepared, link, any_text=any_text)


def _line_reading(
    document: Document, prepared: PreparedPage, furniture: Furniture | None, now_limit: datetime | None
) -> PlainReading | None:
    """Return what the lines of a page without mark-up give; ``None`` for a page with mark-up."""
    if prepared.page.site_pages >= KNOWN_SITE or not is_unmarked(document.blocks):
        return None
    title_key = words_key(prepared.metadata.title)
    reading = read_unmarked(document.blocks, furniture, title_key=title_key, now_limit=now_limit)
    return reading if reading.kept else None


def _from_blocks(document: Document, prepared: PreparedPage, link: Link | None, *, any_text: bool) -> Article:
    """Return the article made of the blocks chosen as its body, or of the text in the page's scripts."""
    choice = choose_body(document, prepared.page)
    if text := _from_scripts(document, prepared, choice):
        return _article(document, prepared.metadata, link, text, ())
    choice = _accepted(document, prepared, choice, any_text=any_text)
    text = "\n".join(block.text for block in choice.blocks)
    return _article(document, prepared.metadata, link, text, tuple(_removed(choice)))


def _accepted(document: Document, prepared: PreparedPage, first: BodyChoice, *, any_text: bool) -> BodyChoice:
    """Return the first choice, or the one by trafilatura's own text where only that makes an article.

    A page is refused as a list or as empty only if both choices say so. Raises `ExtractionError`.
    """
    refusal = _refusal(document, prepared.metadata, first)
    if refusal is None:
        return first
    if isinstance(refusal, WallError | MissingPageError):
        raise refusal
    second = second_choice(document, prepared.page, first)
    if second.unlinked_words >= SECOND_WORDS and not _refusal(document, prepared.metadata, second):
        return second
    longer = max(first, second, key=lambda choice: choice.unlinked_words)
    if not (any_text and longer.words):
        raise refusal
    return longer


def _refusal(document: Document, metadata: Metadata, choice: BodyChoice) -> ExtractionError | None:
    """Return why a choice does not make the page an article; ``None`` if it does."""
    body = ChosenBody(
        root=document.root,
        blocks=document.blocks,
        chosen=choice.chosen,
        title=metadata.title,
        head_title=metadata.title_in_head,
        declares_article=metadata.is_article,
        url=document.url or "",
    )
    try:
        require_article(body)
    except ExtractionError as error:
        return error
    return None


def _from_scripts(document: Document, prepared: PreparedPage, choice: BodyChoice) -> str:
    """Return the text in the page's scripts where the page shows no more than a teaser and is not paid."""
    declared = len(prepared.page.declared_key) // LETTERS_A_WORD
    is_teaser = choice.words < TEASER_WORDS or choice.words * TEASER_SHARE < declared
    if not is_teaser or prepared.metadata.access is Access.TEASER:
        return ""
    text = embedded_text(document.root, prepared.metadata.title)
    return text if count_words(text) >= max(1, choice.words) * SCRIPT_GAIN else ""


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
        language=metadata.language or (language_tag(link.language) if link else None),
        access=settled_access(metadata.access, text, (block.text for block in document.blocks)),
        publisher=metadata.publisher or (link.publisher if link else None) or None,
        agency=_agency(document, metadata, link, text),
        origins=metadata.origins,
        removed=removed,
    )


def _agency(document: Document, metadata: Metadata, link: Link | None, text: str) -> str | None:
    """Return the agency that the page credits in its authors, in the lines before the text or in the text."""
    declared = [content for name, content in metadata.metas if "author" in name.lower()]
    first = text.partition("\n")[0]
    texts = [block.text for block in document.blocks]
    start = texts.index(first) if first in texts else 0
    before = texts[max(0, start - BYLINE_BLOCKS) : start]
    return agency_credit([*metadata.authors, *declared, *(link.authors if link else ())], text, nearby=before)


def _published(metadata: Metadata, link: Link | None) -> tuple[datetime | None, DatePrecision | None]:
    """Return the publication date at the best precision: the minute of a feed beats a page's day or month."""
    page, feed = metadata.published_at, link.published_at if link else None
    precision = metadata.published_precision
    if page is None or feed is None:
        return (page, precision) if page else (feed, _precision(feed))
    if precision is DatePrecision.MONTH and (feed.year, feed.month) == (page.year, page.month):
        return feed, _precision(feed)
    is_day = precision is DatePrecision.DAY and _precision(feed) is DatePrecision.MINUTE
    if is_day and page - EAST <= feed < page + DAY + WEST:
        return feed, DatePrecision.MINUTE
    return page, precision


def _precision(when: datetime | None) -> DatePrecision | None:
    """Return the precision of a date that a channel gave: midnight is a day."""
    if when is None:
        return None
    midnight = (when.hour, when.minute, when.second) == (0, 0, 0)
    return DatePrecision.DAY if midnight else DatePrecision.MINUTE


def _with_lines(metadata: Metadata, reading: PlainReading, blocks: Sequence[TextBlock]) -> Metadata:
    """Return the metadata, filled from the lines above the text where the page declares nothing."""
    return replace(
        metadata,
        title=metadata.title or (blocks[reading.title_at].text if reading.title_at is not None else ""),
        authors=metadata.authors or reading.authors,
        published_at=metadata.published_at or reading.published_at,
    )


def _by_lines(prepared: PreparedPage, reading: PlainReading) -> tuple[str, tuple[Removed, ...]]:
    """Return the text of a page without mark-up, and the lines left out between its first and its last."""
    kept = frozenset(reading.kept)
    text = "\n".join(BULLET.sub("", prepared.page.blocks[index].text) for index in reading.kept)
    between = range(reading.kept[0], reading.kept[-1])
    removed = (prepared.page.blocks[index].text[:REMOVED_LENGTH] for index in between if index not in kept)
    return text, tuple(Removed(text=lost, reason=BY_WORDS) for lost in removed)


def prepare(
    document: Document,
    *,
    furniture: Furniture | None = None,
    now_limit: datetime | None = None,
    title_suffixes: tuple[str, ...] = (),
    zone: tzinfo | None = None,
) -> PreparedPage:
    """Return what the page says and what its site is known to repeat."""
    metadata = read_metadata(document, now_limit=now_limit, title_suffixes=title_suffixes, zone=zone)
    blocks = document.blocks
    title_key = words_key(metadata.title)
    repeated = pages_with(blocks, furniture, title_key)
    aside = set_aside(blocks, repeated, furniture)
    out = tuple(bool(reason) for reason in aside)
    page = PageView(
        blocks=blocks,
        title_key=title_key,
        summary_key=words_key(_summary(metadata)),
        declared_key=words_key(declared_body(document.root)),
        repeated=repeated,
        site_pages=furniture.pages if furniture else 0,
        aside=out,
    )
    return PreparedPage(metadata=metadata, page=page)


def _summary(metadata: Metadata) -> str:
    said = {name.lower(): content for name, content in reversed(metadata.metas)}
    return next((said[name] for name in SUMMARY_METAS if said.get(name)), "")


def _removed(choice: BodyChoice) -> Iterator[Removed]:
    """Yield what a reader might miss: what the site repeats, what a rule took, what trafilatura had taken."""
    count = 0
    for index, block in enumerate(choice.page.blocks):
        if choice.chosen[index] or count >= MAX_REMOVED:
            continue
        if reason := _reason(choice, index):
            count += 1
            yield Removed(text=block.text[:REMOVED_LENGTH], reason=reason)


def _reason(choice: BodyChoice, index: int) -> str:
    page, block = choice.page, choice.page.blocks[index]
    pages = page.repeated[index] if page.repeated else 0
    if pages > 1:
        return f"repeated on {pages} pages of the site"
    if index in choice.excluded:
        return choice.excluded[index]
    if not choice.scores.guess[index]:
        return ""
    if block.key == page.title_key:
        return "the title, which stands above the text"
    return f"outside the article (probability {choice.scores.probabilities[index]:.2f})"
