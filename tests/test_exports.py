"""Licensed exports of Nexis, Factiva and ProQuest, in files of our own making in the same form."""

from __future__ import annotations

import io
import zipfile
from html import escape
from pathlib import Path

import pytest

from pipelines.ingest.inputs import InputFormat, ReadyArticle, read_inputs
from pipelines.ingest.inputs.detection import detect_format
from pipelines.ingest.inputs.exports import exported_articles
from pipelines.models import Failure
from scraper.models import Access, Article

ONE = (
    "The council of Larkmoor will rebuild its home visiting service after a report found long gaps.",
    "Inspectors said that one family in five had not been seen for eleven weeks or longer.",
)
TWO = ("Ministers have promised four hundred new places for foster children in the north.",)

NEXIS_UNI = f"""User Name: A Reader
Date and Time: Monday, January 12, 2026 9:00:00 AM GMT
Job Number: 12345678
Documents (2)
1. Larkmoor to rebuild home visits
Client/Matter: -None-
Search Terms: foster
2. Places promised in the north
Client/Matter: -None-

Larkmoor to rebuild home visits
The Larkmoor Courier (England)
January 7, 2026 Wednesday 12:15 PM GMT

Copyright 2026 Larkmoor Press Limited All Rights Reserved
Section: NEWS; Pg. 5
Length: 33 words
Byline: Ines Calder and Tom Reve
Highlight: Gaps of weeks
Body

{ONE[0]}
{ONE[1]}

Graphic

A picture of the town hall
Classification

Language: ENGLISH
Publication-Type: Newspaper
Subject: FOSTER CARE (90%)
Load-Date: January 8, 2026

End of Document

Places promised in the north
Northern Post
January 9, 2026 Friday
National Edition

Copyright 2026 Northern Post
Length: 13 words
Body

{TWO[0]}

Load-Date: January 9, 2026

End of Document
"""
NEXIS_OLD = """


                               1 of 2 DOCUMENTS


                         The Larkmoor Courier (England)

                           January 7, 2026 Wednesday
                                 First Edition

Larkmoor to rebuild
home visits

BYLINE: Ines Calder and Tom Reve

SECTION: NEWS; Pg. 5

LENGTH: 33 words

The council of Larkmoor will rebuild its home visiting service after a
report found long gaps.

Inspectors said that one family in five had not been seen for eleven weeks
or longer.

LOAD-DATE: January 8, 2026

LANGUAGE: ENGLISH

PUBLICATION-TYPE: Newspaper

                     Copyright 2026 Larkmoor Press Limited
                              All Rights Reserved

                               2 of 2 DOCUMENTS

                                 Northern Post

                            January 9, 2026 Friday

Places promised in the north

LENGTH: 13 words

Ministers have promised four hundred new places for foster children in the
north.

LOAD-DATE: January 9, 2026
"""
FACTIVA_CODES = f"""HD\tLarkmoor to rebuild home visits
BY\tBy Ines Calder and Tom Reve
WC\t33 words
PD\t7 January 2026
ET\t12:15
SN\tThe Larkmoor Courier
SC\tLARKC
PG\t5
LA\tEnglish
CY\t(c) 2026, Larkmoor Press Limited
LP
{ONE[0]}
TD
{ONE[1]}
NS
gfost : Fostering
AN
Document LARKC00020260107em17000b5

HD\tPlaces promised in the north
WC\t13 words
PD\t9 January 2026
SN\tNorthern Post
LA\tEnglish
LP
{TWO[0]}
AN
Document NORPO00020260109em19000c1
"""
FACTIVA_PLAIN = f"""NEWS
Larkmoor to rebuild home visits
Ines Calder and Tom Reve
33 words
7 January 2026
12:15
The Larkmoor Courier
LARKC
5
English
(c) 2026, Larkmoor Press Limited

{ONE[0]}

{ONE[1]}

Document LARKC00020260107em17000b5
Places promised in the north
13 words
9 January 2026
Northern Post
NORPO
English
© 2026 Northern Post. All rights reserved.
{TWO[0]}
Document NORPO00020260109em19000c1
"""
PROQUEST = f"""____________________________________________________________

Document 1 of 2

Larkmoor to rebuild home visits
Author: Calder, Ines
Publication info: The Larkmoor Courier ; Larkmoor (UK) [Larkmoor (UK)]07 Jan 2026: 5.
Abstract: Gaps of weeks were found.
Links: none
Full text: {ONE[0]}
{ONE[1]}
Subject: Foster care; Local government
Title: Larkmoor to rebuild home visits
Publication title: The Larkmoor Courier; Larkmoor (UK)
Publication date: Jan 7, 2026
Language of publication: English
ProQuest document ID: 3141592653
Document URL: https://search.proquest.example/docview/3141592653
Database: Global Newsstream
____________________________________________________________

Document 2 of 2

Places promised in the north
Publication info: Northern Post ; Northgate (UK) [Northgate (UK)]09 Jan 2026: 2.
Full text: {TWO[0]}
Publication title: Northern Post; Northgate (UK)
Publication date: Jan 9, 2026
ProQuest document ID: 2718281828
____________________________________________________________

Contact us at: http://about.proquest.example/support
"""


def docx(text: str) -> bytes:
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraphs = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in text.split("\n"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'
        )
    return packed.getvalue()


def rtf(text: str) -> bytes:
    signs = "".join(sign if sign.isascii() else f"\\u{ord(sign)}?" for sign in text.replace("\t", "\\tab "))
    return ("{\\rtf1\\ansi\\ansicpg1252 " + signs.replace("\n", "\\par\n") + "}").encode("ascii")


def html_paragraphs(text: str) -> bytes:
    return f"<!DOCTYPE html><html><body>{''.join(f'<p>{escape(line)}</p>' for line in text.split(chr(10)))}</body></html>".encode()


def factiva_table(text: str) -> bytes:
    rows = []
    for line in text.split("\n"):
        code, _, value = line.partition("\t")
        if code.strip() in {
            "HD",
            "BY",
            "WC",
            "PD",
            "ET",
            "SN",
            "SC",
            "PG",
            "LA",
            "CY",
            "LP",
            "TD",
            "NS",
            "AN",
        }:
            rows.append(f"<tr><td><b>{code}</b>&nbsp;</td><td>{escape(value)}")
        elif line.strip():
            rows.append(f"<p class='articleParagraph enarticleParagraph'>{escape(line)}</p>")
    return f"<html><body><div class='article enArticle'><table>{''.join(rows)}</table></div></body></html>".encode()


def articles(folder: Path, name: str, body: bytes) -> list[Article]:
    (folder / name).write_bytes(body)
    records = list(read_inputs([str(folder / name)]))
    assert not [record for record in records if isinstance(record, Failure)], records
    return [record.article for record in records if isinstance(record, ReadyArticle)]


FORMS = {
    "nexis.docx": docx(NEXIS_UNI),
    "nexis.rtf": rtf(NEXIS_UNI),
    "nexis.txt": NEXIS_UNI.encode(),
    "nexis.html": html_paragraphs(NEXIS_UNI),
    "old.txt": NEXIS_OLD.encode(),
    "codes.txt": FACTIVA_CODES.encode(),
    "codes.rtf": rtf(FACTIVA_CODES),
    "codes.html": factiva_table(FACTIVA_CODES),
    "plain.txt": FACTIVA_PLAIN.encode(),
    "plain.docx": docx(FACTIVA_PLAIN),
    "plain.rtf": rtf(FACTIVA_PLAIN),
    "proquest.txt": PROQUEST.encode(),
    "proquest.docx": docx(PROQUEST),
    "proquest.rtf": rtf(PROQUEST),
    "proquest.html": html_paragraphs(PROQUEST),
}


@pytest.mark.parametrize("name", FORMS)
def test_each_service_in_each_form(name: str, tmp_path: Path) -> None:
    if name.endswith((".rtf", ".docx", ".html")):
        pytest.importorskip("striprtf")
    one, two = articles(tmp_path, name, FORMS[name])
    assert (one.title, two.title) == ("Larkmoor to rebuild home visits", "Places promised in the north")
    assert one.text == "\n".join(ONE)
    assert two.text == TWO[0]
    assert (one.publisher, one.source_id) == ("The Larkmoor Courier", "the-larkmoor-courier")
    assert (two.publisher, two.source_id) == ("Northern Post", "northern-post")
    assert [f"{each.published_at:%Y-%m-%d}" for each in (one, two)] == ["2026-01-07", "2026-01-09"]
    assert one.authors == (("Ines Calder",) if name.startswith("proquest") else ("Ines Calder", "Tom Reve"))
    assert two.authors == ()
    assert one.access is Access.IMPORTED


def test_ids_of_the_services_make_a_second_import_a_repetition(tmp_path: Path) -> None:
    assert [each.external_id for each in articles(tmp_path, "a.txt", FACTIVA_CODES.encode())] == [
        "factiva:LARKC00020260107em17000b5",
        "factiva:NORPO00020260109em19000c1",
    ]
    assert articles(tmp_path, "b.txt", PROQUEST.encode())[0].external_id == "proquest:3141592653"


def test_an_abstract_stands_in_for_a_text_that_is_not_available(tmp_path: Path) -> None:
    text = PROQUEST.replace(f"Full text: {ONE[0]}\n{ONE[1]}", "Full text: Not available.")
    assert articles(tmp_path, "a.txt", text.encode())[0].text == "Gaps of weeks were found."


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("letter.docx", docx("Dear all,\nplease find the minutes below.")),
        ("letter.rtf", rtf("Dear all,\nplease find the minutes below.")),
        ("broken.docx", b"PK\x03\x04word/document.xml" + b"x" * 500),
        ("sheet.docx", b"PK\x03\x04"),
    ],
)
def test_a_document_that_is_no_export_is_named(name: str, body: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(body)
    [record] = read_inputs([str(tmp_path / name)])
    assert isinstance(record, Failure)
    assert record.error == "UnusableInput"


@pytest.mark.parametrize(
    ("byline", "length", "load", "body", "end", "day"),
    [
        ("Autor:", "Länge: 9 Wörter", "Ladedatum:", "Text", "Ende des Dokuments", "2. November 2026 Montag"),
        ("Auteur :", "Longueur : 9 mots", "Date de chargement :", "Corps", "Fin du document", "lundi 2 novembre 2026"),
        ("Autor:", "Longitud: 9 palabras", "Fecha de carga:", "Cuerpo", "Fin del documento", "2 de noviembre de 2026 lunes"),
        ("Auteur:", "Lengte: 9 woorden", "Laaddatum:", "Tekst", "Einde van het document", "2 november 2026 maandag"),
    ],
)  # fmt: skip
def test_nexis_in_other_languages(  # noqa: PLR0917
    byline: str, length: str, load: str, body: str, end: str, day: str
) -> None:
    lines = [
        "The hub opens",
        "Valley Post",
        day,
        length,
        f"{byline} Ann Lee",
        body,
        "",
        "The hub opened on Monday.",
        f"{load} 2026",
        end,
    ]
    text = "\n".join(lines * 2)
    assert detect_format(text.encode(), ".txt") is InputFormat.NEXIS
    articles = exported_articles(text.split("\n"))
    assert [(each.title, each.publication, each.byline, each.text) for each in articles] == [
        ("The hub opens", "Valley Post", "Ann Lee", "The hub opened on Monday.")
    ] * 2
    assert str(articles[0].published_at).startswith("2026-11-02")


@pytest.mark.parametrize(
    ("words", "language", "end"),
    [("412 Wörter", "Deutsch", "Dokument"), ("412 palabras", "Español", "Documento"), ("412 mots", "Français", "Document")],
)  # fmt: skip
def test_factiva_in_other_languages(words: str, language: str, end: str) -> None:
    lines = [
        "The hub opens",
        "Ann Lee",
        words,
        "2 November 2026",
        "Valley Post",
        "VALP",
        language,
        "",
        "The hub opened.",
    ]
    [article] = exported_articles([*lines, f"{end} VALP000020261102emb20000x"])
    assert (article.title, article.publication, article.text) == (
        "The hub opens",
        "Valley Post",
        "The hub opened.",
    )


def test_factiva_codes_with_one_space() -> None:
    lines = [
        "HD The hub opens",
        "BY Ann Lee",
        "WC 9 words",
        "PD 2 November 2026",
        "SN Valley Post",
        "LP ",
        "The hub opened.",
        "TD ",
        "It shut.",
    ]
    [article] = exported_articles([*lines, "Document VALP000020261102emb20000x"])
    assert (article.title, article.byline, article.text) == (
        "The hub opens",
        "Ann Lee",
        "The hub opened.\nIt shut.",
    )


def test_proquest_in_german() -> None:
    lines = ["Titel: The hub opens", "Autor: Lee, Ann", "Publikationstitel: Valley Post", "Publikationsdatum: Nov 2, 2026",
             "Volltext: The hub opened.", "ProQuest-Dokument-ID: 2731234567"]  # fmt: skip
    [article] = exported_articles(lines)
    assert (article.title, article.publication, article.text) == (
        "The hub opens",
        "Valley Post",
        "The hub opened.",
    )
    assert article.external_id == "proquest:2731234567"
