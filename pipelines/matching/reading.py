"""Reading an article for the matcher: Article -> Fingerprint. Bounded in time and size."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import cache
from urllib.parse import urlsplit

import Stemmer

from pipelines.matching.days import known_day, mentioned_days, weekdays
from pipelines.matching.fingerprint import (
    LEAD_FLAG,
    NAME_FLAG,
    NUMBER_FLAG,
    SURPRISE_STEPS,
    TITLE_FLAG,
    Fingerprint,
    Quoted,
)
from pipelines.matching.lexicon import guess_language, number_surprise, surprise
from pipelines.matching.words import MAX_CHARACTERS, Token, names, quotations, tokens
from scraper.models import Article

MAX_TERMS = 128
LEAST_SURPRISE = 1.0  # bits; a word of every second report tells nothing
MAX_NAMES = 40
MAX_QUOTATIONS = 24
MAX_LINKS = 20
MAX_SKETCH = 96  # shingles kept for telling copies
SHINGLE = 5  # words
QUOTE_RUN = 4  # words
LEAD_WORDS = 60
STEMMED = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "fi": "finnish", "fr": "french", "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip


def fingerprint(article: Article) -> Fingerprint:
    """The fingerprint of an article; needs nothing but the article. Bounded in time and size whatever its length."""
    text = article.text[:MAX_CHARACTERS]
    title = " ".join(article.title[:600].split())
    title_tokens, body_tokens = list(tokens(title)), list(tokens(text))
    language = _language(article, title_tokens, body_tokens)
    published = article.published_at.astimezone(UTC).date() if article.published_at else None
    day = known_day(published)
    body_words = [token.word for token in body_tokens]
    shingles = _shingles(body_words)
    found = _terms(title_tokens, body_tokens, language)
    return Fingerprint(
        content_key=article.content_hash[:24],
        language=language,
        day=day,
        source=source_key(article),
        title=" ".join(token.word for token in title_tokens),
        length=len(body_tokens) if len(text) == len(article.text) else len(article.text.split()),
        terms=found.terms,
        surfaces=found.surfaces,
        counts=found.counts,
        surprises=found.surprises,
        flags=found.flags,
        names=_names(title, title_tokens, text, body_tokens),
        days=mentioned_days(f"{title}\n{text}", day),
        weekdays=weekdays(f"{title} {text[:1500]}"),
        quotations=_quotations(text),
        links=tuple(dict.fromkeys(article.links))[:MAX_LINKS],
        sketch=tuple(sorted(shingles)[:MAX_SKETCH]),
        shingle_count=len(shingles),
    )


def source_key(article: Article) -> str:
    """Who published it, in one spelling: the source's id, else the publisher, else the host; "" when nobody says."""
    host = urlsplit(article.url).hostname if article.url else ""
    return (article.source_id or article.publisher or (host or "").removeprefix("www.")).casefold()


def _language(article: Article, title: Sequence[Token], body: Sequence[Token]) -> str:
    declared = (article.language or "").split("-")[0].split("_")[0].casefold()
    return declared or guess_language([token.word for token in (*title, *body[:200])])


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    return Stemmer.Stemmer(STEMMED[language]) if language in STEMMED else None


def stems(forms: list[str], language: str) -> list[str]:
    """Each word's stem (Snowball); the word itself where its language has none."""
    stemmer = _stemmer(language)
    return list(stemmer.stemWords(forms)) if stemmer else forms


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """The parallel term fields of a fingerprint."""

    terms: tuple[str, ...]
    surfaces: tuple[str, ...]
    counts: bytes
    surprises: bytes
    flags: bytes


def _terms(title: list[Token], body: list[Token], language: str) -> _Terms:
    """The heaviest `MAX_TERMS` terms of title and text."""
    stream = title + body
    forms = [token.word for token in stream]
    stemmed = stems(forms, language)
    counts = Counter(stemmed)
    surface = dict(zip(reversed(stemmed), reversed(forms), strict=True))
    flags = _flags(stream, stemmed, len(title))
    bits = {stem: _surprise(stem, form, language) for stem, form in surface.items()}
    kept = [stem for stem in counts if bits[stem] > LEAST_SURPRISE]
    kept.sort(key=lambda stem: (-bits[stem] * (1 + min(counts[stem], 8)) - 4 * bool(flags[stem] & TITLE_FLAG), stem))
    del kept[MAX_TERMS:]
    return _Terms(
        terms=tuple(kept),
        surfaces=tuple(surface[stem] if surface[stem] != stem else "" for stem in kept),
        counts=bytes(min(counts[stem], 255) for stem in kept),
        surprises=bytes(round(bits[stem] * SURPRISE_STEPS) for stem in kept),
        flags=bytes(flags[stem] for stem in kept),
    )


def _surprise(stem: str, form: str, language: str) -> float:
    if form[0].isdigit():
        return number_surprise(form)
    return surprise(stem, language, stems)


def _flags(stream: list[Token], stemmed: list[str], title_length: int) -> Mapping[str, int]:
    """Flags of each stem. A stem is a name when most of its uses inside sentences are capitalised."""
    capitals: Counter[str] = Counter()
    flags: dict[str, int] = {}
    shouting = _shouting(stream[:title_length])
    for i, (token, stem) in enumerate(zip(stream, stemmed, strict=True)):
        place = TITLE_FLAG if i < title_length else LEAD_FLAG if i < title_length + LEAD_WORDS else 0
        number = NUMBER_FLAG if token.word[0].isdigit() else 0
        flags[stem] = flags.get(stem, 0) | place | number
        if not token.opens and not (shouting and i < title_length):
            capitals[stem] += 1 if token.capital else -1
    for stem, balance in capitals.items():
        if balance > 0:
            flags[stem] |= NAME_FLAG
    return flags


def _shouting(title: list[Token]) -> bool:
    """Whether a headline capitalises its common words too, so that capitals in it say nothing."""
    long = [token for token in title[1:] if len(token.word) > 3]
    return bool(long) and sum(token.capital for token in long) > 0.6 * len(long)


def _names(title: str, title_tokens: list[Token], text: str, body: list[Token]) -> tuple[str, ...]:
    found = [] if _shouting(title_tokens) else names(title_tokens, title)
    counts = Counter(" ".join(run) for run in (*found, *names(body, text)))
    return tuple(name for name, _ in counts.most_common(MAX_NAMES))


def _quotations(text: str) -> tuple[Quoted, ...]:
    found = sorted(quotations(text), key=lambda quotation: (-len(quotation.words), quotation.words))[:MAX_QUOTATIONS]
    return tuple(Quoted(q.speaker, len(q.words), tuple(_runs(q.words, QUOTE_RUN))) for q in found)


def _runs(stream: Sequence[str], size: int) -> list[int]:
    return [
        zlib.crc32(" ".join(stream[i : i + size]).encode("utf-8", "replace"))
        for i in range(max(1, len(stream) - size + 1))
    ]


def _shingles(stream: list[str]) -> set[int]:
    return set(_runs(stream, SHINGLE)) if len(stream) >= SHINGLE else set()
