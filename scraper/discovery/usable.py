"""Which announced links can be articles of a source. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from scraper.discovery.identity import Identity, item_key
from scraper.errors import AddressError
from scraper.models import Link, Source
from scraper.urls import canonical_url

# Files and pages that no content system publishes an article at: pictures, sound, calendars, feeds, archives;
# the pages of a category, tag or author (WordPress, Drupal, Ghost). Sitemaps list them all.
NOT_ARTICLE_FILE = re.compile(
    r"\.(?:jpe?g|png|gif|svg|webp|avif|ico|bmp|tiff?|mp[34]|m4[av]|ogg|wav|webm|mov|avi|zip|gz|tar|rar|7z|"
    r"exe|dmg|ics|vcf|xml|rss|atom|rdf|css|js|json|woff2?|csv|xlsx?|pptx?|odt|ods|kml|gpx)$",
    re.IGNORECASE,
)
NOT_ARTICLE_PAGE = re.compile(
    r"/(?:tags?|categor(?:y|ies)|authors?|kategorien?|schlagw[oö]rt(?:er)?|categorias?|categoría|etiquetas?|"
    r"étiquettes?|etiquettes?|auteurs?|autor(?:en|es|i)?|trefwoord)/(?:[^/]+|page/\d+|[^/]+/page/\d+)/?$"
    r"|/(?:feed|rss|atom|comments/feed)/?$"
    r"|/wp-(?:admin|login|content|json)\b",
    re.IGNORECASE,
)
# WordPress without speaking addresses: ?p=12 is an article, ?cat=3 a list.
NOT_ARTICLE_QUERY = re.compile(r"^(?:cat|tag|author|m|s|feed|paged|attachment_id)=", re.IGNORECASE)


def usable_links(source: Source, links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the links that can be articles of a source, each article once.

    A link is left out when it is not an http(s) URL, does not pass the source's ``include`` and
    ``exclude``, is the home page or a channel of the source, or leads to a file or list that is never an
    article."""
    not_articles = {_normal(channel.url) for channel in source.channels} | {_normal(source.homepage)}
    by_article: dict[str, Link] = {}
    for link in links:
        url = _normal(link.url)
        if url and url not in not_articles and _passes(source, url) and may_be_article(url):
            by_article.setdefault(item_key(Link(url=url), Identity.LINK), replace(link, url=url))
    return tuple(by_article.values())


def may_be_article(url: str) -> bool:
    """Return whether the path of a URL is not that of a picture, feed, calendar, category or tag page."""
    parts = urlsplit(url)
    if NOT_ARTICLE_QUERY.search(parts.query) and parts.path.rstrip("/") in ("", "/index.php"):
        return False
    return not (NOT_ARTICLE_FILE.search(parts.path) or NOT_ARTICLE_PAGE.search(parts.path))


def _normal(url: str) -> str | None:
    try:
        return canonical_url(url)
    except AddressError:
        return None


def _passes(source: Source, url: str) -> bool:
    if source.include and not any(part in url for part in source.include):
        return False
    return not any(part in url for part in source.exclude)
