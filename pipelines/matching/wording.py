"""The evidence of a pair in words that a person can check against the two articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from pipelines.matching.comparisons import FAMILIES, FEATURES
from pipelines.matching.fingerprint import BODY, LEAD_FLAG, NAME_FLAG, NUMBER_FLAG, TITLE_FLAG, Fingerprint
from pipelines.models import Evidence

_SHARES = ((0.0, "none"), (0.1, "little"), (0.3, "some"), (0.6, "much"), (1.0, "most"))
_LEVELS = {
    "dates": ((0.0, "same day"), (0.7, "a day"), (2.1, "a week"), (3.5, "a month"), (99.0, "longer")),
    "quotations": ((0.0, "none"), (2.0, "some"), (99.0, "much")),
    "source": ((0.0, "different"), (1.0, "same")),
    "days": ((0.0, "none"), (99.0, "some")),
    "length": ((3.5, "a line"), (5.0, "short"), (99.0, "long")),
}
SHOWN_CLAUSES = 3
SHOWN = 4  # terms or names listed at most


def words_of(family: str, a: Fingerprint, b: Fingerprint) -> str:
    """One clause on one kind of evidence: "both quote 43 words of Josh MacAlister"."""
    return _CLAUSES[family](a, b)


def level_of(family: str, values: Sequence[float]) -> str:
    """How far the two agree, in a word, by the family's leading feature."""
    value = values[FEATURES.index(FAMILIES[family][0])]
    if value < 0:
        return "unknown"
    bounds = _LEVELS.get(family, _SHARES)
    return next((word for bound, word in bounds if value <= bound), bounds[-1][1])


def lengths(a: Fingerprint, b: Fingerprint) -> str:
    """How long they are."""
    return f"they have {a.length} and {b.length} words"


def source(a: Fingerprint, b: Fingerprint) -> str:
    """Whether they come from one source."""
    if not a.source or not b.source:
        return "the source of one is not known"
    return "both come from one source" if a.source == b.source else "they come from different sources"


def quoted(a: Fingerprint, b: Fingerprint) -> str:
    """How many words of whom both quote."""
    counts = [_quoted_words(a, b), _quoted_words(b, a)]
    whole = min(sum(count.values()) for count in counts)
    if not whole:
        return "they quote nothing in common" if a.quotations and b.quotations else "one of them quotes nobody"
    named = {speaker: count for speakers in counts for speaker, count in speakers.items() if speaker}
    speaker = max(named, key=lambda name: (named[name], len(name), name), default="")
    return f"both quote {whole} words" + (f" of {speaker}" if speaker else "")


def _quoted_words(one: Fingerprint, other: Fingerprint) -> dict[str, int]:
    """Words of one's quotations that the other quotes too, by speaker; each run of four hashes stands for its words."""
    theirs = other.profile.quotes
    speakers: dict[str, int] = {}
    for quotation in one.quotations:
        hits = [shingle in theirs for shingle in quotation.shingles]
        count = sum(hits) + 3 * sum(hit and not (i and hits[i - 1]) for i, hit in enumerate(hits))
        if count:
            speakers[quotation.speaker] = speakers.get(quotation.speaker, 0) + min(count, quotation.length)
    return speakers


def gap(a: Fingerprint, b: Fingerprint) -> str:
    """How far apart they were published."""
    if a.day is None or b.day is None:
        return "the day of one is not known"
    days = abs(a.day - b.day)
    return "both are of one day" if days == 0 else f"they are {days} day{'s' if days > 1 else ''} apart"


def headlines(a: Fingerprint, b: Fingerprint) -> str:
    """What the headlines share."""
    if not a.title or not b.title:
        return "one has no headline"
    shared = [word for word in dict.fromkeys(a.title.split()) if word in set(b.title.split()) and len(word) > 3]
    return f"both headlines say {listed(shared)}" if shared else "their headlines share no word"


def people(a: Fingerprint, b: Fingerprint) -> str:
    """Names that both have, or that they have not in common."""
    shared = shared_names(a, b)
    if shared:
        return f"both name {listed(shared)}"
    return "they name different people and places" if a.names and b.names else "one of them names nobody"


def shared_names(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Names of more than one word in both, in the order of the first; else single words that both write as names."""
    theirs = {name.casefold() for name in b.names}
    whole = [name for name in a.names if name.casefold() in theirs]
    if whole:
        return whole
    return [_surface(a, t).title() for t in _shared(a, b, NAME_FLAG)]


def figures(a: Fingerprint, b: Fingerprint) -> str:
    """Numbers in both."""
    shared = _shared(a, b, NUMBER_FLAG)
    if shared:
        return f"both give the figure{'s' if len(shared) > 1 else ''} {listed(shared)}"
    known = all(any(flag & NUMBER_FLAG for flag in one.flags) for one in (a, b))
    return "their figures differ" if known else "one of them gives no figure"


def when(a: Fingerprint, b: Fingerprint) -> str:
    """Days that both speak of."""
    shared = sorted(set(a.days) & set(b.days))
    if shared:
        return "both speak of " + listed(
            [f"{date.fromordinal(day).day} {date.fromordinal(day):%B %Y}" for day in shared]
        )
    return "they speak of different days" if a.days and b.days else "one of them names no day"


def terms(a: Fingerprint, b: Fingerprint) -> str:
    """The most telling words in both."""
    x, y = a.profile, b.profile
    both = [t for t in a.terms if t in y.position]
    weight = {t: float(x.weights[x.position[t], BODY] * y.weights[y.position[t], BODY]) for t in both}
    shared = sorted(both, key=lambda t: (-weight[t], t))
    return f"both use {listed([_surface(a, t) for t in shared])}" if shared else "they share no telling word"


def lead_terms(a: Fingerprint, b: Fingerprint) -> str:
    """What the opening words share."""
    shared = [t for t in _shared(a, b, LEAD_FLAG | TITLE_FLAG) if not t.isdigit()]
    return f"both open with {listed([_surface(a, t) for t in shared])}" if shared else "they open with different things"


def _shared(a: Fingerprint, b: Fingerprint, flag: int) -> list[str]:
    """Terms that stand so in both, heaviest first."""
    at = b.profile.position
    return [t for t, f in zip(a.terms, a.flags, strict=True) if f & flag and t in at and b.flags[at[t]] & flag]


def _surface(one: Fingerprint, term: str) -> str:
    return one.surfaces[one.profile.position[term]] or term


def listed(words: Sequence[str]) -> str:
    """ "a, b and c", the first few of many."""
    shown = list(words[:SHOWN])
    if len(shown) <= 1:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def reason(a: Fingerprint, b: Fingerprint, evidence: Sequence[Evidence], *, same: bool) -> str:
    """One sentence: the verdict, the strongest evidence for it, and the strongest against it."""
    told = [piece for piece in evidence if piece.feature in FAMILIES]
    saying = [piece.words for piece in told if (piece.weight > 0) == same and _agrees(piece.words) == same]
    first = [words for words in [quoted(a, b)] if same and _agrees(words)]
    clauses = list(dict.fromkeys([*first, *saying]))[:SHOWN_CLAUSES]
    against = next((p.words for p in told if (p.weight > 0) != same and _agrees(p.words) != same), "")
    verdict = "One event" if same else "Two events"
    sentence = f"{verdict}: {'; '.join(clauses) or 'there is little to compare'}"
    return f"{sentence}, although {against}." if against else f"{sentence}."


def _agrees(words: str) -> bool:
    """Whether a clause tells of something in common."""
    return words.startswith("both ")


_CLAUSES: Mapping[str, Callable[[Fingerprint, Fingerprint], str]] = MappingProxyType({
    "wording": terms, "lead": lead_terms, "headline": headlines, "names": people, "figures": figures,
    "quotations": quoted, "dates": gap, "days": when, "source": source, "length": lengths,
})  # fmt: skip
