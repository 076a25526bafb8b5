"""What each kind of evidence says of a pair, in words, given whether its weight speaks for one event.

What both texts share and what weighs for one event is told; what weighs against it is "only" what they share;
what differs without counting against it is told without stress. No clause claims more of a text than its
fingerprint knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from pipelines.matching.comparisons import Family
from pipelines.matching.evidence import (
    SharedQuotations,
    Word,
    fewer_headline_words,
    forms_of,
    gives_a_name,
    has_figures,
    name_parts,
    names_in_headlines,
    shared_figures,
    shared_headline_words,
    shared_names,
    shared_quotations,
    shared_term_count,
    shared_words,
    shares_days_only,
    shares_part_of_a_name,
    with_whole_names,
)
from pipelines.matching.fingerprint import LEAD_FLAG, TITLE_FLAG, Fingerprint
from pipelines.matching.meaning import cosines
from pipelines.matching.surface_forms import GIVES_DAY, GIVES_FIGURE
from pipelines.models import Bearing
from pipelines.text import listed

CITED_WEIGHT = 0.5  # log2 odds; lighter evidence stays in the table of `why` and gives no reason
SHOWN = 4  # terms or names listed at most
MORE_WORDS = 5  # fewer words are those of the names and figures that other clauses list
SHOWN_BITS = 6.0  # surprise of a listed word; "council" and "children" convince nobody
ALIKE = 0.55  # cosine of two openings from which they are close in meaning: half of the true pairs have more
_SOON = 7  # days
_LONG = 730  # days; from here on counted in years
_YEAR = 365.2425  # days
_FORTNIGHT = 14  # days


class Clause(NamedTuple):
    """What one kind of evidence says of a pair."""

    words: str
    bearing: Bearing


@dataclass(frozen=True)
class Pair:
    """Two fingerprints, the weight of each kind of evidence (log2 odds), and what several clauses need."""

    a: Fingerprint
    b: Fingerprint
    weights: Mapping[Family, float]

    @cached_property
    def words(self) -> list[Word]:
        """The distinctive words of both."""
        return shared_words(self.a, self.b)

    @cached_property
    def names(self) -> list[str]:
        """The names of both."""
        return shared_names(self.a, self.b)

    @cached_property
    def quotes(self) -> SharedQuotations:
        """What both quote."""
        return shared_quotations(self.a, self.b)

    @cached_property
    def named(self) -> frozenset[str]:
        """Names that other clauses give, and their parts: not to be listed again as words."""
        names = self.names[:SHOWN] if self.weights.get(Family.NAMES, 0.0) >= CITED_WEIGHT else []
        cites_quotes = self.weights.get(Family.QUOTATIONS, 0.0) >= CITED_WEIGHT
        given = [*names, *([self.quotes.speaker] if cites_quotes else [])]
        return frozenset({*given, *(part for name in given for part in (*name_parts(name), *name.split()))})

    def not_named(self, words: Sequence[str]) -> list[str]:
        """Return the words with whole names in place of their parts, without those that other clauses
        give."""
        return [word for word in with_whole_names(words, self.names) if word not in self.named]

    @property
    def english(self) -> bool:
        """Whether days can be read in both."""
        return self.a.language == "en" == self.b.language

    def unknown(
        self, neither: str, only_one: str, *, known: Callable[[Fingerprint], bool], favours: bool
    ) -> Clause | None:
        """Return the clause for what one or both texts lack; None when both have it."""
        count = known(self.a) + known(self.b)
        return None if count == 2 else _lacking(only_one if count else neither, favours)


def clause(family: Family, pair: Pair, *, favours: bool) -> Clause:
    """Return what a kind of evidence says of a pair; ``favours``: its weight speaks for one event."""
    return _CLAUSES[family](pair, favours)


def _for(words: str) -> Clause:
    return Clause(words, Bearing.FOR)


def _against(words: str) -> Clause:
    return Clause(words, Bearing.AGAINST)


def _neither(words: str) -> Clause:
    return Clause(words, Bearing.NEITHER)


def _difference(words: str, favours: bool) -> Clause:
    """Return the clause for a difference, which need not weigh against one event."""
    return _lacking(words, favours) if favours else _against(words)


def _lacking(words: str, favours: bool) -> Clause:
    """Return the clause for what cannot be compared: no reason, whichever way it weighs."""
    return _neither(f"{words}, which does not count against them" if favours else words)


def _only(opening: str, words: Sequence[str]) -> Clause:
    """Return the clause "…they share only a and b"; of many words, how many there are."""
    if len(words) <= SHOWN:
        return _against(f"{opening} only {listed(words, SHOWN)}")
    return _against(f"{opening} only {len(words)}, such as {listed(words, 2)}")


def _wording(pair: Pair, favours: bool) -> Clause:
    both, fewer = shared_term_count(pair.a, pair.b)
    words = forms_of(pair.words)
    if favours and words:
        rare = forms_of(word for word in pair.words if word.bits >= SHOWN_BITS)
        shown = next(filter(None, (pair.not_named(rare), pair.not_named(words), words)))[:SHOWN]
        more = both - sum(len(name_parts(word)) for word in shown)
        rest = [f"{more} more distinctive words"] if more >= MORE_WORDS else []
        return _for(f"both use {listed([*shown, *rest], SHOWN + 1)}")
    if not both:
        return _difference("they share no distinctive word", favours)
    if favours:
        return _neither(f"they share {both} of {fewer} distinctive words")
    if 2 * both > fewer:
        return _against(f"they share {both} of {fewer} distinctive words, as reports of the same kind may")
    such = f", {'such as ' if both > len(words[:2]) else ''}{listed(words, 2)}" if words else ""
    return _against(f"they share only {both} of {fewer} distinctive words{such}")


def _lead(pair: Pair, favours: bool) -> Clause:
    words = with_whole_names(forms_of(pair.words, LEAD_FLAG | TITLE_FLAG), pair.names)
    if not words:
        return _difference("they share no distinctive word at the start", favours)
    if favours:
        return _for(f"both say {listed(words, SHOWN)} at the start")
    return _only("at the start they share", words)


def _headline(pair: Pair, favours: bool) -> Clause:
    unknown = pair.unknown(
        "neither has a headline",
        "only one has a headline",
        known=lambda one: bool(one.title),
        favours=favours,
    )
    if unknown:
        return unknown
    names = names_in_headlines(pair.names, pair.a, pair.b)
    words = with_whole_names(shared_headline_words(pair.a, pair.b), names)
    words = [word for word in words if not word[:1].isdigit()] or [
        next((form for form in chain(*shared_figures(pair.a, pair.b)) if word in form), word)
        for word in words
    ]
    if not words:
        return _difference("their headlines share no distinctive word", favours)
    if favours:
        return _for(f"both headlines say {listed(words, SHOWN)}")
    if 2 * len(words) > fewer_headline_words(pair.a, pair.b):
        return _against(f"their headlines share {listed(words, SHOWN)}, as headlines of the same kind may")
    return _only("their headlines share", words)


def _names(pair: Pair, favours: bool) -> Clause:
    if pair.names and favours:
        return _for(f"both name {listed(pair.names, SHOWN)}")
    if pair.names:
        return _only("of the names that they give, they share", pair.names)
    unknown = pair.unknown(
        "no name was found in either",
        "a name was found in only one",
        known=gives_a_name,
        favours=favours,
    )
    if unknown:
        return unknown
    if favours:
        return _lacking("they share no distinctive name", favours)
    if shares_part_of_a_name(pair.a, pair.b):
        return _against("they share few of the names they give")
    return _against("they mainly name different people and places")


def _figures(pair: Pair, favours: bool) -> Clause:
    measures, others = shared_figures(pair.a, pair.b)
    if (measures or others) and not favours:
        return _only("of their main figures, they share", measures + others)
    if measures:
        return _for(f"both give the figure{'s' if len(measures) > 1 else ''} {listed(measures, SHOWN)}")
    if others:
        return _for(f"both mention {listed(others, SHOWN)}")
    if shares_days_only(pair.a, pair.b):
        return _lacking("the only numbers that both give are dates", favours)
    unknown = pair.unknown(
        "neither gives a figure",
        "only one gives a figure",
        known=lambda one: bool(one.gives & GIVES_FIGURE),
        favours=favours,
    )
    if unknown:
        return unknown
    if favours or not (has_figures(pair.a) and has_figures(pair.b)):
        return _difference("they share no distinctive figure", favours)
    return _against("their main figures differ")


def _quotations(pair: Pair, favours: bool) -> Clause:
    unknown = pair.unknown(
        "no quotation was found in either",
        "a quotation was found in only one",
        known=lambda one: bool(one.quotations),
        favours=favours,
    )
    if unknown:
        return unknown
    quotes = pair.quotes
    if not quotes.words:
        return _difference("they share no quotation of five words or more", favours)
    if not favours:
        return _against(f"they share only {quotes.words} quoted words")
    if not quotes.of_speaker:
        return _for(f"both quote {quotes.words} words")
    if quotes.of_speaker == quotes.words:
        return _for(f"both quote {quotes.words} words of {quotes.speaker}")
    return _for(f"both quote {quotes.words} words, {quotes.of_speaker} of them of {quotes.speaker}")


def _dates(pair: Pair, favours: bool) -> Clause:
    if pair.a.day is None or pair.b.day is None:
        one = pair.a.day is not None or pair.b.day is not None
        lacking = "only one has" if one else "neither has"
        return _lacking(f"{lacking} a known day of publication", favours)
    days = abs(pair.a.day - pair.b.day)
    if days == 0 and favours:
        return _for("both were published on the same day")
    if days == 0:
        return _neither("they were published on the same day, like many other reports")
    if days >= _LONG:
        return _difference(f"they were published {_years(days)} apart", favours)
    apart = f"{days} days apart" if days > 1 else "a day apart"
    if favours and days <= _SOON:
        return _for(f"they were published {'only ' * (days > 1)}{apart}")
    return _difference(f"they were published {apart}", favours)


def _years(days: int) -> str:
    """Return ``10 years`` for ten years to within a fortnight, else ``more than 9 years``."""
    years = days / _YEAR
    if abs(years - round(years)) * _YEAR <= _FORTNIGHT:
        return f"{round(years)} years"
    return f"more than {int(years)} years"


def _days(pair: Pair, favours: bool) -> Clause:
    shared = sorted(set(pair.a.days) & set(pair.b.days))
    if shared:
        days = _in_words([date.fromordinal(day) for day in shared[:SHOWN]])
        if favours:
            return _for(f"both refer to {days}")
        return _against(f"of the days that they name, they share only {days}")
    unknown = pair.unknown(
        "neither names a day" if pair.english else "no day was found in either",
        "only one names a day" if pair.english else "a day was found in only one",
        known=lambda one: bool(one.gives & GIVES_DAY or one.weekdays),
        favours=favours,
    )
    if unknown:
        return unknown
    if not (pair.a.days and pair.b.days):
        return _lacking("the days they name cannot be compared", favours)
    return _difference("they refer to different days", favours)


def _in_words(days: Sequence[date]) -> str:
    """Return days as text; a month or year that all have is written once: "11 and 12 February 2017"."""
    one_month = len({(day.year, day.month) for day in days}) == 1
    one_year = len({day.year for day in days}) == 1
    parts = [
        f"{day.day}" if one_month else f"{day.day} {day:%B}" if one_year else f"{day.day} {day:%B %Y}"
        for day in days
    ]
    return listed(parts, SHOWN) + (f" {days[0]:%B %Y}" if one_month else f" {days[0]:%Y}" if one_year else "")


def _source(pair: Pair, favours: bool) -> Clause:
    unknown = pair.unknown(
        "neither has a known source",
        "only one has a known source",
        known=lambda one: bool(one.source),
        favours=favours,
    )
    if unknown:
        return unknown
    if pair.a.source == pair.b.source:
        return (
            _for("both come from the same source") if favours else _against("they come from the same source")
        )
    own, other = pair.a.profile.own_words, pair.b.profile.own_words
    if not favours and own and other and not {*own} & {*other}:
        return _against(f"at the start each has a word of its own source’s name, {own[0]} and {other[0]}")
    kind = pair.a.profile.body
    if not favours and kind and kind == pair.b.profile.body:
        return _against(f"they come from two {kind}")
    words = "they come from different sources"
    return _for(words) if favours else _neither(words)


def _length(pair: Pair, favours: bool) -> Clause:
    unknown = pair.unknown(  # a notice that other headlines share is not an article text
        "neither has a text of its own",
        "only one has a text of its own",
        known=lambda one: one.length > 0,
        favours=favours,
    )
    return unknown or _neither(f"they have {pair.a.length} and {pair.b.length} words")


def _meaning(pair: Pair, favours: bool) -> Clause:
    if not pair.a.encoder or pair.a.encoder != pair.b.encoder:
        return _lacking("the meaning of their openings cannot be compared", favours)
    (_, lead), (_, other) = pair.a.profile.directions, pair.b.profile.directions
    close = float(cosines(lead[None], other[None])[0])
    if close < ALIKE:
        somewhat = f"their openings are somewhat alike in meaning ({close:.2f} of 1)"
        distant = f"their openings are not close in meaning ({close:.2f} of 1)"
        return _neither(somewhat) if favours else _against(distant)
    alike = f"their openings are close in meaning ({close:.2f} of 1)"
    return _for(alike) if favours else _against(f"{alike}, as those of the same kind may be")


_CLAUSES: Mapping[Family, Callable[[Pair, bool], Clause]] = MappingProxyType({
    Family.WORDING: _wording, Family.LEAD: _lead, Family.HEADLINE: _headline, Family.NAMES: _names,
    Family.FIGURES: _figures, Family.QUOTATIONS: _quotations, Family.DATES: _dates, Family.DAYS: _days,
    Family.SOURCE: _source, Family.LENGTH: _length, Family.MEANING: _meaning,
})  # fmt: skip
