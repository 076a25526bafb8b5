"""Choose the headline of a page, without the name of the site around it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SEPARATOR = re.compile(r"\s+(?:[|–—·•»«›/]|-{1,3}|::?|~)\s+|\s*\|\s*|\s+::\s+")
MIN_TITLE_CHARS = 5
MAX_TITLE_CHARS = 400  # the longest of 783 real pages has 144
AGREEMENT = 0.6  # share of words that a heading shares with the head of the page; below, it is the logo
MIN_LONE_WORDS = 3  # of a top heading that nothing in the head confirms: "News", "Vulture" are not headlines
ERROR = re.compile(
    r"(?i)\b(?:40[34]|50[0-9])\b.*\berror\b|\berror\b.*\b(?:40[34]|50[0-9])\b"
)  # hidden messages in templates of 2009
LABEL = re.compile(
    r"(?i)opinion|editorial|analysis|comment|review|exclusive|video|watch|podcast|letters?|column|live|"
    r"news|feature|interview|gallery"
)
MIN_PAGES_TO_LEARN = 3  # two pages of a site can share their last words by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleCandidates:
    """All that a page offers as its title, in the order of the page; empty strings where it offers
    nothing.
    """

    headings: tuple[str, ...] = ()  # h1, those outside of navigation
    subheadings: tuple[str, ...] = ()  # h2, h3 before the text: some templates keep h1 for the logo
    og: str = ""
    twitter: str = ""
    headline: str = ""  # JSON-LD
    head: str = ""  # <title>
    site_names: tuple[str, ...] = ()  # og:site_name, publisher, the host's own name
    slug: str = ""  # last words of the address
    suffixes: tuple[str, ...] = ()  # learned from other pages of the site


def choose_title(candidates: TitleCandidates) -> tuple[str, str]:
    """Return the title and the place it was read from; two empty strings when the page offers none."""
    declared = [(text, place) for text, place in _declared(candidates) if text]
    heading = _best_heading(
        candidates.headings, [text for text, _ in declared], candidates.slug, candidates.site_names
    )
    if heading:
        return _without_label(strip_site(heading, candidates.site_names, candidates.suffixes)), "h1"
    for text, place in declared:
        if len(text) >= MIN_TITLE_CHARS or place == "title":
            return _without_label(text), place
    heading = next((text for text in candidates.headings if _is_title(text)), "")
    return (heading, "h1") if heading else ("", "")


def strip_site(title: str, site_names: Iterable[str] = (), suffixes: Iterable[str] = ()) -> str:
    """Return ``title`` without the segments at either end that name the site.

    A segment goes if it is a learned suffix or states the site's name. Others stay: headlines hold dashes
    too.
    """
    keys = {_key(name) for name in (*site_names, *suffixes) if not name.endswith(":")} - {""}
    before, colon, after = title.partition(": ")
    is_name = len(before.split()) > 1 and _key(before) in keys  # "Ofsted: …" on Ofsted's site is a topic
    if colon and after.strip() and (is_name or _key(before) + ":" in suffixes):
        title = after.strip()
    parts = _segments(title)
    while len(parts) > 1 and _names_site(parts[-1][1], keys):
        parts.pop()
    while len(parts) > 1 and _names_site(parts[0][1], keys):
        parts = [("", parts[1][1]), *parts[2:]]
    return "".join(separator + text for separator, text in parts).strip()


def title_segments(title: str) -> frozenset[str]:
    """Return the keys of the parts of a ``<title>`` that may name the site; the key of a part before a
    colon ends in ":".
    """
    parts = [text for _, text in _segments(title)]
    found = set(map(_key, parts)) if len(parts) > 1 else set()
    before, colon, after = title.partition(": ")
    if colon and after.strip() and _key(before):
        found.add(_key(before) + ":")
    return frozenset(found - {""})


def is_site_segment(segment: str, pages_with: int, pages: int) -> bool:
    """Return whether a segment found on ``pages_with`` of a site's ``pages`` is the site's, not the
    story's.

    Topics stand before a colon too ("Ofsted: …"), so there it has to be on most pages.
    """
    if segment.endswith(":"):
        return pages_with >= MIN_PAGES_TO_LEARN and pages_with > pages / 2
    return pages_with >= MIN_PAGES_TO_LEARN


def _declared(candidates: TitleCandidates) -> list[tuple[str, str]]:
    head = strip_site(candidates.head, candidates.site_names, candidates.suffixes)
    og = strip_site(candidates.og, candidates.site_names, candidates.suffixes)
    headline = strip_site(candidates.headline, candidates.site_names, candidates.suffixes)
    twitter = strip_site(candidates.twitter, candidates.site_names, candidates.suffixes)
    if not (og or headline or twitter):
        head = _before_separator(head, candidates.slug)
    return [(og, "og:title"), (headline, "json-ld headline"), (twitter, "twitter:title"), (head, "title")]


def _best_heading(headings: Sequence[str], declared: Sequence[str], slug: str, names: Sequence[str]) -> str:
    """Return the heading that agrees best with the head of the page or its URL; of equals the first.

    A single top heading is the headline even where the head words it differently, unless it is the name
    of the site.
    """
    own = {_key(name) for name in names} - {""}
    candidates = [
        text
        for text in dict.fromkeys(headings)
        if _is_title(text) and not _names_site(text, own) and not ERROR.search(text)
    ]
    references = [_words(text) for text in (*declared, slug) if text]
    best, score = "", 0.0
    for text in candidates:
        words = _words(text)
        agreement = max((_overlap(words, reference) for reference in references), default=0.0)
        if agreement > score:
            best, score = text, agreement
    if score >= AGREEMENT:
        return best
    return candidates[0] if len(candidates) == 1 and len(_words(candidates[0])) >= MIN_LONE_WORDS else ""


def _without_label(title: str) -> str:
    """Return the title without the name of a section set off by a bar: "Opinion | Why …", "… |
    Editorial".
    """
    parts = re.split(r"\s*\|\s*", title)
    kept = [part for part in parts if not LABEL.fullmatch(part)]
    return " | ".join(kept) if kept and len(kept) < len(parts) else title


def _before_separator(title: str, slug: str) -> str:
    """Return the first segment of a ``<title>`` with unknown segments: "Headline - Section - Paper"."""
    parts = _segments(title)
    if len(parts) == 1:
        return title
    if slug:
        best = max(parts, key=lambda part: _overlap(_words(part[1]), _words(slug)))
        if _overlap(_words(best[1]), _words(slug)) >= AGREEMENT:
            return best[1]
    first = parts[0][1]
    return first if len(_words(first)) >= 2 else title


def _segments(title: str) -> list[tuple[str, str]]:
    """Return the parts of a title, each with the separator before it."""
    parts, at = [], 0
    separator = ""
    for found in SEPARATOR.finditer(title):
        parts.append((separator, title[at : found.start()]))
        separator, at = found[0], found.end()
    parts.append((separator, title[at:]))
    return [part for part in parts if part[1].strip()] or [("", title)]


def _names_site(segment: str, keys: set[str]) -> bool:
    key = _key(segment)
    return any(
        key == name
        or (len(name) >= 4 and (key.startswith(name) or key.endswith(name)) and len(key) <= len(name) + 12)
        for name in keys
    )


def _key(text: str) -> str:
    words = [word for word in _words(text) if word not in ("the", "www", "com", "co", "uk", "org", "net")]
    return "".join(words)


def _is_title(text: str) -> bool:
    return MIN_TITLE_CHARS <= len(text) <= MAX_TITLE_CHARS


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("’", "'").replace("'", ""))


def _overlap(a: Sequence[str], b: Sequence[str]) -> float:
    """Return the Dice coefficient of two bags of words."""
    common = sum((Counter(a) & Counter(b)).values())
    return 2 * common / (len(a) + len(b)) if a and b else 0.0
