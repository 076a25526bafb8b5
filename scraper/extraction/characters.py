"""Clean the characters of page text: composed letters, no invisible ones, no doubly encoded ones."""

from __future__ import annotations

import html
import re
import unicodedata

# Soft hyphen, zero width space, word joiner, byte order mark, Mongolian vowel separator, the marks of writing
# direction and the invisible operators: a reader does not see them, and a search does not find the word.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
# Joiners stay where Persian, Indic scripts and emoji need them; between Latin letters they are noise.
_LATIN_JOINERS = re.compile(r"(?<=[A-Za-z\u00c0-\u024f])[\u200c\u200d]+(?=[A-Za-z\u00c0-\u024f])")

# Letters of scripts that put no spaces between words: Thai to Khmer, kana, Han; Hangul has spaces.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_KANA = re.compile("[\u3041-\u30ff]")
_SCRIPTS = tuple(
    (language, re.compile(f"[{letters}]"))
    for language, letters in (
        ("zh", "\u3041-\u30ff\u3400-\u9fff"),  # Japanese where one sign is kana
        ("ko", "\uac00-\ud7a3"),
        ("th", "\u0e01-\u0e4d"),
    )
)
_UNSPACED_RUN = re.compile(rf"{_UNSPACED.pattern}+")
LETTERS_A_WORD = 2  # a Chinese or Japanese word has two characters on average
_WORD = re.compile(r"\w+")

# UTF-8 bytes that were read as windows-1252 or Latin-1: a lead byte and its continuation bytes.
_BYTES_OF_1252 = "\x80-\x9f" + "".join(
    bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xC0)
)
_DOUBLE_ENCODED = re.compile(
    rf"[\u00c2-\u00df][{_BYTES_OF_1252}]|[\u00e0-\u00ef][{_BYTES_OF_1252}]{{2}}"
    rf"|[\u00f0-\u00f4][{_BYTES_OF_1252}]{{3}}"
)
_COMMON_LEADS = ("Ã", "â€", "â\x80", "Â")  # of the letters and marks of western languages
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
MOST_ESCAPED = 3  # times that a text was escaped too often
MIN_DOUBLE_ENCODED = 3  # sequences; fewer may be quoted by a page about encodings
MOST_HONEST = 0.2  # share of other non-ASCII characters; with more, the page as a whole is not doubly encoded


# U+0085 is a line end, as are the separators from U+001C on; str.split takes them for white space.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
_C1 = {
    chr(byte): letter for byte in range(0x80, 0xA0) if (letter := bytes((byte,)).decode("cp1252", "ignore"))
}
_C1_MARK = re.compile("[\x80-\x84\x86-\x9f]")  # U+0085 is a line end
# UTF-8 read as Latin-1: no text has a control character behind a letter with an accent.
_UTF_8_BYTES = re.compile(
    "[\u00c2-\u00df][\x80-\x9f]|[\u00e0-\u00ef](?=.?[\x80-\x9f])[\x80-\xbf]{2}"
    "|[\u00f0-\u00f4](?=.{0,2}[\x80-\x9f])[\x80-\xbf]{3}"
)
_ODD = re.compile("[\x80-\x84\x86-\x9f\ufb00-\ufb06]")  # one search for what few texts have
_LIGATURE = re.compile("[\ufb00-\ufb06]")  # ff to st: a search for "office" does not find them

# A character reference with its semicolon (HTML Living Standard, 13.1.4), as text of a parsed page.
_REFERENCE = re.compile(r"&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")


def without_controls(text: str) -> str:
    """Return ``text`` without control characters but white space.

    Those of C1 are what they are in windows-1252, as in HTML's character references (13.2.5.80): quotes and
    dashes that some program took for Latin-1.
    """
    return _CONTROLS.sub(lambda control: _C1.get(control[0], ""), text) if _CONTROLS.search(text) else text


def clean_characters(text: str) -> str:
    """Return ``text`` in Unicode normal form C, without invisible characters and ligatures.

    Quotes and dashes of windows-1252 that a program took for Latin-1 are what they were meant to be.
    """
    if text.isascii():
        return text
    text = _LATIN_JOINERS.sub("", _INVISIBLE.sub("", text))
    if _ODD.search(text):
        text = _LIGATURE.sub(lambda ligature: unicodedata.normalize("NFKC", ligature[0]), text)
        text = _UTF_8_BYTES.sub(lambda sequence: _decoded(sequence[0]), text)
        text = _C1_MARK.sub(lambda control: _C1.get(control[0], ""), text)
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def unescape_again(text: str) -> str:
    """Return ``text`` with the character references that were escaped once too often resolved.

    The parser has resolved a page's references once; what is left is ``&amp;`` from ``&amp;amp;``. A lone
    name without a semicolon stays ("AT&T").
    """
    for _ in range(MOST_ESCAPED):
        plain = _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)
        if plain == text:
            break
        text = plain
    return text


def count_words(text: str) -> int:
    """Return the number of words; scripts without spaces are counted by their characters."""
    if text.isascii() or not _UNSPACED.search(text):
        return len(_WORD.findall(text))
    letters = len(_UNSPACED.findall(text))
    return len(_WORD.findall(_UNSPACED_RUN.sub(" ", text))) + -(-letters // LETTERS_A_WORD)


def language_of_script(text: str) -> str | None:
    """Return the language whose script most letters of a text have; ``None`` for scripts of several."""
    if text.isascii():
        return None
    letters = sum(map(str.isalpha, text))
    for language, script in _SCRIPTS:
        if len(script.findall(text)) * 2 > letters:
            return "ja" if language == "zh" and _KANA.search(text) else language
    return None


def repair_double_encoding(source: str) -> str:
    """Return the page with its UTF-8 decoded, where all of it was sent as if it were windows-1252."""
    if source.isascii() or not any(lead in source for lead in _COMMON_LEADS):
        return source
    sequences = _DOUBLE_ENCODED.findall(source)
    if len(sequences) < MIN_DOUBLE_ENCODED:
        return source
    others = len(_NOT_ASCII.findall(source)) - sum(map(len, sequences))
    if others > MOST_HONEST * len(sequences):
        return source
    return _DOUBLE_ENCODED.sub(lambda match: _decoded(match[0]), source)


def _decoded(sequence: str) -> str:
    try:
        return b"".join(map(_byte_of, sequence)).decode("utf-8")
    except UnicodeError:
        return sequence


def _byte_of(character: str) -> bytes:
    return bytes((ord(character),)) if ord(character) < 0x100 else character.encode("cp1252")
