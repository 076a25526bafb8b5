"""What the matcher may look at of an article: a few kilobytes that can be stored, from which no text can be rebuilt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

FINGERPRINT_VERSION = "3"
TOP_TERMS = 10
SURPRISE_STEPS = 8  # a bit


# Where and how a term stands in its article; plain integers, as they are asked thousands of times an article.
NAME_FLAG = 1  # capitalised inside sentences
TITLE_FLAG = 2
LEAD_FLAG = 4
NUMBER_FLAG = 8


class Quoted(NamedTuple):
    """A quotation as hashes of its runs of four words, in order."""

    speaker: str
    length: int
    shingles: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """Bounded evidence of one article. ``terms`` are stems, heaviest first; ``surprises`` in eighths of a bit."""

    content_key: str  # of title and text: breaks ties, and two articles with equal keys are copies
    language: str
    day: int | None  # ordinal of publication
    source: str
    title: str
    length: int  # words of the text
    terms: tuple[str, ...]
    surfaces: tuple[str, ...]
    counts: bytes
    surprises: bytes
    flags: bytes
    names: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    weekdays: int = 0
    quotations: tuple[Quoted, ...] = ()
    links: tuple[str, ...] = ()
    sketch: tuple[int, ...] = ()
    shingle_count: int = 0

    def to_bytes(self) -> bytes:
        """The stored form: version, then the fields in order, as MessagePack."""
        return msgspec.msgpack.encode((FINGERPRINT_VERSION, *(getattr(self, name) for name in _NAMES)))

    @classmethod
    def from_bytes(cls, blob: bytes) -> Fingerprint:
        """The fingerprint of `to_bytes`. ValueError when the bytes are of another version or no fingerprint."""
        try:
            version, *values = _DECODER.decode(blob)
        except msgspec.DecodeError as error:
            raise ValueError("not a fingerprint of this version: run `cuttings recluster`") from error
        if version != FINGERPRINT_VERSION:
            raise ValueError(f"a fingerprint of version {version}: run `cuttings recluster`")
        return cls(**dict(zip(_NAMES, values, strict=True)))  # type: ignore[arg-type]  # the decoder has checked them

    @cached_property
    def profile(self) -> Profile:
        """The fingerprint made ready for many comparisons."""
        return Profile(self)


_NAMES = tuple(Fingerprint.__dataclass_fields__)
_DECODER = msgspec.msgpack.Decoder(
    tuple[
        str, str, str, int | None, str, str, int, tuple[str, ...], tuple[str, ...], bytes, bytes, bytes,
        tuple[str, ...], tuple[int, ...], int, tuple[Quoted, ...], tuple[str, ...], tuple[int, ...], int,
    ]
)  # fmt: skip


_LOG_COUNT = tuple(1.0 + math.log(max(1, n)) for n in range(256))
_RARE = 8.0  # bits: a word that one report in 256 uses

# Columns of `Profile.weights`. The first seven are compared as vectors; all are summed over the shared terms.
BODY, LEAD, TITLE, NAMES, PLAIN, NUMBERS, RARE, TOP, LEAD_NAMES, LEAD_NUMBERS, NAME_BITS, BITS = range(12)
VECTORS = 7


class Profile:
    """A fingerprint made ready for many comparisons: one row of weights a term, one column a part of the article."""

    __slots__ = ("days", "norms", "position", "quotes", "sketch", "totals", "weights", "whole_names")

    def __init__(self, fingerprint: Fingerprint) -> None:
        self.weights = _weights(fingerprint)
        self.totals: list[float] = self.weights.sum(axis=0).tolist()
        self.norms = np.sqrt((self.weights[:, :VECTORS] ** 2).sum(axis=0))
        self.position = {term: i for i, term in enumerate(fingerprint.terms)}
        self.whole_names = frozenset(name.casefold() for name in fingerprint.names)
        self.quotes = frozenset(shingle for quoted in fingerprint.quotations for shingle in quoted.shingles)
        self.days = frozenset(fingerprint.days)
        self.sketch = frozenset(fingerprint.sketch)


def _weights(fingerprint: Fingerprint) -> NDArray[np.float64]:
    count = np.array([_LOG_COUNT[n] for n in fingerprint.counts], dtype=np.float64)
    bits = np.frombuffer(fingerprint.surprises, dtype=np.uint8) / SURPRISE_STEPS
    flags = np.frombuffer(fingerprint.flags, dtype=np.uint8)
    weight = count * bits
    number = (flags & NUMBER_FLAG) > 0
    name = ((flags & NAME_FLAG) > 0) & ~number
    title = (flags & TITLE_FLAG) > 0
    lead = title | ((flags & LEAD_FLAG) > 0)
    top = np.zeros(len(weight), dtype=bool)
    top[np.argsort(-weight, kind="stable")[:TOP_TERMS]] = True
    columns = (
        weight, bits * lead, bits * title, weight * name, weight * ~(name | number), bits * number,
        weight * (bits >= _RARE), weight * top, bits * (lead & name), bits * (lead & number), bits * name, bits,
    )  # fmt: skip
    return np.stack(columns, axis=1) if len(weight) else np.zeros((0, len(columns)))
