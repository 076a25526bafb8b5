"""The benchmarks beside peers: scores by hand, tuning that never sees what it is measured on, and real peer processes."""

from __future__ import annotations

import base64
import json
import math
from pathlib import Path

import numpy as np
import pytest

from pipelines.matching.metrics import evaluate
from tools.bench.bootstrap import bootstrap
from tools.bench.environments import Environment, Peer, cause, environment, read_peers
from tools.bench.partition import components, days
from tools.bench.robots import read_cases, robots_bench
from tools.bench.running import Running
from tools.bench.stories import FileSet, file_sets, settings_of, tuned, worth
from tools.bench.story_scores import f1s, figures, mean_of_files, sums_by_event
from tools.bench.text_scores import Scores, names, page_score, plain

URLLIB = Peer(
    name="protego", bench="robots", packages=(), script="robots_urllib"
)  # under the yardstick's name


def test_every_peer_of_the_table_has_its_program() -> None:
    peers = read_peers()
    assert len({peer.name for peer in peers}) == len(peers) > 20
    folder = Path(__file__).resolve().parents[1] / "tools" / "bench" / "peers"
    for peer in peers:
        assert (folder / f"{peer.script}.py").is_file(), peer.name
        assert peer.bench == peer.script.split("_")[0]
        assert all("==" in package for package in peer.packages) or peer.name == "magic-html", peer.name


def test_pages_are_scored_as_by_hand() -> None:
    """Five words of truth are two runs; the text has the first, and one of its own."""
    found = page_score("a b c d e", "a b c d x")
    assert (found.precision, found.recall, found.run_f1) == (0.5, 0.5, 0.5)
    assert found.word_f1 == pytest.approx(0.8)
    nothing = page_score("a b c d e", "")
    assert math.isnan(nothing.precision)
    assert (nothing.recall, nothing.run_f1, nothing.word_f1) == (0.0, 0.0, 0.0)
    scores, both = Scores([found, nothing]), np.arange(2)
    assert scores.precision(both) == 0.5, "over pages with output"
    assert scores.recall(both) == 0.25, "over all pages"
    assert scores.run_f1(both) == pytest.approx(1 / 3)
    assert scores.poor(both, words=True) == 0.5


def test_titles_and_names_are_compared_without_their_dress() -> None:
    assert plain("  Council’s “new” hub ") == plain("council's new hub")
    assert names(["By Ann Ashby", None, ""]) == names(["ann ashby"])


def test_an_interval_holds_its_value_and_is_the_same_again() -> None:
    values = np.array([0.0, 1.0] * 50)
    one, two = (bootstrap(100, lambda chosen: float(values[chosen].mean())) for _ in range(2))
    assert one == two
    assert 0.39 < one.low < one.value == 0.5 < one.high < 0.61
    with pytest.raises(ValueError, match="nothing to draw"):
        bootstrap(0, lambda chosen: 0.0)


def test_sums_by_event_give_the_measures_of_the_product() -> None:
    chance = np.random.default_rng(1)
    events = [str(each) for each in chance.integers(12, size=60)]
    stories = chance.integers(15, size=60).tolist()
    (both,) = f1s(sums_by_event(events, stories).sum(axis=0, keepdims=True))
    ids = [str(at) for at in range(60)]
    known = {
        measure.name: measure.f1
        for measure in evaluate(
            dict(zip(ids, events, strict=True)), dict(zip(ids, stories, strict=True))
        ).measures
    }
    assert both[0] == pytest.approx(known["B-cubed"])
    assert both[1] == pytest.approx(known["pairwise"])
    its = figures(events, stories, draws=50)
    row = mean_of_files({"a": its, "b": its})
    assert row["b_cubed"][0] == pytest.approx(known["B-cubed"], abs=1e-4)
    assert row["glued"] == 2 * its.glued


def test_a_peer_is_never_tuned_on_what_it_is_measured_on() -> None:
    for files in [*file_sets(Path("anywhere")), FileSet(name="two", measured=("a", "b"))]:
        for name in files.measured:
            assert files.tuning(name)
            assert name not in files.tuning(name)
    assert tuned({"a": [0.1, 0.9], "b": [0.8, 0.2]}, ["a"]) == 1
    assert tuned({"a": [0.1, 0.9], "b": [0.8, 0.2]}, ["b"]) == 0
    assert worth(["x", "x"], [1, 1]) == 1.0


def test_settings_are_the_grid() -> None:
    peer = Peer(name="p", bench="stories", packages=(), script="s", thresholds=(0.1, 0.2), days=(0, 3))
    assert settings_of(peer)[:2] == [{"threshold": 0.1, "days": None}, {"threshold": 0.1, "days": 3}]
    assert len(settings_of(peer)) == 4
    assert settings_of(URLLIB) == [{}]


def test_partitions() -> None:
    found = components(5, [(0, 3), (3, 4)])
    assert found[0] == found[3] == found[4]
    assert len(set(found)) == 3
    dates = days([{"published": "2027-03-01T07:00:00Z"}, {"published": "2027-03-03"}, {"published": None}])
    assert dates[2] is None
    assert dates[1] - dates[0] == pytest.approx(2 - 7 / 24, abs=0.05)  # type: ignore[operator]


def test_the_reason_of_pip_is_the_line_that_names_it() -> None:
    said = "ERROR: Could not find a version\nERROR: No matching distribution found for x\nnotice: update pip"
    assert cause(said) == "No matching distribution found for x"


def test_a_failed_installation_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.bench.environments.venv.create", lambda *_, **__: None)
    asked = []
    monkeypatch.setattr(
        "tools.bench.environments.installed", lambda python, wanted: asked.append(wanted) or "no wheel"
    )
    for _ in range(2):
        assert environment(["x==1"], tmp_path) == Environment(python=None, reason="no wheel")
    assert asked == [["x==1"]], "tried once"


@pytest.mark.slow
def test_robots_decisions_of_real_processes(tmp_path: Path) -> None:
    folder = tmp_path / "robots"
    (folder / "wild").mkdir(parents=True)
    (folder / "wild" / "a.txt").write_text("User-agent: *\nDisallow: /secret\n", "utf-8")
    rows = [
        {"file": "robots/wild/a.txt", "agent": "Bot", "url": f"http://a.example{path}", "allowed": allowed}
        for path, allowed in (("/", True), ("/secret", False), ("/other", False))
    ]
    (folder / "wild_decisions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    packed = base64.b64encode(b"User-agent: *\nDisallow: /").decode()
    case = {"robots_b64": packed, "agent": "Bot", "url": "http://a.example/", "allowed": False}
    for name in ("rfc9309", "google_cases"):
        (folder / f"{name}.jsonl").write_text(json.dumps(case | {"scope": "rfc9309"}) + "\n", "utf-8")
    assert len(read_cases(folder, ["wild_decisions"])[0].cases) == 3
    found = robots_bench(folder, [URLLIB], {URLLIB.name: Environment(python=None)})
    ours, theirs = found[0]["rows"]
    assert (ours["right"], ours["asked"], theirs["right"]) == (2, 3, 2), "one label is wrong on purpose"
    assert theirs["cpu"] == 1.0


def test_a_process_that_dies_gives_its_last_words() -> None:
    with Running(Peer(name="x", bench="robots", packages=(), script="there_is_none")) as process:
        assert "No module named" in process.ask({})["error"]


@pytest.mark.slow
def test_a_process_that_does_not_answer_is_ended() -> None:
    with Running(URLLIB) as process:
        assert "no answer in 0 s" in process.ask({"robots": "", "cases": []}, deadline=1e-6)["error"]
        assert process.ask({"robots": "", "cases": [["Bot", "http://a.example/"]]})["allowed"] == [True]
