"""Article -> Fingerprint. Bounded in time and size."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from operator import and_
from string import capwords
from urllib.parse import urlsplit

import numpy as np
import Stemmer
from numpy.typing import NDArray

from pipelines.matching.dates import known_day, mentioned_days, weekdays
from pipelines.matching.encoder import Encoder, Vectors
from pipelines.matching.fingerprint import (
    LEAD_FLAG,
    NAME_FLAG,
    NOT_SHOWN,
    NUMBER_FLAG,
    SURPRISE_STEPS,
    TITLE_FLAG,
    Fingerprint,
    mixed,
)
from pipelines.matching.packing import shortened_forms
from pipelines.matching.stored import Quoted
from pipelines.matching.surface_forms import dateline, figures, given, spelled, written
from pipelines.matching.term_weights import guess_language, number_surprise, surprises, unknown_surprise
from pipelines.matching.tokens import MAX_CHARACTERS, Tokens, names, quotations, tokens, whole_words
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
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "nl": "dutch", "no": "norwegian", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip


def fingerprint(
    article: Article, encoder: Encoder | None = None, before: Fingerprint | None = None
) -> Fingerprint:
    """Return the fingerprint of an article, in bounded time and size whatever its length; without an encoder
    it has no vectors. A text that is as in ``before``, its last fingerprint, is not encoded again.
    """
    text = article.text[:MAX_CHARACTERS]
    title = " ".join(article.title[:600].split())
    title_tokens, body_tokens = tokens(title), tokens(text)
    language = _language(article, title_tokens, body_tokens)
    key, day = article.content_hash[:24], known_day(article.day)
    shingles, whole = _shingles(body_tokens.words), f"{title}\n{text}"
    numbers, days, opening = figures(whole), mentioned_days(whole, day), len(tokens(dateline(text)).words)
    terms = _terms(title_tokens, body_tokens, language, numbers.forms, opening)
    vectors = _known_vectors(key, encoder, before) or _vectors(title, text, encoder)
    return Fingerprint(
        content_key=key,
        language=language,
        day=day,
        source=source_key(article),
        title=" ".join(title_tokens.words),
        length=len(body_tokens.words) if len(text) == len(article.text) else len(article.text.split()),
        terms=terms.terms,
        shortened=shortened_forms(terms.terms, terms.surfaces),
        counts=terms.counts,
        surprises=terms.surprises,
        flags=terms.flags,
        names=_names(title_tokens, body_tokens, opening),
        days=days,
        weekdays=weekdays(f"{title} {text[:1500]}"),
        quotations=_quotations(text),
        links=tuple(dict.fromkeys(article.links))[:MAX_LINKS],
        sketch=tuple(shingles[:MAX_SKETCH].tolist()),
        shingle_count=len(shingles),
        gives=given(whole, numbers, days, day),
        encoder=encoder.name if encoder else "",
        title_vector=vectors.title,
        lead_vector=vectors.lead,
    )


def _known_vectors(key: str, encoder: Encoder | None, before: Fingerprint | None) -> Vectors | None:
    """Return the vectors of these words and this encoder, if the last fingerprint has them."""
    if not encoder or not before or (before.encoder, before.content_key) != (encoder.name, key):
        return None
    return Vectors(before.title_vector, before.lead_vector)


def _vectors(title: str, text: str, encoder: Encoder | None) -> Vectors:
    return encoder.vectors(title, text) if encoder else Vectors()


def source_key(article: Article) -> str:
    """Return who published it, folded: the source's id, else the publisher, else the host; "" if unknown."""
    try:
        host = urlsplit(article.url or "").hostname
    except ValueError:  # an import keeps addresses as given
        host = None
    return (article.source_id or article.publisher or (host or "").removeprefix("www.")).casefold()


def _language(article: Article, title: Tokens, body: Tokens) -> str:
    declared = (article.language or "").split("-")[0].split("_")[0].casefold()
    return declared or guess_language([*title.words, *body.words[:200]])


@cache
def _stemmer(language: str) -> Stemmer.Stemmer | None:
    # 0: without the stemmer's own cache, which makes it slower
    return Stemmer.Stemmer(STEMMED[language], 0) if language in STEMMED else None


def stems(forms: list[str], language: str) -> list[str]:
    """Return each word's stem (Snowball); the word itself in a language without a stemmer."""
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


def _terms(title: Tokens, body: Tokens, language: str, numbers: Mapping[str, str], opening: int) -> _Terms:
    """Return the heaviest ``MAX_TERMS`` terms of title and text.

    ``numbers``: how the text writes each number; ``opening``: how many words of the text are its dateline.
    """
    forms = title.words + body.words
    different = list(dict.fromkeys(forms))
    roots = dict(zip(different, stems(different, language), strict=True))
    stemmed = [roots[form] for form in forms]
    counts = Counter(stemmed)
    surface = {roots[form]: form for form in reversed(different)}
    bits = _surprises(surface, language)
    headline = set(stemmed[: len(title.words)])
    telling = [stem for stem in counts if bits[stem] > LEAST_SURPRISE]
    ranked = sorted(
        (-bits[stem] * (1 + min(counts[stem], 8)) - 4 * (stem in headline), stem) for stem in telling
    )
    kept = ranked[:MAX_TERMS]
    inside = _inside(title, body)
    flags = _flags(title, body, stemmed, inside)
    marks = [flags(stem) | (NUMBER_FLAG if surface[stem][0].isdigit() else 0) for _, stem in kept]
    plain, whole = title.surfaces + body.surfaces, whole_words(title) + whole_words(body)
    form = written(stemmed, plain, whole, inside)
    count = len(title.words)
    elsewhere = {*stemmed[:count], *stemmed[count + opening :]} if opening else set(counts)
    shown = [
        numbers.get(surface[stem]) or (form(stem, bool(mark & NAME_FLAG)) if stem in elsewhere else NOT_SHOWN)
        for mark, (_, stem) in zip(marks, kept, strict=True)
    ]
    return _Terms(
        terms=tuple(stem for _, stem in kept),
        surfaces=tuple(form if form != stem else "" for form, (_, stem) in zip(shown, kept, strict=True)),
        counts=bytes(min(counts[stem], 255) for _, stem in kept),
        surprises=bytes(round(bits[stem] * SURPRISE_STEPS) for _, stem in kept),
        flags=bytes(marks),
    )


def _surprises(surface: Mapping[str, str], language: str) -> dict[str, float]:
    """Return the surprise of each stem in bits, given the first of its forms."""
    known = surprises(language, stems)
    return {
        stem: number_surprise(form) if form[0].isdigit()
        else known[stem] if stem in known
        else unknown_surprise(stem, language)
        for stem, form in surface.items()
    }  # fmt: skip


def _inside(title: Tokens, body: Tokens) -> list[bool]:
    """Return whether each word stands inside a sentence, where a capital marks a name."""
    silent = [True] * len(title.words) if _shouting(title) else title.opens
    return [not opens for opens in silent + body.opens]


def _flags(title: Tokens, body: Tokens, stemmed: list[str], inside: list[bool]) -> Callable[[str], int]:
    """Return the flags of a stem. It is a name when most of its uses inside sentences are capitalised."""
    count = len(title.words)
    headline, lead = set(stemmed[:count]), set(stemmed[count : count + LEAD_WORDS])
    capitals = title.capitals + body.capitals
    capitalised = Counter(compress(stemmed, map(and_, inside, capitals)))
    uses = Counter(compress(stemmed, inside))

    def flags(stem: str) -> int:
        name = NAME_FLAG if 2 * capitalised[stem] > uses[stem] else 0
        return name | (TITLE_FLAG if stem in headline else 0) | (LEAD_FLAG if stem in lead else 0)

    return flags


def _shouting(title: Tokens) -> bool:
    """Return whether a headline capitalises its common words too, so that its capitals mark nothing."""
    long = [
        capital for word, capital in zip(title.words[1:], title.capitals[1:], strict=True) if len(word) > 3
    ]
    return bool(long) and sum(long) > 0.6 * len(long)


def _names(title: Tokens, body: Tokens, opening: int) -> tuple[str, ...]:
    """Return the names of several words, most frequent first, each as it is first written.

    ``opening``: how many words of the body are its dateline, where capitals are not a sign of a name.
    """
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for stream in [body] if _shouting(title) else [title, body]:
        for start, end in names(stream):
            name = " ".join(stream.surfaces[start:end])
            counts[name] += 1
            if name not in first:
                whole = spelled(stream, start, end)
                first[name] = capwords(whole) if stream is body and end <= opening else whole
    return tuple(first[name] for name, _ in counts.most_common(MAX_NAMES))


def _quotations(text: str) -> tuple[Quoted, ...]:
    longest = sorted(quotations(text), key=lambda quotation: (-len(quotation.words), quotation.words))
    return tuple(
        Quoted(q.speaker, len(q.words), tuple(_runs(q.words, QUOTE_RUN))) for q in longest[:MAX_QUOTATIONS]
    )


def _runs(stream: Sequence[str], size: int) -> list[int]:
    return [
        zlib.crc32(" ".join(stream[i : i + size]).encode("utf-8", "replace"))
        for i in range(max(1, len(stream) - size + 1))
    ]


def _shingles(stream: list[str]) -> NDArray[np.int64]:
    """Return hashes of 32 bits of all runs of ``SHINGLE`` words, ascending, each once."""
    if len(stream) < SHINGLE:
        return np.zeros(0, dtype=np.int64)
    known = {word: zlib.crc32(word.encode("utf-8", "replace")) for word in set(stream)}
    words = mixed(np.array([known[word] for word in stream], dtype=np.uint64))
    runs = words[: len(words) - SHINGLE + 1].copy()
    for offset in range(1, SHINGLE):
        runs = mixed(runs) ^ words[offset : len(words) - SHINGLE + 1 + offset]
    hashes = np.sort((mixed(runs) >> np.uint64(32)).astype(np.int64))
    return hashes[np.flatnonzero(np.diff(hashes, prepend=-1))]
