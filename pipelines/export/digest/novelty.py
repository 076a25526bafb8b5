"""Find the sentences of a report that add a name, a figure or a quotation to what is known. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

LEAD_CHARS = 320  # of the first sentences of a report
LEAD_SENTENCES = 2
MAX_SENTENCE_CHARS = 400  # of a sentence that is shown
SHORTEST_QUOTATION = 3  # words; shorter ones are titles and scare quotes

_END = re.compile(r"(?<=[.!?])(?:[\"”’')\]])?\s+(?=[\"“‘'(\[]?[A-Z0-9£$€])")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Rev|St|No|vs|Cllr|Sgt|Lt|Gen)|\b[A-Z])\.$")
_BYLINE = re.compile(r"(?:By|Words by|Report by):? [A-Z][\w’'.-]*(?: (?:[A-Z][\w’'.-]*|and|de|van|von)){0,6}")
_FIGURE = re.compile(r"\d[\d,.]*\d|\d")
_NAME = re.compile(r"\b[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)*")
_QUOTATION = re.compile(r"[“\"]([^”\"]{8,})[”\"]|(?<!\w)‘([^’]{8,})’(?!\w)")


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, each on one line."""
    parts: list[str] = []
    for paragraph in text.splitlines():
        start = 0
        for end in _END.finditer(paragraph):
            if _ABBREVIATION.search(paragraph[start : end.start()]):
                continue
            parts.append(paragraph[start : end.end()].strip())
            start = end.end()
        parts.append(paragraph[start:].strip())
    return [_opened(" ".join(part.split())) for part in parts if part]


def _opened(sentence: str) -> str:
    """Return a sentence with the opening mark of a quotation that began in an earlier sentence."""
    opening, closing = sentence.find("“"), sentence.find("”")
    return f"“{sentence}" if closing >= 0 and not 0 <= opening < closing else sentence


def lead_of(text: str) -> str:
    """Return the first sentences of a text, cut between words."""
    lead = ""
    for sentence in sentences(_without_byline(text))[:LEAD_SENTENCES]:
        if lead and len(lead) + len(sentence) > LEAD_CHARS:
            break
        lead = f"{lead} {sentence}".strip()
    return shortened(lead, LEAD_CHARS)


def _without_byline(text: str) -> str:
    """Return a text without a first line that names its author: "By Isla Fenwick"."""
    first, _, rest = text.partition("\n")
    return rest if rest and _BYLINE.fullmatch(first.strip()) else text


def shortened(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters, cut between words and marked with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1].rsplit(' ', 1)[0]}…"


def details(sentence: str) -> frozenset[str]:
    """Return the names, figures and quotations of a sentence, as keys."""
    figures = {figure.strip(",.").replace(",", "") for figure in _FIGURE.findall(sentence)}
    names = {match[0].casefold() for match in _NAME.finditer(sentence) if match.start() > 0}
    quotations = {
        " ".join(re.findall(r"\w+", (double or single).casefold()))
        for double, single in _QUOTATION.findall(sentence)
        if len((double or single).split()) >= SHORTEST_QUOTATION
    }
    return frozenset(figures | names | quotations)


def new_sentences(text: str, known: Iterable[str], *, most: int) -> list[str]:
    """Return the first sentences of ``text`` with a name, figure or quotation that ``known`` texts lack."""
    flat = [" ".join(re.findall(r"\w+", each.casefold().replace(",", ""))) for each in known]
    padded = [f" {each} " for each in flat]
    novel: list[str] = []
    for sentence in sentences(text):
        keys = (" ".join(re.findall(r"\w+", key)) for key in details(sentence))
        if any(key and not any(f" {key} " in each for each in padded) for key in keys):
            novel.append(shortened(sentence, MAX_SENTENCE_CHARS))
        if len(novel) == most:
            break
    return novel
