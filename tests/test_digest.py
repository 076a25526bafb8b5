"""The digest: what is new, to whom, in every format, without a text that its readers may not get."""

from __future__ import annotations

import csv
import email
import email.policy
import html.parser
import io
import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from lxml import etree

from pipelines.export.digest.documents import escape_markdown
from pipelines.export.digest.novelty import details, lead_of, new_sentences, sentences
from scraper import read_feed
from tests.cli import CommandLine
from tests.conftest import Played
from tests.database import opened

FIRST_DAY = ("--since", "2026-10-12", "--until", "2026-10-19T17:00:00")
SECOND_DAY = ("--since", "2026-10-19T17:00:00", "--until", "2026-10-21")
CONFIG = """
[cuttings]
database = "demo.db"
contact = "desk@example.org"
timezone = "Europe/London"

[digest]
title = "The morning brief"
sections = ["homes", "kinship", "press"]

[[digest.list]]
name = "members"
licence = "none"
headlines = false
address = "members@example.org"

[[topic]]
id = "homes"
name = "Children's homes"
search = "\\"children's homes\\""

[[topic]]
id = "kinship"
name = "Kinship care"
search = "kinship -homes"
"""
FORMATS = ("md", "text", "html", "eml", "atom", "jsonfeed", "csv")


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, played: Played
) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    with opened(played.database) as source, opened(tmp_path / "demo.db") as copy:
        source.backup(copy)
    source.close()
    copy.close()
    (tmp_path / "cuttings.toml").write_text(CONFIG)
    return CommandLine(capsys, monkeypatch)


def printed(cli: CommandLine, *options: str) -> str:
    said = cli("digest", *options)
    assert said.status == 0, said.err
    return said.out


def texts(database: Path) -> list[str]:
    connection = sqlite3.connect(database)
    rows = connection.execute("SELECT text FROM articles WHERE text <> ''").fetchall()
    connection.close()
    return [text for (text,) in rows]


def test_the_first_day_has_top_stories_and_sections(cli: CommandLine) -> None:
    brief = printed(cli, *FIRST_DAY)
    headings = re.findall(r"^## (.*)$", brief, flags=re.MULTILINE)
    assert brief.startswith("# The morning brief, 19 October 2026\n")
    assert headings[0] == "Top stories"
    assert "Kinship care" in headings
    stories = re.findall(r"\[story (\d+)\]", brief.replace("\\", ""))
    assert len(stories) == len(set(stories)), "each story once"
    assert brief.count("### ") == len(stories)
    assert "only in Frontline Family" in brief
    assert "No significant coverage." in brief
    assert "4 publishers, 4 reports, 1 copy" in brief, "two of the five sources have one owner"
    assert "First: 12 October 2026" in brief, "one of the first has only a day"


def test_the_second_day_tells_what_changed(cli: CommandLine) -> None:
    brief = printed(cli, *SECOND_DAY).replace("\\", "")
    assert "## Changed, corrected and removed" in brief
    assert "headline was “Short breaks for disabled children win reprieve after 4,000 sign petition”" in brief
    assert "words added" in brief
    assert "corrected; “120” is now “140”, still in Residential Care Bulletin; 17 words added" in brief
    assert "youth club treasurer jailed over £64,000 theft (removed)" in brief
    assert "120" not in printed(cli, *SECOND_DAY, "--links-only").partition("Changed, corrected")[2]


def test_a_table_says_who_was_first_only_if_it_is_known(cli: CommandLine) -> None:
    rows = {
        row["title"]: row for row in csv.DictReader(io.StringIO(printed(cli, *FIRST_DAY, "--format", "csv")))
    }
    tied = rows["Watchdog to name councils which use illegal children’s homes"]
    assert tied["sources"].startswith("Residential Care Bulletin; ")
    assert tied["first_source"] == "", "the report of the Bulletin has no time"
    known = rows["Applications open for £18 million contact centre fund"]
    assert known["first_source"] == "Department for Families and Learning"


def test_the_same_window_gives_the_same_digest(cli: CommandLine) -> None:
    for shape in ("md", "text", "html", "atom", "jsonfeed", "csv"):
        assert printed(cli, *FIRST_DAY, "--format", shape) == printed(cli, *FIRST_DAY, "--format", shape)


def test_new_means_new_to_a_list(cli: CommandLine) -> None:
    first = printed(cli, "--to", "board", *FIRST_DAY)
    assert "### " in first
    again = printed(cli, "--to", "board")
    assert "### " not in again
    assert "Changed, corrected and removed" in again, "since the end of the list's last digest"
    assert "### " in printed(cli, "--to", "staff", *FIRST_DAY), "another list has not had them"


def test_stories_that_are_too_many_are_counted(cli: CommandLine, tmp_path: Path) -> None:
    everything = printed(cli, *FIRST_DAY).count("### ")
    few = CONFIG.replace("[digest]", "[digest]\nmax_stories = 1\ntop = 0").replace("kinship -homes", "fund")
    (tmp_path / "cuttings.toml").write_text(few)
    for shape in ("md", "text", "html"):
        brief = printed(cli, *FIRST_DAY, "--format", shape)
        assert f"and {everything - 1} more stories, left out of this digest" in brief
        assert "1 story, " in brief
    sections = re.findall("^## (.*)", printed(cli, *FIRST_DAY), flags=re.MULTILINE)
    assert sections == ["Children's homes"], "a topic whose stories are left out has coverage"


def test_a_window_in_the_future_hides_nothing_from_the_next_digest(cli: CommandLine) -> None:
    printed(cli, "--to", "board", "--until", "2100-01-01")
    assert "2100" not in printed(cli, "--to", "board")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('name = "members"', "[[digest.list]] 1 (members) name: expected a name that no other list has"),
        (
            'name = "b"\naddress = "the board"',
            "[[digest.list]] 2 (b) address: expected e-mail addresses such as",
        ),
        ('name = "b"\naddress = "a@b.example c@d.example"', "[[digest.list]] 2 (b) address: expected"),
    ],
)
def test_a_list_that_is_of_no_use_is_named(cli: CommandLine, tmp_path: Path, lines: str, words: str) -> None:
    (tmp_path / "cuttings.toml").write_text(f"{CONFIG}\n[[digest.list]]\n{lines}\n")
    said = cli("digest", "--to", "members")
    assert said.status == 2
    assert words in said.err


def test_a_list_that_the_config_does_not_have_is_named(cli: CommandLine) -> None:
    said = cli("digest", "--to", "membres")
    assert said.status == 0
    assert "the config has no [[digest.list]] named membres; it has: members" in said.err


def test_a_stored_digest_has_no_text_for_readers_without_a_licence(cli: CommandLine) -> None:
    assert "Watchdog to name councils" in printed(cli, *FIRST_DAY)
    assert "Watchdog to name councils" not in printed(cli, "--show", "1", "--to", "members")


def test_sentences_that_a_publisher_keeps_back_are_not_passed_on(cli: CommandLine, tmp_path: Path) -> None:
    sentence = "Councils which place children in unregistered homes for longer than four weeks"
    assert sentence in printed(cli, *FIRST_DAY)
    with opened(tmp_path / "demo.db") as database:
        database.execute("UPDATE articles SET rights_json = '{\"nosnippet\": true}'")
    database.close()
    brief = printed(cli, *FIRST_DAY)
    assert "Watchdog to name councils" in brief
    assert sentence not in brief


def test_a_stored_digest_is_printed_again(cli: CommandLine, tmp_path: Path) -> None:
    first = printed(cli, *FIRST_DAY)
    connection = sqlite3.connect(tmp_path / "demo.db")
    [(number, count)] = connection.execute(
        "SELECT d.id, count(*) FROM digests AS d JOIN digest_stories AS s ON s.digest_id = d.id"
    ).fetchall()
    assert count == first.count("### ")
    assert printed(cli, "--show", str(number)) == first
    story, lead = connection.execute(
        "SELECT s.story_id, t.lead_article_id FROM digest_stories AS s JOIN stories AS t ON t.id = s.story_id"
    ).fetchone()
    connection.execute("UPDATE stories SET merged_into = 1 WHERE id = ?", (story,))
    connection.commit()
    connection.close()
    assert lead is not None
    assert "Now part of story 1" in printed(cli, "--show", str(number))
    assert cli("digest", "--show", "99").status == 1
    for option in (("--since", "1d"), ("--until", "1d"), ("--topic", "x")):
        said = cli("digest", "--show", str(number), *option)
        assert (said.status, said.out, said.err.count("\n")) == (2, "", 1)
        assert option[0] in said.err


def test_a_forgotten_article_is_gone_from_stored_digests(cli: CommandLine, tmp_path: Path) -> None:
    printed(cli, *FIRST_DAY)
    connection = sqlite3.connect(tmp_path / "demo.db")
    [(article, title, text)] = connection.execute(
        """SELECT a.id, a.title, a.text FROM digest_stories AS d JOIN stories AS s ON s.id = d.story_id
        JOIN articles AS a ON a.id = s.lead_article_id WHERE d.position = 1"""
    ).fetchall()
    lead = sentences(text)[0]
    assert title in printed(cli, "--show", "1")
    said = cli("forget", article, "--copies")
    assert said.status == 0, said.err
    [(content,)] = connection.execute("SELECT content_json FROM digests").fetchall()
    connection.close()
    assert lead not in content
    assert lead not in printed(cli, "--show", "1")
    assert title not in content


@pytest.mark.parametrize("shape", FORMATS)
def test_links_only_hands_on_no_text(cli: CommandLine, tmp_path: Path, shape: str) -> None:
    outputs = [
        printed(cli, *FIRST_DAY, "--links-only", "--format", shape),
        printed(cli, *FIRST_DAY, "--to", "members", "--format", shape),
    ]
    if shape == "eml":
        messages = [email.message_from_string(each, policy=email.policy.default) for each in outputs]
        outputs = [
            "".join(part.get_content() for part in message.walk() if not part.is_multipart())
            for message in messages
        ]
    for output in outputs:
        flat = " ".join(re.sub(r"<[^>]*>", " ", output).replace("\\", "").split())
        for text in texts(tmp_path / "demo.db"):
            assert sentences(text)[0] not in flat
    assert "Watchdog to name councils" in outputs[0]
    assert "Watchdog to name councils" not in outputs[1], "a list without a licence for headlines"
    assert "http://127.0.0.1" in outputs[1]


def test_the_beginning_of_a_text_is_not_a_headline(cli: CommandLine, tmp_path: Path) -> None:
    with opened(tmp_path / "demo.db") as database:
        database.execute("UPDATE articles SET title = ''")
        database.execute("UPDATE stories SET title = 'The first words of a text …'")
    database.close()
    assert "The first words of a text" in printed(cli, *FIRST_DAY)
    assert "The first words of a text" not in printed(cli, *FIRST_DAY, "--links-only")


def test_atom_and_json_feed_are_feeds_of_stories(cli: CommandLine) -> None:
    first = printed(cli, *FIRST_DAY, "--format", "atom")
    links = read_feed(first.encode(), "https://desk.example/feed", "application/atom+xml")
    root = etree.fromstring(first.encode())
    names = {"a": "http://www.w3.org/2005/Atom"}
    ids = root.xpath("//a:entry/a:id/text()", namespaces=names)
    assert len(ids) == len(set(ids)) == len(links) > 5
    assert all(re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", each) for each in ids)
    later = etree.fromstring(
        printed(cli, "--since", "2026-10-12", "--until", "2026-10-21", "--format", "atom").encode()
    )
    updated = {
        entry.findtext("a:id", namespaces=names): entry.findtext("a:updated", namespaces=names)
        for entry in later.findall("a:entry", names)
    }
    for entry in root.findall("a:entry", names):
        number = entry.findtext("a:id", namespaces=names)
        assert updated[number] == entry.findtext("a:updated", namespaces=names), "updated on real change only"
    feed = json.loads(printed(cli, *FIRST_DAY, "--format", "jsonfeed"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [each["id"] for each in feed["items"]] == ids
    assert read_feed(json.dumps(feed).encode(), "https://desk.example/feed", "application/feed+json")


def test_a_mail_is_a_whole_message(cli: CommandLine, tmp_path: Path) -> None:
    text = printed(cli, *FIRST_DAY, "--to", "members", "--format", "eml")
    message = email.message_from_string(text, policy=email.policy.default)
    assert message["To"] == "members@example.org"
    assert message["From"] == "desk@example.org"
    assert message["Subject"] == "The morning brief, 19 October 2026"
    assert message["Message-ID"]
    assert message["Date"].datetime
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    members = "Zoë <zoe@example.org>, ben@example.org"
    (tmp_path / "cuttings.toml").write_text(CONFIG.replace("members@example.org", members), encoding="utf-8")
    several = email.message_from_string(
        printed(cli, *FIRST_DAY, "--to", "members", "--format", "eml"), policy=email.policy.default
    )
    assert several["To"] == members
    (tmp_path / "cuttings.toml").write_text(CONFIG)
    nobody = email.message_from_string(
        printed(cli, *FIRST_DAY, "--format", "eml"), policy=email.policy.default
    )
    assert "undisclosed-recipients" in nobody["To"]
    config = tmp_path / "cuttings.toml"
    config.write_text(CONFIG.replace("desk@example.org", "https://www.example.org/contact"))
    assert "\nFrom:" not in printed(cli, *FIRST_DAY, "--format", "eml"), "which is no address"
    again = email.message_from_string(
        printed(cli, "--show", "1", "--format", "eml"), policy=email.policy.default
    )
    assert (again["To"], again["Message-ID"]) == ("members@example.org", message["Message-ID"])


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


HOSTILE = (
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil.example")',
    "\x1b[2Jcleared",
    "\u202eesrever",
    "[click](javascript:alert(1)) # *x*",
    "x" * 10_000,
    "'; DROP TABLE stories; --",
    "🙂 عربى 学校",
    "a \x00 b \x07 c \ufffe d",
)


def test_hostile_titles_are_text_everywhere(cli: CommandLine, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "demo.db")
    for number, title in enumerate(HOSTILE):
        mine = (title, len(HOSTILE), number)
        connection.execute("UPDATE articles SET title = ? WHERE id % ? = ?", mine)
        connection.execute("UPDATE stories SET title = ? WHERE id % ? = ?", mine)
    connection.execute("UPDATE articles SET url = 'javascript:alert(1)' WHERE id % 2")
    connection.execute(
        "UPDATE articles SET url = ? WHERE id % 4 = 3", ("https://a.example/\x01\ufffe \u202e",)
    )
    connection.commit()
    connection.close()
    for shape in FORMATS:
        output = printed(cli, *FIRST_DAY, "--format", shape)
        assert "\x1b" not in output
        assert "\u202e" not in output
        if shape == "html":
            tags = _Tags()
            tags.feed(output)
            assert not tags.open
            assert "script" not in tags.seen
            assert 'href="javascript' not in output
        if shape == "md":
            assert not re.search(r"(?<!\\)\]\(javascript", output)
            assert "<script>" not in output.replace("\\<script", "")
        if shape == "atom":
            etree.fromstring(output.encode())
        if shape == "csv":
            cells = [cell for row in csv.reader(io.StringIO(output)) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_an_empty_database_is_said(cli: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "cuttings.toml").unlink()
    assert cli("init", "new", "--empty").status == 0
    for shape in FORMATS:
        said = cli("digest", "--config", "new/cuttings.toml", "--format", shape)
        assert said.status == 0
    assert "No significant coverage." in cli("digest", "--config", "new/cuttings.toml").out
    shutil.rmtree("new")


def test_wrong_options_are_named(cli: CommandLine) -> None:
    assert cli("digest", "--topic", "nope").status == 2
    assert cli("digest", "--since", "2026-10-12", "--until", "2026-10-11").status == 2
    assert "Kinship care" not in printed(cli, *FIRST_DAY, "--topic", "homes")


def test_notes_of_people_are_printed(cli: CommandLine) -> None:
    story = re.findall(r"\[story (\d+)\]", printed(cli, *FIRST_DAY).replace("\\", ""))[0]
    assert cli("note", story, "tone: critical", "--by", "ann").status == 0
    assert "Note: tone: critical (ann)" in printed(cli, *FIRST_DAY)


def test_the_first_sentences_are_cut_between_words() -> None:
    text = (
        "Mr. Smith of St. Albans paid £3.5m on Monday. He said “It is done.” Then he left.\nNext paragraph."
    )
    assert sentences(text) == [
        "Mr. Smith of St. Albans paid £3.5m on Monday.",
        "He said “It is done.”",
        "Then he left.",
        "Next paragraph.",
    ]
    assert lead_of(text) == "Mr. Smith of St. Albans paid £3.5m on Monday. He said “It is done.”"
    quoted = "She said: “We will not wait. The law is clear,” Fitch said. “It is.”"
    assert sentences(quoted)[1] == "“The law is clear,” Fitch said.", "it began in the sentence before"
    assert len(lead_of("word " * 500)) <= 320
    assert lead_of("word " * 500).endswith("word…")
    assert lead_of("") == ""
    assert lead_of("By Ted Marrable\nPhilomena cooks for ten.") == "Philomena cooks for ten."
    assert lead_of("By Friday it was over.\nNobody came.") == "By Friday it was over. Nobody came."


def test_what_a_sentence_adds() -> None:
    known = [
        "The council of Alder voted for the plan. It costs £3,200, said Ann Lee, who called it “long overdue”."
    ]
    report = (
        "The council of Alder voted for the plan, said Ann Lee. It costs £3,200. "
        "The vote was 41 to 12. It was proposed by Bob Marsh. She called it “a scandal of our time”."
    )
    assert new_sentences(report, known, most=9) == [
        "The vote was 41 to 12.",
        "It was proposed by Bob Marsh.",
        "She called it “a scandal of our time”.",
    ]
    assert new_sentences(report, known, most=1) == ["The vote was 41 to 12."]
    assert new_sentences(report, [report], most=9) == []
    assert details("It rained all day.") == frozenset()


def test_markdown_prints_text_as_it_is() -> None:
    assert escape_markdown("1. [a](b) *c* <d> #e") == "1\\. \\[a\\](b) \\*c\\* \\<d\\> \\#e"
    assert escape_markdown("- not a list") == "\\- not a list"
