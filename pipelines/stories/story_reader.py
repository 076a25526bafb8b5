"""Stories as their first reports tell them, read for comparing them with other stories (`threads`)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from pipelines.matching import FINGERPRINT_VERSION, Fingerprint
from pipelines.matching.affairs import StoryProfile, story_profile
from pipelines.matching.blocking import lasting_keys
from pipelines.matching.fingerprint import SURPRISE_STEPS
from pipelines.matching.stored import opening
from pipelines.storage.store import Store

ARTICLES_READ = 8  # of a story: its first reports carry its names


@dataclass
class StoryReader:
    """Reads each story once."""

    store: Store
    _first: dict[int, frozenset[int]] = field(default_factory=dict)
    _reports: dict[int, dict[int, Fingerprint]] = field(default_factory=dict)  # by article
    _profiles: dict[int, StoryProfile] = field(default_factory=dict)
    _keys: dict[int, dict[int, float]] = field(default_factory=dict)
    _terms: dict[int, str] = field(default_factory=dict)  # of keys
    _places: dict[int, tuple[float, str]] = field(default_factory=dict)
    _story_of: dict[int, int | None] = field(default_factory=dict)  # of articles

    def first(self, stories: Iterable[int]) -> Mapping[int, frozenset[int]]:
        """Return the first articles of these stories that stand for themselves."""
        missing = [story for story in stories if story not in self._first]
        members = self.store.stories.members(missing)
        standing = self.store.articles.matched_as(article for its in members.values() for article in its)
        heads = self.store.articles.heads(set(standing.values()))
        for story in missing:
            its = {standing[article] for article in members.get(story, ()) if article in standing}
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

    def keys(self, stories: Iterable[int]) -> Mapping[int, Mapping[int, float]]:
        """Return for each story the keys for all time of its first reports, with their bits of surprise."""
        missing = [story for story in stories if story not in self._keys]
        reports = self.reports(missing)
        for story in missing:
            keys = self._keys[story] = dict[int, float]()
            for report in reports[story].values():
                for position, key in lasting_keys(report).items():
                    keys[key] = report.surprises[position] / SURPRISE_STEPS
                    self._terms[key] = report.terms[position]
        return self._keys

    def sharing(
        self, stories: Collection[int], *, least: float, most: int
    ) -> Mapping[tuple[int, int], tuple[float, float]]:
        """Return the bits of the keys that both have, by one of these stories and another: of either.

        Keys of first reports count, but for those of more than ``most`` articles. Pairs with fewer bits than
        ``least`` may be left out.
        """
        keys = self.keys(stories)
        holders = self._holders({key for story in stories for key in keys[story]}, most=most)
        near: list[tuple[int, int]] = []
        for story in stories:
            bits: defaultdict[int, float] = defaultdict(float)
            for key in keys[story].keys() & holders.keys():
                for other in holders[key]:
                    bits[other] += keys[story][key]  # whole eighths, so the sum is exact
            near += ((story, other) for other, its in bits.items() if its >= least and other != story)
        self.reports({other for _, other in near})
        found: dict[tuple[int, int], tuple[float, float]] = {}
        for story, other in near:
            shared = {
                key: held
                for key in keys[story].keys() & holders.keys()
                if (held := self._reports[other].keys() & holders[key].get(other, ()))
            }
            own = sum(keys[story][key] for key in shared)
            found[story, other] = (own, self._bits(other, shared))
        return found

    def _bits(self, story: int, shared: Mapping[int, Collection[int]]) -> float:
        """Return the sum of ``keys`` for some keys of a story, given the first articles that have each.

        The keys of a report take fifty times as long to make as a known term takes to find.
        """
        eighths = 0
        for key, articles in shared.items():
            its = [report for article, report in self._reports[story].items() if article in articles]
            if self._terms[key] not in its[-1].terms:  # another term has the same key
                return sum(self.keys([story])[story][each] for each in shared)
            eighths += its[-1].surprises[its[-1].terms.index(self._terms[key])]
        return eighths / SURPRISE_STEPS

    def _holders(self, keys: Iterable[int], *, most: int) -> Mapping[int, Mapping[int, list[int]]]:
        """Return for each key of at most so many articles the stories of these, each with its articles."""
        articles_of = self.store.postings.lookup(keys, most=most)
        story_of = self._stories_of({article for articles in articles_of.values() for article in articles})
        holders: dict[int, defaultdict[int, list[int]]] = {}
        for key, articles in articles_of.items():
            of_story = holders[key] = defaultdict[int, list[int]](list)
            for article in articles:
                if (story := story_of[article]) is not None:
                    of_story[story].append(article)
        return holders

    def profiles(self, stories: Iterable[int]) -> Mapping[int, StoryProfile]:
        """Return the profiles of these stories."""
        missing = [story for story in stories if story not in self._profiles]
        reports = self.reports(missing)
        self._profiles.update((story, story_profile(reports[story].values())) for story in missing)
        return self._profiles

    def reports(self, stories: Iterable[int]) -> Mapping[int, Mapping[int, Fingerprint]]:
        """Return the first reports of these stories by their articles, in the order of their content."""
        missing = [story for story in stories if story not in self._reports]
        first = self.first(missing)
        bodies = self._bodies(missing)
        for story in missing:
            its = ((a, Fingerprint.from_bytes(bodies[a])) for a in first[story] if a in bodies)
            self._reports[story] = dict(sorted(its, key=lambda report: report[1].content_key))
        return self._reports

    def _bodies(self, stories: Iterable[int]) -> Mapping[int, bytes]:
        articles = [article for story in stories for article in self._first[story]]
        return self.store.fingerprints.load(articles, version=FINGERPRINT_VERSION)

    def _stories_of(self, articles: Iterable[int]) -> Mapping[int, int | None]:
        missing = [article for article in articles if article not in self._story_of]
        self._story_of.update(dict.fromkeys(missing))
        self._story_of.update(self.store.articles.stories_of(missing))
        return self._story_of
