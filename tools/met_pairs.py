"""Pairs of two events that share a person, a body, a place or a form: what a desk of one sector is full of.

The reports of a desk share a minister, a regulator, a town and a trade, and its notices a form. Labelled news
has few such pairs, so a model that is fitted on it alone takes a shared name and a shared day for one event.
They are made from the reports there are, always by the same draws, and only for the model of pairs with
vectors: with them the other model misses more pairs of short reports (newswire left out has .84 of B-cubed in
place of .87).
"""

from __future__ import annotations

import random
import re
from calendar import day_name, month_abbr, month_name
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice, pairwise

from tools.altered_pairs import are_close, inner_names, replaced, true_pairs, whole
from tools.matcher_data import MONTHS, WRITTEN, Row, Table, pair_table, read_rows

# Reports of two events of nearly one day; the second names the person, body or place of the first.
MET = "met"
MET_A_FILE = 150
MET_WEIGHT = 0.016  # this and the next two: in all what .04 and .05 were on eleven written streams
MET_DAYS = 1  # between the two
MET_AFTER, MET_NEAR = 80, 12  # reports that follow; of those, how many are looked at for the likest
MET_SEVERAL = 0.3  # of the pairs share two names
MET_CUT, MET_WORDS = 0.5, 120  # share of the pairs that are cut to so many words
# A report under other names, and a headline of one event under other names.
ISSUED = "issued"
ISSUED_A_FILE = 40
ISSUED_WEIGHT = 0.02
# A headline without a name, and a text with other names, of two bodies of one kind.
BODIES = "bodies"
BODIES_A_FILE = 40
BODIES_WEIGHT = 0.02
BODY_NAMES = (
    ("{} Council", "{} City Council", "Borough of {}", "{} County Council newsroom", "{} District Council"),
    ("{} Police", "{} Constabulary", "{} Police newsroom"),
    ("{} NHS Trust", "{} Hospitals", "{} University Hospital"),
    ("University of {}", "{} University newsroom"),
    ("{} Fire and Rescue Service",),
)
WITH_VECTORS = frozenset({MET, ISSUED, BODIES})
FILES = (*WRITTEN, *MONTHS)  # with the public files too, files left out lose .003 of B-cubed
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*")
_CALENDAR = frozenset((*day_name, *month_name[1:], *month_abbr[1:], "The", "This", "That"))
_OPENING, _LONGEST_OPENING = 60, 1500  # words, characters
_TELLING = 5  # letters of a word that tells something


def chief_names(row: Row) -> list[tuple[str, ...]]:
    """Return the names of headline and opening, as words, the most frequent in the text first."""
    text = whole(row)
    opening = " ".join(text[:_LONGEST_OPENING].split()[:_OPENING])
    inside = {name for name in _NAME.findall(opening) if _CALENDAR.isdisjoint(name.split())}
    counts = Counter(name for name in _NAME.findall(text) if name in inside)
    return [tuple(name.split()) for name, _ in counts.most_common()]


def met_table() -> Table:
    """Reports of two events of nearly one day, the second with the chief names of the first."""
    chance = random.Random(MET)
    made: list[tuple[str, Row, Row]] = []
    for name in FILES:
        rows = [row for row in read_rows(name) if row.get("title") and chief_names(row)]
        made += [(name, a, b) for a, b in islice(_met(rows, chance), MET_A_FILE)]
    return _differing(MET, made, MET_WEIGHT)


def _met(rows: Sequence[Row], chance: random.Random) -> Iterator[tuple[Row, Row]]:
    """Yield pairs whose headlines share no telling word: likelier ones become one event with their names."""
    dated = [row for row in rows if row.get("published")]
    rows = sorted(dated, key=lambda row: (row["published"], row["id"])) or rows
    for start in chance.sample(range(len(rows)), len(rows)):
        one = rows[start]
        near = [
            row
            for row in rows[start + 1 : start + MET_AFTER]
            if row["event"] != one["event"] and _days_apart(one, row) <= MET_DAYS
        ]
        drawn = chance.sample(near, min(len(near), MET_NEAR))
        strange = [row for row in drawn if telling(row["title"]).isdisjoint(telling(one["title"]))]
        if not strange:
            continue
        own = telling(whole(one)[:_LONGEST_OPENING])
        other = max(strange, key=lambda row: (len(own & telling(whole(row)[:_LONGEST_OPENING])), row["id"]))
        if chance.random() < MET_CUT:
            one, other = cut(one), cut(other)
        changed = named_as(one, other, 1 + (chance.random() < MET_SEVERAL))
        if changed is not None and are_close(one, changed):
            yield one, changed


def cut(row: Row) -> Row:
    """Return a labelled line with the beginning of its text."""
    return {**row, "text": " ".join((row.get("text") or "").split(" ")[:MET_WORDS])}


def named_as(one: Row, other: Row, most: int) -> Row | None:
    """Return the second with so many chief names of the first for its own, or as it is if they share one.

    None if either has no name.
    """
    of_one, of_other = chief_names(one), chief_names(other)
    if set(of_one) & set(of_other):
        return other
    words: dict[str, str] = {}
    for mine, theirs in islice(zip(of_one, of_other, strict=False), most):
        for word, new in zip(reversed(theirs), reversed(mine), strict=False):
            words.setdefault(word, new)
    return replaced(other, words) if words else None


def telling(text: str) -> set[str]:
    """Return the beginnings of the longer words of a text."""
    return {word[: _TELLING + 1] for word in re.findall(rf"[a-z]{{{_TELLING},}}", text.casefold())}


def _days_apart(a: Row, b: Row) -> int:
    days = [date.fromisoformat(row["published"][:10]) for row in (a, b) if row.get("published")]
    return abs((days[0] - days[1]).days) if len(days) > 1 else 0


def issued_table() -> Table:
    """A report under the names and source of another; headlines of one event, one with other names."""
    chance = random.Random(ISSUED)
    made: list[tuple[str, Row, Row]] = []
    for name in FILES:
        rows = [row for row in read_rows(name) if row.get("title") and chief_names(row)]
        chance.shuffle(rows)
        for one, other in islice(pairwise(rows), ISSUED_A_FILE):
            if one["event"] != other["event"] and " ".join(chief_names(one)[0]) in one["title"]:
                changed = named_as(other, one, 1 + (chance.random() < 0.5))
                if changed is not None and changed is not one:
                    made.append((name, one, {**changed, "source": other.get("source")}))
        pool = sorted(set().union(*map(inner_names, rows)))
        pairs = [(a, b) for a, b in true_pairs(rows) if chief_names({"title": a["title"]})]
        chance.shuffle(pairs)
        for a, b in pairs[:ISSUED_A_FILE]:
            first = set(re.findall(r"^[A-Z][a-z]{2,}", b["title"])) & inner_names(a)
            names = sorted(inner_names(b) | first)
            other = {word: chance.choice(pool) for word in names}
            made.append((name, {**a, "text": ""}, replaced({**b, "text": ""}, other)))
    return _differing(ISSUED, _close(made), ISSUED_WEIGHT)


def bodies_table() -> Table:
    """Headlines without a name, and texts with other names, of two bodies of one kind."""
    chance = random.Random(BODIES)
    made: list[tuple[str, Row, Row]] = []
    for name in FILES:
        rows = [row for row in read_rows(name) if row.get("title") and (row.get("language") or "en") == "en"]
        chance.shuffle(rows)
        places = sorted({name[-1] for row in rows for name in chief_names(row)})
        for row in [row for row in rows if not inner_names({"title": row["title"]})][:BODIES_A_FILE]:
            one, other = two_bodies(places, chance)
            made.append((name, {**row, "text": "", "source": one}, {**row, "text": "", "source": other}))
        for row in [row for row in rows if chief_names(row)][:BODIES_A_FILE]:
            one, other = two_bodies(places, chance)
            names = {word for words in chief_names(row)[: chance.choice((1, 2, 3))] for word in words}
            changed = replaced(row, {word: chance.choice(places) for word in sorted(names)})
            made.append((name, {**row, "source": one}, {**changed, "source": other}))
    return _differing(BODIES, _close(made), BODIES_WEIGHT)


def two_bodies(places: Sequence[str], chance: random.Random) -> tuple[str, str]:
    """Return the names of two bodies of one kind."""
    forms = chance.choice(BODY_NAMES)
    one, other = chance.sample(places, 2)
    return chance.choice(forms).format(one), chance.choice(forms).format(other)


def _close(made: Sequence[tuple[str, Row, Row]]) -> list[tuple[str, Row, Row]]:
    return [each for each in made if are_close(each[1], each[2])]


def _differing(name: str, made: Sequence[tuple[str, Row, Row]], weight: float) -> Table:
    files = tuple(file for file, _, _ in made for _ in range(2))
    return pair_table(name, [(a, b, False) for _, a, b in made], weight, files)
