"""Blocking: the candidates for a new article are those that share a key with it, whatever else there is.

A key is a telling term in a stretch of time, and the more telling the term, the longer the stretch: a word of
every tenth report within days, one of every five hundredth within half a year, a rarer one for all time. So
each key is carried by about as many articles, in an archive of any age, and what an article costs does not
grow with it.

Reports of one event in other words may share no such term. So all articles of a day and the next that the
encoder read share a key too, as long as these are few enough: on the desk of a sector they are.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.matching.fingerprint import PLACE_WEIGHT, SURPRISE_STEPS, Fingerprint, Hashes, mixed

MAX_BLOCK = 150  # articles; a key that more share tells little: 400 found no true pair more on the DEV files
# The figures below were chosen on the DEV files by recall against articles to look at; the values around do
# the same.
TELLING = 0.75  # power of the surprise: words that a text keeps repeating count beside rare ones
STRETCH_TERMS = 50  # the most telling terms: keys for a stretch of days
UNDATED_TERMS = 26  # the same for an article without a date, for which there is one stretch only
STRETCH_BITS = (3.0, 9.0)  # surprise from which, and below which, a term has such keys
SHORTEST_STRETCH = 4  # days; doubled with each bit of surprise above 3
LASTING_TERMS = 28  # the most telling terms: keys for all time
LASTING_BITS = 6.0
QUOTATIONS = 6  # the longest, by two of their runs of words

_BITS = tuple(eighths / SURPRISE_STEPS for eighths in range(256))
_POWER = np.array([bits**TELLING for bits in _BITS])
_LOG_COUNT = np.array([1.0 + np.log(max(1, count)) for count in range(256)])
_STRETCHED = np.array([STRETCH_BITS[0] <= bits < STRETCH_BITS[1] for bits in _BITS])
_LASTING = np.array([bits >= LASTING_BITS for bits in _BITS])
_DAYS = np.array([max(SHORTEST_STRETCH, 2 ** (int(bits) - 1)) for bits in _BITS], dtype=np.int64)
# Kinds of key: the last two bits, so that none is taken for another.
STORED_KEY = 2**47 - 1  # an integer that SQLite stores in six bytes; there are 90 of them an article
_STRETCH, _FOR_ALL_TIME, _QUOTED, _UNDATED = map(np.uint64, range(4))
_DAY = _UNDATED  # with a day above it
_MIXED_FOR_ALL_TIME = mixed(np.array([_FOR_ALL_TIME]))


class PostingIndex(Protocol):
    """An inverted index from blocking key to articles, in memory or on disk."""

    def lookup(self, keys: Iterable[int], *, most: int | None = None) -> Mapping[int, Sequence[int]]:
        """Return the articles of each key; leave out keys with more than ``most`` articles."""


class MemoryIndex:
    """A ``PostingIndex`` in memory."""

    def __init__(self) -> None:
        self._postings: dict[int, list[int]] = defaultdict(list)

    def add(self, article: int, keys: Iterable[int]) -> None:
        """Enter an article under its keys."""
        for key in keys:
            self._postings[key].append(article)

    def lookup(self, keys: Iterable[int], *, most: int | None = None) -> Mapping[int, Sequence[int]]:
        """Return the articles of each key; leave out keys with more than ``most`` articles."""
        return {
            key: articles
            for key in keys
            if (articles := self._postings.get(key)) and (most is None or len(articles) <= most)
        }


def blocking_keys(fingerprint: Fingerprint) -> tuple[int, ...]:
    """Return the keys of an article: signed 64-bit integers, ascending, each once."""
    _, hashes, eighths = _most_telling(fingerprint, STRETCH_TERMS)
    stretched, kinds = _stretches(hashes, eighths, fingerprint.day)
    lasting = hashes[:LASTING_TERMS][_LASTING[eighths[:LASTING_TERMS]]]
    quoted = [quotation.shingles for quotation in fingerprint.quotations[:QUOTATIONS]]
    runs = np.array([shingles[at] for shingles in quoted for at in (0, len(shingles) // 2)], dtype=np.uint64)
    encoder, days = _by_day(fingerprint)
    of_kind = np.concatenate((
        np.full(len(lasting), _FOR_ALL_TIME), np.full(len(runs), _QUOTED), kinds, days,
    ))  # fmt: skip
    hashed = np.concatenate((lasting, runs, stretched, encoder))
    keys = np.sort(mixed(hashed ^ mixed(of_kind)).view(np.int64))
    return tuple(dict.fromkeys(keys.tolist()))


def lasting_keys(fingerprint: Fingerprint) -> dict[int, int]:
    """Return the keys for all time by the position of their term, as they are stored."""
    order, hashes, eighths = _most_telling(fingerprint, LASTING_TERMS)
    is_lasting = _LASTING[eighths]
    keys = mixed(hashes[is_lasting] ^ _MIXED_FOR_ALL_TIME).view(np.int64)
    return dict(zip(order[is_lasting].tolist(), (key & STORED_KEY for key in keys.tolist()), strict=True))


def _most_telling(fingerprint: Fingerprint, most: int) -> tuple[NDArray[np.int64], Hashes, NDArray[np.uint8]]:
    """Return the positions, hashes and surprises of the most telling terms, most telling first."""
    eighths = np.frombuffer(fingerprint.surprises, dtype=np.uint8)
    counts = np.frombuffer(fingerprint.counts, dtype=np.uint8)
    flags = np.frombuffer(fingerprint.flags, dtype=np.uint8)
    telling = _POWER[eighths] * _LOG_COUNT[counts] * PLACE_WEIGHT[flags]
    places = np.arange(len(telling))
    if len(telling) > most:  # hashes decide between those that are as telling as the last one only
        places = np.flatnonzero(telling >= np.partition(telling, -most)[-most])
    hashes = fingerprint.hashes_of(places.tolist())
    order = np.lexsort((hashes, -telling[places]))[:most]
    return places[order], hashes[order], eighths[places[order]]


def _stretches(hashes: Hashes, eighths: NDArray[np.uint8], day: int | None) -> tuple[Hashes, Hashes]:
    """Return terms with the stretch of days that holds the article, and with the next, which neighbours
    share."""
    most = UNDATED_TERMS if day is None else STRETCH_TERMS
    chosen = _STRETCHED[eighths[:most]]
    hashes, days = hashes[:most][chosen], _DAYS[eighths[:most][chosen]]
    if day is None:
        return hashes, np.full(len(hashes), _UNDATED)
    first = (day // days * 4).astype(np.uint64) + _STRETCH
    return np.concatenate((hashes, hashes)), np.concatenate((first, first + np.uint64(4)))


def _by_day(fingerprint: Fingerprint) -> tuple[Hashes, Hashes]:
    """Return the encoder of an article that has a vector and a date, with its day and the next, which the
    articles of the next day share; nothing for others."""
    if fingerprint.day is None or not fingerprint.lead_vector:
        return np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint64)
    days = np.array([fingerprint.day, fingerprint.day + 1], dtype=np.uint64) * np.uint64(4) + _DAY
    return np.full(2, zlib.crc32(fingerprint.encoder.encode()), dtype=np.uint64), days


def candidates(index: PostingIndex, fingerprint: Fingerprint) -> frozenset[int]:
    """Return the articles that share a key with this one."""
    blocks = index.lookup(blocking_keys(fingerprint), most=MAX_BLOCK)
    return frozenset().union(*blocks.values())
