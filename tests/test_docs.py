"""The docs are true: links and anchors exist, commands parse, every key of the config is described with its default."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from pipelines.commands import cuttings
from pipelines.config import settings
from scraper import sources
from tests.commands_page import PAGE as COMMANDS_PAGE
from tests.commands_page import page as commands_page
from tests.desk import page as html_page
from tests.desk import report
from tests.python_page import PAGE as PYTHON_PAGE
from tests.python_page import page as python_page

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TABLES: dict[str, type[msgspec.Struct]] = {
    "[cuttings]": settings._DeskTable,
    "[fetch]": settings._FetchTable,
    "[match]": settings.MatchSettings,
    "[retention]": settings.RetentionSettings,
    "[digest]": settings.DigestSettings,
    "[[digest.list]]": settings.DigestList,
    "[notify]": settings.NotifySettings,
    "[[topic]]": settings._TopicTable,
    "[[source]]": sources._SourceTable,
}


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```|^(?: {4}).*?$|`[^`\n]+`", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_no_page_holds_the_marks_of_an_unfinished_merge(page: Path) -> None:
    marks = re.findall(r"^(?:<{7} |>{7} ).*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert not marks, f"{page.name}: {marks}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)", without_code(page.read_text(encoding="utf-8")))
    for link in links:
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}"


def commands_in(page: Path) -> Iterator[str]:
    """The commands of the program that a page shows in its code, without what a pipe does with their output."""
    text = page.read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    lines = [
        line for language, block in fenced if language in ("sh", "console") for line in block.splitlines()
    ]
    rest = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    lines += re.findall(r"^ {4,}(\S.*)$", rest, re.MULTILINE)
    lines += re.findall(r"`([^`\n]+)`", rest)
    for line in lines:
        if match := re.match(r"(?:\$ )?(?:\.venv/bin/)?cuttings ([a-z].*)", line):
            yield match[1].split(" | ")[0]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page != COMMANDS_PAGE], ids=lambda page: page.name
)
def test_commands_are_those_of_the_program(page: Path) -> None:
    root = click.Context(cuttings, info_name="cuttings")
    for line in commands_in(page):
        words = shlex.split(line, comments=True)
        command: click.Command = cuttings
        context = root
        while isinstance(command, click.Group):
            name, *words = words
            member = command.get_command(context, name)
            assert member is not None, f"{page.name}: cuttings {line}"
            command, context = member, click.Context(member, info_name=name, parent=context)
        options = {
            option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
        }
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert given <= options, f"{page.name}: cuttings {line}"


def test_the_page_of_commands_is_current() -> None:
    assert COMMANDS_PAGE.read_text(encoding="utf-8") == commands_page(), "run `python -m tests.commands_page`"


@pytest.mark.parametrize("table", TABLES)
def test_every_key_of_the_config_is_described_with_its_default(table: str) -> None:
    text = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    _, _, section = text.partition(f"# {table}\n")
    section = re.split(r"^#", section, maxsplit=1, flags=re.MULTILINE)[0]
    told = {
        key: default.strip("` ")
        for keys, default in re.findall(r"^\| (`.+?`) \| (.*?) \| ", section, re.MULTILINE)
        for key in re.findall(r"`(\w+)`", keys)
    }
    fields = {field.name: field for field in msgspec.structs.fields(TABLES[table])}
    assert set(told) == set(fields)
    for key, field in fields.items():
        default = field.default
        if default is msgspec.NODEFAULT or default is None:
            assert told[key] == "", key
        elif not (key == "remove" and default == ()):  # a list among words, which the page says
            assert told[key] == json.dumps(default), key


def test_the_python_page_is_that_of_the_code() -> None:
    assert PYTHON_PAGE.read_text(encoding="utf-8") == python_page(), "run python -m tests.python_page"


def test_the_example_from_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [code] = re.findall(
        r"```python\n(from pathlib.*?)```", PYTHON_PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved").mkdir()
    title = "Alder council opens a family hub"
    for name in ("one", "two"):
        (tmp_path / "saved" / f"{name}.html").write_text(html_page(title, *report("Alder")))
    (tmp_path / "saved" / "zero.html").write_text("<html></html>")
    exec(compile(code, str(PYTHON_PAGE), "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "saved/zero.html: the page has no article text: https://news.example/zero",
        f"{title} 1",
    ]
