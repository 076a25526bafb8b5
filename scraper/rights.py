"""Read what publishers say about reuse, and decide what a desk may do with a text. Pure.

Sources: ``X-Robots-Tag`` and the robots meta element (with rules for one agent only), the TDM Reservation
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

NONCOMMERCIAL_RESEARCH = "noncommercial-research"  # UK CDPA s.29A: copies for analysis only
AGENT = "cuttings"
LONGEST_SIGNAL = 200  # characters kept of one signal
MOST_TDM_RULES = 1_000
MOST_WILDCARDS = 8  # in one path; each may cost one more pass over the URL

# Directives of X-Robots-Tag that contain a colon, so that the part before it is not an agent.
_VALUED = frozenset(("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"))
_NOARCHIVE = frozenset(("noarchive", "nocache"))
_NO_AI = frozenset(("noai", "noml"))
# A "no" to these refuses machine reading as such (which is what a desk does), or only training on the text.
_USAGE_OF_READING = frozenset(("bots", "automated", "all", "tdm"))
_USAGE_OF_AI = frozenset(
    ("train-ai", "ai-train", "train-genai", "ai-input", "ai", "genai", "ai-use", "ai-output")
)
_PREFERENCE = re.compile(r"([a-z][a-z-]*)\s*=\s*\"?(n|no|y|yes)\b", re.IGNORECASE)


class TextUse(StrEnum):
    """What a desk may do with an article's text."""

    FULL = "full"  # stored, shown, exported
    ANALYSIS_ONLY = "analysis_only"  # stored, never exported or served in full
    FEATURES_ONLY = "features_only"  # title, link, hashes and match features are stored, the text is not


def text_use(rights: Rights, *, purpose: str, licence: str | None = None) -> TextUse:
    """Return what the desk may do with a text.

    A licence permits everything; otherwise the desk's purpose and the publisher's restrictions decide.
    """
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
    """Return all restrictions of a page: from headers, meta elements, robots.txt and tdmrep.json.

    A ``tdm-reservation`` of the page itself overrides the site's tdmrep.json.
    """
    headers = tuple(headers)
    metas = tuple(metas)
    own = header_rights(headers, agent=agent) | meta_rights(metas, agent=agent)
    rights = own | (robots_rights(robots, url, agent=agent) if robots else Rights())
    if _says_tdm(headers) or _says_tdm(metas):
        return rights
    return rights | tdm_rights(tdm_rules, url)


def header_rights(headers: Iterable[tuple[str, str]], *, agent: str = AGENT) -> Rights:
    """Return the restrictions in the headers of a reply."""
    rights = Rights()
    for name, value in headers:
        key = name.lower()
        if key == "x-robots-tag":
            rights |= _robots_tag(value, agent)
        elif key in ("content-usage", "content-signal"):
            rights |= usage_rights(key, value)
        elif key in ("tdm-reservation", "tdm-policy"):
            rights |= _tdm_field(key, value, "header")
    return rights


def meta_rights(metas: Iterable[tuple[str, str]], *, agent: str = AGENT) -> Rights:
    """Return the restrictions in the meta elements of a page, each given as (name, content)."""
    rights = Rights()
    for name, content in metas:
        key = name.strip().lower()
        if key in ("robots", agent):
            rights |= _directives(content.split(","), f"meta {key}")
        elif key in ("tdm-reservation", "tdm-policy"):
            rights |= _tdm_field(key, content, "meta")
    return rights


def robots_rights(robots: Robots, url: str, *, agent: str = AGENT) -> Rights:
    """Return the restrictions in the Content-Usage and Content-Signal lines of robots.txt for a URL.

    A line may begin with a path and then holds for URLs below it; the longest matching path decides.
    """
    rights = Rights()
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
                rights |= usage_rights(f"robots.txt {kind}", value)
    return rights


def usage_rights(place: str, value: str) -> Rights:
    """Return the restrictions in a list of preferences such as ``train-ai=n, search=y``."""
    refused = {name.lower() for name, answer in _PREFERENCE.findall(value) if answer.lower() in ("n", "no")}
    return Rights(
        tdm_reserved=bool(refused & _USAGE_OF_READING),
        no_ai=bool(refused & (_USAGE_OF_AI | _USAGE_OF_READING)),
        signals=(_signal(place, value),) if _PREFERENCE.search(value) else (),
    )


# --- tdmrep.json


@dataclass(frozen=True, slots=True, kw_only=True)
class TdmRule:
    """One entry of tdmrep.json: a path, whether it is reserved, and the URL of the licensing policy."""

    location: str
    is_reserved: bool
    policy: str | None = None


def read_tdmrep(body: bytes) -> tuple[TdmRule, ...]:
    """Return the rules of a ``/.well-known/tdmrep.json``, or none if it is not such a file. Never raises."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(entries, list):
        return ()
    rules = (_tdm_rule(entry) for entry in entries[:MOST_TDM_RULES] if isinstance(entry, Mapping))
    return tuple(rule for rule in rules if rule is not None)


def tdm_rights(rules: Iterable[TdmRule], url: str) -> Rights:
    """Return what tdmrep.json says about a URL.

    The rule with the longest matching location decides, the strictest of equals.
    """
    fitting = [rule for rule in rules if _fits(rule.location, url)]
    if not fitting:
        return Rights()
    rule = max(fitting, key=lambda rule: (len(rule.location), rule.is_reserved))
    signal = f"{rule.location} {'reserved' if rule.is_reserved else 'not reserved'}"
    return Rights(
        tdm_reserved=rule.is_reserved, tdm_policy=rule.policy, signals=(_signal("tdmrep.json", signal),)
    )


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


# --- parsing


def _robots_tag(value: str, agent: str) -> Rights:
    """Return the restrictions of an X-Robots-Tag header: for all agents, or after ``name:`` for one."""
    ours: list[str] = []
    group = EVERYONE
    for part in value.split(","):
        head, colon, rest = part.partition(":")
        directive = part
        if colon and head.strip().lower() not in _VALUED and re.fullmatch(r"[\w*-]+", head.strip()):
            group, directive = head.strip().lower(), rest
        if group in (EVERYONE, "robots", agent):
            ours.append(directive)
    return _directives(ours, "header x-robots-tag")


def _directives(parts: Iterable[str], place: str) -> Rights:
    directives = [part.strip().lower() for part in parts if part.strip()]
    # Commas separate, but pages also write "noindex noarchive" and "noindex; noarchive".
    words = {*directives, *(word for each in directives for word in re.split(r"[\s;]+", each))}
    return Rights(
        noindex=bool(words & {"noindex", "none"}),
        noarchive=bool(words & _NOARCHIVE),
        nosnippet="nosnippet" in words or any(re.fullmatch(r"max-snippet\s*:\s*0", word) for word in words),
        no_ai=bool(words & _NO_AI),
        signals=(_signal(place, ", ".join(directives)),) if directives else (),
    )


def _tdm_field(name: str, value: str, place: str) -> Rights:
    rights = Rights(signals=(_signal(f"{place} {name}", value),))
    if name == "tdm-policy":
        return replace(rights, tdm_policy=value.strip() or None)
    return replace(rights, tdm_reserved=value.strip() == "1")


def _says_tdm(fields: Iterable[tuple[str, str]]) -> bool:
    return any(
        name.strip().lower() == "tdm-reservation" and value.strip() in ("0", "1") for name, value in fields
    )


def _path_and_value(value: str) -> tuple[str, str]:
    """Split a robots.txt preference line that may begin with its path (AIPREF attachment draft)."""
    first, _, rest = value.partition(" ")
    return (first, rest) if first.startswith("/") else ("/", value)


def _fits(pattern: str, url: str) -> bool:
    """Return whether a URL matches a path; ``*`` and ``$`` mean the same as in robots.txt."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    anchored = pattern.endswith("$")
    pieces = [re.escape(piece) for piece in re.sub(r"\*+", "*", pattern.removesuffix("$")).split("*")]
    if len(pieces) > MOST_WILDCARDS:
        return True  # too complex to be meant; read it as a restriction
    return re.match(".*?".join(pieces) + ("$" if anchored else ""), path) is not None


def _signal(place: str, value: str) -> str:
    return f"{place}: {' '.join(value.split())[:LONGEST_SIGNAL]}"
