"""What is meant to harm is read where it can be stopped."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from scraper.articles import PageProfile, survey
from scraper.errors import EmptyPageError, ParseLimitError
from scraper.sandbox import bounded, is_ordinary
from tests.desk import page, report
from tests.factories import make_page


def test_ordinary_pages_are_read_here() -> None:
    assert is_ordinary(page("Alder opens hub", *report("Alder")).encode())
    assert is_ordinary(b"<img src='data:" + b"A" * 300_000 + b"'>")


@pytest.mark.parametrize(
    "body",
    [b"x" * 3_000_000, b"<div>" * 100_000, b"<p " + b" ".join(b"a%d=1" % n for n in range(20_000)) + b">"],
    ids=["large", "many tags", "many attributes"],
)
def test_others_are_not(body: bytes) -> None:
    assert not is_ordinary(body)


def test_a_process_of_its_own_gives_the_same_answers() -> None:
    assert bounded(sorted, [3, 1, 2]) == [1, 2, 3]
    with pytest.raises(EmptyPageError):
        bounded(survey, make_page(""))


@pytest.mark.slow
@pytest.mark.parametrize("value", ["1", "'<'"], ids=["plain", "that hide the tag's end"])
def test_a_million_attributes_give_the_text_or_an_error_in_bounded_time(value: str) -> None:
    attributes = " ".join(f"a{number}={value}" for number in range(1_000_000))
    body = f"<html><body><div {attributes}><p>{' '.join(report('Alder'))}</p>".encode()
    began = time.monotonic()
    outcome: PageProfile | ParseLimitError
    try:
        outcome = survey(make_page(body))
    except ParseLimitError as error:
        outcome = error
    assert isinstance(outcome, ParseLimitError) or outcome.blocks.blocks[0].text.startswith("Alder council")
    assert time.monotonic() - began < 60  # without the bounds it takes hours


@pytest.mark.slow
def test_what_needs_too_much_memory_is_refused() -> None:
    with pytest.raises(ParseLimitError, match="memory"):
        bounded(bytes, 2_000_000_000)


@pytest.mark.slow
def test_a_server_gives_the_same_answers_and_ends_with_its_process(tmp_path: Path) -> None:
    program = tmp_path / "reads.py"
    program.write_text(
        "from scraper.errors import ScraperError\n"
        "from scraper.sandbox import bounded, keep_server\n"
        "from scraper.articles import survey\n"
        "from scraper.preloaded import PAGE\n"
        "if __name__ == '__main__':\n"
        "    keep_server()\n"
        "    assert all(bounded(survey, PAGE) == survey(PAGE) for _ in range(3))\n"
        "    try:\n"
        "        bounded(bytes, 2_000_000_000)\n"
        "    except ScraperError as error:\n"
        "        print(error)\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, check=True)
    assert "too much memory" in done.stdout
