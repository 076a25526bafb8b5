"""Read what a page declares about its article in JSON-LD (https://schema.org/Article)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from scraper.extraction.characters import clean_characters

MAX_JSON_CHARS = 1_000_000  # a script larger than this is a data dump; real article nodes are below 100 kB
NOT_TEXT = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]"
)  # JSON can carry what no page can
MAX_DEPTH = 12  # @graph / mainEntity / author stay far above this

ARTICLE_TYPES = frozenset(
    """
    Article NewsArticle AdvertiserContentArticle AnalysisNewsArticle AskPublicNewsArticle
    BackgroundNewsArticle OpinionNewsArticle ReportageNewsArticle ReviewNewsArticle BlogPosting
    LiveBlogPosting SocialMediaPosting Report ScholarlyArticle TechArticle SatiricalArticle
    DiscussionForumPosting MedicalScholarlyArticle Review Recipe HowTo
    """.split()
)
PAGE_TYPES = frozenset(("WebPage", "ItemPage", "MedicalWebPage", "VideoObject", "PodcastEpisode"))
# Below these keys stand other articles, or comments: not this page's own node.
FOREIGN_KEYS = frozenset(
    """
    itemListElement hasPart comment review relatedLink isPartOf about mentions citation isBasedOn
    liveBlogUpdate video image potentialAction breadcrumb significantLink
    """.split()
)
ORGANISATION_TYPES = frozenset(
    ("Organization", "NewsMediaOrganization", "Corporation", "Brand", "Thing", "WebSite")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One author as declared; ``organisation`` when the declaration says that it is not a person."""

    name: str
    organisation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Structured:
    """The article node of a page, values as written. Empty strings where nothing is declared."""

    headline: str = ""
    authors: tuple[Person, ...] = ()
    published: str = ""
    modified: str = ""
    language: str = ""
    publisher: str = ""
    url: str = ""
    free: bool | None = None  # isAccessibleForFree
    is_article: bool = False


def read_structured(scripts: Iterable[str], url: str | None = None) -> Structured:
    """Return the richest article node of all JSON-LD scripts of a page; an empty one without any.

    Of several the one counts that gives this URL as its own: related stories are declared beside it.
    Scripts that are not JSON are skipped: half of the errors are in a second, unrelated script.
    """
    nodes = [node for script in scripts for node in _nodes(parse_json(script), 0)]
    named = {str(node["@id"]): node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    articles = [node for node in nodes if _types(node) & ARTICLE_TYPES]
    pages = [node for node in nodes if _types(node) & PAGE_TYPES]
    if not articles and not pages:
        return Structured()
    own = [node for node in articles if _is_of(node, url)] if url and len(articles) > 1 else []
    main = max(own or articles, key=_richness) if articles else pages[0]
    others = [*articles, *pages]
    return Structured(
        headline=_text(main.get("headline")) or (_text(main.get("name")) if articles else ""),
        authors=tuple(_people(main.get("author") or main.get("creator"), named)),
        published=_first(others if not articles else [main, *pages], "datePublished")
        or _first([main], "dateCreated"),
        modified=_first([main, *pages], "dateModified"),
        language=_text(main.get("inLanguage")),
        publisher=next((person.name for person in _people(main.get("publisher"), named)), "")
        or _site_name(nodes),
        url=_address(main.get("mainEntityOfPage")) or _text(main.get("url")),
        free=next((free for free in map(_is_free, others) if free is not None), None),
        is_article=bool(articles),
    )


def parse_json(script: str) -> object:
    """Return the value of a script, without the wrappings that CMSs put around it; ``None`` if it is not
    JSON.
    """
    if len(script) > MAX_JSON_CHARS:
        return None
    for text in (script, *_mended(script)):
        try:
            value = json.loads(text, strict=False)
            return json.loads(value, strict=False) if isinstance(value, str) else value  # encoded twice
        except (ValueError, RecursionError):
            continue
    return None


def _mended(script: str) -> Iterator[str]:
    """Yield the script without comments and CDATA marks, without trailing commas, with entities resolved."""
    bare = (
        re.sub(
            r"^\s*(?:<!--|/\*<!\[CDATA\[\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|/\*\]\]>\*/|//\s*\]\]>|"
            r"\]\]>)\s*$",
            "",
            script,
        )
        .strip()
        .rstrip(";")
    )
    if bare != script:
        yield bare
    if bare[:1] in "[{":
        yield re.sub(r",(\s*[}\]])", r"\1", bare)
        if "&quot;" in bare:
            yield html.unescape(bare)


def _nodes(value: object, depth: int) -> Iterator[dict[str, object]]:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, list):
        for item in value:
            yield from _nodes(item, depth + 1)
    elif isinstance(value, dict):
        if "@type" in value or "@id" in value:
            yield value
        for key, item in value.items():
            if key not in FOREIGN_KEYS and isinstance(item, dict | list):
                yield from _nodes(item, depth + 1)


def _types(node: dict[str, object]) -> set[str]:
    kinds = node.get("@type")
    found = kinds if isinstance(kinds, list) else [kinds]
    return {kind.rpartition("/")[2] for kind in found if isinstance(kind, str)}


def _richness(node: dict[str, object]) -> int:
    return sum(
        bool(node.get(key))
        for key in ("headline", "datePublished", "author", "articleBody", "publisher", "mainEntityOfPage")
    )


def _is_of(node: dict[str, object], url: str) -> bool:
    """Return whether a node names a URL as its own, whatever its scheme, query and fragment."""
    named = (_address(node.get("mainEntityOfPage")), _text(node.get("url")))
    return any(address and _bare_address(address) == _bare_address(url) for address in named)


def _bare_address(url: str) -> str:
    return url.partition("#")[0].partition("?")[0].rpartition("://")[2].removeprefix("www.").rstrip("/")


def _text(value: object) -> str:
    if isinstance(value, list):
        return next((text for text in map(_text, value) if text), "")
    if isinstance(value, dict):
        return _text(value.get("@value") or value.get("name"))
    if not isinstance(value, str):
        return ""
    return clean_characters(" ".join(NOT_TEXT.sub(" ", html.unescape(value)).split()))


def _first(nodes: Iterable[dict[str, object]], key: str) -> str:
    return next((text for text in (_text(node.get(key)) for node in nodes) if text), "")


def _people(value: object, named: dict[str, dict[str, object]]) -> Iterator[Person]:
    if isinstance(value, list):
        for item in value:
            yield from _people(item, named)
    elif isinstance(value, str):
        yield from (
            Person(name=name) for name in (_text(value),) if name and not name.startswith(("http:", "https:"))
        )
    elif isinstance(value, dict):
        node = value if value.get("name") else named.get(str(value.get("@id")), value)
        names = node.get("name")
        organisation = bool(_types(node) & ORGANISATION_TYPES) and "Person" not in _types(node)
        for name in names if isinstance(names, list) else [names]:
            if text := _text(name):
                yield Person(name=text, organisation=organisation)


def _site_name(nodes: list[dict[str, object]]) -> str:
    return next(
        (
            name
            for node in nodes
            if _types(node) & {"WebSite", "NewsMediaOrganization"} and (name := _text(node.get("name")))
        ),
        "",
    )


def _address(value: object) -> str:
    return _text(value.get("@id") or value.get("url")) if isinstance(value, dict) else _text(value)


def _is_free(node: dict[str, object]) -> bool | None:
    value = node.get("isAccessibleForFree")
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(_text(value).lower().rpartition("/")[2])
