"""robots.txt by RFC 9309: what may be asked for, how fast, and which sitemaps it names."""

from __future__ import annotations

from dataclasses import dataclass

from protego import Protego

ROBOTS_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB are read, and no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """The rules of one host."""

    rules: Protego
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str, agent: str) -> bool:
        """Whether the agent may ask for this address."""
        return bool(self.rules.can_fetch(url, agent))

    def crawl_delay(self, agent: str) -> float | None:
        """Seconds that the host wants between two requests, if it says so."""
        delay = self.rules.crawl_delay(agent)
        return None if delay is None else float(delay)


def parse_robots(body: bytes) -> Robots:
    """The rules that a robots.txt holds; of anything else than text, none. Never raises."""
    text = body[:ROBOTS_BYTES].decode("utf-8-sig", "replace")
    rules = Protego.parse(text)
    return Robots(rules=rules, sitemaps=tuple(rules.sitemaps))


def robots_allow(robots_txt: bytes, url: str, agent: str) -> bool:
    """Whether this robots.txt lets the agent (a product token or a whole User-Agent) ask for the address."""
    return parse_robots(robots_txt).allows(url, agent)
