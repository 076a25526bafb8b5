"""Words, names and quotations of a text. Bounded: 100 KB cost no more than a long report."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

MAX_CHARACTERS = 24_000  # about 4,000 words; what an event is stands in the first of them
MAX_NAME_WORDS = 5
MIN_QUOTE_WORDS = 5
MAX_QUOTE_CHARACTERS = 1_200

# The first alternative saves time only: most words are plain, and a class of a few letters is tried faster
# than \W.
_WORD = r"[A-Za-z]++(?![^\W\d_]|['’][^\W\d_])|\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W_]+"
_TOKEN = re.compile(_WORD)
_TOKEN_AND_GAP = re.compile(rf"({_WORD})([\W_]*+)")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_SENTENCE_END = frozenset('.!?:;\n•"“”')
_POSSESSIVE = re.compile(r"['’]s?$")
_PLAIN = frozenset("'.-")
_LINKING = frozenset(
    {"of", "de", "da", "do", "dos", "du", "la", "le", "van", "von", "der", "den", "bin", "al", "el"}
)
_QUOTATION = re.compile(
    "|".join(
        rf"{opening}([^{inside}]{{20,{MAX_QUOTE_CHARACTERS}}}){closing}"
        for opening, inside, closing in (
            ("“", "“”", "[”“]"),
            (r'(?<![\w.,;:!?’\'])"(?=\S)', '"\n', r'(?<=\S)"(?!\w)'),  # not between two quotations
            ("«", "«»", "»"),
            ("„", "„“”", "[“”]"),
        )
    )
)
_SAID = r"(?:said|says|added|adds|told|explained|continued|warned|argued|wrote)\b"
_NAME = (
    r"((?:(?:Mr|Mrs|Ms|Dr|Sir|Dame|Prof|Cllr|Sen|Rep|Gov|Sgt|Lt|Capt)\.? )?"
    r"[A-Z][\w'’-]+ ?(?:[A-Z](?:[\w'’-]+|\.) ?){0,3})"
)
# “…,” says joint administrator Hollis Crane; but not: “…,” he said in London
_NO_POST = "about|after|and|as|at|before|but|by|during|for|from|if|in|of|on|that|to|when|while|with"
_POST = rf"(?:(?!(?:{_NO_POST})\b)[a-z][\w'’-]* )"
_SPEAKER_AFTER = re.compile(rf"^[\s,]*(?!told){_SAID}\s+{_POST}{{0,3}}{_NAME}")
_SPEAKER_BEFORE = re.compile(
    rf"{_NAME}(?:, (?:the|a|an|its|their|who|chief|director|leader|president)\b[^.,“”\"]{{2,60}}, )?"
    rf"(?:has |have |also )?{_SAID}[^.“\"]{{0,60}}$"
)
# On the same line, and not the opening of another quotation: “…” Jones said. But not: “…” Smith said: “…”
_SPEAKER_THEN = re.compile(rf"^[ ,]*{_NAME}(?:has |also )?{_SAID}(?![^.\n]{{0,40}}[:“\"])")
_NOBODY = frozenset(
    {"He", "She", "They", "It", "We", "I", "But", "And", "The", "One", "This", "That", "A", "An"}
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a text, in order, as lists of one length: a text has thousands, each asked for many
    times."""

    words: list[str]  # folded, without the possessive
    surfaces: list[str]  # as they stand, without the possessive
    raws: list[str]  # as they stand
    gaps: list[str]  # what stands between a word and the next
    capitals: list[bool]  # whether it begins with one
    opens: list[bool]  # first of a sentence, where a capital says nothing
    joined: list[bool]  # nothing but a blank or a full stop between it and the one before


@dataclass(frozen=True, slots=True)
class Quotation:
    """Quoted words, folded, and who said them where the text names a speaker."""

    words: tuple[str, ...]
    speaker: str
    text: str = ""  # exactly as it stands between the quotation marks
    start: int = 0  # of the opening mark in the text, in characters
    end: int = 0  # after the closing mark


def fold(text: str) -> str:
    """Return lower case in compatibility form (NFKC), with straight apostrophes."""
    if text.isascii():
        return text.lower()  # the same, many times faster
    return unicodedata.normalize("NFKC", text).replace("’", "'").casefold()


def tokens(text: str) -> Tokens:
    """Return the words of a text; scripts without spaces are cut into pairs of characters."""
    text = text[:MAX_CHARACTERS]
    found = _TOKEN_AND_GAP.findall(text)
    if not text.isascii() and _WIDE.search(text):
        found = list(chain.from_iterable(_cut(raw, gap) for raw, gap in found))
    raws = [raw for raw, _ in found]
    gaps = [gap for _, gap in found]
    # each of the few different words and gaps of a text is looked at once
    kinds, between = set(raws), set(gaps)
    words = {raw: raw.lower() for raw in kinds}
    surfaces: dict[str, str] = {}
    for raw in [raw for raw in kinds if "'" in raw or "’" in raw]:
        words[raw] = _POSSESSIVE.sub("", raw.lower().replace("’", "'"))
        surfaces[raw] = _POSSESSIVE.sub("", raw)
    capitals = {raw: raw[0].isupper() for raw in kinds}
    ending = {gap: not _SENTENCE_END.isdisjoint(gap.rpartition("_")[2]) for gap in between}
    joining = {gap: gap.strip("’'s.") in {"", " "} for gap in between}
    return Tokens(
        words=[words[raw] for raw in raws],
        surfaces=[surfaces.get(raw, raw) for raw in raws],
        raws=raws,
        gaps=gaps,
        capitals=[capitals[raw] for raw in raws],
        opens=[True, *(ending[gap] for gap in gaps[:-1])] if gaps else [],
        joined=[False, *(joining[gap] for gap in gaps[:-1])] if gaps else [],
    )


def has_words(text: str, least: int) -> bool:
    """Return whether a text has at least so many words, as ``tokens`` counts them; the rest is not read."""
    text = text[:MAX_CHARACTERS]
    if not text.isascii() and _WIDE.search(text):
        return len(tokens(text).words) >= least
    return next(islice(_TOKEN.finditer(text), least - 1, None), None) is not None


def whole_words(stream: Tokens) -> list[str]:
    """Return for each word the longer word of letters, digits and hyphens that it is part of, mostly itself.

    "76ers", "PS4", "Ing-wen": a reason that listed "ers", "PS" or "wen" would be torn.
    """
    whole = list(stream.surfaces)
    start = 0
    for i, gap in enumerate(stream.gaps):
        last = i + 1 == len(stream.gaps)
        if not last and gap in {"", "-"} and not _WIDE.match(stream.raws[i]):
            continue
        if i > start:
            pieces = zip(stream.raws[start:i], stream.gaps[start:i], strict=True)
            word = "".join(raw + between for raw, between in pieces) + stream.surfaces[i]
            whole[start : i + 1] = [word] * (i + 1 - start)
        start = i + 1
    return whole


def by_word(forms: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each form with its folded words, those that are only a part of it ("ers" of "76ers") first."""
    for form in forms:
        if not form.isalpha():
            yield from ((word, form) for word in tokens(form).words)
    yield from ((fold(form), form) for form in forms)


def _cut(raw: str, gap: str) -> Iterator[tuple[str, str]]:
    """Yield a run of a script without spaces as pairs of characters, any other word as it is."""
    pairs = [raw[i : i + 2] for i in range(len(raw) - 1)] if _WIDE.search(raw) else []
    yield from ((pair, "") for pair in pairs[:-1])
    yield (pairs[-1] if pairs else raw, gap)


def names(stream: Tokens) -> list[tuple[int, int]]:
    """Return start and end of runs of two to five capitalised words, with linking words inside ("Isle of
    Man")."""
    runs: list[tuple[int, int]] = []
    capitals, joined, words = stream.capitals, stream.joined, stream.words
    end = 0
    for start, capital in enumerate(capitals):
        if not capital or start < end:
            continue
        end = last = start + 1
        while end < len(words) and joined[end] and (capitals[end] or words[end] in _LINKING):
            end += 1
            last = end if capitals[end - 1] else last
        if 2 <= last - start <= MAX_NAME_WORDS:
            runs.append((start, last))
    return runs


@lru_cache(maxsize=1 << 14)  # most names of an article stand in others of the desk
def folded_name(name: str) -> str:
    """Return a name for comparing: folded, without possessives, full stops and the outer half of a double
    name."""
    if name.isascii() and _PLAIN.isdisjoint(name):
        return name.casefold()
    first, blank, rest = name.partition(" ")
    middle, between, last = rest.rpartition(" ")
    halved = first.rpartition("-")[2] + blank + middle + between + last.partition("-")[0]
    return " ".join(_POSSESSIVE.sub("", word) for word in _TOKEN.findall(halved)).casefold()


def quotations(text: str) -> Iterator[Quotation]:
    """Yield every quotation of at least ``MIN_QUOTE_WORDS`` words, in order."""
    text = text[:MAX_CHARACTERS]
    for found in _QUOTATION.finditer(text):
        quoted = next(filter(None, found.groups()))
        words = tuple(_TOKEN.findall(quoted.lower().replace("’", "'")))
        if len(words) >= MIN_QUOTE_WORDS:
            before, after = text[max(0, found.start() - 120) : found.start()], text[found.end() :][:80]
            yield Quotation(words, _speaker(before, after), quoted, found.start(), found.end())


def _speaker(before: str, after: str) -> str:
    for found in (_SPEAKER_AFTER.search(after), _SPEAKER_THEN.search(after), _SPEAKER_BEFORE.search(before)):
        if found and found.group(1).split()[0] not in _NOBODY:
            return found.group(1).strip()
    return ""
