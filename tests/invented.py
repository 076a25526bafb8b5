"""Invented reports for tests of filing: events with names and numbers of their own, told in other words by
several.

Nothing here depends on how good the matcher is: the laws that the tests check hold for any verdicts on pairs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pipelines.storage.store import Store
from scraper.models import Access, Article
from tests.factories import NOON

SYLLABLES = (
    "bran",
    "dor",
    "fel",
    "gar",
    "hol",
    "kin",
    "lor",
    "mar",
    "nes",
    "oak",
    "pel",
    "rin",
    "sul",
    "tam",
    "ver",
)
COMMON = (
    "the",
    "council",
    "said",
    "families",
    "would",
    "be",
    "told",
    "about",
    "a",
    "change",
    "before",
    "spring",
    "and",
)
OUTLETS = ("ledger", "gazette", "herald", "courier", "residential")


def name(chance: random.Random) -> str:
    """A proper name that no list of words has."""
    return "".join(chance.choices(SYLLABLES, k=3)).capitalize()


def facts_of(event: int) -> list[str]:
    """What every report of an event draws on."""
    chance = random.Random(f"event {event}")
    place, person, body = name(chance), f"{name(chance)} {name(chance)}", f"{name(chance)} Trust"
    figures = [str(chance.randrange(1000, 90_000)) for _ in range(3)]
    return [
        f"{place} Council will close {body} after an inspection in {place}.",
        f"“We have failed {figures[0]} children and {place} deserved far better,” said {person}, who leads the {body}.",
        f"{person} told a meeting in {place} that {figures[1]} places at {body} would go by spring.",
        f"The inspectors found {figures[2]} records at {body} without a name, and {person} called it shameful.",
        f"Parents in {place} have set up a campaign against {person} and the {body}.",
    ]


def report(event: int, outlet: int, *, words: int = 60) -> Article:
    """One outlet's report of an event."""
    chance = random.Random(f"report {event} {outlet}")
    facts = facts_of(event)
    told = chance.sample(facts, k=min(len(facts), 3 + outlet % 3))
    padding = [" ".join(chance.choices(COMMON, k=12)).capitalize() + "." for _ in range(words // 12)]
    sentences = [*told, *padding]
    chance.shuffle(sentences)
    return Article(
        title=f"{facts[0].split(' will ')[0]} in row over closure ({outlet})"
        if outlet % 2
        else facts[0][:60],
        text="\n".join(sentences),
        url=f"https://{OUTLETS[outlet % len(OUTLETS)]}.example/news/{event}-{outlet}",
        published_at=NOON + timedelta(days=event % 40, hours=outlet),
        language="en",
        access=Access.FULL,
        source_id=OUTLETS[outlet % len(OUTLETS)],
        external_id=f"{event}/{outlet}",
    )


def mixture(one: int, other: int, number: int) -> Article:
    """A report that draws on two events, so that clusters hang together by it."""
    first, second = report(one, number), report(other, number + 1)
    return replace(
        first,
        text=f"{first.text}\n{second.text}",
        external_id=f"{one}+{other}/{number}",
        url=f"{first.url}-{other}",
    )


def corpus(events: int, *, seed: int = 0) -> list[Article]:
    """Reports of events by up to five outlets, with word-for-word copies, undated and headline-only ones
    among them."""
    chance = random.Random(f"corpus {seed}")
    articles: list[Article] = []
    for event in range(events):
        for outlet in range(chance.randrange(1, 6)):
            article = report(event, outlet)
            kind = chance.random()
            if kind < 0.15:
                article = replace(article, published_at=None)
            elif kind < 0.25:
                article = replace(article, text="", access=Access.HEADLINE)
            articles.append(article)
            if chance.random() < 0.2:
                articles.append(copy_of(article, hours=chance.choice((-3, 0, 5)), number=len(articles)))
        if event and chance.random() < 0.3:
            articles.append(mixture(event, event - 1, event % 3))
    return articles


def copy_of(article: Article, *, hours: int, number: int) -> Article:
    """The same text at another place."""
    published = article.published_at + timedelta(hours=hours) if article.published_at else None
    return replace(
        article,
        url=f"https://copier.example/{number}",
        source_id="copier",
        external_id=f"copy {number}",
        published_at=published,
    )


def partition(stories: Sequence[tuple[str, int]]) -> set[frozenset[str]]:
    """The sets of articles that share a story."""
    groups: dict[int, set[str]] = {}
    for article, story in stories:
        groups.setdefault(story, set()).add(article)
    return {frozenset(group) for group in groups.values()}


# The articles of the two stories; kind, probability, reason, and whether it is through a third story.
Relation = tuple[frozenset[frozenset[str]], str, float, str, bool]


def relations(store: Store) -> frozenset[Relation]:
    """What is stored of related stories, by the articles of each, whatever the ids are."""
    stored = store.articles.many(store.articles.ids())
    names = {article: row.article.external_id or "" for article, row in stored.items()}
    members = store.stories.members(story.id for story in store.stories.listing(limit=-1))
    told = {story: frozenset(names[article] for article in articles) for story, articles in members.items()}
    return frozenset(
        (
            frozenset((told[row.story_a], told[row.story_b])),
            row.kind,
            row.probability,
            row.reason,
            row.through_story is not None,
        )
        for story in told
        for row in store.related.of(story)
    )
