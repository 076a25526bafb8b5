"""Plain titles and bylines out of the markup that feeds, sitemaps and listings carry. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import unescape

from scraper.extraction.authors import LEAD, NOBODY, OTHER_CREDIT, clean_authors, is_own_name
from scraper.extraction.dates import is_only_date

MAX_ORGANISATION_WORDS = 8  # "Department for Children, Equality, Disability, Integration and Youth"
# "Department for Families and Learning", of which "Learning" is not an author.
_BODY_OF_TWO = re.compile(r"\b(?:for|of)\b.*\band\b")
# The first words of buttons and links, which no organisation is called by.
_CONTROLS = frozenset(
    """
    edit manage add show hide get sign log login register subscribe contact load open close click
    next previous back listen watch save reply select choose read more view share email print copy
    follow see search
    """.split()
)
MAX_TITLE_CHARS = 500  # the longest headlines of the sector have 200; more is a paragraph in the wrong place

_UNREAD = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"</?(?:br|p|div|li|h[1-6]|td|tr)\b[^<>]*>", re.IGNORECASE)
_TITLE_PARTS = re.compile(r"\s+[|–—·:»-]\s+|\s*[|»]\s*|:\s+")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)  # "<18s" and "a < b" are not tags
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


# Accounts of content systems that say nothing about who wrote an article.
_ACCOUNTS = frozenset(
    "admin administrator root user webmaster web wordpress wp editor author system content website anonymous "
    "unknown none null undefined default wpadmin demo site test noreply no-reply guest postmaster superuser "
    "siteadmin super wpengine wpadminuser".split()
)


def bylines(names: Iterable[str], *, own_names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the authors that a feed names, by the rules for pages; ``own_names`` are those of the feed.

    Feeds name organisations in their author element, where pages have text of all kinds: what those rules
    refuse stays whole if it can be an organisation's name.
    """
    given = tuple(name for name in dict.fromkeys(names) if not _is_account(name))
    bodies = [name.split() for name in given if _BODY_OF_TWO.search(name) and _is_organisation(name)]
    people = tuple(
        person
        for person in clean_authors(given, own_names=own_names)
        if " " in person or not any(person in words for words in bodies)
    )
    organisations = (name for name in given if not is_own_name(name, own_names) and _is_organisation(name))
    return people or tuple(organisations)


def site_names(*titles: str) -> tuple[str, ...]:
    """Return the names that the titles of a feed give its publisher: "Bay Gazette | News" gives both."""
    parts = (part for title in titles for part in (title, *_TITLE_PARTS.split(title)))
    return tuple(dict.fromkeys(part for part in parts if part))


def _is_organisation(name: str) -> bool:
    name = LEAD.sub("", name)
    words = name.split()
    if not words or len(words) > MAX_ORGANISATION_WORDS or not words[0][0].isalpha():
        return False
    if words[0].lower() in _CONTROLS or _is_account(name) or NOBODY.search(name) or OTHER_CREDIT.match(name):
        return False
    return not any(mark in name for mark in "@/<>{}=#\\_?!") and not is_only_date(name)


def _is_account(name: str) -> bool:
    return set(re.split(r"[\W\d_]+", name.lower())) <= {*_ACCOUNTS, "", "wp", "no", "reply"}


def plain_title(markup: str, *, limit: int = MAX_TITLE_CHARS) -> str:
    """Return a title with markup and entities as one line, without control and invisible characters."""
    markup = markup[: limit * 8]
    text = unescape(_TAG.sub("", _BREAK.sub(" ", _UNREAD.sub(" ", markup))))
    text = " ".join(_INVISIBLE.sub("", text).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
