"""What publishers changed in their articles: words for each revision, and the facts that were replaced."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from pipelines.matching.tokens import quotations
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import Revision
from pipelines.storage.tables.corrections import Correction, CorrectionKind, DescribedRevision
from pipelines.text import adds_correction, counted, is_correction, quoted

MOST_WORDS = 4_000  # of a text that are compared; a longer one is a page of minutes
LONGEST_REPLACED = 12  # words; in longer passages nobody can say what replaced what
MOST_FACTS = 8  # of one revision
NAMED_FACTS = 3  # in its sentence
SAME_QUOTATION = 0.6  # of the words of two quotations that are in both, from which one is the other altered

_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(?:am|pm)?")  # "Updated 10:32" is not a correction
_MARKS = ".,;:!?()[]“”\"‘’'…"
_TELLING = re.compile(r"[£$€%]|\d{3}|\d[.,]\d")  # figures that need no noun to be recognised elsewhere
_UPDATED = re.compile(r"(?:first |last )?(?:updated|published|modified|posted)\b", re.IGNORECASE)


def described(old: Revision, new: Revision) -> DescribedRevision:
    """Return what a revision changed, in words, and the facts that it replaced or removed."""
    before, after = _words(old.text), _words(new.text)
    changes = _changes(before, after)
    facts = tuple(_facts(old, new, changes))[:MOST_FACTS]
    parts = [f"new headline, was {quoted(old.title)}"] if old.title != new.title else []
    parts += [
        f"{quoted(fact.before)} is now {quoted(fact.after)}"
        if fact.after
        else f"{quoted(fact.before)} is gone"
        for fact in facts[:NAMED_FACTS]
    ]
    added = sum(len(came) for _, came, _ in changes)
    removed = sum(len(gone) for gone, _, _ in changes)
    counts = ((added, "added"), (removed, "removed"))
    parts += [f"{counted(number, 'word')} {verb}" for number, verb in counts if number]
    parts += ["a correction was added"] if adds_correction(old.text, new.text) else []
    return DescribedRevision(
        id=new.id,
        seen_at=new.seen_at,
        change="; ".join(parts) or "only white space changed",
        facts=facts,
    )


def record_changes(store: Store, changed: Collection[int]) -> None:
    """Describe the revisions of these articles that are not described yet."""
    for article_id in store.corrections.articles_to_describe(changed):
        versions = store.articles.revisions(article_id)
        pairs = [pair for pair in pairwise(versions) if not store.corrections.is_described(pair[1].id)]
        store.corrections.save(article_id, [described(old, new) for old, new in pairs])


Change = tuple[Sequence[str], Sequence[str], str]  # words that went, words that came, the word behind them


def _words(text: str) -> list[str]:
    lines = (line for line in text.splitlines() if not _UPDATED.match(line))
    return " ".join(lines).split()[:MOST_WORDS]


def _changes(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [
        (before[start:end], after[new_start:new_end], before[end] if end < len(before) else "")
        for tag, start, end, new_start, new_end in matcher.get_opcodes()
        if tag != "equal"
    ]


def _facts(old: Revision, new: Revision, changes: Sequence[Change]) -> Iterator[Correction]:
    flat = _without_notices(new.text)
    yield from _quotations(old.text, new.text, flat)
    for went, came, behind in changes:
        if not 0 < len(went) <= LONGEST_REPLACED or len(came) > LONGEST_REPLACED:
            continue
        for kind, gone, now in (
            (CorrectionKind.FIGURE, _figures(went, behind), _figures(came, behind)),
            (CorrectionKind.NAME, _names(went), _names(came)),
        ):
            left = [fact for fact in gone if not _stands_in(fact, flat)]
            fresh = [fact for fact in now if fact not in gone]
            for position, fact in enumerate(left):
                yield Correction(
                    kind=kind, before=fact, after=fresh[position] if position < len(fresh) else ""
                )


def _without_notices(text: str) -> str:
    """Return the text as one line, without notices of corrections: those repeat what was wrong."""
    return " ".join(" ".join(line for line in text.splitlines() if not is_correction(line)).split())


def _figures(words: Sequence[str], behind: str) -> list[str]:
    """Return the figures of a passage, those of one or two digits with the word behind them."""
    facts = []
    for place, word in enumerate(words):
        figure = word.strip(_MARKS)
        if not re.search(r"\d", figure) or _CLOCK.fullmatch(figure):
            continue
        noun = (words[place + 1] if place + 1 < len(words) else behind).strip(_MARKS)
        if _TELLING.search(figure):
            facts.append(figure)
        elif noun and word[-1] not in _MARKS:
            facts.append(f"{figure} {noun}")
    return facts


def _names(words: Sequence[str]) -> list[str]:
    """Return runs of two to four capitalised words."""
    facts, run = [], []
    for word in [*words, ""]:
        bare = word.strip(_MARKS)
        if bare[:1].isupper():
            run.append(bare)
        if run and (not bare[:1].isupper() or word[-1:] in _MARKS):
            facts += [" ".join(run)] if 2 <= len(run) <= 4 else []
            run = []
    return facts


def _quotations(old: str, new: str, flat: str) -> Iterator[Correction]:
    """Yield quotations that were altered, or that are not in ``flat``, the new text in one line."""
    present = [each.text for each in quotations(new)]
    for quotation in quotations(old):
        if " ".join(quotation.text.split()) in flat:
            continue
        words = set(quotation.text.casefold().split())
        altered = (text for text in present if _share(words, text) >= SAME_QUOTATION)
        yield Correction(kind=CorrectionKind.QUOTATION, before=quotation.text, after=next(altered, ""))


def _share(words: set[str], text: str) -> float:
    others = set(text.casefold().split())
    return len(words & others) / max(1, min(len(words), len(others)))


def _stands_in(fact: str, text: str) -> bool:
    return re.search(rf"(?<![\w.,£$€]){re.escape(fact)}(?!\w|[.,]\d)", text) is not None
