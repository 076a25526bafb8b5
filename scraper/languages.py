"""The language of an article as a tag of BCP 47 (RFC 5646), such as ``en`` or ``en-GB``. Pure."""

from __future__ import annotations

import re

UNDETERMINED = "und"  # BCP 47's own word for a language that is not known
# Names as exports of press databases and tables give them, and ISO 639-2's codes of three letters where there
# is one of two, which BCP 47 requires then.
NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "italian": "it", "italiano": "it", "dutch": "nl", "portuguese": "pt", "welsh": "cy",
    "englisch": "en", "anglais": "en", "inglés": "en", "engels": "en", "inglese": "en", "inglês": "en",
    "französisch": "fr", "nederlands": "nl", "português": "pt", "allemand": "de", "alemán": "de",
    "cymraeg": "cy", "irish": "ga", "polish": "pl", "arabic": "ar", "chinese": "zh", "urdu": "ur",
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "spa": "es", "ita": "it", "nld": "nl",
    "dut": "nl", "por": "pt", "cym": "cy", "wel": "cy", "gle": "ga", "pol": "pl", "ara": "ar", "zho": "zh",
    "chi": "zh", "urd": "ur",
}  # fmt: skip
_TAG = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE | re.ASCII)


def language_tag(text: str | None) -> str | None:
    """Return the tag that a text is or names, in BCP 47's case (``en_gb`` and ``English (UK)`` give ``en-GB``
    and ``en``); ``None`` if it names none that is known.
    """
    text = (text or "").strip().lower()
    tag = re.split(r"[.@]", text, maxsplit=1)[0]  # of a locale such as en_GB.UTF-8
    if not _TAG.fullmatch(tag):
        return NAMES.get(re.split(r"[;,(/-]", text, maxsplit=1)[0].strip(" ."))
    first, *rest = re.split("[-_]", tag)
    first = NAMES.get(first, first)
    return None if first == UNDETERMINED else "-".join([first, *map(_in_its_case, rest)])


def _in_its_case(subtag: str) -> str:
    """Return a region in capitals (GB) and a script with one (Latn)."""
    if len(subtag) == len("gb"):
        return subtag.upper()
    return subtag.title() if len(subtag) == len("latn") and subtag.isalpha() else subtag
