"""The history of stories: one sentence with the reason for each change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations

from pipelines.matching.explanations import common_grounds
from pipelines.models import ChangeKind, Decision, DecisionKind, Match
from pipelines.storage.tables.stories import StoryChange
from pipelines.stories.identity import IdAssignment
from pipelines.text import counted, quoted

LISTED_OUTLETS = 4  # in the sentence about a new story

PairsOfArticle = Sequence[tuple[float, int, str]]  # probability, other article, what they have in common


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLog:
    """Writes the changes of one filing. ``cause``: why a person asked for it; else the matcher's reason is
    given."""

    at: datetime
    by: str
    cause: str
    story_of: Mapping[int, int]  # where each article was before
    title_of: Mapping[int, str]  # of stories, before
    pairs: Mapping[int, PairsOfArticle]
    revised: Collection[int] = ()  # articles that their publishers changed since they were filed
    everything: bool = False  # all articles were compared again
    joined: Mapping[int, str] = field(default_factory=dict)  # of articles that people joined: who said so

    def changes(
        self, assignment: IdAssignment, story: int, *, title: str, lead: int, outlets: Iterable[str]
    ) -> Iterator[StoryChange]:
        """Yield the changes that one cluster brings to its story and to those it took articles from."""
        if assignment.story is None or assignment.revived:
            yield self._beginning(assignment, story, title, outlets)
        yield from self._mergers(assignment, story)
        yield from self._partings(assignment, story, title)
        yield from self._arrivals(assignment, story, lead)

    def _mergers(self, assignment: IdAssignment, story: int) -> Iterator[StoryChange]:
        for other in assignment.merged:
            moved = self._from(assignment, other)
            why = self._why(moved, set(assignment.cluster) - set(moved))
            yield self._change(other, ChangeKind.MERGED, f"merged into story {story}{why}", other=story)
            taken = f"took in story {other}, {quoted(self.title_of.get(other, ''))}{why}"
            yield self._change(story, ChangeKind.MERGED, taken, other=other)

    def _partings(self, assignment: IdAssignment, story: int, title: str) -> Iterator[StoryChange]:
        for other in sorted(set(assignment.parted_from)):
            moved = self._from(assignment, other)
            left = f"{counted(len(moved), 'article')} moved to story {story}, {quoted(title)}"
            yield self._change(other, ChangeKind.SPLIT, left + self._why_parted(moved), other=story)

    def _arrivals(self, assignment: IdAssignment, story: int, lead: int) -> Iterator[StoryChange]:
        inside = set(assignment.cluster)
        for article in assignment.cluster:
            before = self.story_of.get(article)
            began = assignment.story is None or assignment.revived
            if before is None and not (began and article == lead):
                joined = f"joined{self._why([article], inside)}"
                yield self._change(story, ChangeKind.JOINED, joined, article=article)
            elif before in assignment.parted_from and not began:
                came = f"moved here from story {before}{self._why([article], inside)}"
                yield self._change(story, ChangeKind.JOINED, came, article=article, other=before)

    def _from(self, assignment: IdAssignment, story: int) -> list[int]:
        return [article for article in assignment.cluster if self.story_of.get(article) == story]

    def _beginning(
        self, assignment: IdAssignment, story: int, title: str, outlets: Iterable[str]
    ) -> StoryChange:
        if assignment.parted_from:
            parents = " and ".join(f"story {other}" for other in assignment.parted_from)
            moved = [article for article in assignment.cluster if article in self.story_of]
            detail = f"split off {parents}{self._why_parted(moved)}"
            return self._change(story, ChangeKind.SPLIT, detail, other=assignment.parted_from[0])
        names = list(dict.fromkeys(outlet for outlet in outlets if outlet))
        by = f" by {', '.join(names[:LISTED_OUTLETS])}" if names else ""
        more = f" and {len(names) - LISTED_OUTLETS} more" if len(names) > LISTED_OUTLETS else ""
        detail = f"{quoted(title)}: {counted(len(assignment.cluster), 'article')}{by}{more}"
        return self._change(story, ChangeKind.CREATED, detail)

    def _why(self, moved: Iterable[int], others: Collection[int]) -> str:
        if self.cause:
            return f": {self.cause}"
        articles = tuple(moved)
        pairs = [
            (probability, common)
            for article in articles
            for probability, other, common in self.pairs.get(article, ())
            if other in others and other != article
        ]
        if pairs:
            return f": {max(pairs)[1]}"
        by_person = next((self.joined[article] for article in articles if article in self.joined), "")
        return f": {by_person or 'it is close to the story as a whole'}"

    def _why_parted(self, moved: Collection[int]) -> str:
        """Return why articles left a story."""
        subject = "it is" if len(moved) == 1 else "they are"
        if self.cause:
            return f": {self.cause}"
        if self.everything:
            return f": compared again, {subject} of another event"
        if self.revised and any(article in self.revised for article in moved):
            return f": revised by the publisher, {subject} of another event now"
        return f": compared with what came since, {subject} of another event"

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


def pairs_by_article(matches: Iterable[Match]) -> dict[int, PairsOfArticle]:
    """Return for each article its pairs that have something in common."""
    pairs: defaultdict[int, list[tuple[float, int, str]]] = defaultdict(list)
    for match in matches:
        if common := common_grounds(match):
            pairs[match.a].append((match.probability, match.b, common))
            pairs[match.b].append((match.probability, match.a, common))
    return dict(pairs)


def joined_by_people(decisions: Iterable[Decision]) -> dict[int, str]:
    """Return for each article that a person joined with another who said so."""
    joined: dict[int, str] = {}
    for decision in decisions:
        if decision.kind is DecisionKind.SAME:
            for one, other in permutations((decision.article_a, decision.article_b)):
                joined.setdefault(
                    one, f"{decision.decided_by} joined it with {other} (decision {decision.id})"
                )
    return joined
