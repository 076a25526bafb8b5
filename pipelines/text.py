"""Small helpers for text that people read: counted nouns, quoted titles, lists, and text made harmless.

Titles and messages come from other people's servers. Terminals obey escape sequences, bidi overrides mislead
readers (CVE-2021-42574), spreadsheets calculate cells that start a formula (CWE-1236): all three are made
harmless here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

# C0 without tab and newline, DEL and C1, line and paragraph separators, bidi embeddings, overrides, isolates
# and marks, byte-order mark, lone surrogates, the two noncharacters that XML does not allow.
_DANGEROUS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, "CSV Injection"
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


def defuse(text: str) -> str:
    """Return the text with control characters and bidi overrides as ``\\x1b``; keep tabs and newlines."""
    return _DANGEROUS.sub(_visible, text)


def defuse_line(text: str) -> str:
    """Return the same on one line."""
    return defuse(" ".join(text.split("\n")).replace("\t", " "))


_ADDRESS = r"""[^@\s<>,;:/"()]+@[^@\s<>,;:/"()]+"""
_MAILBOX = rf"""(?:(?:"[^"]*"|[^<>@,;"]*)<{_ADDRESS}>|{_ADDRESS})"""
_MAILBOXES = re.compile(rf"\s*{_MAILBOX}(?:\s*,\s*{_MAILBOX})*\s*")


def are_mailboxes(text: str) -> bool:
    """Return whether a text is one e-mail address or several, with or without names (RFC 5322, 3.4)."""
    return _MAILBOXES.fullmatch(text) is not None


def defuse_url(url: str) -> str:
    """Return an address with control characters, bidi overrides and white space percent-encoded."""
    return re.sub(rf"{_DANGEROUS.pattern}|\s", lambda match: quote(match[0], errors="surrogatepass"), url)


def defuse_cell(text: str) -> str:
    """Return the same for a CSV cell, which also must not start a formula in a spreadsheet."""
    safe = defuse(text)
    return f"'{safe}" if text.startswith(_FORMULA_STARTS) else safe


_KIND_OF_ERROR = re.compile(r"^[A-Z]\w+: ")  # HttpStatusError, SelectorUnmatched


def error_words(stored: str) -> str:
    """Return a stored error in words: the name of its kind, which stands before them, is for programs."""
    return _KIND_OF_ERROR.sub("", stored)


def escape_json(text: str) -> str:
    """Return JSON text with control characters as JSON escapes, so nothing is lost."""
    return _DANGEROUS.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


# How British and American papers mark corrections (IPSO guidance; the styles of AP and the Guardian).
_CORRECTION = re.compile(
    r"^\W*(?:corrections?|clarifications?|editor['’]s note|an earlier version of this"
    r"|this (?:article|story|piece) was (?:amended|corrected|updated))",
    re.IGNORECASE | re.MULTILINE,
)


def is_correction(line: str) -> bool:
    """Return whether a line is a notice of a correction or clarification."""
    return _CORRECTION.match(line) is not None


def adds_correction(old: str, new: str) -> bool:
    """Return whether a new version of a text has more notices of corrections than the old one."""
    return len(_CORRECTION.findall(new)) > len(_CORRECTION.findall(old))
