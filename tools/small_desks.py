"""Small desks cut out of labelled files: on a desk of ten articles it tells little that nothing is near.

Each desk is a few articles of one file with the pairs between them. All desks of a file make one table, in
which an article that lies in several desks has a place for each.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipelines.matching.rivals import SETTLED
from tools.matcher_data import ENGLISH, MONTHS, WRITTEN, Floats, Ints, Table

# Weights and numbers of desks as first tried.
SMALL, WINDOWS = "small", "windows"
SMALL_DESKS, WINDOW_DESKS = 250, 40  # of each file
WEIGHTS = {SMALL: 1.0, WINDOWS: 0.5}
OTHER_EVENTS = (0, 1, 1, 2)
LEAST_WINDOW = 4  # articles
IN_DESK = " in desk "

Near = Mapping[int, Sequence[tuple[float, int]]]  # of each article: log odds and the other, highest first


def small_desks(tables: Sequence[Table], odds: Mapping[str, Floats], floor: float) -> list[Desks]:
    """Return two tables for each file: of hard desks and of windows.

    ``odds``: natural log odds of all pairs; those below ``floor`` are left out.
    """
    found = []
    for t in tables:
        if t.name in {*ENGLISH, *WRITTEN, *MONTHS}:
            kept = odds[t.name] >= floor
            pairs, values = t.pairs[kept], odds[t.name][kept]
            found += [
                _table(t, SMALL, list(hard_desks(t, pairs, values)), pairs, values),
                _table(t, WINDOWS, list(windows(t)), pairs, values),
            ]
    return found


@dataclass(frozen=True, kw_only=True)
class Desks:
    """The desks of a file as one table; of each pair the natural log odds and the articles of its desk."""

    table: Table
    odds: Floats
    size: Ints


def hard_desks(of: Table, pairs: Ints, odds: Floats) -> Iterator[list[int]]:
    """Yield an article with up to two of its event, and the nearest reports of up to two other events.

    One desk in four has no other event, so that a small desk alone does not tell of two.
    """
    chance = random.Random(f"{SMALL} {of.name}")
    near, events = _near(pairs, odds), of.events
    mates: dict[str, list[int]] = {}
    for article, event in enumerate(events):
        mates.setdefault(event, []).append(article)
    for one in chance.sample(sorted(near), min(SMALL_DESKS, len(near))):
        nearest: dict[str, int] = {}
        for _, other in near[one]:
            if events[other] != events[one]:
                nearest.setdefault(events[other], other)
        desk = {one, *(others := list(nearest.values())[: chance.choice(OTHER_EVENTS)])}
        for article in (one, *others):
            rest = [mate for mate in mates[events[article]] if mate != article]
            desk.update(chance.sample(rest, min(len(rest), chance.choice((0, 1, 2) if others else (1, 2)))))
        if len(desk) > 1:
            yield sorted(desk)


def windows(of: Table) -> Iterator[list[int]]:
    """Yield articles that follow each other in the file, few of them more often than many."""
    chance = random.Random(f"{WINDOWS} {of.name}")
    for _ in range(WINDOW_DESKS):
        size = min(len(of.ids), int(math.exp(chance.uniform(math.log(LEAST_WINDOW), math.log(SETTLED)))))
        start = chance.randrange(len(of.ids) - size + 1)
        yield list(range(start, start + size))


def _near(pairs: Ints, odds: Floats) -> dict[int, list[tuple[float, int]]]:
    near: dict[int, list[tuple[float, int]]] = {}
    for (a, b), value in zip(pairs.tolist(), odds.tolist(), strict=True):
        near.setdefault(a, []).append((value, b))
        near.setdefault(b, []).append((value, a))
    return {one: sorted(its, key=lambda each: (-each[0], each[1])) for one, its in near.items()}


def _table(of: Table, kind: str, desks: Sequence[Sequence[int]], pairs: Ints, odds: Floats) -> Desks:
    """Return desks as a table: the articles of one desk after those of another."""
    near = _near(pairs, odds)
    rows: list[tuple[int, int, float, int]] = []
    articles: list[tuple[int, int]] = []  # number of the desk, article
    for number, desk in enumerate(desks):
        place = {article: len(articles) + i for i, article in enumerate(desk)}
        articles += [(number, article) for article in desk]
        rows += [
            (place[one], place[other], value, len(desk))
            for one in desk
            for value, other in sorted(near.get(one, ()), key=lambda each: each[1])
            if other in place and one < other
        ]
    made = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2)
    events = tuple(f"{of.events[article]}{IN_DESK}{number}" for number, article in articles)
    table = replace(
        of,
        name=f"{of.name}+{kind}",
        ids=tuple(f"{number} {of.ids[article]}" for number, article in articles),
        events=events,
        order={place: of.order.get(article, "") for place, (_, article) in enumerate(articles)},
        pairs=made,
        values=np.empty((len(made), 0)),
        same=np.array([events[a] == events[b] for a, b in made.tolist()], dtype=bool),
        weight=WEIGHTS[kind],
        words=(),
        dated=(),
    )
    return Desks(
        table=table,
        odds=np.array([row[2] for row in rows]),
        size=np.array([row[3] for row in rows], dtype=np.int64),
    )
