"""Threads: stories of one affair that are different events, such as a charge and a sentence.

A thread is what an analyst follows: the earlier and later stages of one matter, other events around the same
people in it, and the earlier editions of a series (last year's figures). The matcher keeps them apart, as
they are other events; here they are related again. Two stories are compared when they share keys that few
articles have, and what is made of them is a function of the two alone (`matching/affairs`). Two stories that
are both related to a third are related through it where that is likely enough.

A story keeps the ``MOST_EARLIER`` likeliest of its relations to earlier stories, so that relations do not
grow faster than stories on a desk of one narrow sector.

What is stored is the same whether articles came one by one or at once: it depends on the stories and on how
many articles have a key, and the linker names the articles of keys that passed that number.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pipelines.matching import probability
from pipelines.matching.affairs import (
    StoryProfile,
    are_editions,
    days_apart,
    kinship,
    relation_odds,
    shared_names,
    shared_words,
)
from pipelines.models import RelationKind
from pipelines.storage.store import Store
from pipelines.storage.tables.related import RelatedStories
from pipelines.stories.linking import MOST_SHARED
from pipelines.stories.story_reader import StoryReader
from pipelines.text import counted, listed

# Bits of the keys that two stories share, from which they are compared: two names, or a name and a rare word.
# At 16, twice as many stories are compared, and the relations of streams left out of the fit are not better.
LEAST_SHARED = 20.0
# Least probability of a relation that is stored. Of those stated at .7 or more 86 % are right on streams left
# out of the fit, of those below 57 % (tools/fit_relations.py), but these are three tenths of what is found.
RELATED = 0.5
MOST_EARLIER = 8  # of the relations of a story to earlier ones; on a desk of 280 reports none has more than 5
MOST_ENDS = 16  # relations of a story through which others are still related
EDITION = 0.9  # of pairs that are editions by their headlines: 44 of 49 on the six streams
# Of the product of the probabilities of two relations to one third story; several third stories count as
# independent. On streams left out, relations through others bring .05 of recall at the same precision; with
# .8 and the likeliest third alone they bring .04 and cost .01 of precision.
THROUGH = 0.7
LISTED_NAMES = 3
TOGETHER = 64  # stories whose keys are looked up together
_DIGITS = 3


Pair = tuple[int, int]  # of stories, the lower id first
Relations = dict[Pair, RelatedStories]


def relate(
    store: Store, stories: Iterable[int], *, opened: Collection[int] = (), crowded: Collection[int] = ()
) -> None:
    """Find what these stories are related to; store it in place of what was known.

    ``crowded``: articles with a key that has become too common to relate stories; ``opened``: with a key that
    no longer is. Raises ``DatabaseError``.
    """
    compared = set(stories) | set(store.articles.stories_of(opened).values())
    fewer = _losing(store, set(store.articles.stories_of(crowded).values()) - compared)
    written = compared | fewer
    before = store.related.direct(written)
    reader = StoryReader(store)
    found = _found(reader, compared, _by_pair(before))
    changed = written | _ends(before)
    full = _crowded(store, changed)
    kept, dropped = _likeliest(reader, compared, fewer, before, found)
    kept = {pair: row if row.reason else _with_reason(reader, row) for pair, row in kept.items()}
    store.related.remove(dropped)
    store.related.replace(written, kept.values())
    changed |= _ends([*kept.values(), *dropped.values()])
    around = changed | _ends(store.related.direct(full | _crowded(store, changed)))
    store.related.replace_through(around, _through_others(store, around))


def _losing(store: Store, crowded: Collection[int]) -> set[int]:
    """Return those of the stories with a relation to another of them: both lost a key that they may share."""
    return _ends(row for row in store.related.direct(crowded) if {row.story_a, row.story_b}.issubset(crowded))


def _ends(rows: Iterable[RelatedStories]) -> set[int]:
    return {end for row in rows for end in (row.story_a, row.story_b)}


def _counts(rows: Iterable[RelatedStories]) -> Counter[int]:
    return Counter(end for row in rows for end in (row.story_a, row.story_b))


def _crowded(store: Store, stories: Collection[int]) -> set[int]:
    """Return the stories with too many relations for other stories to be related through them."""
    counts = _counts(store.related.direct(stories))
    return {story for story in stories if counts[story] >= MOST_ENDS}


def _found(reader: StoryReader, compared: set[int], stored: Relations) -> Relations:
    """Return what the compared stories, and those that share fewer keys than before, are related to now."""
    found, looked_at = _still_related(reader, compared, stored), set[Pair]()
    there = sorted(reader.store.stories.members(compared))
    for start in range(0, len(there), TOGETHER):
        pairs = _candidates(reader, there[start : start + TOGETHER]) - looked_at
        looked_at |= pairs
        found |= _by_pair(_relations(reader, pairs))
    return found


def _still_related(reader: StoryReader, compared: set[int], stored: Relations) -> Relations:
    """Return the stored relations of stories that are not compared, if both still share enough keys.

    Neither text has changed, so the relation is the same.
    """
    pairs = [pair for pair in stored if compared.isdisjoint(pair)]
    keys = reader.keys({end for pair in pairs for end in pair})
    shared = {(a, b): keys[a].keys() & keys[b].keys() for a, b in pairs}
    every = {key for held in shared.values() for key in held}
    few = reader.store.postings.lookup(every, most=MOST_SHARED).keys()
    return {
        pair: stored[pair]
        for pair in pairs
        if _tell_enough(sum(keys[end][key] for key in shared[pair] & few) for end in pair)
    }


def _likeliest(
    reader: StoryReader,
    compared: set[int],
    fewer: set[int],
    before: Iterable[RelatedStories],
    found: Relations,
) -> tuple[Relations, Relations]:
    """Return what to store and what to remove when each story keeps its likeliest relations to earlier ones.

    ``before``: what was stored of the compared stories and of those with fewer keys; ``found``: all that they
    are related to now.
    """
    written = compared | fewer
    others = _ends([*before, *found.values()]) - written
    stored = _by_pair(reader.store.related.direct(others)) | _by_pair(before)
    of: defaultdict[int, Relations] = defaultdict(dict)
    for pair, row in (*stored.items(), *found.items()):
        if pair in found or written.isdisjoint(pair):
            for end in pair:
                of[end][pair] = row
    recomputed = _with_room(reader, _ends(before) - compared, compared, stored, of)
    for story in sorted(recomputed):
        of[story] |= _by_pair(_relations(reader, _candidates(reader, [story])))
    kept, dropped = dict(found), dict[tuple[int, int], RelatedStories]()
    for story in sorted(recomputed | {story for story, rows in of.items() if len(rows) > MOST_EARLIER}):
        earlier = _to_earlier(reader, story, of[story].values())
        kept |= _by_pair(earlier[:MOST_EARLIER])
        dropped |= _by_pair(earlier[MOST_EARLIER:])
    return {pair: row for pair, row in kept.items() if pair not in dropped}, dropped


def _with_room(
    reader: StoryReader,
    stories: Collection[int],
    compared: set[int],
    stored: Relations,
    of: Mapping[int, Relations],
) -> set[int]:
    """Return those of the stories that may get back a relation that was not stored.

    Such a story had as many relations to earlier stories as are stored, and one of them is gone or is with a
    compared story, whose place and probability may be others now: on a desk of a year one in seven of those
    with so many relations. ``of``: their relations as they are now.
    """
    its: defaultdict[int, dict[int, tuple[int, int]]] = defaultdict(dict)  # other story -> pair
    for pair in stored:
        for story, other in (pair, pair[::-1]):
            its[story][other] = pair
    full = {story: its[story] for story in stories if len(its[story]) >= MOST_EARLIER}
    places = reader.places({*full, *(other for pairs in full.values() for other in pairs)} - compared)
    found: set[int] = set()
    for story, pairs in full.items():
        certain = [pairs[other] for other in pairs.keys() - compared if places[other] < places[story]]
        uncertain = len(pairs.keys() & compared)
        stand = sum(of[story].get(pair) == stored[pair] for pair in certain)
        if len(certain) + uncertain >= MOST_EARLIER > stand:
            found.add(story)
    return found


def _to_earlier(reader: StoryReader, story: int, relations: Iterable[RelatedStories]) -> list[RelatedStories]:
    """Return those of the relations of a story that are to earlier stories, the likeliest first."""
    others = {row.story_a if row.story_b == story else row.story_b: row for row in relations}
    places = reader.places([story, *others])
    earlier = [other for other in others if places[other] < places[story]]
    return [others[other] for other in sorted(earlier, key=lambda it: (-others[it].probability, places[it]))]


def _by_pair(rows: Iterable[RelatedStories]) -> Relations:
    return {(row.story_a, row.story_b): row for row in rows}


def _candidates(reader: StoryReader, stories: Sequence[int]) -> set[Pair]:
    """Return the pairs of one of these and another story that share enough to be compared."""
    sharing = reader.sharing(stories, least=LEAST_SHARED, most=MOST_SHARED)
    return {(min(pair), max(pair)) for pair, bits in sharing.items() if _tell_enough(bits)}


def _relations(reader: StoryReader, pairs: Iterable[Pair]) -> list[RelatedStories]:
    """Return the relations of those of the pairs of stories that are related, without reasons."""
    ordered = sorted(pairs)
    profiles = reader.profiles({end for pair in ordered for end in pair})
    odds = relation_odds([(profiles[a], profiles[b]) for a, b in ordered])
    return [
        _relation(pair, profiles[pair[0]], profiles[pair[1]], value)
        for pair, value in zip(ordered, odds, strict=True)
        if probability(value) >= RELATED or are_editions(profiles[pair[0]], profiles[pair[1]])
    ]


def _tell_enough(bits: Iterable[float]) -> bool:
    """Return whether the keys that two stories share are enough to compare the two, given their bits in
    either.

    A key has other bits in another language, so it must be enough for both, or a relation would depend on
    which of the two was looked at last.
    """
    return all(its >= LEAST_SHARED for its in bits)


def _relation(pair: Pair, own: StoryProfile, its: StoryProfile, odds: float) -> RelatedStories:
    likely = probability(odds)
    return RelatedStories(
        story_a=pair[0],
        story_b=pair[1],
        kind=kinship(own, its),
        probability=round(max(likely, EDITION) if are_editions(own, its) else likely, _DIGITS),
        reason="",  # many relations are found and not stored
        through_story=None,
    )


def _with_reason(reader: StoryReader, row: RelatedStories) -> RelatedStories:
    profiles = reader.profiles([row.story_a, row.story_b])
    return replace(row, reason=_reason(profiles[row.story_a], profiles[row.story_b]))


def _reason(own: StoryProfile, its: StoryProfile) -> str:
    if are_editions(own, its):
        return "Each has a report from the same source with the same headline, apart from dates and numbers."
    names = shared_names(own, its)
    shared = f"name {listed(names, LISTED_NAMES)}"
    if not names:
        shared = f"use the words {listed(shared_words(own, its), LISTED_NAMES)}"
    apart = days_apart(own, its)
    return f"Both {shared}; they are {counted(apart, 'day')} apart." if apart else f"Both {shared}."


def _through_others(store: Store, stories: Collection[int]) -> list[RelatedStories]:
    """Return the relations of these stories to those that are related to the same third story."""
    ends = {end for row in store.related.direct(stories) for end in (row.story_a, row.story_b)}
    near: defaultdict[int, dict[int, RelatedStories]] = defaultdict(dict)
    for row in store.related.direct(ends):
        near[row.story_a][row.story_b] = near[row.story_b][row.story_a] = row
    titles = {key: story.title for key, story in store.stories.many(ends).items()}
    thirds: defaultdict[tuple[int, int], dict[int, _Step]] = defaultdict(dict)
    for story in sorted(ends.intersection(stories)):
        for third, first in near[story].items():
            if len(near[third]) >= MOST_ENDS:
                continue
            for other, second in near[third].items():
                step = _step(first, second)
                if step is not None and other != story and other not in near[story]:
                    thirds[min(story, other), max(story, other)][third] = step
    rows = (_through(pair, steps, titles) for pair, steps in sorted(thirds.items()))
    return [row for row in rows if row is not None]


class _Step(NamedTuple):
    """What two relations to one third story say of the two other stories."""

    probability: float
    kind: RelationKind


def _step(first: RelatedStories, second: RelatedStories) -> _Step | None:
    """Return what two relations to one third story say; nothing if one is of two editions of a series."""
    kinds = {first.kind, second.kind}
    if RelationKind.EDITION in kinds:
        return None
    kind = RelationKind.STAGE if RelationKind.STAGE in kinds else RelationKind.AFFAIR
    return _Step(first.probability * second.probability * THROUGH, kind)


def _through(
    pair: tuple[int, int], steps: Mapping[int, _Step], titles: Mapping[int, str]
) -> RelatedStories | None:
    """Return the relation of two stories that are both related to others; None where these say too little.

    Each third story counts as an independent witness (noisy-or; Pearl 1988), the likeliest is named.
    """
    ordered = sorted(steps, key=lambda its: (-steps[its].probability, titles.get(its, ""), steps[its].kind))
    likely = round(1.0 - math.prod(1.0 - steps[third].probability for third in ordered), _DIGITS)
    if likely < RELATED:
        return None
    best = ordered[0]
    title, more = titles.get(best, ""), len(ordered) - 1
    named = f"“{title}”" if title else "one other story"
    beside = f" and to {counted(more, 'other story')}" if more else ""
    return RelatedStories(
        story_a=pair[0],
        story_b=pair[1],
        kind=steps[best].kind,
        probability=likely,
        reason=f"Both are related to {named}{beside}.",
        through_story=best,
    )
