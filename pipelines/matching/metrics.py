"""How well stories agree with labels, and where they do not.

B-cubed: Bagga and Baldwin 1998. V-measure: Rosenberg and Hirschberg 2007. CEAF-e: Luo 2005 (similarity
phi-4).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from pipelines.matching.components import connected_components
from scraper.lazily import lazily

if TYPE_CHECKING:
    from scipy import optimize
else:
    optimize = lazily("scipy.optimize")  # 0.3 s

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Precision, recall and their harmonic mean; for V-measure homogeneity and completeness."""

    name: str
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


class ErrorKind(StrEnum):
    """What is wrong with a cluster."""

    MERGED = "merged"  # a story mixes events
    SPLIT = "split"  # an event is spread over stories


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterError:
    """A story that mixes events, or an event that is spread over stories, with the pairs that are wrong."""

    kind: ErrorKind
    name: str  # of the story or event
    articles: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a partition agrees with the labels. An article without a story counts as a story of its own."""

    articles: int
    events: int
    stories: int
    measures: tuple[Measure, ...]
    errors: tuple[ClusterError, ...]  # worst first


def evaluate(gold: Mapping[str, Hashable], found: Mapping[str, Hashable]) -> Evaluation:
    """Return how ``found`` (article to story) agrees with ``gold`` (article to event), over the articles of
    ``gold``."""
    events = {article: f"{event}" for article, event in gold.items()}
    stories = {
        article: f"story {found[article]}" if found.get(article) is not None else f"alone {article}"
        for article in gold
    }
    both = Counter((events[article], stories[article]) for article in gold)
    event_sizes, story_sizes = Counter(events.values()), Counter(stories.values())
    measures = (
        _b_cubed(both, event_sizes, story_sizes),
        _pairwise(both, event_sizes, story_sizes),
        _v_measure(both, event_sizes, story_sizes),
        _ceaf(both, event_sizes, story_sizes),
    )
    errors = [*_errors(ErrorKind.MERGED, stories, events), *_errors(ErrorKind.SPLIT, events, stories)]
    return Evaluation(
        articles=len(gold),
        events=len(event_sizes),
        stories=len(story_sizes),
        measures=measures,
        errors=tuple(sorted(errors, key=lambda error: (-len(error.pairs), error.kind, error.name))),
    )


_Both = Mapping[tuple[str, str], int]
_Sizes = Mapping[str, int]


def _b_cubed(both: _Both, events: _Sizes, stories: _Sizes) -> Measure:
    articles = sum(both.values())
    precision = sum(n * n / stories[story] for (_, story), n in both.items())
    recall = sum(n * n / events[event] for (event, _), n in both.items())
    return Measure(name="B-cubed", precision=_share(precision, articles), recall=_share(recall, articles))


def _pairwise(both: _Both, events: _Sizes, stories: _Sizes) -> Measure:
    right = sum(map(_pairs, both.values()))
    return Measure(
        name="pairwise",
        precision=_share(right, sum(map(_pairs, stories.values()))),
        recall=_share(right, sum(map(_pairs, events.values()))),
    )


def _v_measure(both: _Both, events: _Sizes, stories: _Sizes) -> Measure:
    articles = sum(both.values())
    given_story = -sum(n / articles * math.log(n / stories[story]) for (_, story), n in both.items())
    given_event = -sum(n / articles * math.log(n / events[event]) for (event, _), n in both.items())
    return Measure(
        name="V-measure",
        precision=1 - _share(given_story, _entropy(events), of_nothing=0.0),
        recall=1 - _share(given_event, _entropy(stories), of_nothing=0.0),
    )


def _ceaf(both: _Both, events: _Sizes, stories: _Sizes) -> Measure:
    """Return the best one-to-one assignment of stories to events, found for each connected group by
    itself."""
    total = 0.0
    for group in _connected(both):
        rows = {event: number for number, event in enumerate(sorted({event for event, _ in group}))}
        columns = {story: number for number, story in enumerate(sorted({story for _, story in group}))}
        likeness = np.zeros((len(rows), len(columns)))
        for event, story in group:
            likeness[rows[event], columns[story]] = 2 * both[event, story] / (events[event] + stories[story])
        chosen = optimize.linear_sum_assignment(likeness, maximize=True)
        total += float(likeness[chosen].sum())
    return Measure(name="CEAF-e", precision=_share(total, len(stories)), recall=_share(total, len(events)))


def _connected(both: _Both) -> Iterator[list[tuple[str, str]]]:
    """Yield the (event, story) overlaps in groups that have neither event nor story in common."""
    overlaps_of: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for event, story in both:
        overlaps_of[event].append((event, story))
    nodes = [node for event, story in both for node in (("event", event), ("story", story))]
    links = [(("event", event), ("story", story)) for event, story in both]
    for group in connected_components(nodes, links):
        yield [overlap for kind, name in group if kind == "event" for overlap in overlaps_of[name]]


def _errors(
    kind: ErrorKind, together: Mapping[str, str], labels: Mapping[str, str]
) -> Iterator[ClusterError]:
    """Yield the groups of ``together`` that hold several labels, with the pairs across labels."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for article, name in together.items():
        groups[name].append(article)
    for name, articles in groups.items():
        pairs = tuple(_across(articles, labels))
        if pairs:
            yield ClusterError(kind=kind, name=name, articles=tuple(articles), pairs=pairs)


def _across(articles: Sequence[str], labels: Mapping[str, str]) -> Iterator[Pair]:
    for position, one in enumerate(articles):
        yield from ((one, other) for other in articles[position + 1 :] if labels[one] != labels[other])


def _pairs(size: int) -> int:
    return size * (size - 1) // 2


def _entropy(sizes: _Sizes) -> float:
    total = sum(sizes.values())
    return -sum(n / total * math.log(n / total) for n in sizes.values())


def _share(part: float, whole: float, *, of_nothing: float = 1.0) -> float:
    return part / whole if whole else of_nothing
