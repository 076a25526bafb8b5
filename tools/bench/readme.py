"""The table of the README, made from the results; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.bench.stories import WITH, WITHOUT
from tools.bench.text import LEARNED
from tools.bench.unseen import SITES

BEGIN, END = "<!-- made by `python -m tools.bench page` -->", "<!-- end of what it made -->"
OURS = "cuttings"
NEWS, WIDE = "extraction", "extraction_wide"
SECTOR, HEADLINES, PUBLIC = (
    "sector-news-1, test split",
    "sector-news-1, test split, headlines alone",
    "nine public files",
)
Results = Mapping[str, Any]
Row = Mapping[str, Any]


def figure(value: float | None, places: int = 3) -> str:
    """Return a share as .957, and other numbers as they are; a dash for None."""
    if value is None:
        return "-"
    text = f"{value:.{places}f}"
    return text.removeprefix("0") if value < 1 else text


def rows_of(results: Results, bench: str, name: str) -> list[Row]:
    """Return the rows of a set that have figures, ours on unseen data first."""
    sets = results.get(bench, {}).get("sets", []), results.get("unseen", {}).get("sets", [])
    measured, unseen = ([row for each in of if each["set"] == name for row in each["rows"]] for of in sets)
    return [*unseen, *(row for row in measured if "reason" not in row)]


def set_of(results: Results, bench: str, name: str) -> Mapping[str, Any]:
    """Return a set's results; empty if it was not measured."""
    return next((each for each in results.get(bench, {}).get("sets", []) if each["set"] == name), {})


def peers(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that are not ours."""
    return [row for row in rows if not row["name"].startswith(OURS)]


def named(rows: Sequence[Row], name: str) -> Row:
    """Return the row of a name. Raises ``KeyError`` if it is missing."""
    for row in rows:
        if row["name"] == name:
            return row
    raise KeyError(name)


def best(rows: Sequence[Row], key: str) -> tuple[float, str]:
    """Return the highest value of the peers, and whose it is."""
    values = [(row[key][0] if isinstance(row[key], list) else row[key], row["name"]) for row in peers(rows)]
    return max((value, name) for value, name in values if value is not None)


def text_lines(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of clean text: what, ours, best peer."""
    for name, kind, key, measure in (
        (NEWS, "news pages", "run_f1", "F1 of runs of 4 words"),
        (WIDE, "pages of charities, universities, guides and blogs", "word_f1", "word F1"),
    ):
        rows = rows_of(results, "text", name)
        if not rows:
            continue
        pages, (value, peer) = set_of(results, "text", name)["pages"], best(rows, key)
        unseen = next((row[key][0] for row in rows if row["name"] == SITES), None)
        ours = f"{figure(unseen)} / {figure(named(rows, LEARNED)[key][0])}"
        what = f"clean text, {pages} {kind}: {measure}, site left out of the fit / as shipped"
        yield what, ours, f"{figure(value)} ({peer})"
    news, wide = (rows_of(results, "text", name) for name in (NEWS, WIDE))
    if news and wide:
        mine, (title, first), (authors, second) = (
            named(news, LEARNED),
            best(news, "title"),
            best(news, "authors"),
        )
        yield (
            "title equal / set of authors equal, on the news pages",
            f"{figure(mine['title'], 2)} / {figure(mine['authors'], 2)}",
            f"{figure(title, 2)} ({first}) / {figure(authors, 2)} ({second})",
        )
        both = [figure(named(rows, LEARNED)["cpu"][0], 2) for rows in (news, wide)]
        light = figure(named(wide, LEARNED)["cpu_by_size"]["lightest third"], 2)
        what = "CPU a page / trafilatura with metadata (lower is better)"
        what += ": news / other pages / lightest third of these"
        yield what, f"{both[0]} / {both[1]} / {light}", "1"


def story_lines(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of stories: what, ours, best peer."""
    for name, what in (
        (SECTOR, "same-event stories, `sector-news-1`, test split"),
        (PUBLIC, "same-event stories, nine public files"),
        (HEADLINES, "the same as `sector-news-1`, headlines alone"),
    ):
        rows = rows_of(results, "stories", name)
        ours = [row for row in rows if row["name"].startswith("cuttings, left out of the fit")]
        if not peers(rows) or not ours:
            continue
        top = named(rows, best(rows, "pairwise")[1])
        mine = ", ".join(
            f"{both(named(ours, f'cuttings, left out of the fit, {how}'))}" for how in (WITH, WITHOUT)
        )
        yield (
            f"{what}, left out of the fit: B-cubed / pairwise F1, {WITH}, {WITHOUT}",
            mine,
            f"{both(top)} ({top['name']})",
        )
        if name == SECTOR:
            shares = ", ".join(
                glued(named(ours, f"cuttings, left out of the fit, {how}")) for how in (WITH, WITHOUT)
            )
            yield (
                "stories of several reports there that hold two events (lower is better)",
                shares,
                f"{glued(top)} ({top['name']})",
            )


def both(row: Row) -> str:
    """Return B-cubed and pairwise F1."""
    return f"{figure(row['b_cubed'][0], 2)} / {figure(row['pairwise'][0], 2)}"


def glued(row: Row) -> str:
    """Return the share of stories that hold two events."""
    return f"{row['glued'] / max(1, row['several']):.0%}".replace("%", " %")


def other_lines(results: Results) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of robots.txt and crawling."""
    for each in results.get("robots", {}).get("sets", []):
        mine, (share, peer) = named(each["rows"], OURS), best(each["rows"], "share")
        what = f"robots.txt decisions, {each['set']}"
        yield what, f"{mine['right']:,} of {mine['asked']:,}", f"{100 * share:.1f} % ({peer})"
    for each in results.get("crawl", {}).get("sets", []):
        mine, scrapy = named(each["rows"], OURS), named(each["rows"], "Scrapy")
        what = f"CPU a page fetched / one session of requests (lower is better): {each['set']}"
        least, peer = min((row["cpu"], row["name"]) for row in peers(each["rows"]) if "cpu" in row)
        yield (
            what,
            figure(mine["cpu"], 2),
            f"{figure(least, 2)} ({peer}), {figure(scrapy['cpu'], 2)} (Scrapy)",
        )


def readme_table(results: Results) -> str:
    """Return the table as Markdown, between its two marks."""
    lines = [*text_lines(results), *story_lines(results), *other_lines(results)]
    cells = [f"| {what} | {ours} | {peer} |" for what, ours, peer in lines]
    return "\n".join([BEGIN, "| what | cuttings | best peer |", "| --- | --- | --- |", *cells, END])


def with_table(readme: str, results: Results) -> str:
    """Return the README with the table in place of the old one. Raises ``ValueError`` without its marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("README.md has no place for the table of benchmarks")
    return before + readme_table(results) + after
