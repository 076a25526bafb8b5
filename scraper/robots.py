"""Read robots.txt by RFC 9309: what may be requested, how fast, and which sitemaps it names. Pure.

protego matches paths; this module decides which rules apply. protego lets the group ``Googlebot`` apply to
the agent ``Googlebot-News`` and reads ``User-agent: FOO BAR`` as one name, where the RFC compares whole
product tokens; any unknown line ends a list of agents for it, where the RFC ignores the line (2.2.4). Where
the RFC and Google's own matcher disagree on an escaped letter (``%62`` for ``b``), both must allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import urlsplit

from protego import Protego

from scraper.errors import AddressError

ROBOTS_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB must be read
LINE_CHARACTERS = 16_664  # Google's limit: eight times the longest URL that browsers accepted

EVERYONE = "*"
_AGENT_FIELDS = frozenset(("user-agent", "useragent", "user agent"))
_ALLOW_FIELDS = frozenset(("allow",))
_DISALLOW_FIELDS = frozenset(("disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"))
_DELAY_FIELDS = frozenset(("crawl-delay", "crawl delay"))
_SITEMAP_FIELDS = frozenset(("sitemap", "site-map"))
_SIGNAL_FIELDS = frozenset(("content-usage", "content-signal"))

_LINE_END = re.compile(r"\r\n|\r|\n")
_WORDS = re.compile(r"(user agent|crawl delay|\S+)\s+(.+)", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")  # the RFC allows letters only, but AI2Bot exists
_PRODUCT = re.compile(r"(?:^|[\s;(])([A-Za-z0-9_-]+)(?=/)")
_SECONDS = re.compile(
    r"([0-9]{1,9}(?:[.,][0-9]{1,9})?|[.,][0-9]{1,9})\s*(?:s|secs?|seconds?)?", re.IGNORECASE
)
_ESCAPED_LETTER = re.compile(r"%(?=3[0-9]|4[1-9A-Fa-f]|5[0-9Aa]|6[1-9A-Fa-f]|7[0-9Aa])")  # letters and digits


@dataclass(slots=True)
class _Group:
    """The rules for one product token, from all groups that name it (RFC 9309, 2.2.1: they are one)."""

    rules: list[str] = field(default_factory=list)
    crawl_delay: float | None = None
    signals: list[tuple[str, str]] = field(default_factory=list)


class Robots:
    """The rules of one host. ``sitemaps`` are the URLs it names, as written."""

    def __init__(self, groups: dict[str, _Group], sitemaps: tuple[str, ...] = ()) -> None:
        self.sitemaps = sitemaps
        self._groups = groups
        self._matchers: dict[str, _Matcher] = {}

    def allows(self, url: str, agent: str) -> bool:
        """Return whether an agent (a product token or a whole User-Agent) may request a URL."""
        token = self._token(agent)
        if token is None:
            return True
        matcher = self._matchers.get(token)
        if matcher is None:
            matcher = self._matchers[token] = _Matcher(self._groups[token].rules)
        return matcher.allows(url)

    def crawl_delay(self, agent: str) -> float | None:
        """Return the Crawl-delay in seconds, or ``None``."""
        token = self._token(agent)
        return None if token is None else self._groups[token].crawl_delay

    def signals(self, agent: str) -> tuple[tuple[str, str], ...]:
        """Return the Content-Usage and Content-Signal lines for an agent, as (name in lower case, value)."""
        token = self._token(agent)
        return () if token is None else tuple(self._groups[token].signals)

    def _token(self, agent: str) -> str | None:
        """Return the product token whose group applies to an agent: its own, else ``*``, else ``None``."""
        named = [token for token in _agent_tokens(agent) if token in self._groups]
        if named:
            return max(named, key=len)
        return EVERYONE if EVERYONE in self._groups else None


class _Matcher:
    """The rules of one group, matched by protego."""

    def __init__(self, rules: Iterable[str]) -> None:
        text = "\n".join(("User-agent: *", *rules))
        self._decoding = Protego.parse(text)
        self._literal = Protego.parse(_keep_escapes(text)) if _ESCAPED_LETTER.search(text) else None

    def allows(self, url: str) -> bool:
        if not self._decoding.can_fetch(url, EVERYONE):
            return False
        return self._literal is None or bool(self._literal.can_fetch(_keep_escapes(url), EVERYONE))


def parse_robots(body: bytes) -> Robots:
    """Return the rules in a robots.txt; none if it is something else. Never raises."""
    text = body[:ROBOTS_BYTES].decode("utf-8-sig", "replace")
    groups: dict[str, _Group] = {}
    sitemaps: list[str] = []
    current: list[_Group] = []
    in_rules = True  # the next agent line begins a new group
    for name, value in _directives(text):
        if name in _AGENT_FIELDS:
            current = [] if in_rules else current
            in_rules = False
            if token := _group_token(value):
                current.append(groups.setdefault(token, _Group()))
        elif name in _SITEMAP_FIELDS:
            if value:
                sitemaps.append(value)
        elif name in _ALLOW_FIELDS | _DISALLOW_FIELDS:
            in_rules = True
            _add_rule(current, "Allow" if name in _ALLOW_FIELDS else "Disallow", value)
        else:
            _add_other(current, name, value)
    return Robots(groups, tuple(sitemaps))


def robots_allow(robots_txt: bytes, url: str, agent: str) -> bool:
    """Return whether a robots.txt allows an agent (product token or whole User-Agent) to request a URL.

    Raises `AddressError` (a ``ValueError``) if the URL cannot be parsed.
    """
    try:
        urlsplit(url)  # as protego does, though only where there are rules
    except ValueError:
        raise AddressError(
            "not a URL; expected one that starts with http:// or https://", url[:200]
        ) from None
    return parse_robots(robots_txt).allows(url, agent)


def _directives(text: str) -> Iterator[tuple[str, str]]:
    """Yield each line as (name in lower case, value); a missing colon is accepted, as Google does."""
    for raw in _LINE_END.split(text):
        line = raw[:LINE_CHARACTERS].replace("\0", "").partition("#")[0].strip()
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if colon and name in _known_fields():
            yield name, value.strip()
        elif match := _WORDS.fullmatch(line):
            yield match[1].lower(), match[2].strip()


def _add_rule(groups: list[_Group], kind: str, path: str) -> None:
    for group in groups:
        if path:  # an empty rule matches nothing, but it ends the list of agents
            group.rules.append(f"{kind}: {path}")


def _add_other(groups: list[_Group], name: str, value: str) -> None:
    for group in groups:
        if name in _DELAY_FIELDS and (seconds := _SECONDS.fullmatch(value)):
            delay = float(seconds[1].replace(",", "."))
            group.crawl_delay = max(delay, group.crawl_delay or 0.0)  # of several lines the politest
        elif name in _SIGNAL_FIELDS and value:
            group.signals.append((name, value))


def _group_token(value: str) -> str | None:
    """Return the product token of a User-agent line: its leading letters, or ``*``."""
    if value == EVERYONE or value[:2] in ("* ", "*\t"):
        return EVERYONE
    match = _TOKEN.match(value)
    return match[0].lower() if match else None


@lru_cache(maxsize=64)
def _agent_tokens(agent: str) -> tuple[str, ...]:
    """Return the product tokens of an agent: the first one, and those in a comment as browsers send it."""
    tokens = [match[0].lower()] if (match := _TOKEN.match(agent.strip())) else []
    return tuple(dict.fromkeys(tokens + [token.lower() for token in _PRODUCT.findall(agent)]))


@lru_cache(maxsize=1)
def _known_fields() -> frozenset[str]:
    return _AGENT_FIELDS | _ALLOW_FIELDS | _DISALLOW_FIELDS | _DELAY_FIELDS | _SITEMAP_FIELDS | _SIGNAL_FIELDS


def _keep_escapes(text: str) -> str:
    """Escape the escapes of letters and digits, so that protego compares them as written."""
    return _ESCAPED_LETTER.sub("%25", text)
