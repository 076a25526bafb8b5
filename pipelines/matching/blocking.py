"""Which pairs to look at: two articles are candidates when they share a blocking key. That depends on the two alone."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Protocol

from pipelines.matching.fingerprint import SURPRISE_STEPS, Fingerprint, Flag

MAX_BLOCK = 400  # articles; a key that more of them share tells nothing
PAIR_TERMS = 10  # the heaviest terms, two by two: keys for all time
WINDOW_TERMS = 14  # the heaviest terms alone: keys for a window of days
WINDOW_DAYS = 16
UNDATED = -1


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
    spelled = {f"2 {min(pair)} {max(pair)}" for pair in combinations(heavy[:PAIR_TERMS], 2)}
    window = UNDATED if fingerprint.day is None else fingerprint.day // WINDOW_DAYS
    windows = (window,) if window == UNDATED else (window, window + 1)
    spelled |= {f"1 {term} {at}" for term in heavy[:WINDOW_TERMS] for at in windows}
    spelled |= {
        f"q {quoted.shingles[i]}" for quoted in fingerprint.quotations[:6] for i in (0, len(quoted.shingles) // 2)
    }
    return tuple(sorted(_hash(key) for key in spelled))


def _heavy(fingerprint: Fingerprint) -> list[str]:
    """Terms by how well they find the event: surprising, repeated, in title or lead, names before other words."""
    scored = []
    for term, count, surprise, flag in zip(
        fingerprint.terms, fingerprint.counts, fingerprint.surprises, fingerprint.flags, strict=True
    ):
        bits = surprise / SURPRISE_STEPS
        place = (
            1.0
            + 0.5 * bool(flag & Flag.TITLE)
            + 0.3 * bool(flag & Flag.LEAD)
            + 0.2 * bool(flag & Flag.NAME)
            - 0.4 * bool(flag & Flag.NUMBER)
        )
        scored.append((-bits * place * (1 + min(count, 6) / 4), term))
    return [term for _, term in sorted(scored)]


def _hash(key: str) -> int:
    encoded = key.encode("utf-8", "replace")
    return (zlib.crc32(encoded) << 31) ^ zlib.adler32(encoded)


def candidates(index: PostingIndex, fingerprint: Fingerprint) -> frozenset[int]:
    """Articles that share a key with this one."""
    blocks = index.lookup(blocking_keys(fingerprint), most=MAX_BLOCK)
    return frozenset(article for articles in blocks.values() for article in articles)
