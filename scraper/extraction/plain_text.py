"""Articles out of pages that were dumped as plain text: pasted mail, a browser's "save as text", other people's scrapers.

Without mark-up there are only lines. Each gets a weight (running text for, menus and teasers against), the article is the
stretch of lines with the greatest sum, and title, byline and date are read from the lines just above it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from scraper.errors import EmptyPageError, NotAnArticleError
from scraper.extraction.authors import byline_authors, clean_authors, is_name
from scraper.extraction.dates import parse_date
from scraper.extraction.lines import Line, line_key, read_lines
from scraper.models import Access, Article, Origin, Removed

MIN_TEXT_WORDS = 8
HEAD_LINES = 8  # between headline and first paragraph: byline, date, picture, caption twice, share buttons

CALL = re.compile(
    r"(?i)^(?:subscribe|sign (?:up|in)|log ?in|register|contact us|make an enquiry|read (?:full story|more|next)|share|follow us|donate|download|"
    r"more like this|related|cookie|accept|close|menu|search|skip to)\b|click here|all rights reserved|©|privacy policy|terms (?:and|of)"
)
CAPTION = re.compile(
    r"(?i)\b(?:picture|photo(?:graph)?|image|credit|photo credit|pic)s?\s*(?:by|courtesy)?\s*[:/]\s*\S|\((?:ap|getty|reuters|pa)\b[^)]*\)$|/getty|getty images"
)


def extract_text(
    page_text: str,
    *,
    url: str | None = None,
    furniture_lines: Collection[str] = frozenset(),
    now_limit: datetime | None = None,
) -> Article:
    """The article in a page dumped as plain text.

    ``furniture_lines`` are the `line_key` forms of lines that the source repeats. ``now_limit``: no date after it is believed.
    Raises `EmptyPageError` when there is no line, `NotAnArticleError` when no stretch of running text is found.
    """
    lines = read_lines(page_text)
    if not lines:
        raise EmptyPageError("the text is empty", url or "")
    weights = _weights(lines, furniture_lines)
    start, end = _best_stretch(weights)
    kept = [at for at in range(start, end) if weights[at] > -5]
    if sum(lines[at].words for at in kept) < MIN_TEXT_WORDS:
        raise NotAnArticleError("no running text among the lines", url or "")
    title_at = _title_at(lines, start, furniture_lines)
    above = range(title_at + 1 if title_at is not None else max(0, start - HEAD_LINES), start)
    authors = _authors([lines[at].text for at in above])
    published = _date([lines[at] for at in above], now_limit)
    origins = [("title", "line above the text"), ("authors", "byline"), ("published_at", "line under the title")]
    found = (title_at is not None, bool(authors), published is not None)
    return Article(
        title=lines[title_at].text if title_at is not None else "",
        text="\n".join(lines[at].text for at in kept),
        url=url,
        authors=authors,
        published_at=published,
        access=Access.IMPORTED,
        origins=tuple(
            Origin(field=field, place=place) for (field, place), there in zip(origins, found, strict=True) if there
        ),
        removed=tuple(
            Removed(text=lines[at].text, reason="not the article's") for at in range(start, end) if weights[at] <= -5
        ),
    )


def _weights(lines: Sequence[Line], furniture: Collection[str]) -> list[float]:
    repeats = Counter(line_key(line.text) for line in lines)
    plain = [_weight(line, repeats[line_key(line.text)], line_key(line.text) in furniture) for line in lines]
    weights = []
    for at, weight in enumerate(plain):
        around = [plain[near] for near in (at - 1, at + 1) if 0 <= near < len(plain)]
        weights.append(weight if weight < 0 or any(other > 0 for other in around) else weight * 0.2)
    return weights


def _weight(line: Line, repeats: int, furniture: bool) -> float:
    if furniture or repeats > 1 and line.words > 3:
        return -10.0
    if line.truncated:
        return -30.0
    if line.words < 14 and CALL.search(line.text):
        return -10.0
    if CAPTION.search(line.text):
        return -6.0
    if line.date:
        return -6.0
    if line.sentence and line.words >= 6 and line.function_share > 0.2:
        return float(line.words)
    if line.text.endswith(":") or (line.bullet and line.words > 4):
        return -0.5
    return line.words * 0.5 if line.words > 20 and line.function_share > 0.25 else -4.0


def _best_stretch(weights: Sequence[float]) -> tuple[int, int]:
    """The slice with the greatest sum (Kadane's algorithm)."""
    best, best_span, total, start = 0.0, (0, 0), 0.0, 0
    for at, weight in enumerate(weights):
        if total <= 0:
            total, start = 0.0, at
        total += weight
        if total > best:
            best, best_span = total, (start, at + 1)
    return best_span


def _title_at(lines: Sequence[Line], start: int, furniture: Collection[str]) -> int | None:
    """The nearest line above the text that can be a headline: several words, no date, no byline, no caption, no call."""
    for at in range(start - 1, max(-1, start - 1 - HEAD_LINES), -1):
        line = lines[at]
        if line.words < 4 or line.words > 30 or line.date or CAPTION.search(line.text) or CALL.search(line.text):
            continue
        if line_key(line.text) in furniture or byline_authors(line.text) or is_name(line.text):
            continue
        return at
    return None


def _authors(above: Sequence[str]) -> tuple[str, ...]:
    for text in above:
        if found := byline_authors(text):
            return found
    for text in above:
        if 2 <= len(text.split()) <= 4 and is_name(text) and text.istitle():
            return clean_authors([text])
    return ()


def _date(above: Sequence[Line], limit: datetime | None) -> datetime | None:
    for line in above:
        when = parse_date(line.text) if line.words <= 15 else None
        if when and (limit is None or when <= limit):
            return when
    return None
