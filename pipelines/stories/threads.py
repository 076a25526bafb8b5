"""Threads: stories of one affair that are different events, such as a charge and a sentence.

Stages share few words, so the matcher keeps them apart; what they share is names that the desk seldom writes.
Two stories are related when rare names weigh enough together: each counts by how few stories have it and by
how prominent it is in both.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.matching import FINGERPRINT_VERSION, Fingerprint
from pipelines.matching.blocking import lasting_keys
from pipelines.matching.fingerprint import LEAD_FLAG, NAME_FLAG, NUMBER_FLAG, TITLE_FLAG
from pipelines.storage.store import Store
from pipelines.storage.tables.related import RelatedStories, RelationKind
from pipelines.text import listed

MOST_STORIES = 20  # that may share a name which still tells something
MOST_ARTICLES = 100  # of these stories together
FEWEST_NAMES = 2  # that two related stories share
REFERENCE = 170  # stories of a stream of two months, on which the figures below were measured
# Sum of ln(REFERENCE / stories with the name) x prominence from which two stories are related. On a labelled
# stream of 172 stories 3 gives a precision of .77 at a recall of .25, 4 gives .80 / .16, 5 gives .86 / .10.
LEAST = 3.5
SLOPE, INTERCEPT = 0.35, 0.1  # of the log odds of that precision by the sum
LISTED_NAMES = 3
ARTICLES_READ = 20  # of a story: its first reports carry its names


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A name in one story: how the text writes it, and how prominent it is (0..1)."""

    form: str
    prominence: float


def relate(store: Store, stories: Iterable[int]) -> None:
    """Find what these stories are related to; store it in place of what was known. Raises
    ``DatabaseError``."""
    written = sorted(set(stories))
    members = store.stories.members(written)
    names = _NameCache(store)
    relations = [
        row for story, articles in members.items() for row in _relations(store, names, story, articles)
    ]
    store.related.replace(written, relations)


def _relations(store: Store, names: _NameCache, story: int, articles: Sequence[int]) -> list[RelatedStories]:
    own = names.of(articles[:ARTICLES_READ])
    found = store.postings.lookup(own, most=MOST_ARTICLES)
    story_of = store.articles.stories_of({article for ids in found.values() for article in ids})
    shared: defaultdict[int, dict[int, int]] = defaultdict(dict)  # other story -> key -> stories with it
    holders: defaultdict[int, set[int]] = defaultdict(set)  # other story -> its articles with a shared key
    for key, ids in found.items():
        others = {story_of[article] for article in ids if article in story_of}
        if 2 <= len(others | {story}) <= MOST_STORIES:
            for article in ids:
                other = story_of.get(article, story)
                if other != story:
                    shared[other][key] = len(others | {story})
                    holders[other].add(article)
    relations = []
    for other, keys in sorted(shared.items()):
        most = math.fsum(math.log(REFERENCE / count) * own[key].prominence for key, count in keys.items())
        if len(keys) >= FEWEST_NAMES and most >= LEAST:  # what the other story's prominence can only lower
            relation = _relation(story, other, own, names.of(sorted(holders[other])[:ARTICLES_READ]), keys)
            relations += [relation] if relation else []
    return relations


def _relation(
    story: int,
    other: int,
    own: Mapping[int, _Name],
    names: Mapping[int, _Name],
    stories_with: Mapping[int, int],
) -> RelatedStories | None:
    """Return the relation of two stories; None where the names they share tell too little."""
    weights = {
        key: math.log(REFERENCE / count) * own[key].prominence * names[key].prominence
        for key, count in stories_with.items()
        if key in names
    }
    total = math.fsum(weights.values())
    if len(weights) < FEWEST_NAMES or total < LEAST:
        return None
    ranked = sorted(weights, key=lambda key: (-weights[key], own[key].form))
    forms = list(dict.fromkeys(own[key].form for key in ranked))
    return RelatedStories(
        story_a=min(story, other),
        story_b=max(story, other),
        kind=RelationKind.STAGE,
        probability=round(1 / (1 + math.exp(-(SLOPE * total + INTERCEPT))), 3),
        reason=f"Both are about {listed(forms, LISTED_NAMES)}, which few other stories name.",
    )


@dataclass
class _NameCache:
    """The rare names of articles by their key in the index, each article read once."""

    store: Store
    _known: dict[int, Mapping[int, _Name]] = field(default_factory=dict)  # of the articles that stand

    def of(self, articles: Sequence[int]) -> dict[int, _Name]:
        """Return the names of articles together, each at its most prominent."""
        standing = sorted(set(self.store.articles.matched_as(articles).values()))
        bodies = self.store.fingerprints.load(
            [article for article in standing if article not in self._known], version=FINGERPRINT_VERSION
        )
        self._known.update((article, _names(body)) for article, body in bodies.items())
        names: dict[int, _Name] = {}
        for article in standing:
            for key, name in self._known.get(article, {}).items():
                if key not in names or names[key].prominence < name.prominence:
                    names[key] = name
        return names


def _names(body: bytes) -> dict[int, _Name]:
    fingerprint = Fingerprint.from_bytes(body)
    names = {}
    for position, key in lasting_keys(fingerprint).items():
        flags = fingerprint.flags[position]
        if flags & NAME_FLAG and not flags & NUMBER_FLAG:
            repeated = fingerprint.counts[position] > 1
            prominence = (1 + bool(flags & TITLE_FLAG) + bool(flags & LEAD_FLAG) + repeated) / 4
            form = fingerprint.surfaces[position] or fingerprint.terms[position]
            names[key] = _Name(form=form[:1].upper() + form[1:], prominence=prominence)
    return names
