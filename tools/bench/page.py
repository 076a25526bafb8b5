"""The page docs/benchmarks.md with its plots, made from the results."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.bench.flaws import flaws
from tools.bench.readme import Results, Row, figure, glued, rows_of
from tools.bench.text import SIZES
from tools.plots import BAR, INK, LINE, ROW, TOP, WIDTH, svg, text

LABELS = 330  # pixels of the labels on the left
PEER = "#a65f2b"
PROSE = Path(__file__).with_name("prose.toml")


def page(results: Results) -> str:
    """Return the page as Markdown."""
    prose = tomllib.loads(PROSE.read_text(encoding="utf-8"))
    parts = [
        prose["introduction"],
        prose["text"],
        *text_tables(results),
        prose["stories"],
        *story_tables(results),
        *crawl_tables(results),
    ]
    parts += [*robots_tables(results), flaws(results), missing(results)]
    return "\n".join(part.rstrip() + "\n" for part in parts if part)


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table as Markdown."""
    rows = [head, ["---"] * len(head), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def interval(values: Sequence[float], places: int = 3) -> str:
    """Return a figure with its interval."""
    value, low, high = (figure(each, places) for each in values)
    return f"{value} ({low}-{high})"


def share(part: float, places: int = 1) -> str:
    """Return a share in per cent."""
    return f"{100 * part:.{places}f} %"


def text_tables(results: Results) -> Iterator[str]:
    """Yield a table for each set of pages, with the command that made it, and CPU by size."""
    head = [
        "",
        "runs: F1",
        "P",
        "R",
        "below .8",
        "words: F1",
        "below .8",
        "nothing",
        "title",
        "authors",
        "CPU",
    ]
    for each in results.get("text", {}).get("sets", []):
        rows = rows_of(results, "text", each["set"])
        yield f"### {each['set']}: {each['pages']} pages\n\n`{each['command']}`, {each['measured']}\n"
        yield table(head, [text_cells(row) for row in rows]) + "\n"
        yield f"![F1 of runs of four words, {each['set']}](benchmarks-{each['set']}.svg)\n"
        cells = [
            [row["name"], *(figure(row["cpu_by_size"][size], 2) for size in SIZES)]
            for row in rows
            if "cpu_by_size" in row
        ]
        yield "CPU by the size of the page:\n\n" + table(["", *SIZES], cells) + "\n"


def text_cells(row: Row) -> list[str]:
    """Return a row of the table of text."""
    return [
        row["name"], interval(row["run_f1"]), figure(row["precision"]), figure(row["recall"]),
        share(row["below_runs"]),
        interval(row["word_f1"]), share(row["below_words"]), str(row["nothing"]), figure(row.get("title"), 2),
        figure(row.get("authors"), 2), interval(row["cpu"], 2) if "cpu" in row else "-",
    ]  # fmt: skip


def story_tables(results: Results) -> Iterator[str]:
    """Yield a table for each set of files."""
    head = ["", "B-cubed F1", "pairwise F1", "CEAF-e F1", "glued", "split", "CPU", "setting"]
    for number, each in enumerate(results.get("stories", {}).get("sets", [])):
        rows = rows_of(results, "stories", each["set"])
        articles, events = (sum(counts[at] for counts in each["files"].values()) for at in (0, 1))
        names = ", ".join(name.partition("+")[0] for name in each["files"])
        what = f"{articles:,} articles of {events:,} events: {names}"
        yield f"### {each['set']}\n\n{what}. `{each['command']}`, {each['measured']}\n"
        yield table(head, [story_cells(row) for row in rows]) + "\n"
        yield f"![Pairwise F1, {each['set']}](benchmarks-stories-{number + 1}.svg)\n"
        files = list(each["files"])
        cells = [
            [
                row["name"],
                *(
                    f"{figure(row['files'][name][0], 2)} / {figure(row['files'][name][1], 2)}"
                    for name in files
                ),
            ]
            for row in rows
        ]
        yield "B-cubed / pairwise F1 of each file:\n\n" + table(["", *files], cells) + "\n"


def story_cells(row: Row) -> list[str]:
    """Return a row of the table of stories."""
    return [
        row["name"], interval(row["b_cubed"]), interval(row["pairwise"]), figure(row["ceaf_e"]),
        f"{row['glued']} of {row['several']} ({glued(row)})", f"{row['split']} of {row['reported']}",
        figure(row.get("cpu"), 2), "; ".join(map(setting, row.get("settings", []))),
    ]  # fmt: skip


def setting(chosen: Mapping[str, Any]) -> str:
    """Return a setting in words."""
    window = chosen.get("days")
    days = f", {window} day{'s' if window > 1 else ''}" if window else ""
    return f"distance {chosen['threshold']}{days}"


def crawl_tables(results: Results) -> Iterator[str]:
    """Yield what a page costs."""
    for each in results.get("crawl", {}).get("sets", []):
        yield f"## Crawling: {each['set']}\n\n`{each['command']}`, {each['measured']}\n"
        head = ["", "CPU / one session of requests", "pages"]
        cells = [
            [row["name"], figure(row["cpu"], 2), f"{row['pages']} of {row['asked']}"]
            if "cpu" in row
            else [row["name"], "-", row["reason"]]
            for row in each["rows"]
        ]
        yield table(head, cells) + "\n"


def robots_tables(results: Results) -> Iterator[str]:
    """Yield how often each parser decides as it should."""
    for each in results.get("robots", {}).get("sets", []):
        how = f"{each['files']} files. `{each['command']}`, {each['measured']}"
        yield f"## robots.txt: {each['set']}\n\n{how}\n"
        cells = [
            [
                row["name"],
                f"{row['right']:,} of {row['asked']:,}",
                interval(row["share"]),
                figure(row["cpu"], 2),
            ]
            for row in each["rows"]
        ]
        yield table(["", "right", "share", "CPU / protego"], cells) + "\n"


def missing(results: Results) -> str:
    """Return the peers that could not be installed or asked, with the reason."""
    lines = [
        f"- {peer['name']}: not installed: {peer['reason']}"
        for bench in results.values()
        for peer in bench.get("peers", [])
        if peer["reason"]
    ]
    lines += [
        f"- {row['name']} on {each['set']}: {row['reason']}"
        for bench in results.values()
        for each in bench["sets"]
        for row in each["rows"]
        if "reason" in row
    ]
    return "## Not measured\n\n" + "\n".join(lines) + "\n" if lines else ""


def plots(results: Results) -> dict[str, str]:
    """Return the plots by file name: a dot with its interval for each row."""
    found = {}
    for each in results.get("text", {}).get("sets", []):
        rows = [(row["name"], row["run_f1"]) for row in rows_of(results, "text", each["set"])]
        found[f"benchmarks-{each['set']}.svg"] = dots(f"F1 of runs of four words: {each['set']}", rows, 0.5)
    for number, each in enumerate(results.get("stories", {}).get("sets", [])):
        rows = [(row["name"], row["pairwise"]) for row in rows_of(results, "stories", each["set"])]
        found[f"benchmarks-stories-{number + 1}.svg"] = dots(f"Pairwise F1: {each['set']}", rows, 0.0)
    return found


def dots(title: str, rows: Sequence[tuple[str, Sequence[float]]], least: float) -> str:
    """Return a plot of values between ``least`` and 1 with their intervals, ours in another colour."""
    bottom = TOP + ROW * len(rows)
    scale = (WIDTH - LABELS - 70) / (1 - least)
    marks = []
    for step in range(6):
        value = least + (1 - least) * step / 5
        x = LABELS + scale * (value - least)
        marks.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{LINE}"/>')
        marks.append(text(x, bottom + 18, f"{value:.1f}", anchor="middle"))
    for place, (name, values) in enumerate(rows):
        y = TOP + ROW * place + ROW // 2
        middle, low, high = (LABELS + scale * (max(least, each) - least) for each in values)
        colour = BAR if name.startswith("cuttings") else PEER
        marks += [
            text(LABELS - 10, y + 5, name.replace("`", ""), anchor="end"),
            f'<line x1="{low:.1f}" y1="{y}" x2="{high:.1f}" y2="{y}" stroke="{INK}"/>',
            f'<circle cx="{middle:.1f}" cy="{y}" r="5" fill="{colour}"/>',
            text(high + 8, y + 5, figure(values[0])),
        ]
    return svg(title, marks, bottom + 30)
