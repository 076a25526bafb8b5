"""``cuttings evaluate``: score the matcher on articles whose events are known."""

from __future__ import annotations

import gzip
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from pipelines.commands import EXIT_PARTIAL
from pipelines.commands.desk import Desk, with_desk, with_rows
from pipelines.commands.output import Cell, RowFormat, print_rows, print_text, say
from pipelines.errors import ImportFailure
from pipelines.ingest.inputs import ReadyArticle, read_inputs
from pipelines.matching.metrics import ClusterError, ErrorKind
from pipelines.matching.metrics import evaluate as evaluate_stories
from pipelines.models import Failure
from pipelines.storage.store import Store
from pipelines.stories.explain import Side, explain_pair
from pipelines.stories.filing import file_articles
from pipelines.text import counted, defuse_line

COLUMNS = ("measure", "precision", "recall", "f1")
DEFAULT_WORST = 5
PAIRS_SHOWN = 2  # of each of the worst stories


class _Labelled(msgspec.Struct, frozen=True):
    """The keys of a labelled line beside those of the article."""

    event: str | int
    id: str | int


@click.command(help="Score the matcher on GOLD: JSON Lines as for import, each with an `id` and an `event`.")
@click.argument("gold", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--stored", is_flag=True, help="Score the stories of the database; do not file GOLD.")
@click.option(
    "--worst",
    type=click.IntRange(0),
    metavar="N",
    default=DEFAULT_WORST,
    show_default=True,
    help="Show the N worst stories.",
)
@with_rows
@with_desk
def evaluate(desk: Desk, *, gold: Path, stored: bool, worst: int, rows: RowFormat) -> None:
    """Print the measures and the worst stories with their wrong pairs."""
    events = _labels(gold)
    if stored:
        with desk.store(reading=True) as store:
            _report(store, events, worst, rows)
        return
    with (
        tempfile.TemporaryDirectory(prefix="cuttings-evaluate-") as folder,
        Store(Path(folder) / "fresh.db", encoder=desk.encoder) as store,
    ):
        now = datetime.now(UTC)
        read = list(read_inputs([str(gold)]))
        articles = [each.article for each in read if isinstance(each, ReadyArticle)]
        failures = [each for each in read if isinstance(each, Failure)]
        for failure in failures:
            say(f"cuttings: {failure.message}")
        with store.transaction():
            store.articles.save_all(articles, at=now)
            file_articles(store, now=now, threshold=desk.config.match.log_odds)
        _report(store, events, worst, rows)
    if failures:
        click.get_current_context().exit(EXIT_PARTIAL)


def _labels(gold: Path) -> dict[str, str]:
    """Return the event of each article. Raises ``ImportFailure`` for a missing or contradictory label."""
    events: dict[str, str] = {}
    try:
        for number, (article, event) in enumerate(_labelled(gold), 1):
            if events.setdefault(article, event) != event:
                labels = f"{events[article]!r} and {event!r}"
                message = f"labelled article {number}: {article!r} has two events, {labels}"
                raise ImportFailure(message, str(gold))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ImportFailure(f"could not decompress the file ({error})", str(gold)) from error
    if not events:
        raise ImportFailure(
            'found no labelled articles; expected JSON Lines with "id" and "event"', str(gold)
        )
    return events


def _labelled(gold: Path) -> Iterator[tuple[str, str]]:
    """Yield article and event of each line. Raises ``ImportFailure``, which names a line without them."""
    with gzip.open(gold, "rb") if gold.suffix == ".gz" else gold.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                labelled = msgspec.json.decode(line, type=_Labelled)
            except msgspec.DecodeError as error:
                message = f'line {number}: expected a JSON object with "id" and "event" ({error})'
                raise ImportFailure(message, str(gold)) from error
            yield str(labelled.id), str(labelled.event)


def _report(store: Store, events: dict[str, str], worst: int, rows: RowFormat) -> None:
    stories = {each: story for each, story in store.articles.external_stories().items() if each in events}
    result = evaluate_stories(events, stories)
    table: list[tuple[Cell, ...]] = [
        (m.name, round(m.precision, 4), round(m.recall, 4), round(m.f1, 4)) for m in result.measures
    ]
    if rows is not RowFormat.TABLE:
        print_rows(COLUMNS, table, rows)
        return
    counts = ((result.articles, "article"), (result.events, "event"), (result.stories, "story"))
    print_text(", ".join(counted(number, noun) for number, noun in counts))
    print_rows(COLUMNS, [(name, *(f"{value:.4f}" for value in values)) for name, *values in table], rows)
    print_text("\n".join(line for error in result.errors[:worst] for line in _error_lines(store, error)))


def _error_lines(store: Store, error: ClusterError) -> Iterator[str]:
    wrong = (
        "of different events in one story"
        if error.kind is ErrorKind.MERGED
        else "of one event in two stories"
    )
    articles, pairs = counted(len(error.articles), "article"), counted(len(error.pairs), "pair")
    yield ""
    yield f"{error.kind}: {error.name}, {articles}, {pairs} {wrong}"
    for one, other in error.pairs[:PAIRS_SHOWN]:
        a, b = store.articles.find_external(one), store.articles.find_external(other)
        if a is not None and b is not None:
            sides = [
                Side(article=each.article, stored=each)
                for each in (store.articles.get(a), store.articles.get(b))
            ]
            match = explain_pair(store, *sides).match
            titles = [defuse_line(side.article.title) or "(no headline)" for side in sides]
            yield f"  [{one}] {titles[0]}"
            yield f"  [{other}] {titles[1]}"
            yield f"    probability {match.probability:.3f}: {defuse_line(match.reason)}"
