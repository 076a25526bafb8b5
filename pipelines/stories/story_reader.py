"""Stories as their first reports tell them, read for comparing them with other stories (`threads`)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.matching import FINGERPRINT_VERSION, Fingerprint
from pipelines.matching.affairs import StoryProfile, story_profile
from pipelines.matching.blocking import lasting_keys
from pipelines.matching.fingerprint import SURPRISE_STEPS
from pipelines.matching.stored import opening
from pipelines.storage.store import Store

ARTICLES_READ = 8  # of a story: its first reports carry its names

Sharing = Mapping[int, Mapping[int, set[int]]]  # other story -> key -> its articles that have the key


@dataclass
class StoryReader:
    """Reads each story once."""

    store: Store
    _first: dict[int, frozenset[int]] = field(default_factory=dict)
    _profiles: dict[int, StoryProfile] = field(default_factory=dict)
    _keys: dict[int, dict[int, float]] = field(default_factory=dict)
    _places: dict[int, tuple[float, str]] = field(default_factory=dict)
    _story_of: dict[int, int | None] = field(default_factory=dict)  # of articles

    def first(self, stories: Iterable[int]) -> Mapping[int, frozenset[int]]:
        """Return the first articles of these stories that stand for themselves."""
        members = self.store.stories.members([story for story in stories if story not in self._first])
        standing = self.store.articles.matched_as(article for its in members.values() for article in its)
        heads = self.store.articles.heads(set(standing.values()))
        for story, articles in members.items():
            its = {standing[article] for article in articles if article in standing}
            ranked = sorted(its, key=lambda article: heads[article].sorting)
            self._first[story] = frozenset(ranked[:ARTICLES_READ])
        return self._first

    def places(self, stories: Iterable[int]) -> Mapping[int, tuple[float, str]]:
        """Return for each story what orders it among others: its first day and the key of a report."""
        missing = [story for story in stories if story not in self._places]
        first = self.first(missing)
        bodies = self._bodies(missing)
        for story in missing:
            opened = [opening(bodies[article]) for article in first[story] if article in bodies]
            day = min((each.day for each in opened if each.day is not None), default=math.inf)
            self._places[story] = (day, min((each.content_key for each in opened), default=""))
        return self._places

    def keys(self, story: int) -> Mapping[int, float]:
        """Return the keys for all time of a story with their bits of surprise."""
        if story not in self._keys:
            self._keys[story] = {
                key: report.surprises[position] / SURPRISE_STEPS
                for report in self.profiles([story])[story].reports
                for position, key in lasting_keys(report).items()
            }
        return self._keys[story]

    def sharing(self, story: int, *, most: int) -> Sharing:
        """Return the other stories with articles of a story's keys, but for keys of more articles."""
        articles_of = self.store.postings.lookup(self.keys(story), most=most)
        story_of = self._stories_of({article for articles in articles_of.values() for article in articles})
        shared: defaultdict[int, defaultdict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for key, articles in articles_of.items():
            for article in articles:
                other = story_of[article]
                if other is not None and other != story:
                    shared[other][key].add(article)
        return shared

    def profiles(self, stories: Iterable[int]) -> Mapping[int, StoryProfile]:
        """Return the profiles of these stories."""
        missing = [story for story in stories if story not in self._profiles]
        first = self.first(missing)
        bodies = self._bodies(missing)
        for story in missing:
            self._profiles[story] = story_profile(
                Fingerprint.from_bytes(bodies[article]) for article in first[story] if article in bodies
            )
        return self._profiles

    def _bodies(self, stories: Iterable[int]) -> Mapping[int, bytes]:
        articles = [article for story in stories for article in self._first[story]]
        return self.store.fingerprints.load(articles, version=FINGERPRINT_VERSION)

    def _stories_of(self, articles: Iterable[int]) -> Mapping[int, int | None]:
        missing = [article for article in articles if article not in self._story_of]
        self._story_of.update(dict.fromkeys(missing))
        self._story_of.update(self.store.articles.stories_of(missing))
        return self._story_of
