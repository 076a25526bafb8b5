"""What a person should decide first: reports that hardly belong to their story, then close verdicts."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.matching import Fingerprint, explain
from pipelines.models import Match
from pipelines.storage.store import Store


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
        Doubt(match=_match(store, article, lead), story=story)
        for article, lead, story in store.stories.doubtful_reports(limit=limit)
    ]
    known = {(doubt.match.a, doubt.match.b) for doubt in strangers}
    close = store.matches.uncertain(limit=limit, threshold=threshold)
    rest = [Doubt(match=match) for match in close if (match.a, match.b) not in known]
    return tuple([*strangers, *rest][:limit])


def _match(store: Store, article: int, lead: int) -> Match:
    """Return the stored verdict on two articles of one story, else the matcher's."""
    a, b = sorted((article, lead))
    stored = store.matches.between(a, b)
    if stored is not None:
        return stored
    standing = store.articles.matched_as([a, b])
    kept = store.fingerprints.load({standing.get(a, a), standing.get(b, b)})
    one, other = (Fingerprint.from_bytes(kept[standing.get(key, key)]) for key in (a, b))
    return explain(one, other, keys=(a, b))
