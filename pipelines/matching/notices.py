"""Texts that are not the article's: a log-in page, cookie wall or error page, saved under many headlines."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from pipelines.matching.dates import MONTH_NAMES, WEEKDAY_NAMES
from pipelines.matching.features import stems
from pipelines.matching.term_weights import common_words
from pipelines.matching.tokens import tokens
from scraper.models import Article

MOST_HEADLINES = 20  # of one text that are looked at
_SHORTEST_WORD = 3  # letters
_CALENDAR = frozenset({*MONTH_NAMES, *WEEKDAY_NAMES})  # "May" of a headline is not "you may" of a notice


def is_notice(articles: Sequence[Article]) -> bool:
    """Return whether the one text that these articles share belongs to none of their headlines.

    Agency text runs under many headlines, but each shares a telling word with the text. Of a notice at least
    two headlines share nothing with the text, and less than half of their telling words with each other.
    """
    if not articles or not articles[0].text:
        return False
    language = (articles[0].language or "en").split("-")[0].casefold()
    text = _telling(articles[0].text, language)
    headlines = {_telling(article.title, language) for article in articles[:MOST_HEADLINES]}
    strange = [words for words in headlines if words and words.isdisjoint(text)]
    return any(2 * len(one & other) < min(len(one), len(other)) for one, other in combinations(strange, 2))


def _telling(text: str, language: str) -> frozenset[str]:
    common = common_words(language) | _CALENDAR
    words = [word for word in tokens(text).words if len(word) >= _SHORTEST_WORD and word not in common]
    return frozenset(stems(words, language))
