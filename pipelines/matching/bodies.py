"""Sources that are bodies: a council, a police force or a hospital, each of which tells of itself.

Two newspapers under one headline tell of one event, two councils under one headline ("Council welcomes good
report") of two. The words were chosen by hand from the names of the sources of the bundled sectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

# Of each kind: what several of it are called, and words of their names or the ends of their hosts.
BODIES: Mapping[str, frozenset[str]] = MappingProxyType({
    "councils": frozenset({"council", "borough", "gov.uk", "cyngor", "comhairle"}),
    "police forces": frozenset({"police", "constabulary", "police.uk"}),
    "health bodies": frozenset({"nhs", "hospital", "hospitals", "nhs.uk"}),
    "fire services": frozenset({"fire"}),
    "universities": frozenset({"university", "ac.uk"}),
    "schools": frozenset({"school", "academy", "college", "sch.uk"}),
    "governments": frozenset({"government"}),
})  # fmt: skip
# Words of the names of newspapers, magazines and stations that name such a body too ("County Times").
OUTLETS = frozenset({
    "advertiser", "argus", "bulletin", "chronicle", "courier", "diary", "digest", "echo", "express",
    "gazette", "guardian", "herald", "independent", "journal", "leader", "ledger", "live", "magazine",
    "mail", "mercury", "observer", "oracle", "post", "radio", "record", "reporter", "review", "standard",
    "star", "telegraph", "times", "today", "tribune", "tv", "week", "weekly", "wire",
})  # fmt: skip
_HOST = re.compile(r"[a-z0-9-]+\.((?:gov|police|nhs|ac|sch)\.uk)")


@lru_cache(maxsize=4096)  # asked for each article, and a desk has few sources
def kind_of_body(source: str) -> str:
    """Return the kind of body that a source is, given its folded name or host; "" for any other."""
    host = _HOST.search(source)
    words = frozenset(re.findall(r"[^\W\d_]+", source)) | ({host.group(1)} if host else frozenset())
    if words & OUTLETS:
        return ""
    return next((kind for kind, its in BODIES.items() if words & its), "")
