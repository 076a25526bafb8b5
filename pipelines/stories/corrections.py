"""Corrections by a person: joining, parting, taking back. Each is recorded, obeyed now and by every later
filing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.errors import ContradictionError, PipelineError
from pipelines.models import Decision, DecisionKind, RunCounts, RunStatus
from pipelines.storage.store import Store
from pipelines.storage.tables.decisions import RecordedDecision
from pipelines.stories.constraints import check
from pipelines.stories.filing import FilingReport, file_articles, is_outdated
from pipelines.version import VERSION

MOST_PAIRS = 1_000  # decisions of one command; beyond, the copies of an article are left to the matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a correction led to. ``decisions`` is empty when people had said so already."""

    decisions: tuple[Decision, ...]
    filing: FilingReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Who decides, why, and when; and the threshold (natural log odds) that later filings use."""

    name: str
    reason: str
    now: datetime
    threshold: float | None = None


def join(store: Store, a: int, b: int, person: Editor) -> Correction:
    """Make the stories of two articles one. Raises ``ContradictionError`` when earlier decisions rule it
    out."""
    with store.transaction():
        _catch_up(store, person)
        return _decide(store, DecisionKind.SAME, [(a, b)], person)


def split(store: Store, a: int, b: int | None, person: Editor) -> Correction:
    """Part two articles; without ``b``, part an article, with its copies, from every other report of its
    story.

    Raises ``ContradictionError`` when earlier decisions rule it out.
    """
    with store.transaction():
        _catch_up(store, person)
        if b is not None:
            return _decide(store, DecisionKind.DIFFERENT, [(a, b)], person)
        pairs = _pairs(store, a)
        if not pairs:
            raise PipelineError("this article is alone in its story already", str(a))
        return _decide(store, DecisionKind.DIFFERENT, pairs, person)


def undo(store: Store, number: int, person: Editor) -> tuple[tuple[RecordedDecision, ...], FilingReport]:
    """Take back a decision and those made by the same command; the stories become what the matcher says of
    them."""
    with store.transaction():
        found = store.decisions.get(number)
        if found is None:
            raise PipelineError(
                "there is no decision of this number; `cuttings decisions` lists them", str(number)
            )
        if found.undone_at is not None:
            raise PipelineError("this decision was taken back already", str(number))
        together = tuple(
            each
            for each in store.decisions.all()
            if each.made_with == found.made_with and each.undone_at is None
        )
        _catch_up(store, person)
        store.decisions.undo(number, at=person.now)
        ends = {end for each in together for end in (each.decision.article_a, each.decision.article_b)}
        cause = f"decision {number} was taken back by {person.name}" + (
            f": {person.reason}" if person.reason else ""
        )
        return together, _refile(store, "undo", ends, person, cause)


def _decide(store: Store, kind: DecisionKind, pairs: Sequence[tuple[int, int]], person: Editor) -> Correction:
    made: list[Decision] = []
    for a, b in pairs:
        active = store.decisions.active()
        if any(d.kind is kind and {d.article_a, d.article_b} == {a, b} for d in active):
            continue
        _check(store, kind, a, b, active)
        first = made[0].id if made else None
        made.append(
            store.decisions.add(
                kind, a, b, decided_by=person.name, reason=person.reason, at=person.now, made_with=first
            )
        )
    if not made:
        return Correction(decisions=(), filing=FilingReport())
    command, verb = ("join", "joined") if kind is DecisionKind.SAME else ("split", "parted")
    cause = f"{verb} by {person.name}" + (f": {person.reason}" if person.reason else "")
    ends = {end for pair in pairs for end in pair}
    return Correction(decisions=tuple(made), filing=_refile(store, command, ends, person, cause))


def _catch_up(store: Store, person: Editor) -> None:
    """File what waits to be filed, so that nobody is said to have done what the model does."""
    if is_outdated(store) or store.articles.unfiled():
        run_id = store.runs.start(command="recluster", at=person.now, version=VERSION)
        _finish(
            store,
            run_id,
            file_articles(store, run_id=run_id, now=person.now, threshold=person.threshold),
            person,
        )


def _refile(
    store: Store, command: str, articles: Collection[int], person: Editor, cause: str
) -> FilingReport:
    """What filing these articles again changed, under a run of its own: every change of a story names its
    run."""
    run_id = store.runs.start(command=command, at=person.now, version=VERSION)
    filing = file_articles(
        store,
        articles,
        run_id=run_id,
        now=person.now,
        threshold=person.threshold,
        by=person.name,
        cause=cause,
    )
    _finish(store, run_id, filing, person)
    return filing


def _finish(store: Store, run_id: int, filing: FilingReport, person: Editor) -> None:
    report = RunCounts(stories_created=filing.created, stories_changed=filing.changed)
    store.runs.finish(run_id, report, status=RunStatus.OK, at=person.now)


def _check(store: Store, kind: DecisionKind, a: int, b: int, active: Sequence[Decision]) -> None:
    """Refuse what earlier decisions rule out; word-for-word copies count as the article that stands for
    them."""
    ends = {a, b, *(end for decision in active for end in (decision.article_a, decision.article_b))}
    check(kind, a, b, active, store.articles.matched_as(ends))


def is_settled(store: Store, a: int, b: int) -> bool:
    """Whether what people decided leaves only one answer for two articles."""
    active = store.decisions.active()
    for kind in DecisionKind:
        try:
            _check(store, kind, a, b, active)
        except ContradictionError:
            return True
    return False


def _pairs(store: Store, article: int) -> list[tuple[int, int]]:
    """What parts an article and its copies from the rest of its story; the article alone where all are its
    copies.

    Of word-for-word copies the one that stands for them is enough.
    """
    story = store.articles.get(article).story_id
    members = store.articles.many(store.stories.articles_of(story) if story is not None else ())
    group = members[article].copy_group if article in members else None
    standing = {member: member for member in members} | store.articles.matched_as(members)
    near = [member for member, its in members.items() if group is not None and its.copy_group == group]
    own = _distinct(standing[member] for member in (article, *near))
    rest = [other for other in _distinct(standing.values()) if other not in own]
    if not rest:
        return [(article, member) for member in members if member != article]
    if len(own) * len(rest) > MOST_PAIRS:
        own = own[:1]
    return [(article if one == standing[article] else one, other) for one in own for other in rest]


def _distinct(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(values))
