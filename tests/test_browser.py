"""Every kind of page in a real browser (Debian's Chromium): at two widths, light and dark, with and without scripts."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SHARED, Played
from tests.served import Served, dressed, paths_of, serve

pytest.importorskip("datasette", reason="the extra `web` is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright (extra `dev`) is not installed")
axe_core = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe (extra `dev`) is not installed"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]

CHECKED = {(390, "light"), (1280, "dark")}  # where axe looks: it takes half a second a page
MOST_BYTES, MOST_REQUESTS = 120_000, 4
SERIOUS = {"serious", "critical"}
LOOKS = [
    (width, scheme, scripts)
    for width in (390, 1280)
    for scheme in ("light", "dark")
    for scripts in (True, False)
]
HOSTILE = (
    "<script>window.owned = 1</script>",
    '"><img src=x onerror="window.owned = 1">',
    "'><svg/onload=window.owned=1>",
    "</title></textarea><iframe src=javascript:window.owned=1>",
    "{{ 7 * 7 }}{% raw %}<b>bold</b>",
    "&lt;script&gt;window.owned = 1&lt;/script&gt; &amp;amp; ]]> <!--",
    "javascript:window.owned=1",
    "data:text/html,<script>window.owned=1</script>",
    "\u202eevil\u2066 \u0000 \ufeff right to left",
    "long" * 400,
    "a\u0300\u0301\u0302\u0303" * 60,
)


WIDE = """[...document.querySelectorAll('body *')].filter(each => each.checkVisibility()
    && each.getBoundingClientRect().right > window.innerWidth + 1 && !each.closest('.wide, .timeline svg, .skip'))
    .slice(0, 3).map(each => each.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def desk(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dressed(played.database, tmp_path_factory.mktemp("browser") / "desk.db")


@pytest.fixture(scope="module")
def site(desk: Path) -> Iterator[Served]:
    with serve(desk) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Visit:
    """One page that was opened: what it asked for, and what the console said."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.urls: list[str] = []
        self.bytes = 0
        self.complaints: list[str] = []
        page.on("request", lambda request: self.urls.append(request.url))
        page.on("response", self._weigh)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append("a dialog"), dialog.dismiss()))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in {"error", "warning"} else None,
        )

    def _weigh(self, response: Any) -> None:
        self.bytes += int(response.headers.get("content-length", 0)) or len(response.body())

    def open(self, url: str) -> None:
        self.urls, self.bytes, self.complaints = [], 0, []
        self.page.goto(url)


def faults(visit: Visit, site: Served, path: str) -> list[str]:
    visit.open(site.url + path)
    said = [f"console: {each}" for each in visit.complaints if "status of 404" not in each]
    said += [f"asked {each}" for each in visit.urls if not each.startswith((site.url, "data:,"))]
    asked = [each for each in visit.urls if not each.startswith("data:")]
    said += [f"{len(asked)} requests"] if len(asked) > MOST_REQUESTS else []
    said += [f"{visit.bytes} bytes"] if visit.bytes > MOST_BYTES else []
    width, shown = visit.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    said += [f"{width} pixels wide on {shown}"] if width > shown else []
    said += [f"wider than the window: {each}" for each in visit.page.evaluate(WIDE)]
    return [f"{path}: {each}" for each in said]


def violations(page: Any) -> list[str]:
    """What axe finds that is serious or critical, with the first element of each."""
    found = axe_core.Axe().run(page).response["violations"]
    return [
        f"{page.url}: {each['id']} ({each['impact']}): {each['nodes'][0]['html'][:120]}"
        for each in found
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize(("width", "scheme", "scripts"), LOOKS)
def test_every_page_fits_and_asks_nobody(
    width: int, scheme: str, scripts: bool, *, browser: Any, desk: Path, site: Served
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts
    )
    visit = Visit(context.new_page())
    said: list[str] = []
    for path in [*paths_of(desk), "/story/999999", "/search?q=nothing"]:
        said += faults(visit, site, path)
        if scripts and (width, scheme) in CHECKED:
            visit.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
            said += violations(visit.page)
    context.close()
    assert not said, "\n".join(said)


def payloads() -> list[str]:
    """Our own hostile texts, and the naughty strings that lie beside the checkout."""
    lines = SHARED / "eval" / "conformance" / "strings" / "blns.jsonl"
    more = (
        [json.loads(line) for line in lines.read_text(encoding="utf-8").splitlines()]
        if lines.is_file()
        else []
    )
    return [*HOSTILE, *(each["s"] for each in more if each["s"].strip())]


def poisoned(desk: Path, copy: Path) -> Path:
    """Return a copy of a desk whose every text is hostile."""
    shutil.copy(desk, copy)
    columns: dict[str, Iterable[str]] = {
        "articles": ("title", "text", "url", "publisher"),
        "stories": ("title", "origin_url"),
        "sources": ("name", "homepage", "owner"),
        "quotations": ("speaker", "role", "words"),
        "topics": ("name", "search"),
        "story_changes": ("detail", "by"),
    }
    texts = cycle(each.replace("\x00", "") for each in payloads())
    raw = sqlite3.connect(copy)
    raw.execute("UPDATE matches SET reason = ?", (HOSTILE[0],))
    raw.execute("UPDATE channels SET last_error = ?, failures = 1", (HOSTILE[1],))
    for table, names in columns.items():
        for (row,) in raw.execute(f"SELECT id FROM {table}").fetchall():
            assignments = ", ".join(f"{name} = ?" for name in names)
            storable = (next(texts).encode("utf-8", "replace").decode() for _ in names)
            raw.execute(f"UPDATE {table} SET {assignments} WHERE id = ?", (*storable, row))
    (content,) = raw.execute("SELECT content_json FROM digests").fetchone()
    raw.execute("UPDATE digests SET content_json = ?", (json.dumps(_hostile(json.loads(content), texts)),))
    raw.commit()
    raw.close()
    return copy


def _hostile(value: Any, texts: Iterator[str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _hostile(each, texts, name) for name, each in value.items()}
    if isinstance(value, list):
        return [_hostile(each, texts, key) for each in value]
    return (
        next(texts) if isinstance(value, str) and key in {"title", "lead", "source", "text", "url"} else value
    )


def test_hostile_texts_are_shown_as_text(desk: Path, browser: Any, tmp_path: Path) -> None:
    hostile = poisoned(desk, tmp_path / "desk.db")
    context = browser.new_context(viewport={"width": 390, "height": 800})
    visit = Visit(context.new_page())
    said: list[str] = []
    with serve(hostile) as site:
        for path in [*paths_of(hostile), "/search?q=%3Cscript%3Ewindow.owned%3D1%3C%2Fscript%3E"]:
            said += [each for each in faults(visit, site, path) if "bytes" not in each]
            owned, odd, wild = visit.page.evaluate(
                """[window.owned === undefined,
                document.querySelectorAll('script, iframe, img, object, embed, svg[onload], b').length,
                [...document.querySelectorAll('*')].flatMap(each => [...each.attributes])
                    .filter(each => each.name.startsWith('on') || /^\\s*(javascript|data:text|vbscript):/i.test(
                        ['href', 'src', 'action'].includes(each.name) ? each.value : '')).length]"""
            )
            said += [] if owned and not odd and not wild else [f"{path}: {owned=} {odd=} {wild=}"]
        title = visit.page.goto(f"{site.url}/") and visit.page.locator(".lines h3").all_text_contents()
        assert any("<script>" in each or "onerror" in each or "<" in each for each in title)
    context.close()
    assert not said, "\n".join(said)
