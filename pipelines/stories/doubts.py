"""What a person should decide first: reports that hardly belong to their story, then close verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.matching import Fingerprint, explain
from pipelines.models import Match
from pipelines.storage.store import Store
from pipelines.stories.desk_evidence import with_desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A pair to decide about. ``story``: the story to which one of them is linked far worse than the rest."""

    match: Match
    story: int | None = None


def doubts(store: Store, *, limit: int, threshold: float) -> tuple[Doubt, ...]:
    """Return the pairs that most need a person's decision, and have none, most doubtful first.

    Each doubtful report comes with the lead of its story; then the pairs whose probability is nearest to the
    threshold.
    """
    strangers = [
        Doubt(match=match, story=story)
        for article, lead, story in store.stories.doubtful_reports(limit=limit)
        if (match := _match(store, *sorted((article, lead)))) is not None
    ]
    known = {(doubt.match.a, doubt.match.b) for doubt in strangers}
    close = store.matches.uncertain(limit=limit, threshold=threshold)
    rest = [match for match in close if (match.a, match.b) not in known][: limit - len(strangers)]
    return (*strangers, *(Doubt(match=_explained(store, match)) for match in rest))


def _match(store: Store, a: int, b: int) -> Match | None:
    """Return the verdict on two articles of one story: the stored one, else what the desk makes of them."""
    return store.matches.between(a, b) or _afresh(store, a, b, together=True)


def _explained(store: Store, match: Match) -> Match:
    """Return a stored verdict with its evidence: of pairs that are hardly one event filing keeps none."""
    if match.evidence:
        return match
    return _afresh(store, match.a, match.b, together=match.same_event) or match


def _afresh(store: Store, a: int, b: int, *, together: bool) -> Match | None:
    """Return what the desk makes of two articles; None if one is not filed yet, or by a version too old."""
    standing = store.articles.matched_as([a, b])
    kept = store.fingerprints.load({standing.get(a, a), standing.get(b, b)})
    try:
        one, other = (Fingerprint.from_bytes(kept[standing.get(key, key)]) for key in (a, b))
    except (KeyError, ValueError):
        return None
    return with_desk(store, explain(one, other, keys=(a, b)), (a, b), together=together)
