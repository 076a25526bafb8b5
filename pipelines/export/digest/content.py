"""What a digest holds, independent of its format; stored as JSON, so that it can be printed again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from scraper.days import day_words


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestReport:
    """One report of a story."""

    article_id: int
    source: str
    title: str
    url: str | None
    published_at: datetime | None
    has_time: bool  # False: only the day of publication is known
    published_day: date | None = None  # where the desk is
    is_copy: bool
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSentence:
    """A sentence with a name, figure or quotation that no earlier report of the story had."""

    article_id: int
    source: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestStory:
    """One story of a digest. Counts and reports are those of the time it was made."""

    story_id: int
    title: str
    url: str | None  # of the report to read first
    lead_article_id: int | None
    lead: str  # its first sentences
    reports: tuple[DigestReport, ...]  # in order of publication
    publishers: int
    topics: tuple[str, ...]  # names
    notes: tuple[str, ...]  # of people
    is_new: bool  # no report of it was known before
    new_sentences: tuple[NewSentence, ...]
    updated_at: datetime  # when its last report was first seen
    now_part_of: int | None = None  # the story that it was merged into since

    @property
    def independent(self) -> tuple[DigestReport, ...]:
        """Return the reports that are not copies."""
        return tuple(report for report in self.reports if not report.is_copy)

    @property
    def new_reports(self) -> tuple[DigestReport, ...]:
        """Return the reports that came in the window."""
        return tuple(report for report in self.reports if report.is_new)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSection:
    """A heading and its stories; none: no significant coverage."""

    name: str
    stories: tuple[DigestStory, ...]


class ChangeOfArticle(StrEnum):
    """What a publisher did to an article after it was published."""

    CHANGED = "changed"
    CORRECTED = "corrected"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFact:
    """A figure, name or quotation that a publisher replaced; ``after`` is empty if it was taken out."""

    before: str
    after: str
    still_in: tuple[str, ...]  # sources whose report of the story still carries it


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestChange:
    """An article that was changed, corrected or removed in the window."""

    article_id: int
    kind: ChangeOfArticle
    source: str
    title: str
    url: str | None
    old_title: str  # empty if the headline is the same
    words_added: int
    words_removed: int
    facts: tuple[DigestFact, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One digest. ``is_links_only``: no text of publishers; headlines only with ``has_headlines``."""

    id: int
    title: str
    desk: str  # what names the desk in the ids of feeds
    list: str
    made_at: datetime
    since: datetime
    until: datetime
    timezone: str
    sections: tuple[DigestSection, ...]
    changes: tuple[DigestChange, ...]
    is_links_only: bool
    has_headlines: bool
    left_out: int = 0  # stories with news beyond `[digest] max_stories`

    @property
    def stories(self) -> tuple[DigestStory, ...]:
        """Return all stories, in order."""
        return tuple(story for section in self.sections for story in section.stories)

    @property
    def zone(self) -> tzinfo:
        """Return the time zone of its readers."""
        return UTC if self.timezone == "UTC" else ZoneInfo(self.timezone)

    def day(self, moment: datetime) -> str:
        """Return ``1 March 2026``, in the readers' time zone."""
        local = moment.astimezone(self.zone)
        return f"{local.day} {local:%B %Y}"

    def day_of(self, report: DigestReport) -> str:
        """Return the day on which a report was published, where the readers are; a day without a time is
        itself everywhere.
        """
        if report.has_time and report.published_at:
            return self.day(report.published_at)
        return day_words(report.published_day or (report.published_at and report.published_at.date()))

    def time(self, moment: datetime) -> str:
        """Return ``1 March 2026, 09:00``, in the readers' time zone."""
        return f"{self.day(moment)}, {moment.astimezone(self.zone):%H:%M}"


def to_json(digest: Digest) -> str:
    """Return a digest as JSON."""
    return msgspec.json.encode(digest).decode()


def from_json(text: str) -> Digest:
    """Return the digest in a JSON text."""
    return msgspec.json.decode(text, type=Digest)
