"""Affairs: what two stories of different events share as stages of one matter, or as editions of a series.

Stages share few words. What they share stands out in both: names that few reports use, the words of one kind
of affair (a charge and a sentence, a ballot and a strike), and little that is prominent in one is missing in
the other. All of it is read from the fingerprints of the two stories alone, never from what else the desk
holds, so that a relation does not depend on the order in which articles came.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import fsum, log1p, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipelines.matching.features import stems
from pipelines.matching.fingerprint import (
    FINDING_WEIGHT,
    LEAD_FLAG,
    NAME_FLAG,
    NUMBER_FLAG,
    SURPRISE_STEPS,
    TITLE_FLAG,
    Fingerprint,
    Floats,
    Hashes,
)
from pipelines.matching.forest import Ensemble, Forest, compiled
from pipelines.matching.term_weights import name_words
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
TELLING = 8.0  # twice the square root of the most bits that a term has
SHORTEST_NAME = 3  # letters
NOT_NAMES = ("openers", "generic", "plain")  # kinds of words in terms/en.names.txt
YEAR, YEAR_MARGIN = 365, 21  # days between two editions of what comes every year, and how far these may move
SERIES_WORDS = 2  # that the headline of a series has at least, without its dates and numbers
EDITION_DAYS = 5  # that lie at least between two editions with one headline
STAGE_PROMINENCE = 0.5  # of the words of one kind of affair in both stories, from which they are stages
_WEIGHT_BITS = np.uint64(int(FINDING_WEIGHT).bit_length())
_DATE_WORDS = frozenset(
    "january february march april may june july august september october november december monday tuesday "
    "wednesday thursday friday saturday sunday spring summer autumn winter week ending".split()
)
_TIMES = _DATE_WORDS | {"christmas", "easter"}  # names of times, which say nothing of an affair
_TWO_SENTENCES = re.compile(r"(?<=[^\W\d_]{4})[.!?] ")  # "Ioan. Ioan"; not "St. Brannoc"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoryProfile:
    """The reports of a story together, as far as they tell its affair; the arrays have a place a term."""

    reports: tuple[Fingerprint, ...]  # in the order of their content
    hashes: Hashes  # of the words and names, ascending
    bits: Floats  # of surprise
    prominence: Floats  # .25 to 1: in the headline, in the lead, repeated
    is_name: NDArray[np.bool_]
    weights: Floats  # bits x prominence, more where several reports have it
    norms: tuple[float, float, float]  # of the weights of names, of other words, of both
    first_day: int | None
    last_day: int | None
    headlines: frozenset[frozenset[str]]  # the words of each, without numbers
    series: frozenset[str]  # headlines without dates and numbers
    sources: frozenset[str]
    stages: Mapping[str, float]  # kind of affair -> prominence of its words


def story_profile(reports: Iterable[Fingerprint]) -> StoryProfile:
    """Return the profile of the reports of a story, in whatever order they come."""
    ordered = tuple(sorted(reports, key=lambda report: report.content_key))
    prominences = [_prominences(report) for report in ordered]
    hashes, bits, prominence, is_name, weights = _pooled(ordered, prominences)
    days = [report.day for report in ordered if report.day is not None]
    titles = [report.title.split() for report in ordered if report.title]
    return StoryProfile(
        reports=ordered,
        hashes=hashes,
        bits=bits,
        prominence=prominence,
        is_name=is_name,
        weights=weights,
        norms=(_norm(weights[is_name]), _norm(weights[~is_name]), _norm(weights)),
        first_day=min(days, default=None),
        last_day=max(days, default=None),
        headlines=frozenset(frozenset(word for word in title if not word[:1].isdigit()) for title in titles),
        series=frozenset(filter(None, map(_series, titles))),
        sources=frozenset(report.source for report in ordered if report.source),
        stages=_stages(ordered, prominences),
    )


def _prominences(report: Fingerprint) -> Floats:
    flags, counts = (np.frombuffer(its, dtype=np.uint8) for its in (report.flags, report.counts))
    places = ((flags & TITLE_FLAG) > 0).astype(np.float64) + ((flags & LEAD_FLAG) > 0)
    return (1.0 + places + (counts > 1)) / 4


def _keys(report: Fingerprint) -> Hashes:
    """Return a number of 28 bits for each term: the part of its hash that is stored."""
    return report.glimpse.sought >> _WEIGHT_BITS


def _pooled(
    reports: Sequence[Fingerprint], prominences: Sequence[Floats]
) -> tuple[Hashes, Floats, Floats, NDArray[np.bool_], Floats]:
    """Return each term of the reports once: its hash, bits, highest prominence, whether it is a name, and its
    weight."""
    flags, eighths = (
        np.frombuffer(b"".join(its), dtype=np.uint8)
        for its in ([report.flags for report in reports], [report.surprises for report in reports])
    )
    hashes = np.concatenate([np.zeros(0, np.uint64), *map(_keys, reports)])
    prominence, bits = np.concatenate([np.zeros(0), *prominences]), eighths / SURPRISE_STEPS
    is_name = (flags & NAME_FLAG) > 0
    kept = ((flags & NUMBER_FLAG) == 0) & (is_name | (bits >= PLAIN_BITS))
    order = np.flatnonzero(kept)[np.argsort(hashes[kept], kind="stable")]
    terms, starts, counts = np.unique(hashes[order], return_index=True, return_counts=True)
    if not len(terms):
        return terms, np.zeros(0), np.zeros(0), np.zeros(0, np.bool_), np.zeros(0)
    highest = np.maximum.reduceat(prominence[order], starts)
    surprise = np.maximum.reduceat(bits[order], starts)
    named = np.logical_or.reduceat(is_name[order], starts)
    return terms, surprise, highest, named, surprise * highest * (1.0 + np.log(counts))


def _norm(weights: Floats) -> float:
    return sqrt(fsum((weights**2).tolist())) or 1.0


def _series(title: Sequence[str]) -> str:
    words = [word for word in title if not word[:1].isdigit() and word not in _DATE_WORDS]
    return " ".join(words) if len(words) >= SERIES_WORDS else ""


def _stages(reports: Iterable[Fingerprint], prominences: Iterable[Floats]) -> dict[str, float]:
    kinds = _stage_words()
    found: defaultdict[str, float] = defaultdict(float)
    for report, prominence in zip(reports, prominences, strict=True):
        if report.language == "en":
            for position, term in [each for each in enumerate(report.terms) if each[1] in kinds]:
                for kind in kinds[term]:
                    found[kind] = max(found[kind], float(prominence[position]))
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
    _, mine, its = np.intersect1d(a.hashes, b.hashes, assume_unique=True, return_indices=True)
    names = a.is_name[mine] | b.is_name[its]
    in_both = a.is_name[mine] & b.is_name[its]
    together = _together(a, mine, b, its)
    products = a.weights[mine] * b.weights[its]
    telling = sorted(np.sqrt(together[names]).tolist(), reverse=True)
    name_cosine = _sum(products[in_both]) / (a.norms[0] * b.norms[0])
    plain_cosine = _sum(products[~names]) / (a.norms[1] * b.norms[1])
    covered = sorted((_covered(a, mine), _covered(b, its)))
    gap = days_apart(a, b)
    return (
        telling[0] / TELLING if telling else 0.0,
        telling[1] / TELLING if len(telling) > 1 else 0.0,
        log1p(_sum(together[names]) / 10),
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
        log1p(_sum(together[~names]) / 10),
        _sum(products) / (a.norms[2] * b.norms[2]),
    )


def _together(a: StoryProfile, mine: NDArray[np.intp], b: StoryProfile, its: NDArray[np.intp]) -> Floats:
    """Return the bits of each shared term, fewer where it stands out in neither story."""
    return np.minimum(a.bits[mine], b.bits[its]) * a.prominence[mine] * b.prominence[its]


def _sum(values: Floats) -> float:
    return fsum(values.tolist())


def _covered(of: StoryProfile, shared: NDArray[np.intp]) -> float:
    """Return the share of the weight of the names of a story that the shared terms have."""
    return _sum(of.weights[shared] * of.is_name[shared]) / (_sum(of.weights[of.is_name]) + SOME_NAMES)


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
    """Return how two related stories are related.

    Of what comes every year, such as a survey, the editions lie a year apart, and no stage of an affair.
    """
    apart = days_apart(a, b)
    if are_editions(a, b) or (apart and abs(apart - YEAR) <= YEAR_MARGIN):
        return RelationKind.EDITION
    return RelationKind.STAGE if apart and _stage(a, b) >= STAGE_PROMINENCE else RelationKind.AFFAIR


def shared_names(a: StoryProfile, b: StoryProfile) -> tuple[str, ...]:
    """Return the names that both stories use, those that tell most first, in full where both give the full
    name ("Lou Tansley" as "Organiser Lou Tansley" too), or one does and the other uses each of its words."""
    forms = _shared_forms(a, b, names=True)
    words = {fold(form) for form in forms}
    own, others = _full_names(a), _full_names(b)
    mine, its = (f" {' | '.join(names)} " for names in (own, others))
    full = {
        key: min(own.get(key, name), others.get(key, name), key=_clearness)
        for key, name in (others | own).items()
        if (f" {key} " in mine and f" {key} " in its) or words.issuperset(key.split())
    }
    chosen = (_in_full(form, full) for form in forms if _is_telling(form))
    return tuple(name for name in dict.fromkeys(chosen) if fold(name) not in _TIMES)


def _full_names(of: StoryProfile) -> dict[str, str]:
    """Return the names of a story by their folded form; not "In November Ravi Menon", and of "September. Lou
    Tansley" the name."""
    found: dict[str, str] = {}
    whole = (name for report in of.reports for name in report.names)
    for name in (part for each in whole for part in _TWO_SENTENCES.split(each) if " " in part):
        key = folded_name(name)
        if key.partition(" ")[0] not in _TIMES:
            found[key] = min(found.get(key, name), name, key=_clearness)
    return found


def _clearness(form: str) -> tuple[bool, str]:
    """Order the forms of one name: those in capitals, as in a headline that shouts, last."""
    return form.isupper(), form


def shared_words(a: StoryProfile, b: StoryProfile) -> tuple[str, ...]:
    """Return the other words that both stories use, those that tell most first."""
    return tuple(dict.fromkeys(_shared_forms(a, b, names=False)))


def _shared_forms(a: StoryProfile, b: StoryProfile, *, names: bool) -> list[str]:
    """Return the clearest form of each shared name or other word, whichever of the two stories has it."""
    shared, mine, its = np.intersect1d(a.hashes, b.hashes, assume_unique=True, return_indices=True)
    chosen = (a.is_name[mine] & b.is_name[its]) == names
    together = dict(zip(shared[chosen].tolist(), _together(a, mine, b, its)[chosen].tolist(), strict=True))
    forms: dict[int, tuple[bool, float, str]] = {}
    for report in (*a.reports, *b.reports):
        values = _prominences(report).tolist()
        for key, form, value in zip(_keys(report).tolist(), report.profile.forms, values, strict=True):
            if key in together:
                clear = (form.isupper(), -value, form)
                forms[key] = min(forms.get(key, clear), clear)
    return [form for _, form in sorted((-value, forms[key][-1]) for key, value in together.items())]


def _is_telling(form: str) -> bool:
    """Return whether a word is a name by itself: not "St", "Court" or "The"."""
    word = fold(form)
    return len(word) >= SHORTEST_NAME and not any(word in name_words(kind) for kind in NOT_NAMES)


def _in_full(form: str, full: Mapping[str, str]) -> str:
    word = fold(form)
    longer = [name for name in full if word in name.split()]
    if not longer:
        return form[:1].upper() + form[1:]
    return full[min(longer, key=lambda name: (-len(name), name))]


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
