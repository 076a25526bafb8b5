"""What is meant to harm is read where it can be stopped."""

from __future__ import annotations

import time

import pytest

from pipelines.bounding import bounded, is_ordinary
from pipelines.reading import survey
from scraper.errors import EmptyPageError, ExtractionError, ParseLimitError
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
def test_a_million_attributes_are_refused_in_bounded_time() -> None:
    body = b"<html><body><div " + b" ".join(b"a%d=1" % n for n in range(1_000_000)) + b"><p>text</p>"
    began = time.monotonic()
    with pytest.raises(ExtractionError):
        survey(make_page(body))
    assert time.monotonic() - began < 60  # without the bound it takes hours


@pytest.mark.slow
def test_what_needs_too_much_memory_is_refused() -> None:
    with pytest.raises(ParseLimitError, match="memory"):
        bounded(bytes, 2_000_000_000)
