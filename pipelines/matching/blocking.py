"""Which pairs to look at: two articles are candidates when they share a blocking key. That depends on the two alone."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Protocol

from pipelines.matching.fingerprint import LEAD_FLAG, NAME_FLAG, NUMBER_FLAG, SURPRISE_STEPS, TITLE_FLAG, Fingerprint

MAX_BLOCK = 400  # articles; a key that more of them share tells nothing
PAIR_TERMS = 14  # the heaviest terms, two by two: keys for all time
PAIR_BITS = 8.0  # surprise of the two together
WINDOW_TERMS = 20  # the heaviest terms alone: keys for a window of days
WINDOW_BITS = 4.0
WINDOW_DAYS = 16
UNDATED = -1


def _place(flag: int) -> float:
    """How much better a term finds its event for where and how it stands."""
    place = 0.5 * bool(flag & TITLE_FLAG) + 0.3 * bool(flag & LEAD_FLAG) + 0.2 * bool(flag & NAME_FLAG)
    return 1.0 + place - 0.4 * bool(flag & NUMBER_FLAG)


_PLACE = tuple(_place(flag) for flag in range(16))


class PostingIndex(Protocol):
    """An inverted index from blocking key to articles, in memory or on disk."""

    def lookup(self, keys: Iterable[int], *, most: int | None = None) -> Mapping[int, Sequence[int]]:
        """Articles of each key; keys with more than ``most`` articles are left out."""


class MemoryIndex:
    """A `PostingIndex` in a dictionary."""

    def __init__(self) -> None:
        self._postings: dict[int, list[int]] = defaultdict(list)

    def add(self, article: int, keys: Iterable[int]) -> None:
        """Enter an article under its keys."""
        for key in keys:
            self._postings[key].append(article)

    def lookup(self, keys: Iterable[int], *, most: int | None = None) -> Mapping[int, Sequence[int]]:
        """Articles of each key that is in use and not too common."""
        found = {key: self._postings[key] for key in keys if key in self._postings}
        return found if most is None else {key: articles for key, articles in found.items() if len(articles) <= most}


def blocking_keys(fingerprint: Fingerprint) -> tuple[int, ...]:
    """Keys as signed 64-bit integers, ascending, each once."""
    heavy = _heavy(fingerprint)
    pairs = combinations(heavy[:PAIR_TERMS], 2)
    spelled = {f"2 {min(a, b)} {max(a, b)}" for (a, bits), (b, more) in pairs if bits + more >= PAIR_BITS}
    window = UNDATED if fingerprint.day is None else fingerprint.day // WINDOW_DAYS
    windows = (window,) if window == UNDATED else (window, window + 1)
    alone = [term for term, bits in heavy if bits >= WINDOW_BITS][:WINDOW_TERMS]
    spelled |= {f"1 {term} {at}" for term in alone for at in windows}
    for quoted in fingerprint.quotations[:6]:
        spelled |= {f"q {quoted.shingles[i]}" for i in (0, len(quoted.shingles) // 2)}
    return tuple(sorted(_hash(key) for key in spelled))


def _heavy(fingerprint: Fingerprint) -> list[tuple[str, float]]:
    """Terms with their surprise, best finders first: surprising, repeated, in title or lead, names."""
    x = fingerprint
    scored = []
    for term, count, eighths, flag in zip(x.terms, x.counts, x.surprises, x.flags, strict=True):
        bits = eighths / SURPRISE_STEPS
        scored.append((-bits * _PLACE[flag] * (1 + min(count, 6) / 4), term, bits))
    return [(term, bits) for _, term, bits in sorted(scored)]


def _hash(key: str) -> int:
    encoded = key.encode("utf-8", "replace")
    return (zlib.crc32(encoded) << 31) ^ zlib.adler32(encoded)


def candidates(index: PostingIndex, fingerprint: Fingerprint) -> frozenset[int]:
    """Articles that share a key with this one."""
    blocks = index.lookup(blocking_keys(fingerprint), most=MAX_BLOCK)
    return frozenset(article for articles in blocks.values() for article in articles)
