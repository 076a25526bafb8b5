"""What the desk decided for a pair: one event exactly if both articles lie in one story.

The matcher judges a pair by itself; rivals, the rest of the cluster and people may decide otherwise. The
stored verdict and its reason follow the decision; the probability stays that of the pair.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pipelines.matching.explanations import desk_reason
from pipelines.storage.store import Store


def settle_verdicts(store: Store, articles: Collection[int]) -> None:
    """Bring the verdicts on pairs of these articles in line with the stories that the articles are in."""
    store.matches.save_all(
        replace(match, same_event=together, reason=desk_reason(match, together=together))
        for match, together in store.matches.unsettled(articles)
    )
