"""Corrections by a person: join, split, undo. Each is recorded, obeyed now and by every later filing."""

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
    """What a correction led to. ``decisions`` is empty when people had decided so before."""

    decisions: tuple[Decision, ...]
    filing: FilingReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Editor:
    """Who decides, why, and when; and the threshold (natural log odds) that the filing uses."""

    name: str
    reason: str
    now: datetime
    threshold: float | None = None


def join(store: Store, a: int, b: int, editor: Editor) -> Correction:
    """Make the stories of two articles one. Raises ``ContradictionError`` when earlier decisions rule it
    out."""
    with store.transaction():
        _file_waiting(store, editor)
        return _decide(store, DecisionKind.SAME, [(a, b)], editor)


def split(store: Store, a: int, b: int | None, editor: Editor) -> Correction:
    """Split two articles; without ``b``, an article with its copies from every other report of its story.

    Raises ``ContradictionError`` when earlier decisions rule it out.
    """
    with store.transaction():
        _file_waiting(store, editor)
        if b is not None:
            return _decide(store, DecisionKind.DIFFERENT, [(a, b)], editor, leaving=(a, b))
        own, rest = _parts(store, a)
        if not rest:
            raise PipelineError("this article is already alone in its story", str(a))
        pairs = [(one, other) for one in own for other in rest]
        if len(pairs) > MOST_PAIRS:
            pairs = pairs[: len(rest)]
        return _decide(store, DecisionKind.DIFFERENT, pairs, editor, leaving=_with_copies(store, own))


def undo(store: Store, number: int, editor: Editor) -> tuple[tuple[RecordedDecision, ...], FilingReport]:
    """Undo a decision and those made by the same command, and file their articles again.

    Raises ``PipelineError`` when there is no such decision, or it is undone already.
    """
    with store.transaction():
        recorded = store.decisions.get(number)
        if recorded is None:
            raise PipelineError("no decision has this number; `cuttings decisions` lists them", str(number))
        if recorded.undone_at is not None:
            raise PipelineError("this decision was already undone", str(number))
        together = tuple(
            decision
            for decision in store.decisions.all()
            if decision.made_with == recorded.made_with and decision.undone_at is None
        )
        _file_waiting(store, editor)
        store.decisions.undo(number, at=editor.now)
        ends = {end for each in together for end in (each.decision.article_a, each.decision.article_b)}
        cause = _cause(f"decision {number} was undone", editor)
        return together, _refile(store, "undo", ends, editor, cause)


def _decide(
    store: Store,
    kind: DecisionKind,
    pairs: Sequence[tuple[int, int]],
    editor: Editor,
    *,
    leaving: Collection[int] = (),
) -> Correction:
    made: list[Decision] = []
    for a, b in pairs:
        active = store.decisions.active()
        if any(d.kind is kind and {d.article_a, d.article_b} == {a, b} for d in active):
            continue
        _check(store, kind, a, b, active)
        first = made[0].id if made else None
        made.append(
            store.decisions.add(
                kind, a, b, decided_by=editor.name, reason=editor.reason, at=editor.now, made_with=first
            )
        )
    if not made:
        return Correction(decisions=(), filing=FilingReport())
    command, verb = ("join", "joined") if kind is DecisionKind.SAME else ("split", "split")
    ends = {end for pair in pairs for end in pair}
    filing = _refile(store, command, ends, editor, _cause(verb, editor), leaving=leaving)
    return Correction(decisions=tuple(made), filing=filing)


def _cause(verb: str, editor: Editor) -> str:
    return f"{verb} by {editor.name}" + (f": {editor.reason}" if editor.reason else "")


def _file_waiting(store: Store, editor: Editor) -> None:
    """File what waits to be filed, so that what the model does is not recorded under a person's name."""
    if is_outdated(store) or store.articles.unfiled():
        run_id = store.runs.start(command="recluster", at=editor.now, version=VERSION)
        _finish(
            store,
            run_id,
            file_articles(store, run_id=run_id, now=editor.now, threshold=editor.threshold),
            editor,
        )


def _refile(
    store: Store,
    command: str,
    articles: Collection[int],
    editor: Editor,
    cause: str,
    *,
    leaving: Collection[int] = (),
) -> FilingReport:
    """File these articles again under a run of its own: every change of a story names its run."""
    run_id = store.runs.start(command=command, at=editor.now, version=VERSION)
    filing = file_articles(
        store,
        articles,
        run_id=run_id,
        now=editor.now,
        threshold=editor.threshold,
        by=editor.name,
        cause=cause,
        leaving=leaving,
    )
    _finish(store, run_id, filing, editor)
    return filing


def _finish(store: Store, run_id: int, filing: FilingReport, editor: Editor) -> None:
    counts = RunCounts(stories_created=filing.created, stories_changed=filing.changed)
    store.runs.finish(run_id, counts, status=RunStatus.OK, at=editor.now)


def _check(store: Store, kind: DecisionKind, a: int, b: int, active: Sequence[Decision]) -> None:
    """Refuse what earlier decisions rule out; a word-for-word copy counts as the article that stands for
    it."""
    ends = {a, b, *(end for decision in active for end in (decision.article_a, decision.article_b))}
    check(kind, a, b, active, store.articles.matched_as(ends))


def is_settled(store: Store, a: int, b: int) -> bool:
    """Return whether earlier decisions leave only one answer for two articles."""
    active = store.decisions.active()
    for kind in DecisionKind:
        try:
            _check(store, kind, a, b, active)
        except ContradictionError:
            return True
    return False


def _parts(store: Store, article: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return an article with its copies, and the rest of its story.

    If all of the rest are its copies, the article alone is the first part. Of word-for-word copies the one
    that stands for them is enough.
    """
    story = store.articles.get(article).story_id
    members = store.articles.many(store.stories.articles_of(story) if story is not None else ())
    group = members[article].copy_group if article in members else None
    standing = {member: member for member in members} | store.articles.matched_as(members)
    near = [key for key, stored in members.items() if group is not None and stored.copy_group == group]
    own = _distinct(standing[member] for member in (article, *near))
    rest = tuple(other for other in _distinct(standing.values()) if other not in own)
    if not rest:
        return (article,), tuple(member for member in members if member != article)
    return tuple(article if one == standing[article] else one for one in own), rest


def _with_copies(store: Store, articles: Collection[int]) -> frozenset[int]:
    """Return these articles with those that they stand for."""
    copies = store.articles.stand_ins(set(store.articles.matched_as(articles).values()))
    return frozenset(articles) | {copy for ids in copies.values() for copy in ids}


def _distinct(values: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(values))
