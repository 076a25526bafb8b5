"""Affairs: what two stories of different events share as stages of one matter, or as editions of a series.

Stages share few words. What they share stands out in both: names that few reports use, the words of one kind
of affair (a charge and a sentence, a ballot and a strike), and little that is prominent in one is missing in
the other. All of it is read from the fingerprints of the two stories alone, never from what else the desk
holds, so that a relation does not depend on the order in which articles came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import fsum, log, log1p, sqrt
from typing import NamedTuple

import msgspec
import numpy as np

from pipelines.matching.features import stems
from pipelines.matching.fingerprint import (
    LEAD_FLAG,
    NAME_FLAG,
    NUMBER_FLAG,
    SURPRISE_STEPS,
    TITLE_FLAG,
    Fingerprint,
)
from pipelines.matching.forest import Ensemble, Forest, compiled
from pipelines.matching.tokens import fold, folded_name
from pipelines.models import RelationKind

RELATION_FEATURES = (
    "first_name", "second_name", "names", "name_cosine", "plain_cosine", "both_cosines", "covered_least",
    "covered_most", "gap", "undated", "stage", "headline", "source", "plain", "cosine",
)  # fmt: skip
PLAIN_BITS = 3.0  # of surprise, below which a word that is not a name is not compared
# What stands for a gap of days that is not known, and what is added to the weight of a story's names, so that
# a story with one name is not covered by chance.
UNKNOWN_GAP = 2.0
SOME_NAMES = 4.0
SERIES_WORDS = 2  # that the headline of a series has at least, without its dates and numbers
EDITION_DAYS = 5  # that lie at least between two editions with one headline
STAGE_PROMINENCE = 0.5  # of the words of one kind of affair in both stories, from which they are stages
_DATE_WORDS = frozenset(
    "january february march april may june july august september october november december monday tuesday "
    "wednesday thursday friday saturday sunday spring summer autumn winter week ending".split()
)


class StoryTerm(NamedTuple):
    """A word or name in a story: how the texts write it, and how it stands out."""

    form: str
    bits: float  # of surprise
    prominence: float  # 0.25 to 1: in the headline, in the lead, repeated
    is_name: bool
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryProfile:
    """The reports of a story together, as far as they tell its affair."""

    terms: Mapping[int, StoryTerm]  # by hash
    norms: tuple[float, float, float]  # of the weights of names, of other words, of both
    first_day: int | None
    last_day: int | None
    headlines: frozenset[frozenset[str]]  # the words of each, without numbers
    series: frozenset[str]  # headlines without dates and numbers
    sources: frozenset[str]
    stages: Mapping[str, float]  # kind of affair -> prominence of its words
    names: Mapping[str, str]  # names of several words, by their folded form


def story_profile(reports: Iterable[Fingerprint]) -> StoryProfile:
    """Return the profile of the reports of a story, in whatever order they come."""
    ordered = sorted(reports, key=lambda report: report.content_key)
    terms = _pooled(ordered)
    days = [report.day for report in ordered if report.day is not None]
    titles = [report.title.split() for report in ordered if report.title]
    return StoryProfile(
        terms=terms,
        norms=(
            _norm(term for term in terms.values() if term.is_name),
            _norm(term for term in terms.values() if not term.is_name),
            _norm(terms.values()),
        ),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        headlines=frozenset(frozenset(word for word in title if not word[:1].isdigit()) for title in titles),
        series=frozenset(filter(None, map(_series, titles))),
        sources=frozenset(report.source for report in ordered if report.source),
        stages=_stages(ordered),
        names={folded_name(name): name for report in reversed(ordered) for name in report.names},
    )


def _pooled(reports: Sequence[Fingerprint]) -> dict[int, StoryTerm]:
    held: defaultdict[int, list[StoryTerm]] = defaultdict(list)
    for report in reports:
        hashes = report.hashes.tolist()
        for key, form, eighths, flags, prominence in zip(
            hashes, report.profile.forms, report.surprises, report.flags, _prominences(report), strict=True
        ):
            is_name = bool(flags & NAME_FLAG)
            if not flags & NUMBER_FLAG and (is_name or eighths >= PLAIN_BITS * SURPRISE_STEPS):
                held[key].append(StoryTerm(form, eighths / SURPRISE_STEPS, prominence, is_name, 0.0))
    terms = {}
    for key, its in held.items():
        clearest = max(its, key=lambda term: term.prominence)
        is_name, bits = any(term.is_name for term in its), max(term.bits for term in its)
        weight = bits * clearest.prominence * (1.0 + log(len(its)))
        terms[key] = StoryTerm(clearest.form, bits, clearest.prominence, is_name, weight)
    return terms


def _prominences(report: Fingerprint) -> list[float]:
    return [
        (1 + bool(flags & TITLE_FLAG) + bool(flags & LEAD_FLAG) + (count > 1)) / 4
        for flags, count in zip(report.flags, report.counts, strict=True)
    ]


def _norm(terms: Iterable[StoryTerm]) -> float:
    return sqrt(fsum(term.weight**2 for term in terms)) or 1.0


def _series(title: Sequence[str]) -> str:
    words = [word for word in title if not word[:1].isdigit() and word not in _DATE_WORDS]
    return " ".join(words) if len(words) >= SERIES_WORDS else ""


def _stages(reports: Iterable[Fingerprint]) -> dict[str, float]:
    kinds = _stage_words()
    found: defaultdict[str, float] = defaultdict(float)
    for report in reports:
        if report.language == "en":
            for term, prominence in zip(report.terms, _prominences(report), strict=True):
                for kind in kinds.get(term, ()):
                    found[kind] = max(found[kind], prominence)
    return dict(found)


@cache
def _stage_words() -> Mapping[str, tuple[str, ...]]:
    """Return the kinds of affair of each stem."""
    lines = (files("pipelines.matching") / "terms" / "en.stages.txt").read_text(encoding="utf-8").splitlines()
    kinds: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        if not line.startswith("#"):
            kind, _, words = line.partition("\t")
            for stem in set(stems(words.split(), "en")):
                kinds[stem].append(kind)
    return {stem: tuple(its) for stem, its in kinds.items()}


def relation_features(a: StoryProfile, b: StoryProfile) -> tuple[float, ...]:
    """Return the values of ``RELATION_FEATURES``, the same both ways round."""
    shared = [(a.terms[key], b.terms[key]) for key in sorted(a.terms.keys() & b.terms.keys())]
    names = [pair for pair in shared if pair[0].is_name or pair[1].is_name]
    plain = [pair for pair in shared if not (pair[0].is_name or pair[1].is_name)]
    telling = sorted((sqrt(_together(*pair)) / 8 for pair in names), reverse=True)
    both_names, both_plain = (
        [pair for pair in shared if pair[0].is_name is pair[1].is_name is kind] for kind in (True, False)
    )
    name_cosine = _dot(both_names) / (a.norms[0] * b.norms[0])
    plain_cosine = _dot(both_plain) / (a.norms[1] * b.norms[1])
    covered = sorted((_covered(a, b), _covered(b, a)))
    gap = days_apart(a, b)
    return (
        telling[0] if telling else 0.0,
        telling[1] if len(telling) > 1 else 0.0,
        log1p(fsum(_together(*pair) for pair in names) / 10),
        name_cosine,
        plain_cosine,
        name_cosine * plain_cosine,
        covered[0],
        covered[1],
        UNKNOWN_GAP if gap is None else log1p(gap),
        float(gap is None),
        _stage(a, b),
        max((_jaccard(one, other) for one in a.headlines for other in b.headlines), default=0.0),
        float(not a.sources.isdisjoint(b.sources)),
        log1p(fsum(_together(*pair) for pair in plain) / 10),
        _dot(shared) / (a.norms[2] * b.norms[2]),
    )


def _together(a: StoryTerm, b: StoryTerm) -> float:
    """Return the bits of a shared term, less where it stands out in neither story."""
    return min(a.bits, b.bits) * a.prominence * b.prominence


def _dot(pairs: Iterable[tuple[StoryTerm, StoryTerm]]) -> float:
    return fsum(a.weight * b.weight for a, b in pairs)


def _covered(a: StoryProfile, b: StoryProfile) -> float:
    """Return the share of the weight of the names of ``a`` that ``b`` has too."""
    names = [(key, term.weight) for key, term in a.terms.items() if term.is_name]
    covered = fsum(weight for key, weight in names if key in b.terms)
    return covered / (fsum(weight for _, weight in names) + SOME_NAMES)


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a and b else 0.0


def days_apart(a: StoryProfile, b: StoryProfile) -> int | None:
    """Return the days between the end of one story and the beginning of the other; None where one has no
    day."""
    if a.first_day is None or b.first_day is None or a.last_day is None or b.last_day is None:
        return None
    return max(0, max(a.first_day, b.first_day) - min(a.last_day, b.last_day))


def _stage(a: StoryProfile, b: StoryProfile) -> float:
    return max((min(its, b.stages.get(kind, 0.0)) for kind, its in a.stages.items()), default=0.0)


def are_editions(a: StoryProfile, b: StoryProfile) -> bool:
    """Return whether one source published both stories under one headline, some days apart or with another
    number or date."""
    if a.series.isdisjoint(b.series) or a.sources.isdisjoint(b.sources):
        return False
    gap = days_apart(a, b)
    return gap is None or gap >= EDITION_DAYS


def kinship(a: StoryProfile, b: StoryProfile) -> RelationKind:
    """Return how two related stories are related."""
    if are_editions(a, b):
        return RelationKind.EDITION
    apart = days_apart(a, b)
    return RelationKind.STAGE if apart and _stage(a, b) >= STAGE_PROMINENCE else RelationKind.AFFAIR


def shared_names(a: StoryProfile, b: StoryProfile) -> tuple[str, ...]:
    """Return the names that both stories use, those that tell most first, in full where both give the full
    name."""
    shared = [(a.terms[key], b.terms[key]) for key in a.terms.keys() & b.terms.keys()]
    names = [pair for pair in shared if pair[0].is_name and pair[1].is_name]
    return tuple(dict.fromkeys(_in_full(form, a, b) for form in _ranked(names)))


def shared_words(a: StoryProfile, b: StoryProfile) -> tuple[str, ...]:
    """Return the other words that both stories use, those that tell most first."""
    shared = [(a.terms[key], b.terms[key]) for key in a.terms.keys() & b.terms.keys()]
    return tuple(dict.fromkeys(_ranked(pair for pair in shared if not (pair[0].is_name and pair[1].is_name))))


def _ranked(shared: Iterable[tuple[StoryTerm, StoryTerm]]) -> list[str]:
    """Return the clearest form of each shared term, whichever of the two stories has it."""
    forms = [
        (-_together(one, other), min((-one.prominence, one.form), (-other.prominence, other.form))[1])
        for one, other in shared
    ]
    return [form for _, form in sorted(forms)]


def _in_full(form: str, a: StoryProfile, b: StoryProfile) -> str:
    word = fold(form)
    full = [name for name in a.names.keys() & b.names.keys() if word in name.split()]
    if not full:
        return form[:1].upper() + form[1:]
    name = min(full, key=lambda each: (-len(each), each))
    return min(a.names[name], b.names[name])


class RelationModel(msgspec.Struct, frozen=True):
    """What was fitted, and on what."""

    origin: str
    relation: Ensemble


@cache
def relation_forest() -> Forest:
    """Return the shipped model of two stories (written by tools/fit_relations.py)."""
    body = (files("pipelines.matching") / "relations.json").read_bytes()
    return compiled(msgspec.json.decode(body, type=RelationModel).relation)


def relation_odds(pairs: Sequence[tuple[StoryProfile, StoryProfile]]) -> list[float]:
    """Return for each pair of stories the natural log odds that both belong to one affair or series."""
    if not pairs:
        return []
    return relation_forest().scores(np.array([relation_features(a, b) for a, b in pairs]))
