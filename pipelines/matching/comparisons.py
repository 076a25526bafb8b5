"""Comparing two fingerprints: one number a feature, each a function of the pair alone and the same both ways round."""

from __future__ import annotations

import math

from rapidfuzz.distance import Indel

from pipelines.matching.fingerprint import SURPRISE_STEPS, Fingerprint, Profile


FEATURES = (
    "body", "lead", "title", "names", "plain", "numbers", "rare",
    "rare_bits", "top_bits", "lead_names_missing", "cover", "title_cover", "title_ratio", "quotes", "whole_names",
    "gap", "gap_known", "same_source", "source_known", "shared_days", "other_days", "shared_weekdays", "shorter", "longer", "titles", "copy", "numbers_clash", "best3",
)  # fmt: skip


def _dot(a: dict[str, float], b: dict[str, float]) -> float:
    if len(a) > len(b):
        a, b = b, a
    return sum(w * b[t] for t, w in a.items() if t in b)


def _cosine(a: dict[str, float], b: dict[str, float], norm: float) -> float:
    return _dot(a, b) / norm if norm else -1.0


def features(x: Fingerprint, y: Fingerprint) -> tuple[float, ...]:
    """The values of `FEATURES` for a pair; -1 where one side has nothing to compare."""
    a, b = x.profile, y.profile
    n, m = a.norms, b.norms
    shared_rare = sorted((a.rare[t] * b.rare[t] for t in a.rare.keys() & b.rare.keys()), reverse=True)
    shared = a.body.keys() & b.body.keys()
    bits = sorted((x.surprises[x.position[t]] / SURPRISE_STEPS for t in shared), reverse=True)
    gap = abs(x.day - y.day) if x.day is not None and y.day is not None else -1
    known_sources = bool(x.source and y.source)
    return (
        _cosine(a.body, b.body, n[0] * m[0]),
        _cosine(a.lead, b.lead, n[1] * m[1]),
        _cosine(a.title, b.title, n[2] * m[2]),
        _cosine(a.names, b.names, n[3] * m[3]),
        _cosine(a.plain, b.plain, n[4] * m[4]),
        _cosine(a.numbers, b.numbers, n[5] * m[5]),
        _cosine(a.rare, b.rare, n[6] * m[6]),
        math.log1p(sum(bits[:40])),
        sum(bits[:3]) / 3,
        _missing(a, b),
        _cover(a, b),
        _title_cover(a, b),
        Indel.normalized_similarity(x.title, y.title) if x.title and y.title else -1.0,
        math.log1p(len(a.quotes & b.quotes)) if a.quotes and b.quotes else -1.0,
        len(a.whole_names & b.whole_names) / min(len(a.whole_names), len(b.whole_names))
        if a.whole_names and b.whole_names
        else -1.0,
        math.log1p(gap) if gap >= 0 else -1.0,
        float(gap >= 0),
        float(known_sources and x.source == y.source),
        float(known_sources),
        float(len(a.days & b.days)),
        float(bool(a.days and b.days and not a.days & b.days)),
        float(bool(x.weekdays & y.weekdays)) - float(bool(x.weekdays and y.weekdays and not x.weekdays & y.weekdays)),
        math.log1p(min(x.length, y.length)),
        math.log1p(max(x.length, y.length)),
        float(bool(x.title)) + float(bool(y.title)),
        len(a.sketch & b.sketch) / max(1, min(len(a.sketch), len(b.sketch))),
        _clash(a, b),
        math.log1p(sum(shared_rare[:3])),
    )


def _missing(a: Profile, b: Profile) -> float:
    """Share of the names in either lead that the other article does not have at all; the worse side."""
    worst = -1.0
    for one, other in ((a, b), (b, a)):
        mine = {t: w for t, w in one.lead.items() if t in one.names}
        total = sum(mine.values())
        if total:
            worst = max(worst, sum(w for t, w in mine.items() if t not in other.body) / total)
    return worst


def _cover(a: Profile, b: Profile) -> float:
    """How much of the shorter article's evidence the longer one has."""
    return max(_share(a.body, b.body), _share(b.body, a.body))


def _title_cover(a: Profile, b: Profile) -> float:
    return max(_share(a.title, b.body), _share(b.title, a.body))


def _share(one: dict[str, float], other: dict[str, float]) -> float:
    total = sum(one.values())
    return sum(w for t, w in one.items() if t in other) / total if total else -1.0


def _clash(a: Profile, b: Profile) -> float:
    """Numbers of the leads that differ while none is shared."""
    mine = {t for t in a.numbers if t in a.lead}
    theirs = {t for t in b.numbers if t in b.lead}
    if not mine or not theirs:
        return 0.0
    return -1.0 if mine & theirs else 1.0
