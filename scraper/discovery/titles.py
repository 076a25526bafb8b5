"""Words out of small pieces of markup: titles and bylines as feeds, sitemaps and listings carry them.
Pure."""

from __future__ import annotations

import re
from html import unescape

MAX_TITLE_CHARS = 500  # the longest headlines of the sector have 200; more is a paragraph in the wrong place

_UNREAD = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"</?(?:br|p|div|li|h[1-6]|td|tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)  # "<18s" and "a < b" are no tags
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


def plain_title(markup: str, *, limit: int = MAX_TITLE_CHARS) -> str:
    """One line of text from a title with markup and entities; control, bidi and invisible characters are
    gone."""
    markup = markup[: limit * 8]
    text = unescape(_TAG.sub("", _BREAK.sub(" ", _UNREAD.sub(" ", markup))))
    text = " ".join(_INVISIBLE.sub("", text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
