"""The words of e-mail newsletters, read from ``newsletters.toml`` once. Pure but for that file."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterWords:
    """One pattern for each list of the file."""

    service: re.Pattern[str]
    poll: re.Pattern[str]
    sponsor: re.Pattern[str]
    more: re.Pattern[str]
    post: re.Pattern[str]
    forwarded: re.Pattern[str]
    header: re.Pattern[str]  # one field in a forwarded mail's header; its groups are from, date, subject, to
    label: re.Pattern[str]  # the name of such a field alone
    field_break: re.Pattern[str]  # the space before a field: a plain mail's header is one paragraph
    service_links: re.Pattern[str]


@cache
def newsletter_words() -> NewsletterWords:
    """Return the patterns."""
    lists = tomllib.loads(
        files("scraper.extraction").joinpath("newsletters.toml").read_text(encoding="utf-8")
    )

    def pattern(name: str) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{part})" for part in lists[name]), re.IGNORECASE)

    fields = "|".join(f"(?P<{name}>{'|'.join(lists[name])})" for name in ("from", "date", "subject", "to"))
    names = "|".join(part for name in ("from", "date", "subject", "to") for part in lists[name])
    return NewsletterWords(
        service=pattern("service"),
        poll=pattern("poll"),
        sponsor=pattern("sponsor"),
        more=pattern("more"),
        post=pattern("post"),
        forwarded=pattern("forwarded"),
        label=re.compile(rf"\W*(?:{names})\W{{0,3}}:\s*", re.IGNORECASE),
        field_break=re.compile(rf"\s(?=\**(?:{names})\s?:\**\s)", re.IGNORECASE),
        header=re.compile(rf"^\W*(?:{fields})\W{{0,3}}:\s*(?P<value>.+)", re.IGNORECASE),
        service_links=pattern("service_links"),
    )
