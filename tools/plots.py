"""Draws the two plots of docs/queries.md: ``python -m tools.plots DEMO.db FOLDER``."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

WIDTH = 720  # pixels
ROW = 26
LABELS = 250  # of the labels on the left
TOP = 44
INK, BAR, LINE = "#1b1b1b", "#2f5d8a", "#d0d0d0"
MOST_HOURS = 48

WEEKS = """SELECT week, sum(reports) FROM weekly_volume
    WHERE week >= (SELECT date(max(week), '-49 days') FROM weekly_volume)
    GROUP BY week ORDER BY week"""
LAGS = """SELECT source, min(hours_after_first, ?) FROM first_to_publish WHERE hours_after_first > 0
    ORDER BY source, hours_after_first"""


def reports_a_week(database: sqlite3.Connection) -> str:
    """Return bars of the reports of the last eight weeks, as SVG."""
    weeks = database.execute(WEEKS).fetchall()
    most = max((count for _, count in weeks), default=1)
    marks = []
    for place, (week, count) in enumerate(weeks):
        y = TOP + ROW * place
        length = (WIDTH - LABELS - 60) * count / most
        marks += [
            text(LABELS - 10, y + 17, f"week of {week}", anchor="end"),
            f'<rect x="{LABELS}" y="{y + 4}" width="{length:.1f}" height="{ROW - 8}" fill="{BAR}"/>',
            text(LABELS + length + 8, y + 17, str(count)),
        ]
    return svg("Reports a week, copies left out", marks, TOP + ROW * len(weeks) + 12)


def after_the_first(database: sqlite3.Connection) -> str:
    """Return a dot for each later report, by source and hours after the first, as SVG."""
    lags: dict[str, list[float]] = {}
    for source, hours in database.execute(LAGS, (MOST_HOURS,)):
        lags.setdefault(source, []).append(hours)
    bottom = TOP + ROW * len(lags)
    scale = (WIDTH - LABELS - 30) / MOST_HOURS
    marks = []
    for hours in range(0, MOST_HOURS + 1, 12):
        x = LABELS + scale * hours
        marks += [
            f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{LINE}"/>',
            text(x, bottom + 18, f"{hours} h" if hours < MOST_HOURS else f"{hours} h +", anchor="middle"),
        ]
    by_median = sorted(lags.items(), key=lambda lag: sorted(lag[1])[len(lag[1]) // 2])
    for place, (source, times) in enumerate(by_median):
        y = TOP + ROW * place + ROW // 2
        marks.append(text(LABELS - 10, y + 5, source, anchor="end"))
        marks += [
            f'<circle cx="{LABELS + scale * hours:.1f}" cy="{y}" r="5" fill="{BAR}" fill-opacity="0.6"/>'
            for hours in times
        ]
    return svg("Hours after the first report of the same story", marks, bottom + 30)


def text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    """Return a line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{INK}">{escape(words)}</text>'


def svg(title: str, marks: Iterable[str], height: int) -> str:
    """Return a whole picture with its title."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="13" role="img">'
    )
    ground = f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    heading = f'<text x="16" y="26" font-size="16" font-weight="bold" fill="{INK}">{escape(title)}</text>'
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, heading, *marks, "</svg>", ""])


PLOTS = {"reports-a-week.svg": reports_a_week, "after-the-first.svg": after_the_first}


def main(path: str, folder: str) -> None:
    """Write both plots."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for name, draw in PLOTS.items():
        (Path(folder) / name).write_text(draw(database), encoding="utf-8")
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
