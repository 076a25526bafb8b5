"""What publishers say about reuse, wherever they say it, and what follows from it for a desk's purpose. Pure.

Read are ``X-Robots-Tag`` and the robots meta element (with the rules for one agent only), the TDM Reservation
Protocol (header, meta element, ``/.well-known/tdmrep.json``; W3C community report, 2024), ``Content-Usage``
(AIPREF drafts) and ``Content-Signal`` (contentsignals.org), the last two both as headers and in robots.txt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from urllib.parse import urlsplit

from scraper.models import Rights
from scraper.robots import EVERYONE, Robots

NONCOMMERCIAL_RESEARCH = "noncommercial-research"  # UK CDPA s.29A: copies for analysis, not to be passed on
AGENT = "cuttings"
LONGEST_SIGNAL = 200  # characters kept of one signal
MOST_TDM_RULES = 1_000
MOST_WILDCARDS = 8  # in one path; each may cost the length of the address once more

# Directives of X-Robots-Tag that have a colon of their own, so that what stands before it names no agent.
_VALUED = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))
_NOARCHIVE = frozenset(("noarchive", "nocache"))
_NO_AI = frozenset(("noai", "noml"))
# Preferences that a "no" to concerns machine reading as such (which is what a desk does), or only learning
# from it.
_USAGE_OF_READING = frozenset(("bots", "automated", "all", "tdm"))
_USAGE_OF_AI = frozenset(
    ("train-ai", "ai-train", "train-genai", "ai-input", "ai", "genai", "ai-use", "ai-output")
)
_PREFERENCE = re.compile(r"([a-z][a-z-]*)\s*=\s*\"?(n|no|y|yes)\b", re.IGNORECASE)


class TextUse(StrEnum):
    """What may be done with an article's text."""

    FULL = "full"  # kept, shown, exported
    ANALYSIS_ONLY = "analysis_only"  # kept, never exported or served in full
    FEATURES_ONLY = "features_only"  # title, link, hashes and match features are kept, the text is not


def text_use(rights: Rights, *, purpose: str, licence: str | None = None) -> TextUse:
    """What the desk may do with a text: a licence grants all; else its purpose and the publisher's wishes
    decide."""
    if licence:
        return TextUse.FULL
    if purpose == NONCOMMERCIAL_RESEARCH:
        return TextUse.ANALYSIS_ONLY
    if rights.noarchive or rights.tdm_reserved:
        return TextUse.FEATURES_ONLY
    return TextUse.FULL


def page_rights(
    url: str,
    *,
    headers: Iterable[tuple[str, str]] = (),
    metas: Iterable[tuple[str, str]] = (),
    robots: Robots | None = None,
    tdm_rules: Iterable[TdmRule] = (),
    agent: str = AGENT,
) -> Rights:
    """All that is said about one page, in its headers, its meta elements, robots.txt and tdmrep.json.

    A ``tdm-reservation`` of the page itself outweighs the site's file.
    """
    headers = tuple(headers)
    metas = tuple(metas)
    own = header_rights(headers, agent=agent) | meta_rights(metas, agent=agent)
    found = own | (robots_rights(robots, url, agent=agent) if robots else Rights())
    if _says_tdm(headers) or _says_tdm(metas):
        return found
    return found | tdm_rights(tdm_rules, url)


def header_rights(headers: Iterable[tuple[str, str]], *, agent: str = AGENT) -> Rights:
    """What the headers of a reply say about it."""
    found = Rights()
    for name, value in headers:
        key = name.lower()
        if key == "x-robots-tag":
            found |= _robots_tag(value, agent)
        elif key in ("content-usage", "content-signal"):
            found |= usage_rights(key, value)
        elif key in ("tdm-reservation", "tdm-policy"):
            found |= _tdm_field(key, value, "header")
    return found


def meta_rights(metas: Iterable[tuple[str, str]], *, agent: str = AGENT) -> Rights:
    """What the meta elements of a page say about it, as (name, content)."""
    found = Rights()
    for name, content in metas:
        key = name.strip().lower()
        if key in ("robots", agent):
            found |= _directives(content.split(","), f"meta {key}")
        elif key in ("tdm-reservation", "tdm-policy"):
            found |= _tdm_field(key, content, "meta")
    return found


def robots_rights(robots: Robots, url: str, *, agent: str = AGENT) -> Rights:
    """What the Content-Usage and Content-Signal lines of robots.txt say about an address.

    A line may begin with a path, and then holds for the addresses below it; the longest path that fits
    decides.
    """
    found = Rights()
    for kind in ("content-usage", "content-signal"):
        fitting = [
            (len(path), value)
            for path, value in (
                _path_and_value(value) for name, value in robots.signals(agent) if name == kind
            )
            if _fits(path, url)
        ]
        longest = max((length for length, _ in fitting), default=0)
        for length, value in fitting:
            if length == longest:
                found |= usage_rights(f"robots.txt {kind}", value)
    return found


def usage_rights(place: str, value: str) -> Rights:
    """A list of preferences such as ``train-ai=n, search=y`` or ``ai-train=no``."""
    refused = {name.lower() for name, answer in _PREFERENCE.findall(value) if answer.lower() in ("n", "no")}
    return Rights(
        tdm_reserved=bool(refused & _USAGE_OF_READING),
        no_ai=bool(refused & (_USAGE_OF_AI | _USAGE_OF_READING)),
        signals=(_signal(place, value),) if _PREFERENCE.search(value) else (),
    )


# --- tdmrep.json


@dataclass(frozen=True, slots=True, kw_only=True)
class TdmRule:
    """One entry of tdmrep.json: for which addresses, reserved or not, and where licences are to be had."""

    location: str
    is_reserved: bool
    policy: str | None = None


def read_tdmrep(body: bytes) -> tuple[TdmRule, ...]:
    """The rules of a ``/.well-known/tdmrep.json``; none, if it is no such file. Never raises."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(entries, list):
        return ()
    rules = (_tdm_rule(entry) for entry in entries[:MOST_TDM_RULES] if isinstance(entry, Mapping))
    return tuple(rule for rule in rules if rule is not None)


def tdm_rights(rules: Iterable[TdmRule], url: str) -> Rights:
    """What tdmrep.json says about an address: the rule with the longest location that fits, the strictest of
    equals."""
    fitting = [rule for rule in rules if _fits(rule.location, url)]
    if not fitting:
        return Rights()
    rule = max(fitting, key=lambda rule: (len(rule.location), rule.is_reserved))
    said = f"{rule.location} {'reserved' if rule.is_reserved else 'not reserved'}"
    return Rights(
        tdm_reserved=rule.is_reserved, tdm_policy=rule.policy, signals=(_signal("tdmrep.json", said),)
    )


def tdmrep_rights(body: bytes, url: str) -> Rights:
    """What a ``/.well-known/tdmrep.json`` says about an address."""
    return tdm_rights(read_tdmrep(body), url)


def _tdm_rule(entry: Mapping[str, object]) -> TdmRule | None:
    location = entry.get("location")
    reservation = entry.get("tdm-reservation")
    policy = entry.get("tdm-policy")
    if not isinstance(location, str) or reservation not in (0, 1, "0", "1"):
        return None
    return TdmRule(
        location=location.strip() or "/",
        is_reserved=reservation in (1, "1"),
        policy=policy[:2_000] if isinstance(policy, str) else None,
    )


# --- the pieces


def _robots_tag(value: str, agent: str) -> Rights:
    """One X-Robots-Tag header: directives for all, or after ``name:`` for that agent only."""
    ours: list[str] = []
    speaks_to = EVERYONE
    for part in value.split(","):
        head, colon, rest = part.partition(":")
        directive = part
        if colon and head.strip().lower() not in _VALUED and re.fullmatch(r"[\w*-]+", head.strip()):
            speaks_to, directive = head.strip().lower(), rest
        if speaks_to in (EVERYONE, "robots", agent):
            ours.append(directive)
    return _directives(ours, "header x-robots-tag")


def _directives(parts: Iterable[str], place: str) -> Rights:
    found = [part.strip().lower() for part in parts if part.strip()]
    words = set(found)
    return Rights(
        noindex=bool(words & {"noindex", "none"}),
        noarchive=bool(words & _NOARCHIVE),
        nosnippet="nosnippet" in words or any(re.fullmatch(r"max-snippet\s*:\s*0", word) for word in words),
        no_ai=bool(words & _NO_AI),
        signals=(_signal(place, ", ".join(found)),) if found else (),
    )


def _tdm_field(name: str, value: str, place: str) -> Rights:
    said = Rights(signals=(_signal(f"{place} {name}", value),))
    if name == "tdm-policy":
        return replace(said, tdm_policy=value.strip() or None)
    return replace(said, tdm_reserved=value.strip() == "1")


def _says_tdm(fields: Iterable[tuple[str, str]]) -> bool:
    return any(
        name.strip().lower() == "tdm-reservation" and value.strip() in ("0", "1") for name, value in fields
    )


def _path_and_value(value: str) -> tuple[str, str]:
    """A robots.txt preference line may begin with the path that it holds for (AIPREF attachment draft)."""
    first, _, rest = value.partition(" ")
    return (first, rest) if first.startswith("/") else ("/", value)


def _fits(pattern: str, url: str) -> bool:
    """Whether an address is below a path; ``*`` stands for anything, ``$`` for the end, as in robots.txt."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    anchored = pattern.endswith("$")
    pieces = [re.escape(piece) for piece in re.sub(r"\*+", "*", pattern.removesuffix("$")).split("*")]
    if len(pieces) > MOST_WILDCARDS:
        return True  # no honest pattern; the stricter reading
    return re.match(".*?".join(pieces) + ("$" if anchored else ""), path) is not None


def _signal(place: str, value: str) -> str:
    return f"{place}: {' '.join(value.split())[:LONGEST_SIGNAL]}"
