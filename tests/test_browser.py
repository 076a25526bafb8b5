"""Every kind of page in a real browser (Debian's Chromium): at two widths, light and dark, with and without scripts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Played
from tests.hostile_desk import poisoned
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

# Where axe looks with all its rules, half a second a page; in the other colours it looks at the contrast alone.
CHECKED = {(390, "light"): "dark", (1280, "dark"): "light"}
MOST_BYTES, MOST_REQUESTS = 120_000, 4
SERIOUS = {"serious", "critical"}
LOOKS = [
    (width, scheme, scripts)
    for width in (390, 1280)
    for scheme in ("light", "dark")
    for scripts in (True, False)
]
PAPER = "getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor"
CONTRAST = "axe.run(document, {runOnly: ['color-contrast'], resultTypes: ['violations']})"
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


def violations(page: Any, scheme: str, other: str) -> list[str]:
    """What axe finds in both colour schemes that is serious or critical, with the first element of each."""
    found = [(scheme, each) for each in axe_core.Axe().run(page).response["violations"]]
    before = page.evaluate(PAPER)
    page.emulate_media(color_scheme=other)
    assert page.evaluate(PAPER) != before, "the colours are the same"
    found += [(other, each) for each in page.evaluate(CONTRAST)["violations"]]
    page.emulate_media(color_scheme=scheme)
    return [
        f"{page.url}, {colours}: {each['id']} ({each['impact']}): {each['nodes'][0]['html'][:120]}"
        for colours, each in found
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
            said += violations(visit.page, scheme, CHECKED[width, scheme])
    context.close()
    assert not said, "\n".join(said)


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
