"""Reading an article for the matcher: Article -> Fingerprint. Needs nothing but the article; bounded whatever its length."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from functools import cache
from urllib.parse import urlsplit

import Stemmer

from pipelines.matching import days, lexicon, words
from pipelines.matching.fingerprint import SURPRISE_STEPS, Fingerprint, Flag, Quoted
from scraper.models import Article

MAX_TERMS = 128
MAX_NAMES = 40
MAX_QUOTATIONS = 24
MAX_LINKS = 20
MAX_SKETCH = 96  # shingles kept for telling copies
SHINGLE = 5  # words
QUOTE_RUN = 4  # words
LEAD_WORDS = 60
STEMMED = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "nl": "dutch",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip


def fingerprint(article: Article) -> Fingerprint:
    """The fingerprint of an article; needs nothing but the article. Bounded in time and size whatever its length."""
    text = article.text[: words.MAX_CHARACTERS]
    title = " ".join(article.title[:600].split())
    title_tokens, body_tokens = list(words.tokens(title)), list(words.tokens(text))
    language = _language(article, title_tokens, body_tokens)
    published = article.published_at.astimezone(UTC).date() if article.published_at else None
    day = days.known_day(published)
    body_words = [token.word for token in body_tokens]
    shingles = _shingles(body_words)
    return Fingerprint(
        content_key=article.content_hash[:24],
        language=language,
        day=day,
        source=source_key(article),
        title=" ".join(token.word for token in title_tokens),
        length=len(body_tokens) if len(text) == len(article.text) else len(article.text.split()),
        **_terms(title_tokens, body_tokens, language),
        names=_names(title, title_tokens, text, body_tokens),
        days=days.mentioned_days(f"{title}\n{text}", day),
        weekdays=days.weekdays(f"{title} {text[:1500]}"),
        quotations=_quotations(text),
        links=tuple(dict.fromkeys(article.links))[:MAX_LINKS],
        sketch=tuple(sorted(shingles)[:MAX_SKETCH]),
        shingle_count=len(shingles),
    )


def source_key(article: Article) -> str:
    """Who published it, in one spelling: the source's id, else the publisher, else the host; "" when nobody says."""
    host = urlsplit(article.url).hostname if article.url else ""
    return (article.source_id or article.publisher or (host or "").removeprefix("www.")).casefold()


def _language(article: Article, title: Sequence[words.Token], body: Sequence[words.Token]) -> str:
    declared = (article.language or "").split("-")[0].split("_")[0].casefold()
    return declared or lexicon.guess_language([token.word for token in (*title, *body[:200])])


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    return Stemmer.Stemmer(STEMMED[language]) if language in STEMMED else None


def stems(forms: list[str], language: str) -> list[str]:
    """Each word's stem (Snowball); the word itself where its language has none."""
    stemmer = _stemmer(language)
    return stemmer.stemWords(forms) if stemmer else forms


def _terms(title: list[words.Token], body: list[words.Token], language: str) -> dict[str, tuple[str, ...] | bytes]:
    """The parallel term fields: the heaviest `MAX_TERMS` of title and text."""
    stream = title + body
    forms = [token.word for token in stream]
    stemmed = stems(forms, language)
    counts = Counter(stemmed)
    surface = dict(zip(reversed(stemmed), reversed(forms), strict=True))
    flags = _flags(stream, stemmed, len(title))
    surprise = {stem: _surprise(stem, form, language) for stem, form in surface.items()}
    ranked = sorted(
        counts,
        key=lambda stem: (-surprise[stem] * (1 + min(counts[stem], 8)) - 4 * bool(flags[stem] & Flag.TITLE), stem),
    )
    kept = [stem for stem in ranked if surprise[stem] > 1.0][:MAX_TERMS]
    return {
        "terms": tuple(kept),
        "surfaces": tuple(surface[stem] if surface[stem] != stem else "" for stem in kept),
        "counts": bytes(min(counts[stem], 255) for stem in kept),
        "surprises": bytes(round(surprise[stem] * SURPRISE_STEPS) for stem in kept),
        "flags": bytes(flags[stem] for stem in kept),
    }


def _surprise(stem: str, form: str, language: str) -> float:
    if form[0].isdigit():
        return lexicon.number_surprise(form)
    return lexicon.stem_table(language, stems).get(stem) or lexicon.unknown_surprise(stem, language)


def _flags(stream: list[words.Token], stemmed: list[str], title_length: int) -> Mapping[str, int]:
    """Flags of each stem. A stem is a name when most of its uses inside sentences are capitalised."""
    capitals: Counter[str] = Counter()
    flags: dict[str, int] = {}
    shouting = _shouting(stream[:title_length])
    for i, (token, stem) in enumerate(zip(stream, stemmed, strict=True)):
        place = Flag.TITLE if i < title_length else Flag.LEAD if i < title_length + LEAD_WORDS else 0
        number = Flag.NUMBER if token.word[0].isdigit() else 0
        flags[stem] = flags.get(stem, 0) | int(place) | int(number)
        if not token.opens and not (shouting and i < title_length):
            capitals[stem] += 1 if token.capital else -1
    for stem, balance in capitals.items():
        if balance > 0:
            flags[stem] |= int(Flag.NAME)
    return flags


def _shouting(title: list[words.Token]) -> bool:
    """Whether a headline capitalises its common words too, so that capitals in it say nothing."""
    long = [token for token in title[1:] if len(token.word) > 3]
    return bool(long) and sum(token.capital for token in long) > 0.6 * len(long)


def _names(title: str, title_tokens: list[words.Token], text: str, body: list[words.Token]) -> tuple[str, ...]:
    found = [] if _shouting(title_tokens) else words.names(title_tokens, title)
    counts = Counter(" ".join(run) for run in (*found, *words.names(body, text)))
    return tuple(name for name, _ in counts.most_common(MAX_NAMES))


def _quotations(text: str) -> tuple[Quoted, ...]:
    found = sorted(words.quotations(text), key=lambda quotation: (-len(quotation.words), quotation.words))[
        :MAX_QUOTATIONS
    ]
    return tuple(Quoted(q.speaker, len(q.words), tuple(_runs(q.words, QUOTE_RUN))) for q in found)


def _runs(stream: Sequence[str], size: int) -> Iterable[int]:
    return [
        zlib.crc32(" ".join(stream[i : i + size]).encode("utf-8", "replace"))
        for i in range(max(1, len(stream) - size + 1))
    ]


def _shingles(stream: list[str]) -> set[int]:
    return set(_runs(stream, SHINGLE)) if len(stream) >= SHINGLE else set()
