"""Who said what in one text: passages, persons, pronouns, and the measured floors on labelled quotations."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.stories.attribution import role_of, speakers

STREAMS = Path(__file__).parent / "benchmarks" / "streams"
SECTOR_NEWS = Path(__file__).parents[1] / "benchmarks" / "sector-news-1" / "data"
DEMO = Path(__file__).parents[1] / "data" / "demo" / "articles"
LEAST_GIVEN, LEAST_RIGHT = 0.70, 0.98  # measured on 29 November 2026: .718 of 430 given, all of these right


def said(text: str, title: str = "") -> list[tuple[str, str]]:
    """Each passage of a text with its speaker."""
    return [(passage.words, speaker) for passage, speaker in speakers(text, title)]


def only_speaker(text: str) -> str:
    """The speaker of the one passage of a text."""
    ((_, speaker),) = said(text)
    return speaker


@pytest.mark.parametrize(
    "text",
    [
        "“We will mend the roof,” said Ivo Lambourne, the caretaker.",
        "“We will mend the roof,” said the caretaker, Ivo Lambourne.",
        "“We will mend the roof,” said Kestrel Bay caretaker Ivo Lambourne.",
        "“We will mend the roof,” the caretaker, Ivo Lambourne, told the Echo.",
        "“We will mend the roof,” Ivo Lambourne later told a packed hall.",
        "Ivo Lambourne, whose family built the hall, said: “We will mend the roof.”",
        "Mr Ivo Lambourne of Kestrel Tenants said that “we will mend the roof”.",
        "Ivo Lambourne called the state of the roof “a shame upon this town”.",
        "Ivo Lambourne wrote to all tenants, calling the roof “a shame upon this town”.",
        "The roof is “a shame upon this town”, according to Ivo Lambourne.",
        "According to the caretaker, Ivo Lambourne, the roof is “a shame upon this town”.",
        "Ivo Lambourne, 61, said that nobody had listened. “We will mend the roof ourselves.”",
        "Ivo Lambourne, 61, wept when he heard. “I had given up on it.”",
        "Caretaker Ivo Lambourne was first up the ladder. “We will mend the roof,” he said.",
        "Caretaker Ivo Lambourne was first up the ladder.\nA crowd had gathered.\n“It will hold,” he said.",
        "Ivo Lambourne, the caretaker, said:\n“We will mend the roof.”",
    ],
)
def test_the_speaker_is_found(text: str) -> None:
    assert only_speaker(text) == "Ivo Lambourne"


@pytest.mark.parametrize(
    "text",
    [
        "“We will mend the roof,” said a caretaker at Harbour View.",
        "“We will mend the roof,” said a spokesman for Kestrel Council.",
        "“We will mend the roof,” one tenant told Ivo Lambourne.",
        "Ivo Lambourne was told that the roof was “a shame upon this town”.",
        "Ivo Lambourne said that the council had called the roof “a shame upon this town”.",
        "Ivo Lambourne met Tom Ashby on the stairs. “We will mend the roof,” he said.",
        "Ivo Lambourne’s sister came too. “We will mend the roof,” she said.",
        "A tenant told caretaker Ivo Lambourne that it leaked. “It drips on my bed,” he said.",
        "The hall is called Ivo Lambourne House. “We will mend the roof,” it says on a board.",
    ],
)
def test_a_speaker_who_is_not_sure_is_not_given(text: str) -> None:
    assert only_speaker(text) == ""


def test_the_fullest_name_is_given_for_titles_initials_and_family_names() -> None:
    text = (
        "Dame Odile Marchbank, 70, opened it. “It is a good roof,” said Dame Odile. “It is a dry roof,” said Mrs "
        "Marchbank.\nThomas Pryor was there. “It will last,” Pryor said.\n“It will not,” said Mr Justice Farrant."
    )
    speakers_in_order = [speaker for _, speaker in said(text)]
    assert speakers_in_order == [
        "Dame Odile Marchbank", "Dame Odile Marchbank", "Thomas Pryor", "Mr Justice Farrant",
    ]  # fmt: skip


def test_two_persons_of_one_family_name_are_told_apart_by_title() -> None:
    text = (
        "Helen Pryor and her father Thomas Pryor were there. “It will last,” Mrs Pryor said. "
        "“It had better,” said Mr Pryor."
    )
    assert [speaker for _, speaker in said(text)] == ["Helen Pryor", "Thomas Pryor"]


def test_she_is_never_a_man() -> None:
    text = "Neighbour George Pryor brought soup for Helen Ashby, 82. “I could eat a horse,” she said."
    assert only_speaker(text) == "Helen Ashby"


def test_a_quotation_of_several_paragraphs_is_one_speakers() -> None:
    text = (
        'Ivo Lambourne, the caretaker, said: "We will mend the roof.\n"We will mend the windows.\n'
        '"And then we will rest."\nThe council said nothing.'
    )
    assert said(text) == [
        ("We will mend the roof.", "Ivo Lambourne"),
        ("We will mend the windows.", "Ivo Lambourne"),
        ("And then we will rest.", "Ivo Lambourne"),
    ]


def test_text_between_two_quotations_is_not_one() -> None:
    text = 'It was called "a shame" and "a sorry sight, all of it", said Ivo Lambourne. "It is not," said Ann Ashby.'
    assert [words for words, _ in said(text)] == ["a shame", "a sorry sight, all of it", "It is not,"]


def test_single_marks_are_read_around_whole_remarks_only() -> None:
    text = "‘We’ll mend the tenants’ roof,’ said Ivo Lambourne, who wasn't asked. It was the ’60s' last 'new' hall."
    assert said(text) == [("We’ll mend the tenants’ roof,", "Ivo Lambourne")]


def test_words_are_exactly_those_of_the_text() -> None:
    text = 'Ivo Lambourne said: "We\'ll  mend – the «roof» (all of it)…" He left.'
    ((words, _),) = said(text)
    assert words in text
    assert words == "We'll  mend – the «roof» (all of it)…"


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Ivo Lambourne, director of the trust, spoke.", "director of the trust"),
        ("Ivo Lambourne, its director, spoke.", "its director"),
        ("Said director of housing services Ivo Lambourne.", "director of housing services"),
        ("We met the caretaker, Ivo Lambourne, there.", "caretaker"),
        ("Ivo Lambourne MP, Minister for Roofs, Walls and Floors, spoke.", "Minister for Roofs, Walls and Floors"),
        ("Ivo Lambourne, who is 40, spoke.", ""),
        ("Read out by the prosecutor, Ivo Lambourne said nothing.", ""),
        ("Ivo Lambourne, in short, spoke.", ""),
    ],
)  # fmt: skip
def test_the_role_is_as_the_text_gives_it(text: str, role: str) -> None:
    assert role_of("Ivo Lambourne", text) == role


def test_speakers_of_labelled_quotations_keep_to_the_measured_floors() -> None:
    labels: dict[str, list[dict[str, list[str]]]] = {}
    for row in map(json.loads, (STREAMS / "quotations.jsonl").read_text("utf-8").splitlines()):
        labels.setdefault(row["article"], []).append(row)
    given = right = labelled = 0
    for article, (title, text) in labelled_texts():
        found = (
            [(" ".join(words.split()), by) for words, by in said(text, title)] if article in labels else []
        )
        for label in labels.get(article, ()):
            speaker = next(by for words, by in found if words.startswith(label["begins"]))
            labelled += 1
            given += bool(speaker)
            right += any(name and name in speaker for name in label["speakers"])
    assert labelled > 400
    assert given >= LEAST_GIVEN * labelled
    assert right >= LEAST_RIGHT * given


def labelled_texts() -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield title and text of the articles of the sector streams and of the demo, by the ids of the labels."""
    for letter in "abcd":
        stream = f"sector_{letter}"
        with (SECTOR_NEWS / f"{stream}.jsonl").open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                key = row["id"] if row["id"].startswith(stream) else f"{stream}:{row['id']}"
                yield key, (row.get("title") or "", row["text"])
    for path in sorted(DEMO.glob("*.toml")):
        reports = tomllib.loads(path.read_text("utf-8"))["report"]
        for number, report in enumerate(reports if isinstance(reports, list) else [reports]):
            lines = [
                line.lstrip("#- ").strip() for line in report.get("body", "").split("\n") if line.strip()
            ]
            yield f"demo:{path.stem}:{number}", (report.get("title", ""), "\n".join(lines))
