"""``join``, ``split``, ``undo``, ``review``, ``decisions``, ``recluster``: corrections by people."""

from __future__ import annotations

import getpass
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from pipelines.commands.desk import LOCK_SECONDS, Desk, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, print_rows, print_text
from pipelines.commands.why import find_side, waterfall
from pipelines.errors import ContradictionError, LockedError
from pipelines.export.labels import label_lines
from pipelines.models import RunCounts, RunStatus
from pipelines.operations.topics import MARK_PREFIX, undo_mark
from pipelines.storage.store import Store
from pipelines.storage.tables.topics import MarkKind, RecordedMark
from pipelines.storage.values import stamp
from pipelines.stories.corrections import Correction, Editor, is_settled
from pipelines.stories.corrections import join as join_articles
from pipelines.stories.corrections import split as split_articles
from pipelines.stories.corrections import undo as undo_decision
from pipelines.stories.doubts import Doubt, doubts
from pipelines.stories.explain import explain_pair
from pipelines.stories.filing import FilingReport
from pipelines.stories.filing import recluster as recluster_everything
from pipelines.stories.view import source_name, sources_by_id
from pipelines.text import counted, defuse_line, listed
from pipelines.version import VERSION
from scraper.days import day_words

DECISION_COLUMNS = (
    "id", "kind", "article_a", "article_b", "decided_by", "reason", "decided_at", "undone_at", "story_id",
    "value",
)  # fmt: skip
PAIR_COLUMNS = ("article_a", "title_a", "article_b", "title_b", "probability", "same_event", "reason")
DEFAULT_PAIRS = 20
NAMED_COPIES = 10  # of an article that is taken out of its story
WIDEST = 80  # columns for two articles side by side; less on a narrower terminal

Command = TypeVar("Command", bound=Callable[..., Any])


def with_person(command: Command) -> Command:
    """Add ``--by`` and ``--reason``."""
    command = click.option(
        "--reason", metavar="WORDS", default="", help="Store this reason with the decision."
    )(command)
    return click.option("--by", "name", metavar="NAME", help="Record NAME as who decided. [login name]")(
        command
    )


def person(desk: Desk, name: str | None, reason: str) -> Editor:
    """Return who decides, and when: now."""
    return Editor(
        name=name or login(), reason=reason, now=datetime.now(UTC), threshold=desk.config.match.log_odds
    )


def on_terminal() -> bool:
    """Return whether somebody can answer questions."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def login() -> str:
    """Return the name of the user who runs this program."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in a container
        return "somebody"


@click.command(help="Put articles A and B (ids or URLs) into one story, for all later runs.")
@click.argument("a")
@click.argument("b")
@with_person
@with_desk
def join(desk: Desk, a: str, b: str, name: str | None, reason: str) -> None:
    """Record the decision and refile the articles."""
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        first, second = store.articles.find(a).id, store.articles.find(b).id
        decided = join_articles(store, first, second, person(desk, name, reason))
        story = store.articles.get(first).story_id
        _report(desk, decided, f"articles {first} and {second} are in story {story}")


@click.command(help="Keep articles A and B in different stories; without B, take A out of its story.")
@click.argument("a")
@click.argument("b", required=False)
@with_person
@with_desk
def split(desk: Desk, a: str, b: str | None, name: str | None, reason: str) -> None:
    """Record the decision and refile the articles."""
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        first = store.articles.find(a).id
        second = store.articles.find(b).id if b is not None else None
        decided = split_articles(store, first, second, person(desk, name, reason))
        story = store.articles.get(first).story_id
        other = (
            f", article {second} in story {store.articles.get(second).story_id}" if second is not None else ""
        )
        where = f"article {first} is in story {story}{other or _rest(store, decided, first, story)}"
        _report(desk, decided, where)


@click.command(help="Undo decision NUMBER and the others of the same command, or the tag or note mNUMBER.")
@click.argument("number")
@with_person
@with_desk
def undo(desk: Desk, number: str, name: str | None, reason: str) -> None:
    """Undo the decision and refile the articles, or undo what was said of a story."""
    digits = number.strip().removeprefix(MARK_PREFIX)
    if not (digits.isascii() and digits.isdigit()):
        raise click.UsageError(
            f"expected a number that `cuttings decisions` lists, such as 3 or m3; got {number!r}"
        )
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        if digits != number.strip():
            mark = undo_mark(store, int(digits), desk.config.topics, now=datetime.now(UTC))
            what = "the note" if mark.kind is MarkKind.NOTE else f"what was said of topic {mark.value}"
            desk.say(f"undid {what} on story {mark.story_id}")
            return
        undone, filing = undo_decision(store, int(digits), person(desk, name, reason))
        desk.say(f"undid {counted(len(undone), 'decision')}; {_filing_summary(filing)}")


@click.command(help="List people's decisions, tags and notes on stories, including undone decisions.")
@click.option(
    "--labels",
    is_flag=True,
    help="Print JSON Lines with both articles of each decision in force, for fitting.",
)
@with_rows
@with_desk
def decisions(desk: Desk, *, labels: bool, rows: RowFormat) -> None:
    """Print decisions."""
    with desk.store(reading=True) as store:
        if labels:
            for line in label_lines(store):
                print_text(line)
            return
        table: list[tuple[Cell, ...]] = [
            (
                d.id,
                str(d.kind),
                d.article_a,
                d.article_b,
                d.decided_by,
                d.reason,
                stamp(d.decided_at),
                stamp(undone),
                None,
                None,
            )
            for d, undone in ((each.decision, each.undone_at) for each in store.decisions.all())
        ]
        table += map(_mark_row, store.topics.recorded_marks())
        print_rows(DECISION_COLUMNS, table, rows)
    if not table:
        desk.say("there are no decisions yet")


def _mark_row(recorded: RecordedMark) -> tuple[Cell, ...]:
    mark = recorded.mark
    number, undone = f"{MARK_PREFIX}{recorded.id}", stamp(recorded.undone_at)
    said = (number, str(mark.kind), None, None, mark.made_by, "", stamp(mark.made_at), undone)
    return (*said, mark.story_id, mark.value)


@click.command(help="Decide the most doubtful pairs of articles: yes (one event), no, skip or quit.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    metavar="N",
    default=DEFAULT_PAIRS,
    show_default=True,
    help="Ask about at most N pairs.",
)
@with_person
@with_rows
@with_desk
def review(desk: Desk, *, limit: int, name: str | None, reason: str, rows: RowFormat) -> None:
    """Ask about each pair on a terminal; otherwise print the pairs."""
    with desk.store(reading=True) as store:
        if rows is not RowFormat.TABLE or not on_terminal():
            pairs = list(_doubtful_rows(desk, store, limit))
            print_rows(PAIR_COLUMNS, pairs, rows)
            if not pairs:
                desk.say("no pair of articles is in doubt")
            return
        decided = 0
        for doubt in _doubts(desk, store, limit):
            a, b = doubt.match.a, doubt.match.b
            if is_settled(store, a, b):  # by the answers so far
                continue
            answer = _ask(store, doubt)
            if answer == "q":
                break
            if answer in {"y", "n"}:
                decided += _answered(desk, store, (a, b), person(desk, name, reason), same=answer == "y")
        desk.say(f"{counted(decided, 'decision')} recorded")


@click.command(help="Compare and cluster all stored articles again; keep story ids and people's decisions.")
@with_desk
def recluster(desk: Desk) -> None:
    """Rebuild stories from the stored articles."""
    with desk.locked(wait=LOCK_SECONDS), desk.store() as store:
        desk.mention_encoder(store, refiling=True)
        started = datetime.now(UTC)
        with store.transaction():
            run_id = store.runs.start(command="recluster", at=started, version=VERSION)
            filing = recluster_everything(
                store, run_id=run_id, now=started, threshold=desk.config.match.log_odds
            )
            report = RunCounts(stories_created=filing.created, stories_changed=filing.changed)
            store.runs.finish(run_id, report, status=RunStatus.OK, at=datetime.now(UTC))
        desk.say(f"{counted(store.articles.count(), 'article')} refiled; {_filing_summary(filing)}")


def _report(desk: Desk, decided: Correction, where: str) -> None:
    if not decided.decisions:
        desk.say(f"nothing to do: this decision is already recorded; {where}")
        return
    first, last = decided.decisions[0].id, decided.decisions[-1].id  # of one command, so in a row
    numbers = f"decision {first}" if first == last else f"decisions {first} to {last}"
    desk.say(f"{numbers} recorded; {where} (undo with `cuttings undo {first}`)")


def _along(store: Store, article: int, story: int | None) -> str:
    """Return which copies of an article are in its story."""
    members = store.articles.many(store.stories.articles_of(story) if story is not None else ())
    group = members[article].copy_group if article in members else None
    alike = (key for key, each in sorted(members.items()) if group is not None and each.copy_group == group)
    copies = [str(key) for key in alike if key != article]
    if not copies:
        return ""
    more = [f"{len(copies) - NAMED_COPIES} more"] if len(copies) > NAMED_COPIES else []
    named = listed([*copies[:NAMED_COPIES], *more], NAMED_COPIES + 1)
    return f" with its {'copy' if len(copies) == 1 else 'copies'} {named}"


def _rest(store: Store, decided: Correction, article: int, story: int | None) -> str:
    """Return which copies went with an article, and the stories of the reports that it was separated from."""
    along = _along(store, article, story)
    ends = {end for each in decided.decisions for end in (each.article_a, each.article_b)}
    others = sorted(set(store.articles.stories_of(ends).values()) - {story})
    if not others:
        return along
    return f"{along}, the rest in {'story' if len(others) == 1 else 'stories'} {', '.join(map(str, others))}"


def _filing_summary(filing: FilingReport) -> str:
    return f"stories: {filing.created} new, {filing.changed} changed, {filing.merged} merged"


def _doubts(desk: Desk, store: Store, limit: int) -> tuple[Doubt, ...]:
    return doubts(store, limit=limit, threshold=desk.config.match.threshold or 0.5)


def _doubtful_rows(desk: Desk, store: Store, limit: int) -> list[tuple[Cell, ...]]:
    matches = [doubt.match for doubt in _doubts(desk, store, limit)]
    articles = store.articles.many({end for match in matches for end in (match.a, match.b)})
    return [
        (
            match.a,
            articles[match.a].article.title,
            match.b,
            articles[match.b].article.title,
            round(match.probability, 3),
            match.same_event,
            match.reason,
        )
        for match in matches
    ]


def _ask(store: Store, doubt: Doubt) -> str:
    """Show a pair and its evidence; return y, n, s or q."""
    a, b = doubt.match.a, doubt.match.b
    explained = explain_pair(store, find_side(store, str(a)), find_side(store, str(b)))
    width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
    why = []
    if doubt.story is not None:
        lead = store.stories.get(doubt.story).lead_article_id
        stranger = b if a == lead else a
        why = [
            f"Article {stranger} is linked more weakly to story {doubt.story} than its other reports are.",
            "",
        ]
    columns = side_by_side(store, (a, b), width=width)
    print_text("\n".join(["", "═" * width, *why, *columns, "", *waterfall(store, explained)]))
    try:
        answer: str = click.prompt(
            "Are both about one event? (yes, no, skip, quit)", default="skip", value_proc=answer_of, err=True
        )
    except click.Abort:  # Ctrl-D or Ctrl-C: keep the answers so far
        click.echo(err=True)
        return "q"
    return answer


def answer_of(typed: str) -> str:
    """Return y, n, s or q for any abbreviation of yes, no, skip and quit. Raises ``click.UsageError``."""
    answer = typed.strip().casefold()
    for word in ("yes", "no", "skip", "quit"):
        if answer and word.startswith(answer):
            return word[0]
    raise click.UsageError("expected y (one event), n (different events), s (skip this pair) or q (quit)")


def _answered(desk: Desk, store: Store, pair: tuple[int, int], decider: Editor, *, same: bool) -> int:
    """Record the answer; return the number of decisions. A contradiction is printed and skipped."""
    try:
        with desk.locked(wait=LOCK_SECONDS):
            decided = join_articles(store, *pair, decider) if same else split_articles(store, *pair, decider)
    except (ContradictionError, LockedError) as error:
        desk.say(str(error))
        return 0
    if decided.decisions:
        first = decided.decisions[0].id
        verdict = "one event" if same else "different events"
        desk.say(f"decision {first} recorded: {verdict} (undo with `cuttings undo {first}`)")
    return len(decided.decisions)


def side_by_side(store: Store, pair: Sequence[int], *, width: int = WIDEST, lines: int = 12) -> list[str]:
    """Return the beginnings of two articles in two columns."""
    half = max(10, (width - 3) // 2)
    columns = []
    for stored in (store.articles.get(each) for each in pair):
        article, outlet = stored.article, defuse_line(source_name(stored, sources_by_id(store)))
        day = day_words(article.day, article.published_precision)
        facts = f"{outlet}, {day}" if day else outlet
        columns.append(
            [
                *_wrapped(article.title, half)[:3],
                *_wrapped(facts, half)[:2],
                "",
                *_wrapped(article.text, half),
            ][:lines]
        )
    height = max(map(len, columns))
    left, right = ([*column, *[""] * (height - len(column))] for column in columns)
    return [f"{a:<{half}} │ {b}".rstrip() for a, b in zip(left, right, strict=True)]


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(defuse_line(text[:2000]), width, break_long_words=True)
