"""The evidence of a pair in words that a person can check against the two articles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pipelines.matching.fingerprint import SURPRISE_STEPS, Fingerprint
from pipelines.models import Evidence

SHOWN = 4  # terms or names listed at most


def words_of(feature: str, a: Fingerprint, b: Fingerprint) -> str:
    """One clause on one feature: "both quote 43 words of Josh MacAlister"."""
    if feature == "quotes":
        return quoted(a, b)
    if feature in {"gap", "gap_known"}:
        return gap(a, b)
    if feature in {"title", "title_ratio", "title_cover"}:
        return headlines(a, b)
    if feature in {"names", "whole_names", "lead_names_missing"}:
        return people(a, b)
    if feature in {"same_source", "source_known"}:
        return "both come from one source" if a.source and a.source == b.source else "they come from different sources"
    if feature in {"numbers", "numbers_clash"}:
        return figures(a, b)
    if feature in {"shared_days", "other_days", "shared_weekdays"}:
        return when(a, b)
    if feature in {"shorter", "longer", "titles"}:
        return f"they have {a.length} and {b.length} words"
    if feature == "copy":
        return "they share whole runs of words" if set(a.sketch) & set(b.sketch) else "they share no run of five words"
    return terms(a, b)


def quoted(a: Fingerprint, b: Fingerprint) -> str:
    """How many words of whom both quote."""
    theirs = {shingle for quotation in b.quotations for shingle in quotation.shingles}
    speakers: dict[str, int] = {}
    for quotation in a.quotations:
        hits = [shingle in theirs for shingle in quotation.shingles]
        count = sum(hits) + 3 * sum(hit and not (i and hits[i - 1]) for i, hit in enumerate(hits))
        if count:
            speakers[quotation.speaker] = speakers.get(quotation.speaker, 0) + min(count, quotation.length)
    if not speakers:
        return "they quote nothing in common"
    named = max(speakers, key=lambda speaker: (bool(speaker), speakers[speaker], speaker))
    return f"both quote {sum(speakers.values())} words" + (f" of {named}" if named else "")


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
    return "they name different people and places"


def shared_names(a: Fingerprint, b: Fingerprint) -> list[str]:
    """Names of more than one word in both, in the order of the first; else single words that both write as names."""
    theirs = {name.casefold() for name in b.names}
    whole = [name for name in a.names if name.casefold() in theirs]
    if whole:
        return whole
    return [_surface(a, t).title() for t in a.terms if t in a.profile.names and t in b.profile.names]


def figures(a: Fingerprint, b: Fingerprint) -> str:
    """Numbers in both."""
    shared = [t for t in a.terms if t in a.profile.numbers and t in b.profile.numbers]
    return (
        f"both give the figure{'s' if len(shared) > 1 else ''} {listed(shared)}" if shared else "their figures differ"
    )


def when(a: Fingerprint, b: Fingerprint) -> str:
    """Days that both speak of."""
    shared = sorted(set(a.days) & set(b.days))
    if shared:
        return "both speak of " + listed(
            [f"{date.fromordinal(day).day} {date.fromordinal(day):%B %Y}" for day in shared]
        )
    return "they speak of different days"


def terms(a: Fingerprint, b: Fingerprint) -> str:
    """The most telling words in both."""
    shared = sorted((t for t in a.terms if t in b.position), key=lambda t: (-_weight(a, t) * _weight(b, t), t))
    return f"both use {listed([_surface(a, t) for t in shared])}" if shared else "they share no telling word"


def _weight(one: Fingerprint, term: str) -> float:
    return one.surprises[one.position[term]] / SURPRISE_STEPS


def _surface(one: Fingerprint, term: str) -> str:
    return one.surfaces[one.position[term]] or term


def listed(words: Sequence[str]) -> str:
    """ "a, b and c", the first few of many."""
    shown = list(words[:SHOWN])
    if len(shown) <= 1:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def reason(a: Fingerprint, b: Fingerprint, evidence: Sequence[Evidence], *, same: bool) -> str:
    """One sentence from the strongest evidence for the verdict, and the strongest against it."""
    said = dict.fromkeys(item.words for item in evidence if (item.weight > 0) == same)
    against = next((item.words for item in evidence if (item.weight > 0) != same and item.words not in said), "")
    order = [quoted(a, b)] if "both quote" in quoted(a, b) and same else []
    clauses = list(dict.fromkeys([*order, *said]))[:3]
    verdict = "One event" if same else "Two events"
    sentence = f"{verdict}: {'; '.join(clauses) or 'there is little to compare'}"
    return f"{sentence}, although {against}." if against else f"{sentence}."
