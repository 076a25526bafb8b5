"""How much of an article a page gives away, by what its publisher declares and by the walls that stand in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from scraper.models import Access

# What publishers write into their metas for analytics and social networks; values met on pages and in documentation.
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
FREE_TIERS = re.compile("free|open|public", re.IGNORECASE)


def declared_access(free: bool | None, metas: Mapping[str, str]) -> tuple[Access, str]:
    """What the page declares: `Access.TEASER` for what is not free to read, and where it says so.

    A declared lock is only a sign: many publishers send the whole text and let a script hide it. The body decides then.
    """
    if free is not None:
        return (Access.FULL if free else Access.TEASER), "json-ld isAccessibleForFree"
    for name, pattern in LOCKED_METAS.items():
        if (value := metas.get(name)) and pattern.fullmatch(value.strip()):
            return Access.TEASER, f"meta {name}"
    return Access.FULL, ""
