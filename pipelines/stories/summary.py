"""A cluster of reports summed up as a story: order, lead, title, span, copies, and what each report owes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from pipelines.stories.near_duplicates import Containment, Wording, borrowed, copies, runs_of, share_in
from pipelines.stories.origin import StoryOrigin, find_origin
from pipelines.stories.reports import Report, in_order, known_times, page_key
from scraper.models import Access

# Share of the median length of a story's reports: a flash of two lines is not the report to read first.
READABLE_SHARE = 0.5
TITLE_WORDS = 12  # of the text, where no report has a title
_ACCESS_RANK = {Access.FULL: 0, Access.IMPORTED: 0, Access.TEASER: 1, Access.HEADLINE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one report owes: its lag in hours, and the shares (0..1) of its words that stand elsewhere."""

    lag_hours: float | None  # after the origin, else after the first report
    borrowed: Containment  # in earlier reports
    origin: float | None  # in the origin, where that is a report


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySummary:
    """All that is known of one story; a function of its reports alone."""

    reports: tuple[int, ...]  # in order of publication
    title: str
    lead: int
    first: int | None  # the earliest dated report
    first_published_at: datetime | None
    last_published_at: datetime | None
    first_published_day: date | None  # where the desk is
    last_published_day: date | None
    copy_groups: Mapping[
        int, int | None
    ]  # for each report the original of its copies; None: it has no copies
    report_count: int
    source_count: int
    origin: StoryOrigin
    shares: Mapping[int, Share]


def summarise(reports: Iterable[Report]) -> StorySummary:
    """Return the summary of a cluster of reports."""
    ordered = in_order(tuple(reports))
    wordings = [_wording(report) for report in ordered] if len(ordered) > 1 else []
    original = copies(wordings) if wordings else {ordered[0].key: ordered[0].key}
    independent = [report for report in ordered if original[report.key] == report.key]
    dated = [report for report in ordered if report.article.published_at]
    lead = _lead(independent)
    days = sorted(report.article.day for report in dated if report.article.day)
    times = sorted(known_times(ordered).values())
    first_of = {original[report.key]: report.key for report in reversed(ordered)}  # of the copies of one text
    origin = find_origin(ordered, wordings, set(first_of.values())) if wordings else StoryOrigin()
    with_copies = {of for key, of in original.items() if of != key}
    return StorySummary(
        reports=tuple(report.key for report in ordered),
        title=_title(lead, ordered),
        lead=lead.key,
        first=dated[0].key if dated else None,
        first_published_at=times[0] if times else None,
        last_published_at=times[-1] if times else None,
        first_published_day=days[0] if days else None,
        last_published_day=days[-1] if days else None,
        copy_groups={key: of if of in with_copies else None for key, of in original.items()},
        report_count=len(independent),
        source_count=len({report.outlet for report in ordered}),
        origin=origin,
        shares=_shares(ordered, wordings, origin),
    )


def _wording(report: Report) -> Wording:
    return Wording(
        key=report.key,
        copy_key=report.copy_key,
        page=page_key(report.article),
        runs=runs_of(report.article.text),
        outlet=report.outlet,
        title=report.article.title,
        text=report.article.text,
    )


def _lead(independent: Sequence[Report]) -> Report:
    """Return the report to read first: surely of this event, in full, of fair length, the earliest."""
    fair = READABLE_SHARE * median(report.article.word_count for report in independent)
    return min(  # of several that are equal the first, and they are in order of publication
        independent,
        key=lambda report: (
            report.doubtful,
            _ACCESS_RANK[report.article.access],
            not report.article.title.strip(),
            report.article.word_count < fair,
        ),
    )


def _title(lead: Report, ordered: Sequence[Report]) -> str:
    for report in (lead, *ordered):
        if title := " ".join(report.article.title.split()):
            return title
    words = lead.article.text.split()
    return " ".join(words[:TITLE_WORDS]) + (" …" if len(words) > TITLE_WORDS else "")


def _shares(ordered: Sequence[Report], wordings: Sequence[Wording], origin: StoryOrigin) -> dict[int, Share]:
    if not wordings:
        return {}
    contained = borrowed(wordings)
    source = next((report for report in ordered if report.key == origin.article), None)
    dated = [report for report in ordered if report.article.published_at]
    start = source if source and source.article.published_at else dated[0] if dated else None
    runs = {wording.key: wording.runs for wording in wordings}
    shares = {}
    for report in ordered:
        of_origin = share_in(runs[report.key], runs[source.key]) if source and source is not report else None
        lag = _lag_hours(start, report) if start else None
        shares[report.key] = Share(lag_hours=lag, borrowed=contained[report.key], origin=of_origin)
    return shares


def _lag_hours(start: Report, report: Report) -> float | None:
    """Return the hours between two reports; whole days where one has no time, None on one and the same
    day."""
    begun, published = start.article.published_at, report.article.published_at
    if begun is None or published is None:
        return None
    if report is start or not (start.day_only or report.day_only):
        return (published - begun).total_seconds() / 3600
    first, day = start.article.day, report.article.day
    return (day - first).days * 24.0 or None if first and day else None
