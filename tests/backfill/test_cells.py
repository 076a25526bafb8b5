"""Cells of a Parquet file that Python cannot hold."""

from __future__ import annotations

import pytest

pa = pytest.importorskip("pyarrow")

from pipelines.backfill.cells import cells_of  # noqa: E402 - pyarrow may be missing


def texts() -> pa.Array:
    """Two texts, of which the first is not UTF-8."""
    return pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff\xfe", b"ok"]).buffers())


def times() -> pa.Array:
    """Two times, of which the first is long after the year 9999."""
    return pa.array([4 * 10**17, 0], pa.int64()).cast(pa.timestamp("us"))


def in_a_dictionary(values: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0, 1]), values)


def in_lists(values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array([0, 1, 2]), values)


@pytest.mark.parametrize("column", [texts(), in_a_dictionary(texts()), in_lists(texts())])
def test_a_text_that_is_not_utf8_is_left_to_the_reader_of_rows(column: pa.Array) -> None:
    first, second = cells_of("authors", column)
    assert isinstance(first, bytes)
    assert second in ("ok", ["ok"])


@pytest.mark.parametrize("column", [in_a_dictionary(times()), in_lists(times())])
def test_a_time_beyond_the_calendar_costs_no_other(column: pa.Array) -> None:
    first, second = cells_of("published", column)
    assert first == b"\xff"
    assert "1970" in str(second)


def test_a_time_in_an_unknown_zone_is_a_number() -> None:
    assert cells_of("published", pa.array([5], pa.timestamp("us", "Foo/Bar"))) == ["5"]


def test_deeply_nested_authors_stay_a_text() -> None:
    deep = "[" * 100_000
    assert cells_of("authors_json", pa.array([deep])) == [deep]
