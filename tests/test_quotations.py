"""Who said what: exact words, speakers only where they are sure, and who had the words first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.storage.store import Store
from pipelines.storage.tables.quotations import StoredQuotation
from pipelines.stories.attribution import role_of
from pipelines.stories.filing import file_articles, withdraw
from pipelines.stories.quotations import first_reports, read_quotations
from tests.factories import NOON, make_article


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "cuttings.db") as opened:
        yield opened


def read(store: Store, text: str, **changes: object) -> tuple[StoredQuotation, ...]:
    saved = store.articles.save(make_article(text=text, **changes), at=NOON)
    stored = store.articles.get(saved.id)
    return tuple(read_quotations(stored))


def test_words_are_exact_and_the_speaker_has_the_fullest_name(store: Store) -> None:
    (one,) = read(
        store,
        "Ivo Lambourne, director of the trust, was there. “We’ll mend the roof – all of it,” said Mr Lambourne.",
    )
    assert one.words == "We’ll mend the roof – all of it,"
    assert (one.speaker, one.role) == ("Ivo Lambourne", "director of the trust")


def test_a_speaker_goes_on_to_the_end_of_the_paragraph_only(store: Store) -> None:
    first, second, third = read(
        store,
        "“We will mend the whole roof,” said Ivo Lambourne. “It will cost us a fortune.”\n"
        "“Nobody has asked the tenants yet.”",
    )
    assert (first.speaker, second.speaker, third.speaker) == ("Ivo Lambourne", "Ivo Lambourne", "")


@pytest.mark.parametrize("tail", ["he said.", "said ministers.", "read the sign.", ""])
def test_a_speaker_who_is_not_sure_is_not_named(store: Store, tail: str) -> None:
    (one,) = read(store, f"It was late. “We will mend the whole roof,” {tail}")
    assert one.speaker == ""


def test_what_stands_between_two_quotations_is_not_one(store: Store) -> None:
    found = read(
        store,
        'He called it "a day of shame for us all". Tenants who came along said "we want a roof now please".',
    )
    assert all(not quotation.words.startswith(".") for quotation in found)


def test_a_clause_is_not_a_role() -> None:
    assert role_of("Ivo Lambourne", "Ivo Lambourne, who is 40, spoke.") == ""
    assert role_of("", "Ivo Lambourne, director, spoke.") == ""


def quotation(article: int, words: str) -> StoredQuotation:
    return StoredQuotation(article_id=article, position=1, speaker="", role="", words=words)


def test_the_first_report_with_the_words_is_found_though_another_cut_them() -> None:
    whole = "we will mend the whole roof before the winter comes, and the windows too"
    reports = [
        [quotation(1, whole)],
        [quotation(2, whole[:40])],
        [quotation(3, "nobody has asked the tenants yet")],
    ]
    assert [each.first_article_id for each in first_reports(reports)] == [1, 1, 3]


def test_filing_stores_quotations_and_voices_count_them(store: Store) -> None:
    text = (
        "Ivo Lambourne opened the Harbour Street hostel in Kestrel Bay on Monday. “We will mend the whole roof "
        "before the winter comes,” said Ivo Lambourne, who leads the Harbour Street trust in Kestrel Bay."
    )
    for hour in range(2):
        article = make_article(
            title="Harbour Street hostel opens in Kestrel Bay",
            text=f"{text} Report {hour}.",
            url=f"https://paper{hour}.example/hostel",
            source_id=f"paper{hour}",
            published_at=NOON + timedelta(hours=hour),
        )
        store.articles.save(article, at=NOON)
    file_articles(store, now=NOON)
    assert len(set(store.articles.stories_of([1, 2]).values())) == 1
    assert [q.first_article_id for rows in store.quotations.of_articles([1, 2]).values() for q in rows] == [
        1,
        1,
    ]
    voices = store.view("voices")
    row = dict(zip(voices.columns, voices.rows[0], strict=True))
    assert (row["speaker"], row["quotations"], row["stories"], row["publishers"]) == (
        "Ivo Lambourne",
        2,
        1,
        2,
    )
    assert row["repeated"] == 1
    withdraw(store, [1], now=NOON)
    assert [q.first_article_id for q in store.quotations.of_articles([1, 2])[2]] == [2]
