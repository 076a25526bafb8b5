"""Which stored article a text belongs to, and which of two versions stays. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scraper.articles import announced_article
from scraper.models import Access, Article, Link

RUN_WORDS = 4
# Of the shorter text's runs of words; below it a shared canonical URL is a mistake of a template.
SAME_RUNS = 0.7
RANK = {Access.HEADLINE: 0, Access.TEASER: 1, Access.IMPORTED: 2, Access.FULL: 3}


def is_same(article: Article, known: Article) -> bool:
    """Return whether an article at another URL is the known one, judged by its words.

    A template that names one canonical URL for every page of a section would make one article of all.
    """
    if known.url == article.url:
        return True
    new, old = _runs(article.text), _runs(known.text)
    shorter = min(len(new), len(old))
    return len(new & old) >= SAME_RUNS * shorter if shorter else article.title == known.title


def known_stays(article: Article, known: Article) -> bool:
    """Return whether the stored version is the better one: more of the text, or the main URL of a variant."""
    if RANK[article.access] < RANK[known.access]:
        return True
    is_variant = article.url not in (known.url, article.canonical_url)
    return is_variant and article.canonical_url in (known.url, known.canonical_url)


def rebuilt(article: Article, known: Article) -> Article:
    """Return an article as it was read again, with the identity it has.

    What an importer declared has precedence over the page.
    """
    first, second = (known, article) if known.access is Access.IMPORTED else (article, known)
    return replace(
        article,
        title=first.title or second.title,
        authors=first.authors or second.authors,
        published_at=first.published_at or second.published_at,
        language=first.language or second.language,
        url=known.url,
        canonical_url=known.canonical_url,
        access=Access.IMPORTED if known.access is Access.IMPORTED else article.access,
        source_id=known.source_id,
        external_id=known.external_id,
        rights=known.rights,
    )


def with_feed_text(article: Article, link: Link, *, now: datetime) -> Article:
    """Return the article with the text of its feed entry if that is whole and the page shows a teaser."""
    if article.access is Access.FULL:
        return article
    announced = announced_article(link, now=now)
    if announced is None or announced.access is not Access.FULL:
        return article
    return replace(article, text=announced.text, access=Access.FULL)


def is_version(article: Article, known: Article) -> bool:
    """Return whether an imported row is another version of an article at the same URL.

    Its title or most of its text must be the same: rows of an archive may share the URL of a section.
    """
    titles = [" ".join(each.title.casefold().split()) for each in (article, known)]
    if titles[0] == titles[1]:
        return True
    ours, theirs = _runs(article.text), _runs(known.text)
    shorter = min(len(ours), len(theirs))
    return bool(shorter) and len(ours & theirs) >= SAME_RUNS * shorter


def _runs(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[at : at + RUN_WORDS]) for at in range(len(words) - RUN_WORDS + 1)}
