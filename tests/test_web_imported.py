"""The pages of a desk whose articles were imported: without sources, without times, under names of any kind."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.cli import CommandLine
from tests.database import opened

pytest.importorskip("datasette", reason="the extra `web` is not installed")
from datasette.app import Datasette

from pipelines.web import words
from pipelines.web.server import SETTINGS

ODD = "The Echo & Co/é #1?"
BRIDGE = (
    "The bridge in Wells was closed on Monday after a lorry hit it, Wells council said. Repairs will take three weeks, "
    "engineer Tom Hardcastle said.",
    "A lorry hit the bridge in Wells on Monday and Wells council closed it. Engineer Tom Hardcastle said repairs would "
    "take three weeks.",
)


def rows() -> Iterator[dict[str, str]]:
    """Two reports that only their addresses tell apart, one of a source with an odd name, one of nobody."""
    day = {"published": "2026-03-02"}
    titles = ("Bridge closed in Wells after lorry strike", "Lorry strike closes Wells bridge")
    for number, (title, text) in enumerate(zip(titles, BRIDGE, strict=True)):
        yield {"url": f"https://www.paper{number}.example/{number}", "title": title, "text": text, **day}
    yield {
        "title": "Fire at a mill",
        "text": "A fire at the mill hurt two people, police said.",
        "source": ODD,
    }
    yield {"title": "Mayor resigns", "source": "Echo"}
    yield {"title": "Cats on show", "text": "The cat show opened in the hall with ninety cats.", **day}


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CUTTINGS_DB", raising=False)
    (tmp_path / "cuttings.toml").write_text('[match]\nencoder = "none"\n')
    cli = CommandLine(capsys, monkeypatch)
    assert cli("import", "-", "-q", stdin="\n".join(map(json.dumps, rows())).encode()).status == 0
    first, second = (
        int(story) for story in re.findall(r'"id": (\d+)', cli("articles", "lorry", "--json").out)
    )
    assert cli("join", first, second).status == 0
    return cli


async def answers(desk: Path, *paths: str) -> list[httpx.Response]:
    datasette = Datasette(files=[str(desk)], settings=SETTINGS)
    await datasette.invoke_startup()
    try:
        return [await datasette.client.get(path) for path in paths]
    finally:
        for database in datasette.databases.values():
            database.close()


def test_publishers_are_told_apart_by_their_sites(cli: CommandLine, tmp_path: Path) -> None:
    [wells] = json.loads(cli("stories", "bridge", "--min-publishers", 2, "--json").out)
    assert cli("note", wells["id"], "Tone: <neutral>", "--by", "Ana").status == 0
    digest = cli("digest", "--since", "2026-03-03", "--until", "2100-01-01", "--format", "text").out
    assert "Top stories\n-----------\n\nLorry strike" in digest
    assert "2 publishers, 2 reports: paper0.example and paper1.example" in digest
    with opened(tmp_path / "cuttings.db") as database:
        database.execute(
            """INSERT INTO channels (source_id, url, kind, failures, last_error)
            VALUES (?, 'https://echo.example/feed', 'feed', 1, 'ConnectError: could not connect')""",
            (ODD,),
        )
    database.close()
    paths = (
        "/?since=2026-03-01",
        f"/story/{wells['id']}",
        f"/source/{words.segment(ODD)}",
        "/cuttings/ask-stories",
        "/compare?a=1&b=4",
    )
    front, story, source, asked, compared = asyncio.run(answers(tmp_path / "cuttings.db", *paths))
    assert "<span>2 publishers, 2 reports</span>" in front.text
    assert "first: paper" not in front.text, "both have a day alone: nobody knows who was first"
    assert "publisher unknown" in front.text
    assert "The Echo &amp; Co/é #1?" in front.text, "the source of a story without a date"
    assert story.text.count("time unknown") == 2
    assert "at the time of" not in story.text
    assert "created: “" in story.text
    assert "<p>Note: Tone: &lt;neutral&gt; (Ana)</p>" in story.text
    assert source.status_code == 200
    assert "<h1>The Echo &amp; Co/é #1?</h1>" in source.text
    assert "failed at the last visit: could not connect" in source.text
    assert "Only its headline is stored." in compared.text
    assert asked.status_code == 200, "a query without words yet"
