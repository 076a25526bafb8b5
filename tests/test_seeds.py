"""The two reports that this product exists for, as text, semantic HTML and anonymous ``<div>``s: one clean
story."""

from __future__ import annotations

import html
import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.commands import cuttings
from tests.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One report with its truth."""

    file: Path
    title: str
    authors: list[str]
    date: str | None
    body: list[str]
    not_body: list[str]

    @property
    def lines(self) -> list[str]:
        """The lines of the dump that hold text."""
        return [line.strip() for line in self.file.read_text("utf-8").splitlines() if line.strip()]


@pytest.fixture
def seeds(shared: Path) -> list[Seed]:
    rows = map(json.loads, (shared / "seeds/truth.jsonl").read_text("utf-8").splitlines())
    return [
        Seed(
            file=shared / "seeds" / row["file"],
            title=row["title"],
            authors=row["authors"],
            date=row["date"],
            body=row["body"].split("\n"),
            not_body=row["not_body"],
        )
        for row in rows
    ]


def flat(seed: Seed) -> str:
    """Every line in a ``<div>`` that nothing tells from the next."""
    lines = "".join(f"<div>{html.escape(line)}</div>" for line in seed.lines)
    return f"<html><head><title>{html.escape(seed.title)}</title></head><body>{lines}</body></html>"


def semantic(seed: Seed) -> str:
    """The article in ``<article>``, what comes after in ``<aside>``, as HTML's elements are meant to be
    used."""
    lines = seed.lines
    start = lines.index(seed.title)
    end = max(at for at, line in enumerate(lines) if line.removeprefix("• ").strip() in seed.body) + 1
    inner = "".join(element(line, seed) for line in lines[start + 1 : end])
    inner = re.sub(r"((?:<li>.*?</li>)+)", r"<ul>\1</ul>", inner)
    menu = "".join(f"<a href=/>{html.escape(line)}</a>" for line in lines[:start])
    beside = "".join(teaser(line) for line in lines[end:])
    title = html.escape(seed.title)
    return (
        f'<!doctype html><html lang="en-GB"><head><title>{title} | The Site</title></head><body>'
        f"<header><nav>{menu}</nav></header><main><article><h1>{title}</h1>{inner}</article></main>"
        f"<aside>{beside}</aside></body></html>"
    )


def element(line: str, seed: Seed) -> str:
    """A line of the article in the element that fits it."""
    text = html.escape(line.removeprefix("•").strip())
    if line.startswith("•"):
        return f"<li>{text}</li>"
    if line in seed.authors:
        return f'<p class="byline">{text}</p>'
    if seed.date and len(line) < 30:
        return f'<time datetime="{seed.date}">{text}</time>'
    return f"<figure><figcaption>{text}</figcaption></figure>" if line in seed.not_body else f"<p>{text}</p>"


def teaser(line: str) -> str:
    """A line beside the article; the dates of other stories are marked as dates are."""
    text = html.escape(line.removeprefix("•").strip())
    if re.fullmatch(r"\d\d/\d\d/\d{4}", line):
        return f'<time datetime="{line[6:]}-{line[3:5]}-{line[:2]}">{text}</time>'
    return f"<h3><a href=/x>{text}</a></h3>" if 5 < len(line.split()) < 14 else f"<p>{text}</p>"


def command(*arguments: object, folder: Path) -> str:
    """What a command prints; it has to succeed."""
    done = CliRunner().invoke(
        cuttings, [*map(str, arguments), "--db", str(folder / "desk.db")], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


def by_import(seeds: list[Seed], folder: Path) -> None:
    command("import", *(seed.file for seed in seeds), folder=folder)


def by_fetch(wrap: Callable[[Seed], str]) -> Callable[[list[Seed], Path], None]:
    def fetch(seeds: list[Seed], folder: Path) -> None:
        with ExitStack() as stack:
            sites = [stack.enter_context(Site()) for _ in seeds]
            for site, seed in zip(sites, seeds, strict=True):
                site.page("/news/review", wrap(seed))
            config = folder / "cuttings.toml"
            config.write_text(
                f"[fetch]\ndelay = 0\nallow_private = {json.dumps([site.host for site in sites])}\n"
            )
            command("fetch", *(site.url("/news/review") for site in sites), "--config", config, folder=folder)

    return fetch


def articles(folder: Path) -> Iterator[sqlite3.Row]:
    with closing(sqlite3.connect(folder / "desk.db")) as database:
        database.row_factory = sqlite3.Row
        yield from database.execute("select * from articles order by id")


@pytest.mark.parametrize(
    "take", [by_import, by_fetch(semantic), by_fetch(flat)], ids=["text dumps", "semantic HTML", "flat HTML"]
)
def test_both_reports_come_out_clean_and_as_one_story(
    take: Callable[[list[Seed], Path], None], seeds: list[Seed], tmp_path: Path
) -> None:
    take(seeds, tmp_path)
    found = {row["title"]: row for row in articles(tmp_path)}
    assert set(found) == {seed.title for seed in seeds}
    for seed in seeds:
        row = found[seed.title]
        lines = row["text"].split("\n")
        assert [line for line in seed.body if line not in lines] == []
        assert [line for line in seed.not_body if line in lines] == []
        assert json.loads(row["authors_json"]) == seed.authors
        assert (row["published_at"] or "")[:10] == (seed.date or "")
    assert len({row["story_id"] for row in found.values()}) == 1
    reasons = command("why", *(row["id"] for row in found.values()), folder=tmp_path)
    assert re.search(r"quot", reasons)


def test_the_story_says_whom_both_papers_quote_and_who_was_first(seeds: list[Seed], tmp_path: Path) -> None:
    by_import(seeds, tmp_path)
    numbers = {row["title"]: row["id"] for row in articles(tmp_path)}
    dated, undated = (numbers[seed.title] for seed in sorted(seeds, key=lambda seed: seed.date is None))
    story = command("story", 1, folder=tmp_path)
    quoted = story.partition("Quoted:")[2].partition("History")[0]
    assert f"Josh MacAlister: in [{dated}] and [{undated}]" in quoted
    assert len(re.findall(rf"first in \[{dated}\]; \[{undated}\] has no date", " ".join(quoted.split()))) == 2
    for beginning in ("A review like this would normally take", "I know many may question the pace"):
        assert beginning in quoted
