"""Make a digest: choose the stories with news in a window, rank them, and put each into one section."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipelines.config.settings import Config, DigestList
from pipelines.errors import UnknownStoryError
from pipelines.export.digest.content import (
    ChangeOfArticle,
    Digest,
    DigestChange,
    DigestFact,
    DigestReport,
    DigestSection,
    DigestStory,
    NewSentence,
)
from pipelines.export.digest.novelty import lead_of, new_sentences
from pipelines.export.records import may_quote
from pipelines.storage.store import Store
from pipelines.storage.tables.digests import DigestEntry, TextChange
from pipelines.storage.tables.stories import StoredStory
from pipelines.stories.ranking import Standing, ranked
from pipelines.stories.view import ReportView, StoryView, sources_by_id, view_stories
from pipelines.text import adds_correction
from scraper.models import Source

TOP_STORIES = "Top stories"
OTHER_STORIES = "Other stories"
LATE_DAYS = 7  # articles that were published longer before the window are archive, not news
MAX_NEW_SENTENCES = 3  # of one story
TOP_PUBLISHERS = 2  # a top story has at least so many


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRequest:
    """The digest that is wanted. ``topic``: only stories of this topic."""

    since: datetime
    until: datetime
    made_at: datetime
    readers: DigestList
    topic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """The new articles, and the texts of those whose sentences may be passed on."""

    news: frozenset[int]
    until: datetime
    quotable: Mapping[int, str]


def build_digest(store: Store, config: Config, request: DigestRequest) -> Digest:
    """Return the digest of a window. The same database and window always give the same digest."""
    articles = store.digests.new_articles(
        since=request.since,
        until=request.until,
        published_after=request.since - timedelta(days=LATE_DAYS),
    )
    stories, left_out = _chosen_stories(store, config, request, articles)
    views = {view.story.id: view for view in view_stories(store, stories)}
    scope = _Scope(
        news=frozenset(articles), until=request.until, quotable=_quotable(store, config, views.values())
    )
    digested = [_digest_story(store, views[story.id], config, scope) for story in stories]
    return Digest(
        id=store.digests.next_id(),
        title=config.digest.title,
        desk=config.contact or config.database.name,
        list=request.readers.name,
        made_at=request.made_at,
        since=request.since,
        until=request.until,
        timezone=str(config.timezone),
        sections=_sections(store, config, request, digested, left_out),
        changes=_changes(store, request),
        is_links_only=request.readers.is_links_only,
        has_headlines=request.readers.headlines or not request.readers.is_links_only,
        left_out=len(left_out),
    )


def _chosen_stories(
    store: Store, config: Config, request: DigestRequest, articles: Mapping[int, int]
) -> tuple[list[StoredStory], list[StoredStory]]:
    """Return the stories with news, by independent publishers, news, topics, time and id; then those beyond
    ``max_stories``."""
    news: dict[int, int] = {}
    for story_id in articles.values():
        news[story_id] = news.get(story_id, 0) + 1
    topics = store.topics.of_stories(news)
    if request.topic:
        news = {each: count for each, count in news.items() if request.topic in topics.get(each, ())}
    publishers = store.topics.publishers(news)
    standings = {
        each: Standing(publishers=publishers.get(each, 0), news=count, has_topic=bool(topics.get(each)))
        for each, count in news.items()
    }
    stories, most = ranked(store.stories.many(news).values(), standings), config.digest.max_stories
    return stories[:most], stories[most:]


def _quotable(store: Store, config: Config, views: Iterable[StoryView]) -> dict[int, str]:
    sources = sources_by_id(store)
    return {
        report.id: report.stored.article.text
        for view in views
        for report in view.reports
        if may_quote(report.stored, sources.get(report.stored.article.source_id or ""), config.purpose)
    }


def _digest_story(store: Store, view: StoryView, config: Config, scope: _Scope) -> DigestStory:
    news = scope.news
    reports = [report for report in view.reports if report.stored.first_seen_at < scope.until]
    lead = view.lead or (reports[0] if reports else None)
    names = {topic.id: topic.name for topic in config.topics}
    topics = store.topics.of_stories([view.story.id]).get(view.story.id, ())
    return DigestStory(
        story_id=view.story.id,
        title=view.story.title,
        url=lead.stored.article.url if lead else None,
        lead_article_id=lead.id if lead else None,
        lead=lead_of(scope.quotable.get(lead.id, "")) if lead else "",
        reports=tuple(_digest_report(report, news) for report in reports),
        publishers=store.topics.publishers([view.story.id]).get(view.story.id, 0),
        topics=tuple(names[topic] for topic in topics if topic in names),
        notes=view.notes,
        is_new=all(report.id in news for report in reports),
        new_sentences=_new_sentences(reports, scope),
        updated_at=max((report.stored.first_seen_at for report in reports), default=view.story.updated_at),
    )


def _digest_report(report: ReportView, news: frozenset[int]) -> DigestReport:
    article = report.stored.article
    published = article.published_at
    return DigestReport(
        article_id=report.id,
        source=report.source,
        title=article.title,
        url=article.url,
        published_at=published,
        has_time=published is not None and not article.is_day_only,
        published_day=article.day,
        is_copy=report.copy_of is not None,
        is_new=report.id in news,
    )


def _new_sentences(reports: Sequence[ReportView], scope: _Scope) -> tuple[NewSentence, ...]:
    """Return what the new reports add to the earlier ones; nothing for a story that is new itself."""
    known = [report.stored.article.text for report in reports if report.id not in scope.news]
    if not known:
        return ()
    sentences: list[NewSentence] = []
    for report in reports:
        if report.id in scope.news and report.copy_of is None:
            text = report.stored.article.text
            most = MAX_NEW_SENTENCES - len(sentences)
            fresh = new_sentences(text, known, most=most) if most and report.id in scope.quotable else []
            sentences += [NewSentence(article_id=report.id, source=report.source, text=s) for s in fresh]
            known.append(text)
    return tuple(sentences)


def _sections(
    store: Store,
    config: Config,
    request: DigestRequest,
    stories: Sequence[DigestStory],
    left_out: Sequence[StoredStory],
) -> tuple[DigestSection, ...]:
    """Return the top stories, then the sections of the config, then the others; each story once."""
    top = [story for story in stories if story.publishers >= TOP_PUBLISHERS][: config.digest.top]
    rest = [story for story in stories if story not in top]
    sources = sources_by_id(store)
    topics = store.topics.of_stories(story.story_id for story in rest)
    names = {topic.id: topic.name for topic in config.topics}
    elsewhere = {key for of in store.topics.of_stories(each.id for each in left_out).values() for key in of}
    elsewhere |= {key for key, name in names.items() if any(name in story.topics for story in top)}
    keys = config.digest.sections or tuple(names)
    by_section: dict[str, list[DigestStory]] = {key: [] for key in keys}
    for story in rest:
        own = (*topics.get(story.story_id, ()), _kind_of(store, story, sources))
        section = next((key for key in keys if key in own), None)
        by_section.setdefault(section or _other_section(own[-1]), []).append(story)
    sections = [DigestSection(name=TOP_STORIES, stories=tuple(top))] if top else []
    for key, members in by_section.items():
        is_wanted = members or (key in names and key not in elsewhere and request.topic in ("", key))
        if is_wanted:
            sections.append(DigestSection(name=names.get(key, _heading(key)), stories=tuple(members)))
    return tuple(sections)


def _kind_of(store: Store, story: DigestStory, sources: Mapping[str, Source]) -> str:
    """Return the kind of the source of a story's lead report; empty if it is not known."""
    if story.lead_article_id is None:
        return ""
    source_id = store.articles.get(story.lead_article_id).article.source_id
    return sources[source_id].kind if source_id is not None and source_id in sources else ""


def _other_section(kind: str) -> str:
    return kind or OTHER_STORIES


def _heading(key: str) -> str:
    return key[:1].upper() + key[1:]


def _changes(store: Store, request: DigestRequest) -> tuple[DigestChange, ...]:
    window = {"since": request.since, "until": request.until}
    changed = [*store.digests.revised(**window), *store.digests.removed(**window)]
    facts: dict[int, list[DigestFact]] = {}
    for fact in store.corrections.within(**window):
        replaced = DigestFact(before=fact.before, after=fact.after, still_in=fact.still_in)
        facts.setdefault(fact.article_id, []).append(replaced)
    return tuple(_digest_change(change, facts.get(change.article_id, ())) for change in changed)


def _digest_change(change: TextChange, facts: Sequence[DigestFact]) -> DigestChange:
    kind = ChangeOfArticle.CHANGED
    if change.new_text is None:
        kind = ChangeOfArticle.REMOVED
    elif facts or adds_correction(change.old_text, change.new_text):
        kind = ChangeOfArticle.CORRECTED
    before, after = Counter(change.old_text.split()), Counter((change.new_text or "").split())
    return DigestChange(
        article_id=change.article_id,
        kind=kind,
        source=change.source,
        title=change.new_title,
        url=change.url,
        old_title=change.old_title if change.old_title != change.new_title else "",
        words_added=(after - before).total(),
        words_removed=(before - after).total(),
        facts=tuple(facts) if change.new_text is not None else (),
    )


def entries_of(digest: Digest) -> list[DigestEntry]:
    """Return the rows of `digest_stories`."""
    return [
        DigestEntry(story_id=story.story_id, section=section.name, report_count=len(story.independent))
        for section in digest.sections
        for story in section.stories
    ]


def as_of_today(store: Store, digest: Digest) -> Digest:
    """Return a stored digest without what was forgotten since, and with where merged stories are now."""
    sections = []
    for section in digest.sections:
        stories = [_story_of_today(store, story) for story in section.stories]
        sections.append(replace(section, stories=tuple(story for story in stories if story)))
    known = set(store.articles.many(change.article_id for change in digest.changes))
    changes = tuple(change for change in digest.changes if change.article_id in known)
    return replace(digest, sections=tuple(sections), changes=changes)


def _story_of_today(store: Store, story: DigestStory) -> DigestStory | None:
    try:
        survivor = store.stories.get(story.story_id)
    except UnknownStoryError:
        return None
    known = set(store.articles.many(report.article_id for report in story.reports))
    reports = tuple(report for report in story.reports if report.article_id in known)
    has_lead = story.lead_article_id in known
    return replace(
        story,
        title=story.title if has_lead else survivor.title,
        url=story.url if has_lead else None,
        lead=story.lead if has_lead else "",
        reports=reports,
        new_sentences=tuple(each for each in story.new_sentences if each.article_id in known),
        now_part_of=survivor.id if survivor.id != story.story_id else None,
    )
