"""Who is quoted in a story, by which reports, and which quoted words several of them carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipelines.storage.tables.quotations import StoredQuotation
from pipelines.stories.quotations import is_long


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedWords:
    """Quoted words that several reports carry: as the first of them has them, and these reports in order."""

    words: str
    reports: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A person who is quoted in a story, and the quoted words that more than one report carries."""

    speaker: str
    role: str
    reports: tuple[int, ...]  # in order of publication
    shared: tuple[SharedWords, ...]


def voices_of(quoted: Mapping[int, Sequence[StoredQuotation]], reports: Sequence[int]) -> tuple[Voice, ...]:
    """Return the speakers of a story, those in most reports first.

    ``reports`` are in order of publication, without copies: a copy carries all words of its original.
    """
    by_speaker: dict[str, list[StoredQuotation]] = {}
    for report in reports:
        for quotation in quoted.get(report, ()):
            if quotation.speaker:
                by_speaker.setdefault(quotation.speaker, []).append(quotation)
    voices = [_voice(speaker, said, quoted, reports) for speaker, said in by_speaker.items()]
    return tuple(sorted(voices, key=lambda voice: -len(voice.reports)))


def _voice(
    speaker: str,
    said: Sequence[StoredQuotation],
    quoted: Mapping[int, Sequence[StoredQuotation]],
    reports: Sequence[int],
) -> Voice:
    """Return one speaker. Words that this speaker said count where another report does not say whose they
    are."""
    shared = []
    for quotation in said:
        words, others = quotation.words, [quotation.article_id]
        for report in reports:
            common = max(
                (_common(words, q.words) for q in quoted.get(report, ()) if q.speaker in {"", speaker}),
                key=len,
                default="",
            )
            if report not in others and common:
                words = common
                others.append(report)
        if len(others) > 1:
            shared.append(SharedWords(words=words, reports=tuple(r for r in reports if r in others)))
    return Voice(
        speaker=speaker,
        role=next((each.role for each in said if each.role), ""),
        reports=tuple(dict.fromkeys(each.article_id for each in said)),
        shared=tuple(_once(shared)),
    )


def _once(shared: Iterable[SharedWords]) -> list[SharedWords]:
    """Return each shared quotation once: two reports that carry the same words each name the other."""
    kept: list[SharedWords] = []
    for each in shared:
        if not any(
            _common(each.words, other.words) and set(each.reports) <= set(other.reports) for other in kept
        ):
            kept.append(each)
    return kept


def _common(one: str, other: str) -> str:
    """Return the longest run of words, as the first text has it, that both quote; empty below a quotation."""
    words, folded = one.split(), [word.casefold().strip(".,;:!?“”\"'’") for word in one.split()]
    others = [word.casefold().strip(".,;:!?“”\"'’") for word in other.split()]
    block = SequenceMatcher(None, folded, others, autojunk=False).find_longest_match()
    common = " ".join(words[block.a : block.a + block.size])
    return common if is_long(common) else ""
