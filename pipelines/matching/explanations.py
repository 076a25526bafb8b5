"""The evidence on a pair as a list of weighted clauses, and one sentence with the verdict and its reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pipelines.matching.clauses import CITED_WEIGHT, Pair, clause
from pipelines.matching.clustering import THRESHOLD
from pipelines.matching.comparisons import ALL_FEATURES, FAMILIES, Family
from pipelines.matching.fingerprint import Fingerprint
from pipelines.models import Bearing, Evidence, Match

ONE_EVENT, TWO_EVENTS = "One event", "Two events"
COPY, ADDRESS = "copy", "address"  # evidence that filing adds; each is a reason on its own
SHOWN_CLAUSES = 4
LEAST_LIKELY = 1 / (1 + math.exp(-THRESHOLD))  # probability from which the matcher itself says "one event"
_SHARES = ((0.0, "none"), (0.1, "little"), (0.3, "some"), (0.6, "much"), (1.0, "most"))
# Bounds of each family's first feature, and the word up to there. Days apart are log(1 + days).
_LEVELS: Mapping[Family, tuple[tuple[float, str], ...]] = MappingProxyType({
    Family.DATES: ((0.0, "same day"), (0.7, "a day"), (2.1, "a week"), (3.5, "a month"), (99.0, "longer")),
    Family.QUOTATIONS: ((0.0, "none"), (2.0, "some"), (99.0, "much")),
    Family.SOURCE: ((0.0, "different"), (1.0, "same")),
    Family.DAYS: ((0.0, "none"), (99.0, "some")),
    Family.LENGTH: ((3.5, "a line"), (5.0, "short"), (99.0, "long")),
})  # fmt: skip
# In a reason: what convinces a reader first, what merely helps last.
_RANKS: Mapping[str, int] = MappingProxyType({Family.QUOTATIONS: 0, Family.NAMES: 1, Family.SOURCE: 3})
_NEVER_CITED = frozenset({Family.LENGTH})


def weighted_clauses(
    a: Fingerprint, b: Fingerprint, weights: Mapping[Family, float], values: Sequence[float]
) -> list[Evidence]:
    """Return one piece of evidence for each kind that has a weight (log2 odds), heaviest first.

    ``values`` are those of ``ALL_FEATURES`` for the pair.
    """
    pair = Pair(a, b, weights)
    pieces = []
    for family, weight in weights.items():
        words, bearing = clause(family, pair, favours=weight >= 0)
        level = level_of(family, values)
        pieces.append(Evidence(feature=str(family), level=level, weight=weight, words=words, bearing=bearing))
    return sorted(pieces, key=lambda piece: (-abs(piece.weight), piece.feature))


def level_of(family: Family, values: Sequence[float]) -> str:
    """Return how far two articles agree, in a word, by the first feature of the family."""
    value = values[ALL_FEATURES.index(FAMILIES[family][0])]
    if value < 0:
        return "unknown"
    bounds = _LEVELS.get(family, _SHARES)
    return next((word for bound, word in bounds if value <= bound), bounds[-1][1])


def grounds(evidence: Sequence[Evidence], *, same: bool) -> str:
    """Return the reasons for a verdict, strongest first, and the strongest against it."""
    certain = next((piece.words for piece in evidence if piece.feature in {COPY, ADDRESS}), "")
    if certain and same:
        return certain
    bearing, opposite = (Bearing.FOR, Bearing.AGAINST) if same else (Bearing.AGAINST, Bearing.FOR)
    cited = [piece for piece in evidence if _is_cited(piece, bearing)]
    cited.sort(key=lambda piece: _RANKS.get(piece.feature, 2))
    although = next((_in_a_clause(piece) for piece in evidence if _is_cited(piece, opposite)), "")
    because = "; ".join(piece.words for piece in cited[:SHOWN_CLAUSES])
    if not because:
        because = "many small likenesses together" if same else "they have too little in common"
    return f"{because}, although {although}" if although else because


_OF_DESK: Mapping[str, tuple[str, str]] = MappingProxyType({
    "rivals": (
        "given what else the desk holds the pair is likelier to be one event",
        "given what else the desk holds the pair is less likely to be one event",
    ),
    "stream": (
        "of the pairs around them more than usual are of one event",
        "of the pairs around them fewer than usual are of one event",
    ),
    "story": ("the desk filed them in one story", "the desk filed them in different stories"),
})  # fmt: skip


def desk_evidence(feature: str, weight: float) -> Evidence:
    """Return what the reports around a pair, or its story, add to its evidence (log2 odds)."""
    return Evidence(feature=feature, level="", weight=round(weight, 4), words=_OF_DESK[feature][weight < 0])


def common_grounds(match: Match, most: int = 3) -> str:
    """Return what speaks for one event in a pair, whatever its verdict; empty when nothing does.

    A pair may be joined although the matcher, asked of it alone, doubts that it is one event: neither end has
    a better partner.
    """
    if match.same_event:
        return grounds(match.evidence, same=True)
    pieces = sorted(match.evidence, key=lambda piece: -piece.weight)
    words = [piece.words for piece in pieces if piece.weight > 0 and _is_cited(piece, Bearing.FOR)]
    shown = "; ".join(words[:most])
    return f"{match.probability:.0%} probable, with no better partner: {shown}" if words else ""


def desk_reason(match: Match, *, together: bool) -> str:
    """Return the reason for what the desk decided for a pair, as a sentence."""
    return sentence(desk_grounds(match, together=together), same=together)


def desk_grounds(match: Match, *, together: bool) -> str:
    """Return why the desk decided so for a pair, which may differ from what the pair says alone.

    The evidence must be that of the pair; ``together`` is whether both are in one story.
    """
    cited = [piece for piece in match.evidence if _is_cited(piece, Bearing.FOR) and piece.weight > 0]
    for_one = "; ".join(map(_in_a_clause, cited[:SHOWN_CLAUSES]))
    if together:
        return grounds(match.evidence, same=True) if cited else "other reports or people hold them together"
    if match.evidence and match.of_texts >= LEAST_LIKELY:
        return "other reports or people keep them apart" + (f", although {for_one}" if for_one else "")
    return grounds(match.evidence, same=False)


def _in_a_clause(piece: Evidence) -> str:
    return f"they are {piece.words}" if piece.feature == ADDRESS else piece.words


def _is_cited(piece: Evidence, bearing: Bearing) -> bool:
    heavy = abs(piece.weight) >= CITED_WEIGHT
    return heavy and piece.bearing is bearing and piece.feature not in _NEVER_CITED


def reason(evidence: Sequence[Evidence], *, same: bool) -> str:
    """Return one sentence: the verdict and its grounds."""
    return sentence(grounds(evidence, same=same), same=same)


def sentence(because: str, *, same: bool) -> str:
    """Return the one form of all reasons: "One event: …" or "Two events: …"."""
    return f"{ONE_EVENT if same else TWO_EVENTS}: {because}."
