"""README, docs/benchmarks.md and its plots say what docs/benchmarks.json says, and nobody was left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.bench.environments import read_peers
from tools.bench.flaws import flaws
from tools.bench.page import dots, page, plots
from tools.bench.readme import BEGIN, END, best, figure, readme_table, with_table

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
RESULTS: dict[str, Any] = json.loads((DOCS / "benchmarks.json").read_text(encoding="utf-8"))
STALE = "run `python -m tools.bench page`"


def test_the_page_is_made_from_the_results() -> None:
    assert (DOCS / "benchmarks.md").read_text(encoding="utf-8") == page(RESULTS), STALE


def test_the_plots_are_made_from_the_results() -> None:
    made = plots(RESULTS)
    assert {path.name for path in DOCS.glob("benchmarks-*.svg")} == set(made)
    for name, picture in made.items():
        assert (DOCS / name).read_text(encoding="utf-8") == picture, STALE
        assert f"]({name})" in page(RESULTS)


def test_the_table_of_the_readme_is_made_from_the_results() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme_table(RESULTS) in readme, STALE
    assert with_table(readme, RESULTS) == readme
    with pytest.raises(ValueError, match="no place"):
        with_table("# cuttings\n", RESULTS)


def test_every_peer_was_measured_or_has_a_reason() -> None:
    for bench in ("text", "stories", "crawl", "robots"):
        known = {peer["name"]: peer["reason"] for peer in RESULTS[bench]["peers"]}
        assert set(known) == {peer.name for peer in read_peers() if peer.bench == bench}
        measured = {row["name"] for each in RESULTS[bench]["sets"] for row in each["rows"]}
        for name, reason in known.items():
            assert bool(reason) != (name in measured), name


def test_figures_are_short() -> None:
    assert [figure(value, 2) for value in (0.957, 1.0, 12.345, None)] == [".96", "1.00", "12.35", "-"]


def test_a_changed_figure_changes_page_table_and_plot() -> None:
    changed = json.loads(json.dumps(RESULTS))
    row = next(row for row in changed["text"]["sets"][0]["rows"] if row["name"] == "trafilatura, fast")
    row["run_f1"] = [0.9999, 0.9998, 1.0]
    assert page(changed) != page(RESULTS)
    assert readme_table(changed) != readme_table(RESULTS)
    assert plots(changed) != plots(RESULTS)
    assert best(changed["text"]["sets"][0]["rows"], "run_f1") == (0.9999, "trafilatura, fast")


def test_a_peer_that_is_better_is_named() -> None:
    changed = json.loads(json.dumps(RESULTS))
    row = next(row for row in changed["text"]["sets"][0]["rows"] if row["name"] == "justext")
    row["precision"] = 1.0
    assert "justext 1.000" in flaws(changed)
    assert flaws({}) == ""


def test_a_plot_escapes_names_and_keeps_inside_its_scale() -> None:
    picture = dots("A & B", [("<x>", [0.2, 0.1, 0.3])], 0.5)
    assert "&lt;x&gt;" in picture
    assert "A &amp; B" in picture
    assert BEGIN != END
