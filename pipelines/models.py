"""The types that the steps from article to story hand to each other: frozen, all times aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from scraper.models import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A saved search that the desk watches; `watch` tells again of a story with ``min_publishers``."""

    id: str
    name: str
    search: str
    min_publishers: int = 1


class DecisionKind(StrEnum):
    """What a person decided about two articles."""

    SAME = "same"
    DIFFERENT = "different"


class ChangeKind(StrEnum):
    """What happened to a story."""

    CREATED = "created"
    JOINED = "joined"
    MERGED = "merged"
    SPLIT = "split"


class RelationKind(StrEnum):
    """How two stories of one affair are related."""

    STAGE = "stage"  # an earlier and a later stage
    AFFAIR = "affair"  # other events around the same people and places
    EDITION = "edition"  # two editions of one series, such as this and last year's figures


class Bearing(StrEnum):
    """Which way a piece of evidence bears on "one event", by its words and its weight together."""

    FOR = "for"
    AGAINST = "against"
    NEITHER = "neither"  # not known, or differing without counting against


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One comparison of two articles, in words. ``weight`` is in log2 odds; below 0, against one event."""

    feature: str
    level: str
    weight: float
    words: str
    bearing: Bearing = Bearing.NEITHER


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The verdict on one pair. ``a < b`` are the caller's keys; ``reason`` is one sentence.

    Once a desk has filed both, ``same_event`` and ``probability`` are what it decided, with the other reports
    weighed; ``pair_probability`` is that of the two texts alone, to whose log odds the stored evidence adds
    up, and None where nothing was decided.
    """

    a: int
    b: int
    probability: float
    same_event: bool
    reason: str
    evidence: tuple[Evidence, ...] = ()
    pair_probability: float | None = None

    @property
    def of_texts(self) -> float:
        """The probability by the two texts alone."""
        return self.probability if self.pair_probability is None else self.pair_probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A person's verdict on two articles; every later run keeps to it until it is undone."""

    id: int
    kind: DecisionKind
    article_a: int
    article_b: int
    decided_by: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All reports of one event. ``articles`` are in order of publication; ``lead`` is one of them."""

    id: int
    title: str
    articles: tuple[Article, ...]
    lead: Article
    first_published_at: datetime | None = None
    last_published_at: datetime | None = None
    report_count: int = 1  # copies count once
    source_count: int = 1
    matches: tuple[Match, ...] = ()  # keys are positions in ``articles``

    @property
    def article_count(self) -> int:
        """Articles in the story, copies included."""
        return len(self.articles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An expected failure, as it is recorded in `failures`."""

    stage: str
    error: str
    message: str
    url: str | None = None
    source_id: str | None = None


class RunStatus(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    OK = "ok"
    PARTIAL = "partial"  # some source or input failed
    FAILED = "failed"
    INTERRUPTED = "interrupted"  # by a signal, a kill or a power cut


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """What a run did: the counters of its row in `runs`, the summary line and the exit status."""

    sources: int = 0
    fetched: int = 0
    unchanged: int = 0
    new: int = 0
    revised: int = 0
    stories_created: int = 0
    stories_changed: int = 0
    postponed: int = 0  # requests left for the next run
    failures: tuple[Failure, ...] = ()
    resting: tuple[Failure, ...] = ()  # those postponed ones whose host rests, which are not failures

    def __add__(self, other: RunCounts) -> RunCounts:
        """Return the counts of both."""
        return RunCounts(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )
