"""Extract articles from pages saved as plain text: pasted mail, a browser's "save as text", dumps of
other programs.

Without mark-up there are only lines. `line_model` gives each its probability of belonging to the article;
headline, byline and date are read from the lines above the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from scraper.errors import EmptyPageError, NotAnArticleError
from scraper.extraction.authors import byline_authors, is_name
from scraper.extraction.bylines import authors_of_lines, date_of_lines
from scraper.extraction.line_features import (
    CALL,
    CAPTION,
    PROMISE,
    SENTENCE_END,
    TRUNCATED,
    Line,
    line_blocks,
    read_lines,
)
from scraper.extraction.line_model import line_probabilities
from scraper.models import Access, Article, Provenance, Removed

__all__ = ["PlainReading", "extract_text", "line_blocks", "read_plain"]

KEEP = 0.5  # probability from which a line is the article's; the best F1 on DEV lies between .45 and .55
LAST_RESORT = 0.2  # when nothing is that likely: three lines of a short notice among 200 of navigation
SENTENCE_WORDS = 8
MIN_TEXT_WORDS = 8
# Lines between headline and first paragraph: standfirst, byline, date, picture, caption twice, share buttons.
HEAD_LINES = 12
MAX_TEASER_LINES = 5  # date, picture's name, one or two paragraphs, the cut one
MIN_TITLE_WORDS, MAX_TITLE_WORDS = 3, 32
MAX_BYLINE_WORDS = 15
MAX_BYLINES = 3  # lines at the start of the text that may still be byline and date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainReading:
    """The positions of headline and text among the lines of a page, and what stands between them."""

    title_at: int | None
    kept: tuple[int, ...]
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None


def extract_text(
    page_text: str,
    *,
    url: str | None = None,
    furniture_lines: Collection[int] = frozenset(),
    now_limit: datetime | None = None,
) -> Article:
    """Return the article in a page saved as plain text.

    ``furniture_lines`` are the block hashes that the source repeats (`line_blocks` gives those of a
    dump). No date after ``now_limit`` (the time of import) is believed. Raises `EmptyPageError` when
    there is no line, `NotAnArticleError` when no line is running text.
    """
    lines = read_lines(page_text, furniture_lines)
    if not lines:
        raise EmptyPageError("the text is empty", url or "")
    reading = read_plain(lines, now_limit=now_limit)
    if not reading.kept:
        raise NotAnArticleError("no running text among the lines", url or "")
    title = lines[reading.title_at].text if reading.title_at is not None else ""
    origins = (("title", title), ("authors", reading.authors), ("published_at", reading.published_at))
    return Article(
        title=title,
        text="\n".join(lines[at].text for at in reading.kept),
        url=url,
        authors=reading.authors,
        published_at=reading.published_at,
        access=Access.IMPORTED,
        origins=tuple(
            Provenance(field=field, place="line above the text") for field, value in origins if value
        ),
        removed=_removed(lines, reading.kept),
    )


def read_plain(lines: Sequence[Line], *, now_limit: datetime | None = None) -> PlainReading:
    """Return headline, byline, date and text of lines without mark-up; nothing is kept if no line is
    running text.
    """
    chances, teasers = line_probabilities(lines), _teasers(lines)
    kept = _kept(lines, chances, teasers, KEEP) or _kept(lines, chances, teasers, LAST_RESORT)
    kept = _whole_lists(lines, [at for at in _with_sentences(lines, kept, chances) if at not in teasers])
    if sum(len(lines[at].words) for at in kept) < MIN_TEXT_WORDS:
        return PlainReading(title_at=None, kept=())
    title_at = _title_at(lines, kept)
    if title_at is not None:
        kept = [at for at in kept if at > title_at] or kept
    head = [lines[at] for at in range(title_at + 1, kept[0])] if title_at is not None else []
    texts = [line.text for line in head if not line.furniture]
    return PlainReading(
        title_at=title_at,
        kept=tuple(at for at in kept if not _is_byline(lines[at]) or at > kept[0] + MAX_BYLINES),
        authors=authors_of_lines(texts),
        published_at=date_of_lines(texts, limit=now_limit),
    )


def _teasers(lines: Sequence[Line]) -> frozenset[int]:
    """Return the lines of teasers of other stories: from a date to a line that breaks off or says "read
    more".

    On the fronts of sector sites: headline, date, the first paragraph whole, the second cut at "[...]".
    """
    found: set[int] = set()
    for at, line in enumerate(lines):
        if not TRUNCATED.search(line.text):
            continue
        for start in range(at - 1, max(-1, at - 1 - MAX_TEASER_LINES), -1):
            if lines[start].date:
                found.update(range(start, at + 1))
                break
    return frozenset(found)


def _kept(
    lines: Sequence[Line], chances: Sequence[float], teasers: Collection[int], keep: float
) -> list[int]:
    """Return the likely lines, those with the same text only once."""
    chosen: dict[int, int] = {}
    for at, (line, chance) in enumerate(zip(lines, chances, strict=True)):
        if chance > keep and at not in teasers:
            chosen.setdefault(line.hash, at)
    return sorted(chosen.values())


def _with_sentences(lines: Sequence[Line], kept: Sequence[int], chances: Sequence[float]) -> list[int]:
    """Return the kept lines, and whole sentences beside them that are not unlikely: leads and last
    paragraphs.
    """
    found = set(kept)
    for at in kept:
        for near in (at - 1, at + 1):
            if 0 <= near < len(lines) and chances[near] > LAST_RESORT and _is_sentence(lines[near]):
                found.add(near)
    return sorted(found)


def _is_sentence(line: Line) -> bool:
    if (
        len(line.words) < SENTENCE_WORDS
        or line.furniture
        or line.repeats > 1
        or not SENTENCE_END.search(line.text)
    ):
        return False
    return not any(sign.search(line.text) for sign in (TRUNCATED, PROMISE, CALL, CAPTION))


def _whole_lists(lines: Sequence[Line], kept: Sequence[int]) -> list[int]:
    """Return the kept lines, and the rest of each list that a kept line introduces, that stands between
    two kept lines, or most of whose items are kept. Short items look like menus one by one.
    """
    found = set(kept)
    at = 0
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].bullet:
            end += 1
        items = range(at, end)
        introduced = at - 1 in found and (lines[at - 1].text.endswith(":") or end in found)
        if items and (introduced or 2 * sum(item in found for item in items) > len(items)):
            found.update(item for item in items if not lines[item].furniture)
        at = max(end, at + 1)
    return sorted(found)


def _title_at(lines: Sequence[Line], kept: Sequence[int]) -> int | None:
    """Return the position of the line above the text that shares most words with it; of equals the
    nearest.
    """
    core = Counter(word for at in kept for word in set(lines[at].content_words))
    best, best_score = None, 0.0
    for at in range(max(0, kept[0] - HEAD_LINES), kept[0] + 1):
        line = lines[at]
        if not _can_be_title(line):
            continue
        topical = set(line.content_words)
        own = at in kept
        shared = sum(core[word] > own for word in topical) / len(topical) if topical else 0.0
        score = (
            shared
            + 0.3 * (len(line.words) >= 5)
            + 0.2 * (line.repeats > 1)
            - 0.6 * own
            - 0.5 * bool(SENTENCE_END.search(line.text) and line.text[-1] not in "?!")
        )
        if score > best_score:
            best, best_score = at, score
    return best


def _can_be_title(line: Line) -> bool:
    if (
        not MIN_TITLE_WORDS <= len(line.words) <= MAX_TITLE_WORDS
        or line.furniture
        or line.date
        or line.bullet
    ):
        return False
    return not (CAPTION.search(line.text) or CALL.search(line.text) or _is_byline(line) or is_name(line.text))


def _is_byline(line: Line) -> bool:
    return len(line.words) <= MAX_BYLINE_WORDS and bool(line.date or byline_authors(line.text))


def _removed(lines: Sequence[Line], kept: Sequence[int]) -> tuple[Removed, ...]:
    """Return what was left out between the first and the last line kept."""
    stays = set(kept)
    return tuple(
        Removed(
            text=lines[at].text,
            reason="the source repeats this line" if lines[at].furniture else "not the article's",
        )
        for at in range(kept[0], kept[-1])
        if at not in stays
    )
