"""What a comparison reads of an article, in a form that is ready in a tenth of the time of a fingerprint.

A large archive compares each article with thousands of others, and explains a few of these pairs: only they
need whole fingerprints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np

from pipelines.matching.fingerprint import (
    COLUMNS,
    GLANCE_BYTES,
    SINGLE_BYTES,
    VECTORS,
    Fingerprint,
    Profile,
    TermSketch,
)
from pipelines.matching.packing import HASH_BYTES, unpacked_hashes
from pipelines.matching.stored import EXCERPT, SKETCH
from pipelines.matching.surface_forms import FigureKind

_MARKS = 3  # bytes of a term


class Comparable(Protocol):
    """What is compared: a fingerprint, or what a comparison reads of it."""

    @property
    def glimpse(self) -> TermSketch:
        """What the prefilter needs."""

    @property
    def profile(self) -> Profile:
        """What the features need."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A ``Comparable`` that was read from its stored form."""

    glimpse: TermSketch
    profile: Profile

    @classmethod
    def from_bytes(cls, blob: bytes) -> Compared:
        """Return what a comparison reads of ``Fingerprint.to_bytes`` of this version."""
        _, sought, single, values = EXCERPT.decode(blob)
        return cls(TermSketch.of_packed(sought, single), Profile(values))


def sketches(blobs: Mapping[int, bytes]) -> dict[int, TermSketch]:
    """Return the sketches of many stored fingerprints of this version; all are unpacked at once, in half the
    time.
    """
    parts = [SKETCH.decode(blob)[1:3] for blob in blobs.values()]
    sought = unpacked_hashes(b"".join(its for its, _ in parts))
    ends = np.cumsum([len(its) // HASH_BYTES for its, _ in parts]).tolist()
    single = np.frombuffer(b"".join(its for _, its in parts), dtype=np.int8).reshape(-1, SINGLE_BYTES)
    glances = np.ascontiguousarray(single[:, :GLANCE_BYTES]).view(np.float64)
    rows = zip(blobs, [0, *ends[:-1]], ends, glances, single[:, GLANCE_BYTES:], strict=True) if ends else ()
    return {key: TermSketch(sought[start:end], glance, code) for key, start, end, glance, code in rows}


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    title: str
    day: int | None
    source: str
    weekdays: int
    length_log: float
    encoder: str
    vectors: tuple[bytes, bytes]
    figures: bytes
    marks: bytes
    members: tuple[bytes, bytes, bytes]
    whole_names: tuple[str, ...]
    opening_figures: dict[str, tuple[str, ...]]


_DECODER = msgspec.msgpack.Decoder(_Stored)


def compared_bytes(fingerprint: Fingerprint) -> bytes:
    """Return the stored form of what a comparison reads, the sketch apart: MessagePack."""
    profile = fingerprint.profile
    days, quoted, runs = profile.members
    stored = _Stored(
        title=profile.title,
        day=profile.day,
        source=profile.source,
        weekdays=profile.weekdays,
        length_log=profile.length_log,
        encoder=profile.encoder,
        vectors=(fingerprint.title_vector, fingerprint.lead_vector),
        figures=profile.figures.tobytes(),
        marks=profile.marks.tobytes(),
        members=(days.tobytes(), quoted.tobytes(), runs.tobytes()),
        whole_names=tuple(sorted(profile.whole_names)),
        opening_figures={str(kind): tuple(sorted(its)) for kind, its in profile.opening_figures.items()},
    )
    return msgspec.msgpack.encode(stored)


def profile_of_bytes(content: bytes) -> Profile:
    """Return the profile of ``compared_bytes``, with what a comparison reads; it cannot be explained."""
    stored = _DECODER.decode(content)
    profile = Profile.__new__(Profile)
    profile.title, profile.day, profile.source = stored.title, stored.day, stored.source
    profile.weekdays, profile.length_log, profile.encoder = stored.weekdays, stored.length_log, stored.encoder
    profile.vectors = stored.vectors
    figures = np.frombuffer(stored.figures, dtype=np.float64)
    days, quoted, runs = (np.frombuffer(each, dtype=np.uint64) for each in stored.members)
    profile.__dict__ |= {  # the cached properties
        "figures": figures,
        "_sums": (figures[:COLUMNS], figures[COLUMNS : COLUMNS + VECTORS]),
        "marks": np.frombuffer(stored.marks, dtype=np.uint8).reshape(-1, _MARKS),
        "members": (days, quoted, runs),
        "whole_names": frozenset(stored.whole_names),
        "opening_figures": {
            FigureKind(kind): frozenset(forms) for kind, forms in stored.opening_figures.items()
        },
    }
    return profile
