"""Small SVG charts, drawn on the server. Pure. Only numbers and dates of our own go into the markup.

Positions are percentages, so that a chart fits a phone without its letters shrinking. Colours come from the
style sheet by class, because the pages' security policy allows no inline styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from markupsafe import Markup

from pipelines.text import counted

SPARK_BAR, SPARK_HEIGHT, SPARK_BARS = 6.0, 18.0, 14  # pixels of a day, of the chart; days at most
TRACK_HEIGHT, WEEKS_HEIGHT, BAR_HEIGHT = 20, 96, 14  # pixels
SHORTEST_SPAN = timedelta(hours=1)  # so that reports of one minute do not divide by zero
LEFT, RIGHT = 2.0, 98.0  # percent of a track's width between which the marks lie
MOST_TICKS = 4  # that find room at 390 pixels
_STEPS = [timedelta(hours=n) for n in (1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 1440, 2880, 8760, 17520)]
_LIGHTEST_SPAN = 4.0  # log2 odds; the full width of a waterfall means at least so much


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One report on a track."""

    at: datetime
    is_lead: bool = False
    is_origin: bool = False
    is_copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The time between two moments, as a scale of percentages."""

    start: datetime
    end: datetime

    def place(self, moment: datetime) -> float:
        """Return where a moment lies, in percent of the width."""
        span = max(self.end - self.start, SHORTEST_SPAN)
        return LEFT + (RIGHT - LEFT) * ((moment - self.start) / span)

    def ticks(self, zone: tzinfo) -> list[datetime]:
        """Return up to ``MOST_TICKS`` whole hours or days between the ends, where the desk is."""
        span = max(self.end - self.start, SHORTEST_SPAN)
        step = next((each for each in _STEPS if span / each <= MOST_TICKS), _STEPS[-1])
        local = self.start.astimezone(zone)
        first = local.replace(minute=0, second=0, microsecond=0)
        if step >= timedelta(days=1):
            first = first.replace(hour=0)
        else:
            first = first.replace(hour=first.hour - first.hour % (step // timedelta(hours=1)))
        moments = [first + step * number for number in range(1, MOST_TICKS + 2)]
        return [each for each in moments if each <= self.start + span][:MOST_TICKS]


def axis_of(dots: Sequence[Dot]) -> Axis | None:
    """Return the scale of some reports; None for fewer than two."""
    moments = sorted(dot.at for dot in dots)
    return Axis(start=moments[0], end=moments[-1]) if len(moments) > 1 else None


def scale(axis: Axis, zone: tzinfo) -> Markup:
    """Return the line of hours or days above the tracks of an axis."""
    ticks = axis.ticks(zone)
    is_hours = any(each.hour for each in ticks)
    marks = []
    for number, tick in enumerate(ticks):
        x = axis.place(tick)
        is_new_day = number == 0 or tick.date() != ticks[number - 1].date()
        day = f"{tick.day} {tick:%b}"
        words = (f"{day} {tick:%H:%M}" if is_new_day else f"{tick:%H:%M}") if is_hours else day
        anchor = "end" if x > 85 else "start" if x < 10 else "middle"
        marks.append(f'<line class="tick" x1="{x:.2f}%" x2="{x:.2f}%" y1="16" y2="20"/>')
        marks.append(f'<text x="{x:.2f}%" y="12" text-anchor="{anchor}">{words}</text>')
    return Markup(f'<svg class="scale" width="100%" height="20" aria-hidden="true">{"".join(marks)}</svg>')


def track(axis: Axis, dots: Sequence[Dot]) -> Markup:
    """Return one line of an axis with a report and its copies on it."""
    middle = TRACK_HEIGHT // 2
    marks = [f'<line class="rail" x1="{LEFT}%" x2="{RIGHT}%" y1="{middle}" y2="{middle}"/>']
    for dot in sorted(dots, key=lambda each: not each.is_copy):  # the original lies on top
        kind = "copy" if dot.is_copy else "origin" if dot.is_origin else "lead" if dot.is_lead else "report"
        radius = 3.5 if dot.is_copy else 6
        marks.append(f'<circle class="{kind}" cx="{axis.place(dot.at):.2f}%" cy="{middle}" r="{radius}"/>')
    return Markup(
        f'<svg class="track" width="100%" height="{TRACK_HEIGHT}" aria-hidden="true">{"".join(marks)}</svg>'
    )


def sparkline(days: Sequence[date]) -> Markup:
    """Return reports over time as small bars, one for each of the first days; an empty text for one day."""
    if len(set(days)) < 2:
        return Markup("")
    first = min(days)
    length = min((max(days) - first).days + 1, SPARK_BARS)
    counts = [0] * length
    for day in days:
        if (day - first).days < length:
            counts[(day - first).days] += 1
    most = max(counts)
    bars = "".join(
        f'<rect x="{number * SPARK_BAR:.0f}" y="{SPARK_HEIGHT - SPARK_HEIGHT * count / most:.1f}" '
        f'width="{SPARK_BAR * 0.75:.1f}" height="{SPARK_HEIGHT * count / most:.1f}"/>'
        for number, count in enumerate(counts)
        if count
    )
    width = SPARK_BAR * length
    return Markup(
        f'<svg class="spark" width="{width:.0f}" height="{SPARK_HEIGHT:.0f}" role="img" '
        f'aria-label="{counted(len(days), "report")} in {counted(length, "day")}">{bars}</svg>'
    )


def weeks(counts: Sequence[tuple[date, int]], *, until: date, number: int) -> Markup:
    """Return the reports of the ``number`` weeks up to ``until`` as bars; an empty text without any.

    ``counts`` are Mondays with the reports of their weeks.
    """
    last = until - timedelta(days=until.weekday())
    by_week = dict(counts)
    bars = [by_week.get(last - timedelta(weeks=back), 0) for back in range(number - 1, -1, -1)]
    if not any(bars):
        return Markup("")
    most, step = max(bars), 100 / number
    marks = "".join(
        f'<rect x="{place * step:.2f}%" y="{WEEKS_HEIGHT - WEEKS_HEIGHT * count / most:.1f}" '
        f'width="{step * 0.8:.2f}%" height="{WEEKS_HEIGHT * count / most:.1f}"/>'
        for place, count in enumerate(bars)
        if count
    )
    words = f"{counted(sum(bars), 'report')} in {counted(number, 'week')}, at most {most} in one week"
    return Markup(
        f'<svg class="weeks" width="100%" height="{WEEKS_HEIGHT}" role="img" aria-label="{words}">{marks}'
        f'<line class="rail" x1="0" x2="100%" y1="{WEEKS_HEIGHT}" y2="{WEEKS_HEIGHT}"/></svg>'
    )


def waterfall(weights: Sequence[float]) -> list[Markup]:
    """Return a bar for each weight: it begins where the one before ended. The last bar is their sum."""
    ends, total = [0.0], 0.0
    for weight in weights:
        total += weight
        ends.append(total)
    low, high = min(ends), max(ends)
    span = max(high - low, _LIGHTEST_SPAN)
    steps = [*pairwise(ends), (0.0, total)]

    def place(value: float) -> float:
        return 100 * (value - low) / span

    def bar(start: float, end: float, kind: str) -> Markup:
        x, width = place(min(start, end)), max(place(max(start, end)) - place(min(start, end)), 0.4)
        zero = place(0.0)
        return Markup(
            f'<svg class="bar" width="100%" height="{BAR_HEIGHT}" aria-hidden="true">'
            f'<line class="rail" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="0" y2="{BAR_HEIGHT}"/>'
            f'<rect class="{kind}" x="{x:.2f}%" y="2" width="{width:.2f}%" height="{BAR_HEIGHT - 4}"/></svg>'
        )

    bars = [bar(start, end, "for" if end >= start else "against") for start, end in steps[:-1]]
    return [*bars, bar(*steps[-1], "total")]
