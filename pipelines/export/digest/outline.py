"""A digest as a list of lines, each with its role: what every format of a document prints. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pipelines.export.digest.content import (
    ChangeOfArticle,
    Digest,
    DigestChange,
    DigestFact,
    DigestReport,
    DigestStory,
)
from pipelines.export.digest.novelty import shortened
from pipelines.text import counted, defuse_line, defuse_url, listed

MAX_PUBLISHERS = 8  # that are named in a line
MAX_REPORTS = 12  # new reports that are listed of one story
MAX_FACTS = 3  # of one article that was corrected
MAX_FACT_CHARS = 120
NOTHING = "No significant coverage."


class Role(StrEnum):
    """What a line is."""

    TITLE = "title"
    PERIOD = "period"
    SECTION = "section"
    STORY = "story"
    LEAD = "lead"
    FACTS = "facts"
    REPORT = "report"
    SENTENCE = "sentence"
    NOTE = "note"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a digest; ``url`` is where its text links to, ``after`` the text behind the link."""

    role: Role
    text: str
    url: str | None = None
    after: str = ""


def outline(digest: Digest) -> Iterator[Line]:
    """Yield the lines of a digest, in order, on one line each and without control characters."""
    yield Line(Role.TITLE, defuse_line(f"{digest.title}, {digest.day(digest.until)}"))
    yield Line(Role.PERIOD, period(digest))
    if not digest.stories and not digest.changes:
        yield Line(Role.NOTHING, NOTHING)
        return
    for section in digest.sections:
        yield Line(Role.SECTION, defuse_line(section.name))
        if not section.stories:
            yield Line(Role.NOTHING, NOTHING)
        for story in section.stories:
            yield from _story_lines(digest, story)
    if digest.left_out:
        yield Line(Role.NOTHING, f"and {counted(digest.left_out, 'more story')}, left out of this digest")
    if digest.changes:
        yield Line(Role.SECTION, "Changed, corrected and removed")
        for change in digest.changes:
            yield _change_line(digest, change)


def period(digest: Digest) -> str:
    """Return window and counts: "19 October 2026, 08:00 to … (Europe/London): 5 stories, 9 new reports"."""
    reports = sum(len(story.new_reports) for story in digest.stories)
    counts = f"{counted(len(digest.stories), 'story')}, {counted(reports, 'new report')}"
    window = f"{digest.time(digest.since)} to {digest.time(digest.until)}"
    return f"{window} ({digest.timezone}): {counts}"


def _story_lines(digest: Digest, story: DigestStory) -> Iterator[Line]:
    yield Line(Role.STORY, headline(digest, story), safe_url(story.url))
    if story.lead and not digest.is_links_only:
        yield Line(Role.LEAD, defuse_line(story.lead))
    yield Line(Role.FACTS, facts(digest, story))
    for note in story.notes:
        yield Line(Role.NOTE, f"Note: {defuse_line(note)}")
    for report in story.new_reports[:MAX_REPORTS]:
        yield _report_line(digest, story, report)
    if story.new_reports[MAX_REPORTS:]:
        more = len(story.new_reports) - MAX_REPORTS
        yield Line(Role.FACTS, f"and {counted(more, 'more new report')}")
    if not digest.is_links_only:
        for sentence in story.new_sentences:
            source = f" ({defuse_line(sentence.source)})" if sentence.source else ""
            yield Line(Role.SENTENCE, f"New: {defuse_line(sentence.text)}{source}")


def headline(digest: Digest, story: DigestStory) -> str:
    """Return the story's title; only its number for readers who may not get headlines.

    Without any headline the title is the beginning of a text, which a digest without texts does not have.
    """
    if not digest.has_headlines:
        return f"Story {story.story_id}"
    is_text = digest.is_links_only and not any(report.title for report in story.reports)
    return (not is_text and defuse_line(story.title)) or "(no headline)"


def facts(digest: Digest, story: DigestStory) -> str:
    """Return who carried a story: publishers, reports, copies, who was first, topics, what is new."""
    names = list(dict.fromkeys(defuse_line(report.source) for report in story.reports if report.source))
    copies = len(story.reports) - len(story.independent)
    if not story.reports:  # a person deleted them since
        part = f"; now part of story {story.now_part_of}" if story.now_part_of is not None else ""
        return f"Its reports were deleted{part} [story {story.story_id}]"
    parts = [counted(story.publishers, "publisher") if names else "publisher unknown"]
    parts.append(counted(len(story.independent), "report"))
    parts += [counted(copies, "copy")] if copies else []
    text = ", ".join(parts)
    if len(names) == 1:
        text += f"; only in {names[0]}"
    elif names:
        text += f": {listed(names, MAX_PUBLISHERS)}"
        text += _first(digest, story)
    if story.topics:
        text += f". Topics: {', '.join(map(defuse_line, story.topics))}"
    if story.is_new:
        text += ". New story"
    if story.now_part_of is not None:
        text += f". Now part of story {story.now_part_of}"
    return f"{text} [story {story.story_id}]"


def known_first(digest: Digest, story: DigestStory) -> DigestReport | None:
    """Return the report that was published first.

    None if it is not known: no report has a date, or of several sources' reports of that day one has no time.
    """
    dated = [report for report in story.reports if report.published_at is not None and report.source]
    rivals = [each for each in dated if digest.day_of(each) == digest.day_of(dated[0])]
    is_known = len({each.source for each in rivals}) == 1 or all(each.has_time for each in rivals)
    return dated[0] if dated and is_known else None


def _first(digest: Digest, story: DigestStory) -> str:
    if first := known_first(digest, story):
        return f". First: {defuse_line(first.source)}, {_when(digest, first)}"
    dated = next((report for report in story.reports if report.published_at and report.source), None)
    return f". First: {digest.day_of(dated)}" if dated else ""


def _when(digest: Digest, report: DigestReport) -> str:
    if report.published_at is None:
        return "no date"
    return digest.time(report.published_at) if report.has_time else digest.day_of(report)


def _report_line(digest: Digest, story: DigestStory, report: DigestReport) -> Line:
    source = defuse_line(report.source) or "source unknown"
    title = f": {defuse_line(report.title)}" if report.title and digest.has_headlines else ""
    marks = [_when(digest, report)]
    lag = _lag(story, report)
    marks += [lag] if lag else []
    marks += ["copy"] if report.is_copy else []
    return Line(Role.REPORT, f"{source}{title}", safe_url(report.url), f" ({', '.join(marks)})")


def _lag(story: DigestStory, report: DigestReport) -> str:
    """Return how long after the first report one came; nothing where only a day is known."""
    first = next((each for each in story.reports if each.published_at is not None), None)
    if first is None or first.published_at is None or report.published_at is None:
        return ""
    if not (first.has_time and report.has_time) or report.published_at <= first.published_at:
        return ""
    minutes = round((report.published_at - first.published_at).total_seconds() / 60)
    if minutes < 120:
        return f"{counted(minutes, 'minute')} after the first"
    hours = round(minutes / 60)
    after = counted(hours, "hour") if hours < 48 else counted(round(hours / 24), "day")
    return f"{after} after the first"


def _change_line(digest: Digest, change: DigestChange) -> Line:
    source = defuse_line(change.source) or "source unknown"
    title = f": {defuse_line(change.title)}" if change.title and digest.has_headlines else ""
    details = [str(change.kind)]
    if change.old_title and digest.has_headlines:
        details.append(f"headline was “{defuse_line(change.old_title)}”")
    if change.kind is not ChangeOfArticle.REMOVED:
        counts = ((change.words_added, "added"), (change.words_removed, "removed"))
        details += [f"{counted(number, 'word')} {verb}" for number, verb in counts if number]
    if not digest.is_links_only:
        details[1:1] = [_fact(fact) for fact in change.facts[:MAX_FACTS]]
    url = None if change.kind is ChangeOfArticle.REMOVED else safe_url(change.url)
    return Line(Role.REPORT, f"{source}{title}", url, f" ({'; '.join(details)})")


def _fact(fact: DigestFact) -> str:
    """Return what was replaced, and who still carries it: "“14” is now “12”, still in The Post"."""
    before, after = (shortened(defuse_line(each), MAX_FACT_CHARS) for each in (fact.before, fact.after))
    words = f"“{before}” is now “{after}”" if after else f"“{before}” is gone"
    return (
        f"{words}, still in {listed(list(map(defuse_line, fact.still_in)), MAX_PUBLISHERS)}"
        if fact.still_in
        else words
    )


def safe_url(url: str | None) -> str | None:
    """Return an http(s) URL that every format can write; None for others, such as ``javascript:``."""
    return defuse_url(url) if url and url.startswith(("http://", "https://")) else None
