"""Which stored article a text belongs to, and which of two versions stays. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scraper.articles import announced_article
from scraper.models import Access, Article, DatePrecision, Link

RUN_WORDS = 4
# Of the shorter text's runs of words; below it a shared canonical URL is a mistake of a template.
SAME_RUNS = 0.7
RANK = {Access.HEADLINE: 0, Access.TEASER: 1, Access.IMPORTED: 2, Access.FULL: 3}
_EXACTNESS = {None: 0, DatePrecision.MONTH: 1, DatePrecision.DAY: 2, DatePrecision.MINUTE: 3}


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

    What an importer declared has precedence over the page. A day on the page leaves the time of that day that
    a feed gave. Both are dated.
    """
    first, second = (known, article) if known.access is Access.IMPORTED else (article, known)
    is_rough = _exactness(article) < _exactness(known) and _agree(article, known)
    article = _with_date_of(known if is_rough else first if first.published_at else second, article)
    return replace(
        article,
        title=first.title or second.title,
        authors=first.authors or second.authors,
        modified_at=article.modified_at or known.modified_at,
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


def announced_before(link: Link, known: Article) -> Link:
    """Return another source's link to a known article: what that one's own source said goes before."""
    return replace(
        link,
        title=known.title or link.title,
        authors=known.authors or link.authors,
        modified_at=known.modified_at or link.modified_at,
        language=known.language or link.language,
        publisher=known.publisher or link.publisher,
    )


def with_known_facts(article: Article, known: Article) -> Article:
    """Return the article with what a channel said once and the page does not say."""
    return replace(
        article,
        authors=article.authors or known.authors,
        modified_at=article.modified_at or known.modified_at,
        language=article.language or known.language,
    )


def with_known_date(article: Article, known: Article, *, is_own: bool) -> Article:
    """Return the article with the known date of publication where its own is less exact. Both are dated.

    Unless it ``is_own``, another source brought it: then only a more exact form of the known date counts.
    """
    if known.published_at is None:
        return article
    ours, theirs = _exactness(article), _exactness(known)
    counts = ours >= theirs if is_own else ours > theirs and _agree(known, article)
    return article if counts else _with_date_of(known, article)


def _with_date_of(dated: Article, article: Article) -> Article:
    return replace(
        article,
        published_at=dated.published_at,
        published_precision=dated.published_precision,
        published_day=dated.published_day,
    )


def _exactness(article: Article) -> int:
    return _EXACTNESS[article.published_precision if article.published_at else None]


def _agree(rough: Article, exact: Article) -> bool:
    """Return whether an exact date is in the day or the month that a rough one names."""
    first, second = rough.published_day, exact.published_day
    if first is None or second is None or rough.published_precision is not DatePrecision.MONTH:
        return first == second
    return (first.year, first.month) == (second.year, second.month)


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
