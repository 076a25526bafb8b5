"""Reading a text for the matcher: words, names, quotations. Bounded, so that 100 KB cost no more than a long report."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_CHARACTERS = 24_000  # about 4,000 words; what an event is stands in the first of them
MAX_NAME_WORDS = 5
MIN_QUOTE_WORDS = 5
MAX_QUOTE_CHARACTERS = 1_200

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*|[^\W_]+")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_SENTENCE_END = re.compile(r"[.!?:;\n•\"“”]\W*$")
_POSSESSIVE = re.compile(r"['’]s?$")
_LINKING = frozenset({"of", "de", "da", "do", "dos", "du", "la", "le", "van", "von", "der", "den", "bin", "al", "el"})
_QUOTATION = re.compile(
    "|".join(
        rf"{opening}([^{inside}]{{20,{MAX_QUOTE_CHARACTERS}}})[{closing}]"
        for opening, inside, closing in (("“", "“”", "”“"), ('"', '"\n', '"'), ("«", "«»", "»"), ("„", "„“”", "“”"))
    )
)
_SAID = r"(?:said|says|added|adds|told|explained|continued|warned|argued|wrote)\b"
_NAME = r"((?:(?:Mr|Mrs|Ms|Dr|Sir|Dame)\.? )?(?:[A-Z][\w'’-]+ ?){1,4})"
_SPEAKER_AFTER = re.compile(rf"^[\s,]*{_SAID}\s+{_NAME}")
_SPEAKER_BEFORE = re.compile(rf"{_NAME}(?:has |have |also )?{_SAID}[^.“\"]{{0,60}}$")
_SPEAKER_THEN = re.compile(rf"^[\s,]*{_NAME}(?:has |also )?{_SAID}")
_NOBODY = frozenset({"He", "She", "They", "It", "We", "I", "But", "And", "The", "One", "This", "That", "A", "An"})


@dataclass(frozen=True, slots=True)
class Token:
    """One word as it stands: its folded form, whether it is capitalised inside a sentence, and where it begins."""

    word: str
    surface: str
    capital: bool
    opens: bool  # first of a sentence, where a capital says nothing
    at: int


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words somebody is quoted with, folded, and who said them where the text tells."""

    words: tuple[str, ...]
    speaker: str


def fold(text: str) -> str:
    """Lower case in compatibility form, with curly apostrophes made straight."""
    return unicodedata.normalize("NFKC", text).replace("’", "'").casefold()


def tokens(text: str) -> Iterator[Token]:
    """The words of a text, in order; scripts without spaces are cut into pairs of characters."""
    end = 0
    for found in _TOKEN.finditer(text[:MAX_CHARACTERS]):
        surface = found.group()
        opens = end == 0 or bool(_SENTENCE_END.search(text[max(0, end - 1) : found.start()]))
        end = found.end()
        if not surface.isascii() and _WIDE.search(surface):
            yield from (Token(pair, pair, False, False, found.start()) for pair in _pairs(surface))
            continue
        word = _POSSESSIVE.sub("", surface.lower().replace("’", "'"))
        if word:
            yield Token(word, _POSSESSIVE.sub("", surface), surface[0].isupper(), opens, found.start())


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def names(stream: list[Token], text: str) -> list[tuple[str, ...]]:
    """Runs of two to five capitalised words, with linking words inside ("Isle of Man"), as they stand."""
    runs: list[tuple[str, ...]] = []
    run: list[Token] = []
    for token in stream:
        joined = bool(run) and text[run[-1].at + len(run[-1].surface) : token.at].strip("’'s.") in {"", " "}
        if (token.capital and joined) or (token.word in _LINKING and joined):
            run.append(token)
        else:
            _close(run, runs)
            run = [token] if token.capital else []
    _close(run, runs)
    return runs


def _close(run: list[Token], runs: list[tuple[str, ...]]) -> None:
    while run and not run[-1].capital:
        run.pop()
    if 2 <= len(run) <= MAX_NAME_WORDS:
        runs.append(tuple(token.surface for token in run))


def quotations(text: str) -> Iterator[Quotation]:
    """Every quotation of `MIN_QUOTE_WORDS` or more, in order."""
    text = text[:MAX_CHARACTERS]
    for found in _QUOTATION.finditer(text):
        words = tuple(
            match.group().lower().replace("’", "'") for match in _TOKEN.finditer(next(filter(None, found.groups())))
        )
        if len(words) >= MIN_QUOTE_WORDS:
            yield Quotation(
                words, _speaker(text[max(0, found.start() - 120) : found.start()], text[found.end() : found.end() + 80])
            )


def _speaker(before: str, after: str) -> str:
    for found in (_SPEAKER_AFTER.search(after), _SPEAKER_THEN.search(after), _SPEAKER_BEFORE.search(before)):
        if found and found.group(1).split()[0] not in _NOBODY:
            return found.group(1).strip()
    return ""
