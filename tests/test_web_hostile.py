"""Hostile texts through every kind of page: what other people wrote is shown as text and runs nowhere."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from html import escape as html_escape
from pathlib import Path
from urllib.parse import quote

import pytest
from lxml import etree, html

from tests.conftest import Played
from tests.hostile_desk import payloads, poisoned
from tests.served import dressed, paths_of

pytest.importorskip("datasette", reason="the extra `web` is not installed")
from datasette.app import Datasette

from pipelines.web.server import SETTINGS

RUNS = {
    "script",
    "iframe",
    "frame",
    "object",
    "embed",
    "img",
    "video",
    "audio",
    "base",
    "b",
    "marquee",
    "math",
}
ADDRESSES = {"href", "src", "action", "formaction", "poster", "data", "{http://www.w3.org/1999/xlink}href"}
SAFE = {"", "http", "https", "data"}  # `data:` only as the empty icon of the head
STRIDE = 75  # texts between two rounds: odd, since each story takes two
OURS = (
    "/story/",
    "/source/",
    "/voice",
    "/topic",
    "/digest",
    "/compare",
    "/review",
    "/search",
    "/?",
    "/sources",
)


def faults(path: str, body: str, *, is_ours: bool) -> Iterator[str]:
    """Yield what a page holds that a browser would run."""
    for element in html.fromstring(body).iter(etree.Element):
        names = {name for name in element.attrib if name.startswith("on")}
        text = f"{element.text or ''}{' '.join(element.attrib[name] for name in names)}"
        if (names or element.tag == "script") and (is_ours or "owned" in text or "alert(" in text):
            yield f"{path}: {html.tostring(element, encoding='unicode')[:120]}"
        if is_ours and element.tag in RUNS:
            yield f"{path}: <{element.tag}>"
        for name in ADDRESSES.intersection(element.attrib):
            scheme = element.attrib[name].strip().partition(":")[0].casefold()
            if ":" in element.attrib[name].split("/")[0] and scheme not in SAFE:
                yield f"{path}: {name}={element.attrib[name][:80]!r}"
            if scheme == "data" and element.attrib[name] != "data:,":
                yield f"{path}: {name}={element.attrib[name][:80]!r}"


def paths(desk: Path) -> dict[str, str]:
    """The addresses of all stories, sources, voices, files and tables of a poisoned desk; their titles."""
    raw = sqlite3.connect(desk)
    titles = dict(
        raw.execute("SELECT id, title FROM stories WHERE merged_into IS NULL AND article_count > 0")
    )
    found = {f"/story/{story}": title for story, title in titles.items()}
    names = [f"/story/{story}.{form}" for story in titles for form in ("ris", "json", "atom")]
    names += [f"/source/{quote(each)}" for (each,) in raw.execute("SELECT id FROM sources")]
    speakers = raw.execute("SELECT DISTINCT speaker FROM quotations WHERE trim(speaker) <> ''").fetchall()
    names += [f"/voice?name={quote(each, safe='')}" for (each,) in speakers]
    names += [f"/desk/articles/{each}" for (each,) in raw.execute("SELECT id FROM articles LIMIT 5")]
    raw.close()
    tables = ("articles", "stories", "sources", "quotations", "matches", "topics", "story_changes")
    names += [f"/desk/{each}?_size=100" for each in tables]
    return found | dict.fromkeys([*names, *paths_of(desk), "/digest/1.atom"], "")


async def said_of(desk: Path, addresses: dict[str, str]) -> list[str]:
    datasette = Datasette(files=[], immutables=[str(desk)], settings=SETTINGS)
    await datasette.invoke_startup()
    said: list[str] = []
    for path, title in addresses.items():
        answer = await datasette.client.get(path)
        kind = answer.headers.get("content-type", "")
        if answer.status_code not in {200, 400, 404, 414}:
            said.append(f"{path}: {answer.status_code}")
        if "html" in kind:
            is_ours = path == "/" or path.startswith(OURS)
            said += faults(path, answer.text, is_ours=is_ours)
            if title and is_ours and title != shown_title(answer.text):
                said.append(f"{path}: {title[:60]!r} is shown as {shown_title(answer.text)[:60]!r}")
        elif "json" in kind:
            json.loads(answer.text)
        elif "atom" in kind or "xml" in kind:
            etree.fromstring(answer.content)
        elif kind.startswith("text/plain") or "research-info" in kind:
            assert "\nER  - " in answer.text, path
        else:
            said.append(f"{path}: {kind}")
    return said


def shown_title(body: str) -> str:
    (heading,) = html.fromstring(body).xpath("//h1")
    return str(heading.text_content())


@pytest.mark.parametrize(
    "body",
    [
        "<p>a<script>alert(1)</script>",
        '<p onload="owned = 1">a',
        '<a href=" javascript:owned">a</a>',
        "<a href='data:text/html,x'>a</a>",
        "<img src=x>",
        "<b>a</b>",
    ],
)
def test_a_page_that_runs_something_is_told(body: str) -> None:
    assert list(faults("/story/1", body, is_ours=True))
    assert not list(faults("/story/1", html_escape(body) + '<a href="/a:b">c</a>', is_ours=True))


@pytest.mark.slow
def test_no_page_runs_what_a_text_says(played: Played, tmp_path: Path) -> None:
    """Every text is the title of a story in some round; the first round has all pages."""
    plain = dressed(played.database, tmp_path / "dressed.db")
    unseen, said = set(payloads()), []
    for number in range(2 + len(unseen) // 16):
        desk = poisoned(plain, tmp_path / f"desk{number}" / "desk.db", number * STRIDE)
        addresses = paths(desk)
        titled = {path: title for path, title in addresses.items() if title}
        said += asyncio.run(said_of(desk, titled if number else addresses))
        unseen -= set(titled.values())
        if not unseen:
            break
    assert not said, "\n".join(said[:20])
    assert not unseen
