"""A story as a reader sees it. Command line, digest, export and web page all show this object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.matching.explanations import common_grounds
from pipelines.models import DecisionKind, RelationKind
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import StoredArticle
from pipelines.storage.tables.stories import ReportShare, StoredStory, StoryChange
from pipelines.storage.tables.topics import MarkKind
from pipelines.stories.reports import believable, outlet_of
from pipelines.stories.shares import Parts, parts_of
from pipelines.stories.voices import Voice, voices_of
from scraper.models import Source

SMALLEST_SHARE = 0.05  # of a report's words; smaller overlaps are chance and names
_DECIDED = 2.0  # ranks above every probability


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One report of a story, with its place in the coverage."""

    stored: StoredArticle
    source: str  # the source's name, else the publisher or site; empty if none is known
    publisher: str  # the owner of the source, else the source; empty if none is known
    is_lead: bool
    copy_of: int | None  # the article whose text this one repeats
    share: ReportShare | None  # None in a story of one report
    reason: str  # why it belongs to the story; empty in a story of one report

    @property
    def id(self) -> int:
        """The article's id."""
        return self.stored.id

    @property
    def published_at(self) -> datetime | None:
        """When it was published; None without a date that can be true."""
        return believable(self.stored.article, self.stored.first_seen_at).published_at

    @property
    def is_doubtful(self) -> bool:
        """Whether it is linked far worse to the story than the other reports, and may be of another event."""
        return self.share is not None and self.share.doubtful

    @property
    def borrowed_share(self) -> float:
        """The share (0..1) of its words that stand in earlier reports; 0 below ``SMALLEST_SHARE``."""
        share = self.share.borrowed_share if self.share else 0.0
        return share if share >= SMALLEST_SHARE else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedView:
    """Another story of the same affair."""

    story: StoredStory
    kind: RelationKind
    is_earlier: bool  # it began before this one
    probability: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryView:
    """One story: its reports in order of publication, what happened to it, and who has not reported it."""

    story: StoredStory
    reports: tuple[ReportView, ...]
    changes: tuple[StoryChange, ...]  # oldest first
    gaps: tuple[str, ...]  # names of watched sources without a report, where several others have one
    related: tuple[RelatedView, ...] = ()  # stories of the same affair, earliest first
    voices: tuple[Voice, ...] = ()  # who is quoted, those in most reports first
    notes: tuple[str, ...] = ()  # of people, each with its author, oldest first

    @property
    def lead(self) -> ReportView | None:
        """The report to read first."""
        return next((report for report in self.reports if report.is_lead), None)

    @property
    def first(self) -> ReportView | None:
        """The report that was published first; None if that is not known.

        Of several sources' reports of one day none is known to be first if one of them has no time.
        """
        dated = [report for report in self.reports if report.published_at is not None]
        rivals = [each for each in dated if each.stored.article.day == dated[0].stored.article.day]
        has_times = not any(each.stored.article.is_day_only for each in rivals)
        return dated[0] if rivals and (has_times or len({each.source for each in rivals}) == 1) else None

    @property
    def origin(self) -> ReportView | None:
        """The report that is the primary source of the others, where there is one."""
        return next((each for each in self.reports if each.id == self.story.origin_article_id), None)

    @property
    def origin_url(self) -> str | None:
        """The URL of the primary source, whether it is one of the reports or not."""
        return self.origin.stored.article.url if self.origin else self.story.origin_url

    @property
    def independent(self) -> tuple[ReportView, ...]:
        """The reports that are not copies."""
        return tuple(report for report in self.reports if report.copy_of is None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources, in order of publication."""
        return tuple(dict.fromkeys(report.source for report in self.reports if report.source))

    @property
    def publishers(self) -> tuple[str, ...]:
        """The publishers in order of publication; sources of one owner are one publisher."""
        return tuple(dict.fromkeys(report.publisher for report in self.reports if report.publisher))

    def parts(self, report: ReportView) -> Parts | None:
        """Return how much of a report is taken from the origin of its story; None without its text."""
        origin = self.origin
        if origin is None or origin.id in {report.id, report.copy_of} or not origin.stored.article.text:
            return None
        article = report.stored.article
        return parts_of(article.text, origin.stored.article.text, language=article.language or "en")

    def copies_of(self, report: ReportView) -> tuple[ReportView, ...]:
        """Return the copies of a report."""
        return tuple(each for each in self.reports if each.copy_of == report.id)


def view_story(store: Store, story_id: int) -> StoryView:
    """Return a story; of one that was merged into another, that one. Raises ``UnknownStoryError``."""
    return next(iter(view_stories(store, [store.stories.get(story_id)])))


def view_stories(store: Store, stories: Sequence[StoredStory]) -> list[StoryView]:
    """Return these stories, all in memory at once."""
    filed = {story.id: store.stories.articles_of(story.id) for story in stories}
    articles = store.articles.many(article for ids in filed.values() for article in ids)
    members = {story: sorted(ids, key=lambda key: _rank(articles[key])) for story, ids in filed.items()}
    sources = sources_by_id(store)
    watched = store.sources.watched()
    reasons = _reasons(store, members)
    quoted = store.quotations.of_articles(articles)
    notes = _notes(store, members)
    return [
        StoryView(
            story=story,
            reports=_reports(store, story, [articles[key] for key in members[story.id]], sources, reasons),
            changes=store.stories.changes(story.id),
            gaps=_gaps(story, [articles[key] for key in members[story.id]], watched),
            related=_related(store, story),
            voices=voices_of(quoted, [key for key in members[story.id] if _is_original(articles[key])]),
            notes=tuple(notes[story.id]),
        )
        for story in stories
    ]


def _notes(store: Store, stories: Iterable[int]) -> defaultdict[int, list[str]]:
    notes: defaultdict[int, list[str]] = defaultdict(list)
    for mark in store.topics.marks(stories):
        if mark.kind is MarkKind.NOTE:
            notes[mark.story_id].append(f"{mark.value} ({mark.made_by})")
    return notes


def _is_original(stored: StoredArticle) -> bool:
    return stored.copy_group in {None, stored.id}


def _rank(stored: StoredArticle) -> tuple[bool, datetime, int]:
    """Sort by publication; undated articles, and those with an impossible date, come last."""
    published = believable(stored.article, stored.first_seen_at).published_at
    return (published is None, published or stored.first_seen_at, stored.id)


def sources_by_id(store: Store) -> dict[str, Source]:
    """Return every source, watched or not."""
    return {source.id: source for source in store.sources.all()}


def source_name(stored: StoredArticle, sources: Mapping[str, Source]) -> str:
    """Return the name of an article's source, else the publisher or site that it names."""
    source = sources.get(stored.article.source_id or "")
    return source.name if source else outlet_of(stored.article)


def _reports(
    store: Store,
    story: StoredStory,
    articles: Sequence[StoredArticle],
    sources: Mapping[str, Source],
    reasons: Mapping[int, str],
) -> tuple[ReportView, ...]:
    shares = store.stories.shares(story.id)
    return tuple(
        ReportView(
            stored=stored,
            source=source_name(stored, sources),
            publisher=_publisher(stored, sources),
            is_lead=stored.id == story.lead_article_id,
            copy_of=stored.copy_group if stored.copy_group != stored.id else None,
            share=shares.get(stored.id),
            reason=reasons.get(stored.id, ""),
        )
        for stored in articles
    )


def _reasons(store: Store, members: Mapping[int, Iterable[int]]) -> dict[int, str]:
    """Return for each article the reason of its surest pair in its story; people's decisions come first."""
    story_of = {article: story for story, articles in members.items() for article in articles}
    best: dict[int, tuple[float, str]] = {}
    for match in store.matches.explained(story_of):
        inside = story_of.get(match.a, -1) == story_of.get(match.b, -2)
        if inside and (common := common_grounds(match)):
            for end, other in ((match.a, match.b), (match.b, match.a)):
                best[end] = max(best.get(end, (0.0, "")), (match.probability, f"with {other}: {common}"))
    for decision in store.decisions.active():
        a, b = decision.article_a, decision.article_b
        if decision.kind is DecisionKind.SAME and story_of.get(a, -1) == story_of.get(b, -2):
            for end, other in ((a, b), (b, a)):
                words = f"with {other}: {decision.decided_by} decided so (decision {decision.id})"
                best[end] = (_DECIDED, words)
    return {article: reason for article, (_, reason) in best.items()}


def _publisher(stored: StoredArticle, sources: Mapping[str, Source]) -> str:
    source = sources.get(stored.article.source_id or "")
    return (source.owner if source else "") or source_name(stored, sources)


def _related(store: Store, story: StoredStory) -> tuple[RelatedView, ...]:
    relations = {
        row.story_b if row.story_a == story.id else row.story_a: row for row in store.related.of(story.id)
    }
    others = store.stories.many(relations)
    ranked = sorted(others.values(), key=lambda other: (_began(other), other.id))
    return tuple(
        RelatedView(
            story=other,
            kind=relations[other.id].kind,
            is_earlier=(_began(other), other.id) < (_began(story), story.id),
            probability=relations[other.id].probability,
            reason=relations[other.id].reason,
        )
        for other in ranked
    )


def _began(story: StoredStory) -> datetime:
    return story.first_published_at or story.created_at


def _gaps(
    story: StoredStory, articles: Iterable[StoredArticle], watched: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the watched sources without a report of a story that two or more others have, as
    `coverage_gaps`."""
    if story.source_count < 2 or story.merged_into is not None:
        return ()
    reporting = {stored.article.source_id for stored in articles}
    return tuple(sorted(name for key, name in watched.items() if key not in reporting))
