"""Every clause of the reasons for 200 pairs of the streams, checked against the two texts."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from pipelines.matching import Fingerprint, explain, fingerprint
from pipelines.matching.clauses import CITED_WEIGHT
from pipelines.models import Bearing, Evidence
from pipelines.stories.attribution import speakers
from pipelines.text import counted
from tests.factories import make_article
from tools.matcher_data import read_rows

FILES = ("forms", "sector_c", "sector_d", "sector_news", "newswire")
SAME, NEAR = 24, 16  # pairs of each file: of one event, and of two with three capitalised words in common
LISTS = re.compile(
    r"^(?:both (?:use|name|say|mention|headlines say|give the figures?)|at the start they share only"
    r"|their headlines share(?: only)?(?! no)|of the names that they give, they share only|of their main figures, they share only) (.+?)(?: at the start|, as headlines of the same kind may)?$"
)
Row = dict[str, Any]


@pytest.mark.slow
def test_reasons_say_nothing_that_the_texts_do_not() -> None:
    generator = random.Random(20261129)
    checked, faults = 0, []
    for file in FILES:
        rows = read_rows(file)
        for a, b in pairs_of(rows, generator):
            match = explain(made_of(a), made_of(b), keys=(0, 1))
            checked += 1
            for piece in match.evidence:
                faults += [f"{a['id']} {b['id']}: {fault}" for fault in faults_of(piece, a, b)]
                if abs(piece.weight) < CITED_WEIGHT and piece.words in match.reason:
                    faults.append(f"cited though light: {piece.words}")
    assert checked == 200
    assert not faults, "\n".join(faults[:20])


def made_of(row: Row) -> Fingerprint:
    return fingerprint(
        make_article(
            title=row["title"] or "",
            text=row["text"] or "",
            published_at=moment_of(row),
            source_id=row.get("source"),
        )
    )


def pairs_of(rows: list[Row], generator: random.Random) -> Iterator[tuple[Row, Row]]:
    by_event: dict[str, list[Row]] = {}
    for row in rows:
        by_event.setdefault(row["event"], []).append(row)
    same = [pair for event in by_event.values() for pair in combinations(event, 2)]
    yield from generator.sample(same, SAME)
    near = 0
    while near < NEAR:
        a, b = generator.sample(rows, 2)
        if a["event"] != b["event"] and len(capitalised(a) & capitalised(b)) >= 3:
            near += 1
            yield a, b


def capitalised(row: Row) -> set[str]:
    return set(re.findall(r"[A-Z]\w{4,}", both(row)))


def both(row: Row) -> str:
    """Title and text."""
    return f"{row['title'] or ''}\n{row['text'] or ''}"


def folded(row: Row) -> str:
    return both(row).casefold().replace("’", "'")


def faults_of(piece: Evidence, a: Row, b: Row) -> Iterator[str]:
    """Yield what a clause says falsely, or in a way that reads as its opposite."""
    words = piece.words
    if listed := LISTS.match(words):
        for item in re.split(r", such as |such as |, | and ", listed.group(1)):
            if not item or re.fullmatch(r"\d+( more distinctive words)?", item):
                continue
            yield from (
                f"{words}: {row['id']} does not have {item!r}" for row in (a, b) if not has(row, item)
            )
    if quoted := re.match(r"both quote (\d+) words", words):
        shared = max(shared_quotation(a, b), shared_quotation(b, a))
        if int(quoted.group(1)) > shared:
            yield f"{words}: they share {counted(shared, 'quoted word')}"
    if own := re.fullmatch(r"at the start each has a word of its own source’s name, (.+) and (.+)", words):
        for row, name in zip((a, b), own.groups(), strict=True):
            if not has(row, name) or name[:4].casefold() not in row["source"].casefold():
                yield f"{words}: {row['id']} of {row['source']} does not have {name!r}"
    if words == "both were published on the same day" and day(a) != day(b):
        yield words
    if apart := re.match(r"they were published (?:only )?(a|\d+) days? apart", words):
        days = 1 if apart.group(1) == "a" else int(apart.group(1))
        if day(a) is None or day(b) is None or abs((day(a) - day(b)).days) != days:
            yield words
    if (piece.weight > 0) == (piece.bearing is Bearing.AGAINST) and piece.bearing is not Bearing.NEITHER:
        yield f"{words}: weighs {piece.weight:+.2f}"


def moment_of(row: Row) -> datetime | None:
    if not row.get("published"):
        return None
    moment = datetime.fromisoformat(row["published"].replace("Z", "+00:00"))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def day(row: Row) -> Any:
    moment = moment_of(row)
    return moment.date() if moment else None


def has(row: Row, item: str) -> bool:
    """Return whether a text has a word in this form or another, a name, or a number in whole."""
    text = folded(row)
    wanted = item.casefold().replace("’", "'")
    if number := re.search(r"\d+(?:[.,]\d+)*", wanted):
        return re.search(rf"(?<![\d.,]){re.escape(number.group())}(?![\d]|[.,]\d)", text) is not None
    return all(
        re.search(rf"(?<![^\W_]){re.escape(part[: max(3, len(part) - 1)])}", text) for part in wanted.split()
    )


def shared_quotation(one: Row, other: Row) -> int:
    """Return how many words stand between quotation marks in one text, and in runs of four in the other's."""
    quoted = [
        [w.strip(".,;:!?'’").casefold() for w in passage.words.split()]
        for passage, _ in speakers(both(other))
    ]
    runs = {tuple(words[i : i + 4]) for words in quoted for i in range(len(words) - 3)}
    count = 0
    for passage, _ in speakers(both(one)):
        words = [w.strip(".,;:!?'’").casefold() for w in passage.words.split()]
        hit = {i + k for i in range(len(words) - 3) if tuple(words[i : i + 4]) in runs for k in range(4)}
        count += len(hit)
    return count
