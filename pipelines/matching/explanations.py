"""The evidence of a pair in words that a person can check against the two articles.

A clause says which way it bears, and it is never at odds with its weight: what both have, but which weighs
against one event, is "only" what they share; what differs, but does not count against it, is told without
stress. No clause claims more of a text than its fingerprint knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, auto
from functools import cached_property
from types import MappingProxyType

from pipelines.matching.comparisons import FAMILIES, FEATURES
from pipelines.matching.dates import WEEKDAY_NAMES
from pipelines.matching.evidence import (
    Quotes,
    Word,
    figures_of_both,
    gives_a_name,
    has_figures,
    headline_words,
    names_in_headlines,
    names_of_both,
    parts_of,
    quotes_of_both,
    shares_days_only,
    shares_part_of_a_name,
    telling,
    terms_of_both,
    with_whole_names,
    words_of_both,
)
from pipelines.matching.fingerprint import LEAD_FLAG, TITLE_FLAG, Fingerprint
from pipelines.matching.surface_forms import GIVES_DAY, GIVES_FIGURE
from pipelines.text import listed

_SHARES = ((0.0, "none"), (0.1, "little"), (0.3, "some"), (0.6, "much"), (1.0, "most"))
_LEVELS = {
    "dates": ((0.0, "same day"), (0.7, "a day"), (2.1, "a week"), (3.5, "a month"), (99.0, "longer")),
    "quotations": ((0.0, "none"), (2.0, "some"), (99.0, "much")),
    "source": ((0.0, "different"), (1.0, "same")),
    "days": ((0.0, "none"), (99.0, "some")),
    "length": ((3.5, "a line"), (5.0, "short"), (99.0, "long")),
}
SHOWN_CLAUSES = 4
SHOWN = 4  # terms or names listed at most
MORE_WORDS = 5  # fewer are those of the names and figures that other clauses tell
SHOWN_BITS = 6.0  # of surprise; "council" and "children" convince nobody
CITED_WEIGHT = 0.5  # log2 odds; lighter evidence is in the rows, and no reason for anything
ONE_EVENT, TWO_EVENTS = "One event", "Two events"
_SOON = 7  # days
_LONG = 730  # days; from here on counted in years
# In a reason: what convinces a reader first, what merely helps last.
_PLACES = {"quotations": 0, "names": 1, "source": 3}
_UNTOLD = frozenset({"length"})  # families that are never a reason


class Bearing(StrEnum):
    """Which way a clause bears, by its words and its weight together."""

    FOR = auto()
    AGAINST = auto()
    NEITHER = auto()  # not known, or differing without counting against


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What one kind of evidence says of a pair."""

    words: str
    bearing: Bearing


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedClause:
    """A clause with its kind of evidence and its weight in log2 odds."""

    family: str
    weight: float
    clause: Clause

    def cited(self, bearing: Bearing) -> bool:
        """Whether it may stand in a reason as speaking so."""
        return (
            self.clause.bearing is bearing and abs(self.weight) >= CITED_WEIGHT and self.family not in _UNTOLD
        )


def clauses(a: Fingerprint, b: Fingerprint, weights: Mapping[str, float]) -> list[WeightedClause]:
    """One clause a kind of evidence, heaviest first."""
    pair = _Pair(a, b, weights)
    told = [
        WeightedClause(family=family, weight=weight, clause=_CLAUSES[family](pair, weight >= 0))
        for family, weight in weights.items()
    ]
    return sorted(told, key=lambda each: (-abs(each.weight), each.family))


def level_of(family: str, values: Sequence[float]) -> str:
    """How far the two agree, in a word, by the family's leading feature."""
    value = values[FEATURES.index(FAMILIES[family][0])]
    if value < 0:
        return "unknown"
    bounds = _LEVELS.get(family, _SHARES)
    return next((word for bound, word in bounds if value <= bound), bounds[-1][1])


def reason(told: Sequence[WeightedClause], probability: float, *, same: bool) -> str:
    """One sentence: the verdict, the strongest evidence for it, and the strongest against it."""
    ours, theirs = (Bearing.FOR, Bearing.AGAINST) if same else (Bearing.AGAINST, Bearing.FOR)
    saying = [each for each in told if each.cited(ours)]
    saying.sort(key=lambda each: _PLACES.get(each.family, 2))
    against = next((each.clause.words for each in told if each.cited(theirs)), "")
    because = "; ".join(each.clause.words for each in saying[:SHOWN_CLAUSES])
    if not because:
        because = "many small likenesses together" if same else "they have too little in common"
    doubt = f", in doubt ({probability:.0%})" if same and probability < 0.5 else ""
    return sentence(f"{because}, although {against}" if against else because, same=same, doubt=doubt)


def sentence(because: str, *, same: bool, doubt: str = "") -> str:
    """The one form of all reasons: "One event: ….", "Two events: ….", and "One event, in doubt (44%): …."."""
    return f"{ONE_EVENT if same else TWO_EVENTS}{doubt}: {because}."


# -- the clauses: what is told of a pair, given whether its weight speaks for one event ----------------------


@dataclass(frozen=True)
class _Pair:
    """Two fingerprints and what several clauses ask of them."""

    a: Fingerprint
    b: Fingerprint
    weights: Mapping[str, float]

    @cached_property
    def words(self) -> list[Word]:
        """The telling words of both."""
        return words_of_both(self.a, self.b)

    @cached_property
    def names(self) -> list[str]:
        """The names of both."""
        return names_of_both(self.a, self.b)

    @cached_property
    def quotes(self) -> Quotes:
        """What both quote."""
        return quotes_of_both(self.a, self.b)

    @cached_property
    def told(self) -> frozenset[str]:
        """Names that a reason gives anyway, so not again as words."""
        named = self.names[:SHOWN] if self.weights.get("names", 0.0) >= CITED_WEIGHT else []
        quoted = [self.quotes.speaker] if self.weights.get("quotations", 0.0) >= CITED_WEIGHT else []
        return frozenset({*named, *quoted, *(part for name in (*named, *quoted) for part in parts_of(name))})

    def unknown(self, neither: str, only_one: str, *, known: Callable[[Fingerprint], bool]) -> Clause | None:
        """The clause for what one or both do not tell; ``None`` when both do."""
        count = known(self.a) + known(self.b)
        return None if count == 2 else _neither(only_one if count else neither)

    @property
    def english(self) -> bool:
        """Whether days can be told in both."""
        return self.a.language == "en" == self.b.language


def _for(words: str) -> Clause:
    return Clause(words=words, bearing=Bearing.FOR)


def _against(words: str) -> Clause:
    return Clause(words=words, bearing=Bearing.AGAINST)


def _neither(words: str) -> Clause:
    return Clause(words=words, bearing=Bearing.NEITHER)


def _bearing(words: str, favours: bool) -> Clause:
    """A difference: against, unless its weight is not."""
    return _neither(words) if favours else _against(words)


def _wording(pair: _Pair, favours: bool) -> Clause:
    both, of = terms_of_both(pair.a, pair.b)
    found = telling(pair.words)
    if favours and found:
        joined = with_whole_names(
            telling(word for word in pair.words if word.bits >= SHOWN_BITS) or found, pair.names
        )
        shown = ([each for each in joined if each not in pair.told] or joined)[:SHOWN]
        more = both - sum(len(parts_of(each)) for each in shown)
        told = [*shown, f"{more} more telling words"] if more >= MORE_WORDS else shown
        return _for(f"both use {listed(told, SHOWN + 1)}")
    if not both:
        return _bearing("they share no telling word", favours)
    if favours:
        return _neither(f"they share {both} of {of} telling words")
    if 2 * both > of:
        return _against(f"they share {both} of {of} telling words, as reports of one kind may")
    such = f", {'such as ' if both > len(found[:2]) else ''}{listed(found, 2)}" if found else ""
    return _against(f"they share only {both} of {of} telling words{such}")


def _lead(pair: _Pair, favours: bool) -> Clause:
    found = telling(pair.words, LEAD_FLAG | TITLE_FLAG)
    if not found:
        return _bearing("they share no telling word at the start", favours)
    if favours:
        return _for(f"both say {listed(found, SHOWN)} at the start")
    return _against(_only("at the start they share", found))


def _headline(pair: _Pair, favours: bool) -> Clause:
    unknown = pair.unknown(
        "neither has a headline", "only one has a headline", known=lambda one: bool(one.title)
    )
    if unknown:
        return unknown
    found = with_whole_names(headline_words(pair.a, pair.b), names_in_headlines(pair.names, pair.a, pair.b))
    if not found:
        return _bearing("their headlines share no telling word", favours)
    if favours:
        return _for(f"both headlines say {listed(found, SHOWN)}")
    return _against(_only("their headlines share", found))


def _names(pair: _Pair, favours: bool) -> Clause:
    found = pair.names
    if found:
        return _for(f"both name {listed(found, SHOWN)}") if favours else _against(
            _only("of the names they give they share", found)
        )  # fmt: skip
    unknown = pair.unknown(
        "neither is seen to give a name", "only one is seen to give a name", known=gives_a_name
    )
    if unknown:
        return unknown
    if favours:
        return _neither("they share no telling name")
    if shares_part_of_a_name(pair.a, pair.b):
        return _against("they share few of the names they give")
    return _against("they mainly name different people and places")


def _figures(pair: _Pair, favours: bool) -> Clause:
    counted, others = figures_of_both(pair.a, pair.b)
    if counted or others:
        if not favours:
            return _against(_only("of their main figures they share", counted + others))
        if counted:
            return _for(f"both give the figure{'s' if len(counted) > 1 else ''} {listed(counted, SHOWN)}")
        return _for(f"both mention {listed(others, SHOWN)}")
    if shares_days_only(pair.a, pair.b):
        return _neither("the only numbers that both give are those of days")
    known = pair.unknown(
        "neither gives a figure", "only one gives a figure", known=lambda one: bool(one.gives & GIVES_FIGURE)
    )
    if known:
        return known
    if favours or not (has_figures(pair.a) and has_figures(pair.b)):
        return _bearing("they share no telling figure", favours)
    return _against("their main figures differ")


def _quotations(pair: _Pair, favours: bool) -> Clause:
    unknown = pair.unknown(
        "neither is seen to quote anybody",
        "only one is seen to quote anybody",
        known=lambda one: bool(one.quotations),
    )
    if unknown:
        return unknown
    quotes = pair.quotes
    if not quotes.words:
        return _bearing("they share no quotation of five words or more", favours)
    if not favours:
        return _against(f"they share only {quotes.words} quoted words")
    if not quotes.of_speaker:
        return _for(f"both quote {quotes.words} words")
    if quotes.of_speaker == quotes.words:
        return _for(f"both quote {quotes.words} words of {quotes.speaker}")
    return _for(f"both quote {quotes.words} words, {quotes.of_speaker} of them of {quotes.speaker}")


def _dates(pair: _Pair, favours: bool) -> Clause:
    if pair.a.day is None or pair.b.day is None:
        one = pair.a.day is not None or pair.b.day is not None
        return _neither(
            "only one has a known day of publication" if one else "neither has a known day of publication"
        )
    days = abs(pair.a.day - pair.b.day)
    if days == 0:
        return _for("both were published on the same day") if favours else _neither(
            "they were published on the same day, like much else"
        )  # fmt: skip
    if days >= _LONG:
        return _bearing(f"they were published more than {days // 366} years apart", favours)
    apart = f"{days} days apart" if days > 1 else "a day apart"
    if favours and days <= _SOON:
        return _for(f"they were published {'only ' * (days > 1)}{apart}")
    return _bearing(f"they were published {apart}", favours)


def _days(pair: _Pair, favours: bool) -> Clause:
    found = sorted(set(pair.a.days) & set(pair.b.days))
    if found:
        told = _spoken([date.fromordinal(day) for day in found[:SHOWN]])
        return (
            _for(f"both speak of {told}")
            if favours
            else _against(f"of the days they name they share only {told}")
        )
    same = pair.a.weekdays & pair.b.weekdays
    if same and favours:
        return _for(
            f"both speak of a {next(n for i, n in enumerate(WEEKDAY_NAMES) if same >> i & 1).capitalize()}"
        )
    is_seen = "names a day" if pair.english else "is seen to name a day"
    unread = pair.unknown(
        f"neither {is_seen}",
        f"only one {is_seen}",
        known=lambda one: bool(one.gives & GIVES_DAY or one.weekdays),
    )
    if unread:
        return unread
    if not (pair.a.days and pair.b.days):
        return _neither("the days they name cannot be compared")
    return _bearing("they speak of different days", favours)


def _spoken(days: Sequence[date]) -> str:
    """Days in words, with the month and the year that all have told once: "11 and 12 February 2017"."""
    one_month = len({(day.year, day.month) for day in days}) == 1
    one_year = len({day.year for day in days}) == 1
    told = [
        f"{day.day}" if one_month else f"{day.day} {day:%B}" if one_year else f"{day.day} {day:%B %Y}"
        for day in days
    ]
    return listed(told, SHOWN) + (f" {days[0]:%B %Y}" if one_month else f" {days[0]:%Y}" if one_year else "")


def _source(pair: _Pair, favours: bool) -> Clause:
    unknown = pair.unknown(
        "neither has a known source", "only one has a known source", known=lambda one: bool(one.source)
    )
    if unknown:
        return unknown
    if pair.a.source == pair.b.source:
        return _for("both come from one source") if favours else _against("they come from one source")
    return (
        _for("they come from different sources") if favours else _neither("they come from different sources")
    )


def _length(pair: _Pair, _: bool) -> Clause:
    unknown = pair.unknown("neither has a text", "only one has a text", known=lambda one: one.length > 0)
    if unknown:
        return unknown
    return _neither(f"they have {pair.a.length} and {pair.b.length} words")


def _only(opening: str, found: Sequence[str]) -> str:
    """ "…they share only a and b"; of many, how many there are."""
    if len(found) <= SHOWN:
        return f"{opening} only {listed(found, SHOWN)}"
    return f"{opening} only {len(found)}, such as {listed(found, 2)}"


_CLAUSES: Mapping[str, Callable[[_Pair, bool], Clause]] = MappingProxyType({
    "wording": _wording, "lead": _lead, "headline": _headline, "names": _names, "figures": _figures,
    "quotations": _quotations, "dates": _dates, "days": _days, "source": _source, "length": _length,
})  # fmt: skip
