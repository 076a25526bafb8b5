"""Where a peer is better than we are, found in the results; pure."""

from __future__ import annotations

from collections.abc import Iterator

from tools.bench.readme import OURS, Results, Row, figure, rows_of
from tools.bench.text import SIZES


def flaws(results: Results) -> str:
    """Return the section that says so; empty if there is nothing to say."""
    found = [*worse_text(results), *worse_stories(results), *worse_cpu(results), *slower(results)]
    return "## Where a peer is better\n\n" + "".join(f"- {line}\n" for line in found) if found else ""


def is_ours(row: Row) -> bool:
    """Return whether a row is of cuttings."""
    return str(row["name"]).startswith(OURS)


def worse_text(results: Results) -> Iterator[str]:
    """Yield peers with higher figures than ours on sites that the fit did not see."""
    kinds = {"run_f1": "F1 of runs", "word_f1": "word F1", "precision": "precision", "recall": "recall"}
    for each in results.get("text", {}).get("sets", []):
        ours, *rows = rows_of(results, "text", each["set"])
        for key, what in kinds.items():
            for row in rows:
                theirs, mine = (one[key][0] if "f1" in key else one[key] for one in (row, ours))
                if not is_ours(row) and theirs > mine:
                    both = f"{row['name']} {figure(theirs)}; {ours['name']} {figure(mine)}"
                    yield f"{each['set']}, {what}: {both}."


def worse_stories(results: Results) -> Iterator[str]:
    """Yield peers whose stories agree better with the labels than ours, the file left out of the fit."""
    for each in results.get("stories", {}).get("sets", []):
        rows = rows_of(results, "stories", each["set"])
        for ours in (row for row in rows if row["name"].startswith(f"{OURS}, left out")):
            for row in (row for row in rows if not is_ours(row)):
                for name, theirs in row["files"].items():
                    mine = ours["files"][name]
                    if theirs[0] > mine[0] or theirs[1] > mine[1]:
                        yield f"{name}: {row['name']} {pair(theirs)}; {ours['name']} {pair(mine)}."


def pair(values: list[float]) -> str:
    """Return B-cubed and pairwise F1 of a file."""
    return f"{figure(values[0], 2)} / {figure(values[1], 2)}"


def worse_cpu(results: Results) -> Iterator[str]:
    """Yield the peers that take less CPU time, and the sizes of pages on which trafilatura does."""
    for each in results.get("text", {}).get("sets", []):
        rows = [row for row in rows_of(results, "text", each["set"]) if "cpu" in row]
        ours = next(row for row in rows if row["name"] == f"{OURS}, each page by itself")
        mine = ours["cpu"][0]
        faster = ", ".join(row["name"] for row in rows if not is_ours(row) and row["cpu"][0] < mine)
        if faster:
            yield f"{each['set']}: less CPU time than ours ({figure(mine, 2)}): {faster}."
        slow = " and the ".join(size for size in SIZES if ours["cpu_by_size"][size] > 1)
        if slow:
            yield f"{each['set']}: trafilatura's default takes less CPU time on the {slow} of the pages."
    for each in results.get("stories", {}).get("sets", []):
        cpu = {row["name"]: row["cpu"] for row in each["rows"] if row.get("cpu")}
        least = min((value for name, value in cpu.items() if name.startswith(OURS)), default=0.0)
        faster = ", ".join(name for name, value in cpu.items() if value < least)
        if faster:
            yield f"{each['set']}: less CPU time than ours ({figure(least, 1)} times TF-IDF): {faster}."


def slower(results: Results) -> Iterator[str]:
    """Yield the peers that take less CPU time than ours in crawling and in reading robots.txt."""
    for bench in ("crawl", "robots"):
        for each in results.get(bench, {}).get("sets", []):
            cpu = {row["name"]: row["cpu"] for row in each["rows"] if row.get("cpu")}
            faster = ", ".join(name for name, value in cpu.items() if value < cpu[OURS])
            if faster:
                yield f"{bench}, {each['set']}: less CPU time than ours ({figure(cpu[OURS], 2)}): {faster}."
