"""Comparing fingerprints: one number for each feature of a pair, the same both ways round.

``FEATURE_TABLE`` and ``MEANING_TABLE`` are the only lists of features: add a row there and fit again
(tools/fit_matcher.py). One article is compared with many at once (``sweep``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum, auto
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from pipelines.matching.closeness import LEADS, TITLES
from pipelines.matching.compared import Comparable
from pipelines.matching.fingerprint import (
    BODY,
    FOREIGN,
    LEAD,
    LEAD_NAMES,
    LEAD_NUMBERS,
    LEAD_PLAIN,
    LEAD_SLOTS,
    NAME_BITS,
    NAMES,
    NUMBERS,
    OWN,
    PLAIN,
    RARE,
    TITLE,
    TITLE_NAMES,
    TITLE_RARE,
    TOP,
    Fingerprint,
    Floats,
)
from pipelines.matching.prefilter import Overlap, overlap
from pipelines.matching.sweep import COVERED, NOTHING_TO_COMPARE, Sweep, best, logs, ratio

_MOST_PAIRS = 1_000  # compared in one sweep: sums stay exact, and memory small
_BEST = 3


def features(x: Fingerprint, y: Fingerprint) -> tuple[float, ...]:
    """Return the values of ``ALL_FEATURES`` for a pair."""
    return tuple(rows(x, [y])[0].tolist())


def rows(one: Fingerprint, others: Sequence[Fingerprint]) -> Floats:
    """Return ``features`` of one with each of the others, a row each."""
    parts = [others[start : start + _MOST_PAIRS] for start in range(0, len(others), _MOST_PAIRS)]
    swept = [
        compared([one], [part], [overlap(one.glimpse, [other.glimpse for other in part])]) for part in parts
    ]
    return np.concatenate(swept) if swept else np.empty((0, len(ALL_FEATURES)))


def compared(
    ones: Sequence[Comparable], others: Sequence[Sequence[Comparable]], shared: Sequence[Overlap]
) -> Floats:
    """Return ``features`` of each with each of its own others, in that order, given what each pair shares."""
    sweep = Sweep(ones, others, shared)
    if not sweep.pairs:
        return np.empty((0, len(ALL_FEATURES)))
    return np.stack([feature.values(sweep) for feature in (*FEATURE_TABLE, *MEANING_TABLE)], axis=1)


# -- values of single features -------------------------------------------------------------------------------


def _title_bits(sweep: Sweep) -> Floats:
    return np.where(sweep.titled, logs(sweep.summed(sweep.least[:, [TITLE]])[:, 0]), NOTHING_TO_COMPARE)


def _whole_names(sweep: Sweep) -> Floats:
    return ratio(sweep.shared_names, sweep.fewest_names)


def _names_lacking(sweep: Sweep) -> Floats:
    """Return the logarithm of the names of several words, plus one, that either side has of its own."""
    return logs(sweep.fewest_names - sweep.shared_names)


def _other_days(sweep: Sweep) -> Floats:
    """Return 1 where both texts name days, and none of them is the same."""
    shared, fewest = sweep.days
    return np.where((fewest > 0) & (shared == 0), 1.0, 0.0)


# -- the table of features -----------------------------------------------------------------------------------


class Family(StrEnum):
    """A kind of evidence: the features that a reader takes for one argument."""

    WORDING = auto()
    LEAD = auto()
    HEADLINE = auto()
    NAMES = auto()
    FIGURES = auto()
    QUOTATIONS = auto()
    DATES = auto()
    DAYS = auto()
    SOURCE = auto()
    LENGTH = auto()
    MEANING = auto()


class Feature(NamedTuple):
    """A feature: its name in model.json, its kind of evidence, and its values for the pairs of a sweep."""

    name: str
    family: Family
    values: Callable[[Sweep], Floats]


def _cosine(name: str, family: Family, column: int) -> Feature:
    return Feature(name, family, lambda sweep: sweep.cosines[:, column])


def _cover(name: str, family: Family, column: int) -> tuple[Feature, Feature]:
    at = COVERED.index(column)
    return (
        Feature(name, family, lambda sweep: sweep.covers[0][:, at]),
        Feature(f"{name}_min", family, lambda sweep: sweep.covers[1][:, at]),
    )


def _lacking(name: str, family: Family, column: int) -> tuple[Feature, Feature]:
    at = COVERED.index(column)
    return (
        Feature(name, family, lambda sweep: logs(sweep.lacking[0][:, at])),
        Feature(f"{name}_min", family, lambda sweep: logs(sweep.lacking[1][:, at])),
    )


def _form(name: str, plain: int, names: int) -> Feature:
    """Return the feature for a template: common words that are shared more than names are."""
    at, named = COVERED.index(plain), COVERED.index(names)
    return Feature(name, Family.NAMES, lambda sweep: sweep.covers[1][:, at] - sweep.covers[1][:, named])


def _least_total(name: str, family: Family, column: int) -> Feature:
    """Return the feature for how much evidence the side with less of it has at all."""
    at = COVERED.index(column)
    return Feature(
        name, family, lambda sweep: logs(np.minimum(sweep.covered[2][:, at], sweep.covered[3][:, at]))
    )


def _shared_amount(name: str, family: Family, column: int) -> Feature:
    """Return the feature for how much evidence of a part both have."""
    return Feature(name, family, lambda sweep: logs(sweep.summed(sweep.least[:, [column]])[:, 0]))


def _title_swap(sweep: Sweep) -> Floats:
    """Return how alike two headlines are but for the rare words that each has of its own."""
    lacking = logs(sweep.lacking[1][:, COVERED.index(TITLE_RARE)])
    return np.maximum(0.0, sweep.title_frames) * lacking


def _frame(sweep: Sweep) -> Floats:
    """Return how much more of the common words than of names and figures the openings share."""
    return sweep.covers[1][:, COVERED.index(LEAD_PLAIN)] - sweep.covers[0][:, COVERED.index(LEAD_SLOTS)]


def _best_plain(sweep: Sweep) -> Floats:
    return logs(best(sweep.products[:, PLAIN], sweep.pair, sweep.counts, _BEST).sum(axis=1))


def _meaning(name: str, column: int) -> Feature:
    return Feature(name, Family.MEANING, lambda sweep: sweep.of_meaning(lambda: sweep.closeness[:, column]))


# The order is that of model.json; the first feature of a family tells its level ("some", "most").
FEATURE_TABLE: tuple[Feature, ...] = (
    _cosine("body", Family.WORDING, BODY),
    _cosine("lead", Family.LEAD, LEAD),
    _cosine("title", Family.HEADLINE, TITLE),
    _cosine("names", Family.NAMES, NAMES),
    _cosine("plain", Family.WORDING, PLAIN),
    _cosine("numbers", Family.FIGURES, NUMBERS),
    _cosine("rare", Family.WORDING, RARE),
    Feature("shared_bits", Family.WORDING, lambda sweep: logs(sweep.best_bits.sum(axis=1))),
    Feature("top_bits", Family.WORDING, lambda sweep: sweep.best_bits[:, :_BEST].sum(axis=1) / _BEST),
    Feature(
        "best3",
        Family.WORDING,
        lambda sweep: logs(best(sweep.products[:, RARE], sweep.pair, sweep.counts, _BEST).sum(axis=1)),
    ),
    Feature("name_bits", Family.NAMES, lambda sweep: logs(sweep.summed(sweep.least[:, [NAME_BITS]])[:, 0])),
    Feature("title_bits", Family.HEADLINE, _title_bits),
    *_cover("cover", Family.WORDING, BODY),
    *_cover("lead_cover", Family.LEAD, LEAD),
    *_cover("title_cover", Family.HEADLINE, TITLE),
    *_cover("top_cover", Family.WORDING, TOP),
    *_cover("lead_names", Family.NAMES, LEAD_NAMES),
    Feature("title_ratio", Family.HEADLINE, lambda sweep: sweep.title_ratios),
    Feature("quotes", Family.QUOTATIONS, lambda sweep: sweep.quotations),
    Feature("whole_names", Family.NAMES, _whole_names),
    Feature("whole_names_count", Family.NAMES, lambda sweep: sweep.shared_names),
    Feature("gap", Family.DATES, lambda sweep: sweep.gaps),
    Feature("same_source", Family.SOURCE, lambda sweep: sweep.one_source),
    Feature("shared_days", Family.DAYS, lambda sweep: sweep.days[0]),
    Feature("other_days", Family.DAYS, _other_days),
    Feature("shared_weekdays", Family.DAYS, lambda sweep: sweep.weekdays),
    Feature("shorter", Family.LENGTH, lambda sweep: np.minimum(*sweep.lengths)),
    Feature("longer", Family.LENGTH, lambda sweep: np.maximum(*sweep.lengths)),
    Feature("titles", Family.HEADLINE, lambda sweep: sweep.titles),
    Feature("copy", Family.WORDING, lambda sweep: sweep.copied),
    Feature("numbers_clash", Family.FIGURES, Sweep.numbers_clash),
    *_cover("title_names", Family.NAMES, TITLE_NAMES),
    *_cover("all_names", Family.NAMES, NAMES),
    *_cover("plain_cover", Family.WORDING, PLAIN),
    *_cover("lead_plain", Family.LEAD, LEAD_PLAIN),
    *_cover("lead_numbers", Family.FIGURES, LEAD_NUMBERS),
    *_lacking("title_names_lacking", Family.NAMES, TITLE_NAMES),
    *_lacking("lead_names_lacking", Family.NAMES, LEAD_NAMES),
    *_lacking("lead_numbers_lacking", Family.FIGURES, LEAD_NUMBERS),
    *_lacking("lead_plain_lacking", Family.LEAD, LEAD_PLAIN),
    _form("form", PLAIN, NAMES),
    _form("lead_form", LEAD_PLAIN, LEAD_NAMES),
    Feature("told_gap", Family.DAYS, lambda sweep: sweep.told_gaps),
    *_cover("title_rare", Family.HEADLINE, TITLE_RARE),
    *_lacking("title_rare_lacking", Family.HEADLINE, TITLE_RARE),
    *_cover("slots", Family.NAMES, LEAD_SLOTS),
    *_lacking("slots_lacking", Family.NAMES, LEAD_SLOTS),
    *_cover("own", Family.SOURCE, OWN),
    Feature("kinds_apart", Family.FIGURES, lambda sweep: sweep.kinds_of_figures[0]),
    Feature("kinds_shared", Family.FIGURES, lambda sweep: sweep.kinds_of_figures[1]),
    Feature("title_frame", Family.HEADLINE, lambda sweep: sweep.title_frames),
    Feature("title_swap", Family.HEADLINE, _title_swap),
    Feature("best_plain", Family.WORDING, _best_plain),
    _least_total("title_weight", Family.HEADLINE, TITLE),
    _least_total("lead_weight", Family.LEAD, LEAD),
    Feature("frame", Family.NAMES, _frame),
    _shared_amount("foreign_bits", Family.NAMES, FOREIGN),
    _shared_amount("lead_plain_bits", Family.LEAD, LEAD_PLAIN),
    Feature("names_lacking", Family.NAMES, _names_lacking),
    Feature("peers", Family.SOURCE, lambda sweep: sweep.peers),
)
# Of pairs with vectors of one encoder: what model.meaning.json adds.
MEANING_TABLE: tuple[Feature, ...] = (
    _meaning("meaning", LEADS),
    _meaning("meaning_title", TITLES),
)
FEATURES: tuple[str, ...] = tuple(feature.name for feature in FEATURE_TABLE)
ALL_FEATURES: tuple[str, ...] = (*FEATURES, *(feature.name for feature in MEANING_TABLE))
FAMILIES: Mapping[Family, tuple[str, ...]] = MappingProxyType({
    family: tuple(each.name for each in (*FEATURE_TABLE, *MEANING_TABLE) if each.family is family)
    for family in Family
})  # fmt: skip
