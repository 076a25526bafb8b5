"""Codes of meaning: exact, and reports of one day in other words are found by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from pipelines.matching import MemoryIndex, blocking_keys, candidates, close, fingerprint
from pipelines.matching.codes import CODE, NO_CODE, alike, code_of
from pipelines.matching.encoder import SIZE, Vectors
from scraper.models import Article

DAY = "2026-03-04T09:00:00Z"


class Directed:
    """An encoder whose vectors are given: what is tested is what is done with them."""

    name = "directed"

    def __init__(self, seed: int, near: float = 1.0) -> None:
        chance = np.random.default_rng(7)
        first = chance.normal(size=SIZE)
        other = np.random.default_rng(seed).normal(size=SIZE)
        mixed = near * first + (1 - abs(near)) * other
        self._vector = np.round(mixed * 127 / np.abs(mixed).max()).astype(np.int8).tobytes()

    def vectors(self, title: str, text: str) -> Vectors:
        """Return the same vector for every text."""
        return Vectors(self._vector, self._vector)


def article(title: str, text: str, published: str | None) -> Article:
    day = datetime.fromisoformat(published) if published else None
    return Article(title=title, text=text, published_at=day, source_id="gazette", language="en")


def vectors(count: int) -> list[bytes]:
    """Return vectors as the encoder gives them."""
    numbers = np.random.default_rng(0).normal(size=(count, SIZE))
    return [np.round(each * 127 / np.abs(each).max()).astype(np.int8).tobytes() for each in numbers]


def test_a_code_is_bytes_and_none_without_a_vector() -> None:
    assert code_of(b"") == NO_CODE == bytes(CODE)
    codes = {code_of(vector) for vector in vectors(20)}
    assert (len(codes), {len(code) for code in codes}) == (20, {CODE})


def test_the_cosine_of_codes_is_the_same_alone_and_among_others() -> None:
    codes = np.array([np.frombuffer(code_of(vector), dtype=np.int8) for vector in vectors(200)])
    together = alike(codes[0], codes)
    assert together.tolist() == [float(alike(codes[0], each[None])[0]) for each in codes]
    assert together.tolist() == [float(alike(each, codes[:1])[0]) for each in codes]
    assert together[0] == 1.0
    assert alike(np.zeros(CODE, dtype=np.int8), codes).tolist() == [0.0] * 200


@pytest.mark.parametrize(
    ("published", "near", "found"),
    [
        (DAY, 0.9, True),
        ("2026-03-05T23:00:00Z", 0.9, True),
        ("2026-03-06T00:10:00Z", 0.9, False),
        (None, 0.9, False),
        (DAY, -0.9, False),
    ],
)
def test_reports_of_a_day_in_other_words_are_candidates(
    published: str | None, near: float, *, found: bool
) -> None:
    one = fingerprint(article("Angel clears lunch bills", "A donor paid.", DAY), Directed(1))
    words = article("Dinner debt wiped out", "Somebody gave a sum.", published)
    other = fingerprint(words, Directed(2, near))
    index = MemoryIndex()
    index.add(1, blocking_keys(one))
    assert ((candidates(index, other) == {1}) and close(one, [other]) == [0]) is found
    assert close(other, [one]) == close(one, [other])
    assert not candidates(index, fingerprint(words)) & {1}


def test_articles_of_two_encoders_share_no_key_of_a_day() -> None:
    one = fingerprint(article("Angel clears lunch bills", "A donor paid.", DAY), Directed(1))
    other = replace(one, encoder="another", terms=(), shortened=(), counts=b"", surprises=b"", flags=b"")
    same = replace(other, encoder=one.encoder)
    assert len(set(blocking_keys(one)) & set(blocking_keys(same))) == 2
    assert not set(blocking_keys(one)) & set(blocking_keys(other))
