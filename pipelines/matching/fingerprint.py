"""What the matcher may look at of an article: a few kilobytes that can be stored, and from which no text can be rebuilt."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property
from typing import NamedTuple

import msgspec

FINGERPRINT_VERSION = "1"
SURPRISE_STEPS = 8  # a bit


class Flag(IntFlag):
    """Where and how a term stands in its article."""

    NAME = 1  # capitalised inside sentences
    TITLE = 2
    LEAD = 4
    NUMBER = 8


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
        return cls(**dict(zip(_NAMES, values, strict=True)))

    @cached_property
    def profile(self) -> Profile:
        """The fingerprint made ready for many comparisons."""
        return Profile(self)

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Term to its place in the parallel fields."""
        return {term: i for i, term in enumerate(self.terms)}


_NAMES = tuple(Fingerprint.__dataclass_fields__)
_DECODER = msgspec.msgpack.Decoder(
    tuple[
        str, str, str, int | None, str, str, int, tuple[str, ...], tuple[str, ...], bytes, bytes, bytes,
        tuple[str, ...], tuple[int, ...], int, tuple[Quoted, ...], tuple[str, ...], tuple[int, ...], int,
    ]
)  # fmt: skip


_LOG_COUNT = tuple(1.0 + math.log(max(1, n)) for n in range(256))


class Profile:
    """A fingerprint made ready for many comparisons: weights by term, and their norms, for each part of the article."""

    __slots__ = (
        "body",
        "days",
        "lead",
        "names",
        "norms",
        "numbers",
        "plain",
        "quotes",
        "rare",
        "sketch",
        "title",
        "whole_names",
    )

    def __init__(self, fingerprint: Fingerprint) -> None:
        body: dict[str, float] = {}
        lead: dict[str, float] = {}
        title: dict[str, float] = {}
        names: dict[str, float] = {}
        plain: dict[str, float] = {}
        numbers: dict[str, float] = {}
        rare: dict[str, float] = {}
        for term, count, eighths, flag in zip(
            fingerprint.terms, fingerprint.counts, fingerprint.surprises, fingerprint.flags, strict=True
        ):
            bits = eighths / SURPRISE_STEPS
            body[term] = weight = _LOG_COUNT[count] * bits
            if flag & Flag.LEAD or flag & Flag.TITLE:
                lead[term] = bits
            if flag & Flag.TITLE:
                title[term] = bits
            if flag & Flag.NUMBER:
                numbers[term] = bits
            elif flag & Flag.NAME:
                names[term] = weight
            else:
                plain[term] = weight
            if bits >= 8.0:
                rare[term] = weight
        self.body, self.lead, self.title, self.names, self.plain, self.numbers, self.rare = (
            body,
            lead,
            title,
            names,
            plain,
            numbers,
            rare,
        )
        self.norms = tuple(
            math.sqrt(sum(w * w for w in part.values())) for part in (body, lead, title, names, plain, numbers, rare)
        )
        self.whole_names = frozenset(name.casefold() for name in fingerprint.names)
        self.quotes = frozenset(shingle for quoted in fingerprint.quotations for shingle in quoted.shingles)
        self.days = frozenset(fingerprint.days)
        self.sketch = frozenset(fingerprint.sketch)
