"""Small helpers for text that people read: a counted noun, a quoted title, a list in words."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_TITLE = 80  # characters of a title inside a sentence


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 article``, ``2 articles``, ``2 stories``, ``2 days``."""
    if number == 1:
        return f"{number} {noun}"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{number} {noun[:-1]}ies"
    return f"{number} {noun}s"


def quoted(title: str, *, longest: int = LONGEST_TITLE) -> str:
    """Return a title in quotation marks, cut to ``longest`` characters."""
    short = title if len(title) <= longest else title[: longest - 1] + "…"
    return f"“{short}”"


def listed(words: Iterable[str], most: int) -> str:
    """Return the first ``most`` of the words as ``a, b and c``."""
    shown = list(words)[:most]
    return "".join(shown) if len(shown) <= 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
