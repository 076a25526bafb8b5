"""Small SVG charts, drawn on the server. Pure. Only numbers of our own go into the markup.

Colours come from the style sheet by class, because the pages' security policy allows no inline styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

WIDTH, ROW, MARGIN = 640.0, 26.0, 16.0  # of the timeline, in SVG units
SPARK_WIDTH, SPARK_HEIGHT = 84.0, 18.0
SHORTEST_SPAN = timedelta(hours=1)  # so that reports of one minute do not divide by zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One report on the timeline."""

    at: datetime
    is_lead: bool = False
    is_origin: bool = False
    is_copy: bool = False


def timeline(dots: Sequence[Dot]) -> Markup:
    """Return reports on a time axis, one a row in the given order; an empty text for fewer than two."""
    if len(dots) < 2:
        return Markup("")
    first, last = min(dot.at for dot in dots), max(dot.at for dot in dots)
    span = max(last - first, SHORTEST_SPAN)
    height = ROW * len(dots) + 2 * MARGIN
    marks = []
    for number, dot in enumerate(dots):
        x = MARGIN + (WIDTH - 2 * MARGIN) * ((dot.at - first) / span)
        y = MARGIN + ROW * (number + 0.5)
        kind = "origin" if dot.is_origin else "lead" if dot.is_lead else "copy" if dot.is_copy else "report"
        marks.append(f'<line class="rail" x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y:.1f}" y2="{y:.1f}"/>')
        marks.append(f'<circle class="dot {kind}" cx="{x:.1f}" cy="{y:.1f}" r="{4 if dot.is_copy else 6}"/>')
        anchor = "end" if x > WIDTH * 0.8 else "start"
        shift = -12 if anchor == "end" else 12
        marks.append(f'<text x="{x + shift:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">{number + 1}</text>')
    return Markup(  # numbers only
        f'<svg class="timeline" viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" '
        f'aria-label="Reports by time of publication">{"".join(marks)}</svg>'
    )


def sparkline(counts: Sequence[int]) -> Markup:
    """Return reports a day as small bars; an empty text if there are none."""
    if not any(counts):
        return Markup("")
    most = max(counts)
    step = SPARK_WIDTH / len(counts)
    bars = "".join(
        f'<rect x="{number * step:.1f}" y="{SPARK_HEIGHT - SPARK_HEIGHT * count / most:.1f}" '
        f'width="{step * 0.75:.1f}" height="{SPARK_HEIGHT * count / most:.1f}"/>'
        for number, count in enumerate(counts)
        if count
    )
    total = sum(counts)
    return Markup(  # numbers only
        f'<svg class="spark" viewBox="0 0 {SPARK_WIDTH:.0f} {SPARK_HEIGHT:.0f}" role="img" '
        f'aria-label="{total} reports in {len(counts)} days">{bars}</svg>'
    )
