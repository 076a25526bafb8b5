"""What is said of each change of a story: one sentence with the reason, for people who ask why a story is as
it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations

from pipelines.matching.explanations import common_grounds
from pipelines.models import ChangeKind, Decision, DecisionKind, Match
from pipelines.storage.tables.stories import StoryChange
from pipelines.stories.summary import IdAssignment
from pipelines.text import counted, quoted

LISTED_OUTLETS = 4  # in the sentence about a new story


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLog:
    """Writes the changes of one filing. ``cause``: why a person asked for it; else the matcher's reason is
    given."""

    at: datetime
    by: str
    cause: str
    story_of: Mapping[int, int]  # where each article was before
    title_of: Mapping[int, str]  # of stories, before
    pairs: Mapping[
        int, Sequence[tuple[float, int, str]]
    ]  # for each article: probability, other article, reason
    revised: Collection[int] = ()  # articles that their publishers changed since they were filed
    anew: bool = False  # everything is compared again
    said: Mapping[int, str] = field(
        default_factory=dict
    )  # of articles that people joined with others: who said so

    def changes(
        self, placing: IdAssignment, story: int, *, title: str, lead: int, outlets: Iterable[str]
    ) -> Iterator[StoryChange]:
        """The changes that one cluster brings to its story and to those it took articles from."""
        parted = set(placing.parted_from)
        if placing.story is None:
            yield self._beginning(placing, story, title, outlets)
        for other in placing.merged:
            moved = [article for article in placing.cluster if self.story_of.get(article) == other]
            why = self._why(moved, set(placing.cluster) - set(moved))
            yield self._change(other, ChangeKind.MERGED, f"merged into story {story}{why}", other=story)
            taken = f"took in story {other}, {quoted(self.title_of.get(other, ''))}{why}"
            yield self._change(story, ChangeKind.MERGED, taken, other=other)
        for other in sorted(parted):
            moved = [article for article in placing.cluster if self.story_of.get(article) == other]
            left = f"{counted(len(moved), 'article')} left for story {story}, {quoted(title)}{self._parting(moved)}"
            yield self._change(other, ChangeKind.SPLIT, left, other=story)
        inside = set(placing.cluster)
        for article in placing.cluster:
            before = self.story_of.get(article)
            if before is None and not (placing.story is None and article == lead):
                yield self._change(
                    story, ChangeKind.JOINED, f"joined{self._why([article], inside)}", article=article
                )
            elif before in parted and placing.story is not None:
                came = f"came over from story {before}{self._why([article], inside)}"
                yield self._change(story, ChangeKind.JOINED, came, article=article, other=before)

    def _beginning(
        self, placing: IdAssignment, story: int, title: str, outlets: Iterable[str]
    ) -> StoryChange:
        if placing.parted_from:
            parents = " and ".join(f"story {other}" for other in placing.parted_from)
            moved = [article for article in placing.cluster if article in self.story_of]
            detail = f"split off {parents}{self._parting(moved)}"
            return self._change(story, ChangeKind.SPLIT, detail, other=placing.parted_from[0])
        named = list(dict.fromkeys(outlet for outlet in outlets if outlet))
        by = f" by {', '.join(named[:LISTED_OUTLETS])}" if named else ""
        more = f" and {len(named) - LISTED_OUTLETS} more" if len(named) > LISTED_OUTLETS else ""
        return self._change(
            story,
            ChangeKind.CREATED,
            f"{quoted(title)}: {counted(len(placing.cluster), 'article')}{by}{more}",
        )

    def _why(self, moved: Iterable[int], others: Collection[int]) -> str:
        if self.cause:
            return f": {self.cause}"
        moved = tuple(moved)
        found = [
            (probability, reason)
            for article in moved
            for probability, other, reason in self.pairs.get(article, ())
            if other in others and other != article
        ]
        if found:
            return f": {max(found)[1]}"
        told = next((self.said[article] for article in moved if article in self.said), "")
        return f": {told or 'it is near to the story as a whole'}"

    def _parting(self, moved: Collection[int]) -> str:
        """Why articles left a story."""
        one = len(moved) == 1
        if self.cause:
            return f": {self.cause}"
        if self.anew:
            return f": compared anew, {'it is' if one else 'they are'} of another event"
        if self.revised and any(article in self.revised for article in moved):
            return f": revised by the publisher, {'it is' if one else 'they are'} of another event now"
        return f": compared with what came since, {'it is' if one else 'they are'} of another event"

    def _change(
        self,
        story: int,
        kind: ChangeKind,
        detail: str,
        *,
        article: int | None = None,
        other: int | None = None,
    ) -> StoryChange:
        return StoryChange(
            story_id=story,
            kind=kind,
            detail=detail,
            at=self.at,
            article_id=article,
            other_story_id=other,
            by=self.by,
        )


def by_article(matches: Iterable[Match]) -> dict[int, list[tuple[float, int, str]]]:
    """Return for each article its pairs that have something in common: probability, other article, grounds."""
    pairs: defaultdict[int, list[tuple[float, int, str]]] = defaultdict(list)
    for match in matches:
        if common := common_grounds(match):
            pairs[match.a].append((match.probability, match.b, common))
            pairs[match.b].append((match.probability, match.a, common))
    return dict(pairs)


def said_by_people(decisions: Iterable[Decision]) -> dict[int, str]:
    """For each article that a person joined with another: who said so, of which."""
    found: dict[int, str] = {}
    for decision in decisions:
        if decision.kind is DecisionKind.SAME:
            for one, other in permutations((decision.article_a, decision.article_b)):
                found.setdefault(
                    one, f"{decision.decided_by} joined it with {other} (decision {decision.id})"
                )
    return found
