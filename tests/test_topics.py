"""Topics: saved searches over stories, told once by `watch`, with people's tags obeyed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli import CommandLine

TOPICS = """
[[topic]]
id = "leavers"
name = "Care leavers"
search = '"care leavers" -football'
min_publishers = 2

[[topic]]
id = "fire"
search = "fire OR blaze"
"""
EARLY = "2026-01-01"


def row(key: str, title: str, text: str, source: str, day: int = 2) -> str:
    value = {"id": key, "title": title, "text": text, "published": f"2026-03-0{day}", "source": source}
    return json.dumps(value)


GRANT = (
    "Care leavers in Alderbury will receive a grant of 3,200 pounds for their first flat, Councillor Wanda Petrescu said. "
    "The council of Alderbury voted for the scheme by 41 votes to 12. Petrescu called the Firstkey grant long overdue."
)
GRANT_AGAIN = (
    "Alderbury votes to pay 3,200 pounds to care leavers who move into a first flat. Councillor Wanda Petrescu, who "
    "proposed the Firstkey grant, said it was long overdue; 41 members voted for it and 12 against."
)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cuttings.toml").write_text(TOPICS)
    cli = CommandLine(capsys, monkeypatch)
    lines = [
        row("grant", "Alderbury pays Firstkey grant to care leavers", GRANT, "Echo"),
        row(
            "ball",
            "Football club hires care leavers",
            "The football club of Birch hires care leavers.",
            "Echo",
        ),
        row(
            "fire",
            "Blaze at hostel in Cedarhurst",
            "A blaze destroyed the hostel in Cedarhurst on Monday.",
            "Echo",
        ),
    ]
    assert cli("import", "-", "-q", stdin="\n".join(lines).encode()).status == 0
    return cli


def watched(cli: CommandLine, *options: str) -> list[tuple[str, str, str]]:
    said = cli("watch", "--since", EARLY, "--json", *options)
    assert said.status == 0, said.err
    return [(each["topic"], each["why"], each["title"].split()[0]) for each in json.loads(said.out)]


def test_a_story_is_told_once_and_again_when_it_spreads(cli: CommandLine) -> None:
    first = [("fire", "new", "Blaze"), ("leavers", "new", "Alderbury")]
    assert watched(cli, "--dry-run") == first
    assert watched(cli) == first
    assert watched(cli) == []
    again = row("again", "Grant for care leavers agreed in Alderbury", GRANT_AGAIN, "Gazette", 3)
    assert cli("import", "-", "-q", stdin=again.encode()).status == 0
    assert [(topic, why) for topic, why, _ in watched(cli)] == [("leavers", "reached its publishers")]
    assert watched(cli) == []


def test_news_are_printed_with_sources(cli: CommandLine) -> None:
    said = cli("watch", "--since", EARLY)
    assert "Care leavers (new): Alderbury pays Firstkey grant to care leavers" in said.out
    assert "1 publisher, 1 report" in said.out
    assert "nothing new on any topic" in cli("watch", "--since", EARLY).err
    assert cli("watch").out == "", "an old archive is no news"


def test_stories_are_filtered_by_topic_and_people_decide(cli: CommandLine) -> None:
    def of_topic(topic: str) -> dict[str, int]:
        rows = json.loads(cli("stories", "--topic", topic, "--json").out)
        return {each["title"].split()[0]: each["id"] for each in rows}

    watched(cli)
    leavers, fire = of_topic("leavers"), of_topic("fire")
    assert (set(leavers), set(fire)) == ({"Alderbury"}, {"Blaze"})
    assert cli("tag", fire["Blaze"], "leavers", "--by", "ann").status == 0
    assert cli("tag", leavers["Alderbury"], "leavers", "--remove").status == 0
    assert set(of_topic("leavers")) == {"Blaze"}
    watched(cli)
    assert set(of_topic("leavers")) == {"Blaze"}, "obeyed by later runs"
    cli("tag", leavers["Alderbury"], "leavers")
    assert set(of_topic("leavers")) == {"Blaze", "Alderbury"}
    assert cli("tag", leavers["Alderbury"], "nope").status == 2
    assert cli("tag", 99, "fire").status == 1


def test_a_tag_and_a_note_are_listed_and_undone(cli: CommandLine) -> None:
    def has_topic() -> bool:
        return any(row["title"].startswith("Blaze") for row in rows_of("stories", "--topic", "leavers"))

    def rows_of(*words: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = json.loads(cli(*words, "--json").out)
        return rows

    watched(cli)
    blaze = next(row["id"] for row in rows_of("stories") if str(row["title"]).startswith("Blaze"))
    assert "undo with `cuttings undo m1`" in cli("tag", blaze, "leavers", "--by", "ann").err
    assert "undo with `cuttings undo m2`" in cli("note", blaze, "a sad one").err
    assert "nothing to do: " in cli("tag", blaze, "leavers", "--by", "bob").err
    assert "cuttings undo m2" in cli("note", blaze, "a  sad one").err
    assert has_topic()
    assert "\nNote: a sad one (" in cli("story", blaze).out
    marks = [(row["id"], row["kind"], row["story_id"], row["value"]) for row in rows_of("decisions")]
    assert marks == [("m1", "topic", blaze, "leavers"), ("m2", "note", blaze, "a sad one")]
    assert "undid what was said of topic leavers" in cli("undo", "m1").err
    assert not has_topic()
    assert "undid the note" in cli("undo", "m2").err
    assert all(row["undone_at"] for row in rows_of("decisions"))
    again = cli("undo", "m2")
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "already undone" in again.err
    assert again.err.endswith(": m2\n")
    assert cli("undo", "m9").status == 1
    assert cli("undo", "1").status == 1
    assert "such as 3 or m3" in cli("undo", "one").err


def test_a_changed_search_is_searched_again(cli: CommandLine, tmp_path: Path) -> None:
    watched(cli)
    config = tmp_path / "cuttings.toml"
    config.write_text(TOPICS.replace('"care leavers" -football', '"care leavers"'))
    assert watched(cli) == [("leavers", "new", "Football")]
    config.write_text(TOPICS.replace('"care leavers" -football', "football"))
    assert watched(cli) == []
    assert [
        each["title"].split()[0] for each in json.loads(cli("stories", "--topic", "leavers", "--json").out)
    ] == ["Football"]


def test_without_topics_watch_says_what_to_add(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "cuttings.toml").write_text("")
    said = cli("watch")
    assert said.status == 2
    assert "[[topic]]" in said.err
