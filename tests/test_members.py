"""What a comparison reads of many articles at once: the same as their fingerprints and sets say."""

from __future__ import annotations

import math
import random

import numpy as np

from pipelines.matching import Compared, compared_bytes, fingerprint, linked, profile_of_bytes
from pipelines.matching.members import ascending, in_common, nearest, nearest_of
from pipelines.matching.sweep import logs
from tests.invented import corpus


def test_members_are_counted_as_sets_count_them() -> None:
    chance = random.Random(1)
    low = [chance.randrange(2**32) for _ in range(40)]
    alike = [
        member ^ (1 << 20) for member in low
    ]  # the same lowest 16 bits, so the table cannot tell them apart
    groups = [chance.choices(low + alike, k=chance.randrange(30)) for _ in range(60)]
    one = set(low[:25])
    shared, fewest = in_common(ascending(one), [ascending(group) for group in groups])
    assert shared.tolist() == [len(one & set(group)) for group in groups]
    assert fewest.tolist() == [min(len(one), len(set(group))) for group in groups]
    assert shared.any()


def test_nothing_is_shared_with_an_empty_set() -> None:
    shared, fewest = in_common(ascending([]), [ascending([1, 2]), ascending([])])
    assert shared.tolist() == fewest.tolist() == [0, 0]
    assert in_common(ascending([1]), [])[0].tolist() == []


def test_the_nearest_day_needs_a_day_and_a_date() -> None:
    assert nearest(ascending([10, 20]), np.array([12.0, 19.0, np.nan])).tolist() == [2, 1, np.inf]
    assert nearest(ascending([]), np.array([12.0])).tolist() == [np.inf]
    days = [ascending([10, 20]), ascending([]), ascending([13])]
    assert nearest_of(days, 12.0).tolist() == [2, np.inf, 1]
    assert nearest_of(days, np.nan).tolist() == [np.inf] * 3


def test_what_is_read_of_an_article_compares_as_its_fingerprint_does() -> None:
    prints = [fingerprint(article) for article in corpus(4, seed=2)]
    kept = [Compared(each.glimpse, profile_of_bytes(compared_bytes(each))) for each in prints]
    links = list(linked((one, prints) for one in prints))
    assert list(linked((one, kept) for one in kept)) == links
    read = [Compared.from_bytes(each.to_bytes()) for each in prints]
    assert list(linked((one, read) for one in read)) == links
    assert any(map(len, links))


def test_logarithms_are_those_of_the_c_library() -> None:
    values = np.array([0.0, 0.125, 7.0, 2047.875])
    for given in (values, values * 1.1, np.append(values, 2048.0), -values / 2048):
        assert logs(given).tolist() == [math.log1p(value) for value in given.tolist()]
