"""Plain titles and bylines out of the markup that feeds, sitemaps and listings carry. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from scraper.extraction.authors import clean_authors

MAX_TITLE_CHARS = 500  # the longest headlines of the sector have 200; more is a paragraph in the wrong place

_UNREAD = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"</?(?:br|p|div|li|h[1-6]|td|tr)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)  # "<18s" and "a < b" are not tags
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


# Accounts of content systems that say nothing about who wrote an article.
_ACCOUNTS = frozenset(
    "admin administrator root user webmaster web wordpress wp editor author system content website anonymous "
    "unknown none null default test noreply no-reply guest postmaster superuser siteadmin".split()
)


def bylines(names: Iterable[str]) -> tuple[str, ...]:
    """Return the authors that a feed names, by the rules for pages; a name that those refuse stays whole.

    Feeds name organisations and roles in their author element, where pages have text of all kinds.
    """
    given = tuple(dict.fromkeys(names))
    people = clean_authors(given)
    return people or tuple(name for name in given if not _is_account(name))


def _is_account(name: str) -> bool:
    return set(re.split(r"[\W\d_]+", name.lower())) <= {*_ACCOUNTS, "", "wp", "no", "reply"}


def plain_title(markup: str, *, limit: int = MAX_TITLE_CHARS) -> str:
    """Return a title with markup and entities as one line, without control and invisible characters."""
    markup = markup[: limit * 8]
    text = unescape(_TAG.sub("", _BREAK.sub(" ", _UNREAD.sub(" ", markup))))
    text = " ".join(_INVISIBLE.sub("", text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
