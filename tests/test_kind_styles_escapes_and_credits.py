"""Text that a page's own styles hide, references escaped again, credits, pointers, age gates, quoted speakers."""

from __future__ import annotations

import pytest

from scraper.extraction import extract
from scraper.extraction.characters import unescape_again

TOWNS = ("Elmbridge", "Norley", "Cawton", "Birk", "Tansor")
STORY = tuple(
    f"<p>In {town} the library opened its doors at nine, and {number} people were waiting outside in the rain for it.</p>"
    for number, town in enumerate(TOWNS, start=31)
)
OFFER = "Two tickets for the price of one are waiting for every reader who calls our hotline before noon."


def text_of(*parts: str, style: str = "") -> str:
    story = "".join((*STORY[:2], *parts, *STORY[2:]))
    page = f"<html><head><title>Libraries open</title><style>{style}</style></head><body><nav><a href='/'>Home</a></nav>"
    return extract(f"{page}<article><h1>Libraries open</h1>{story}</article></body></html>").text


@pytest.mark.parametrize(
    ("style", "is_read"),
    [
        (".w7{display:none}", False),
        ("/* of {print} */ .a, p.w7 { margin: 0; visibility : hidden }", False),
        ("#offer{color:red;display: none !important}", False),
        ("div.w7{display:none}", True),
        (".open .w7{display:none}", True),
        ("@media print{.w7{display:none}}", True),
        (".w7{display:none} .is-open.w7{display:block}", True),
        (".w7{display:block}", True),
    ],
)
def test_a_class_or_id_that_the_page_itself_hides_is_not_read(style: str, is_read: bool) -> None:
    assert (OFFER in text_of(f'<p class="w7" id="offer">{OFFER}</p>', style=style)) is is_read


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Reed &amp; Daughters", "Reed & Daughters"),
        ("Reed &amp;amp; Daughters", "Reed & Daughters"),
        ("the caf&eacute;&#39;s owner", "the café's owner"),
        ("AT&T and R&D;", "AT&T and R&D;"),
    ],
)
def test_a_reference_escaped_again_is_resolved(text: str, plain: str) -> None:
    assert unescape_again(text) == plain


def test_a_reference_in_code_stays() -> None:
    text = text_of(
        "<p>The shop of Reed &amp;amp; Daughters, which sold books here for sixty years, has closed.</p>",
        "<p>Whoever writes <code>&amp;lt;</code> in a page sees a less-than sign there, and nothing else at all.</p>",
    )
    assert "Reed & Daughters" in text
    assert "writes &lt; in" in text


@pytest.mark.parametrize(
    "line",
    [
        "Lire aussi : <a href='/2'>Le musée ferme ses portes</a>",
        "Leggi anche: <a href='/2'>Il museo chiude le porte</a>",
        "Lesen Sie auch: Museum schließt seine Türen",
        "Follow the Courier on Google News",
        "Propos recueillis par Jeanne Moret",
        "Reporting by Ida Holt and Sam Reyes; Editing by Ola Berg",
        "(Additional reporting by Sam Reyes in Norley)",
    ],
)
def test_a_pointer_or_credit_between_paragraphs_is_left_out(line: str) -> None:
    assert text_of(f"<p>{line}</p>").count("\n") == len(STORY) - 1


def test_an_age_gate_is_left_out_with_its_box() -> None:
    gate = "<div class='gate'><h2>Are you over 18?</h2><p>You must be of legal age to enter this website.</p><button>Yes</button></div>"
    assert text_of(gate).count("\n") == len(STORY) - 1


def test_the_caption_of_a_quotation_names_the_speaker() -> None:
    quotation = "<blockquote><p>Nobody here expected a queue at nine in the morning.</p></blockquote>"
    text = text_of(f"<figure class='q'>{quotation}<figcaption>Ida Holt, head librarian</figcaption></figure>")
    assert "expected a queue at nine in the morning.\nIda Holt, head librarian\n" in text


def test_the_text_inside_an_object_is_read() -> None:
    inside = (
        "<p>In Oakford, too, the library has opened again, though only for three hours in the afternoon.</p>"
    )
    assert "In Oakford, too" in text_of(f'<object data="map.swf">{inside}</object>')
