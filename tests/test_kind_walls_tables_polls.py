"""Walls and notices in more languages, tables of other mark-up, and boxes that ask or point elsewhere."""

from __future__ import annotations

import pytest

import scraper
from scraper.extraction.paywall import settled_access
from scraper.models import Access

URL = "https://n.example/mill"
LINES = [
    f"Paragraph {number} of this report tells how the mill on the Aldre was bought back, stone by stone, by the "
    f"{number} families who had worked in it, and what they paid the bank for its weir."
    for number in range(1, 6)
]
STORY = [f"<p>{line}</p>" for line in LINES]


def text_of(middle: str) -> str:
    body = "".join([*STORY[:2], middle, *STORY[2:]])
    text = scraper.extract(f"<html><body><article><h1>The mill</h1>{body}</article></body></html>", URL).text
    assert all(line in text for line in LINES)
    return text


@pytest.mark.parametrize(
    "box",
    [
        "<div><h3>Should the weir go?</h3><form><label><input type='radio'>Yes</label><button>Vote</button></form></div>",
        "<h4>Related stories</h4><ul><li><a href='/a'>The weir breaks again</a></li>"
        "<li><a href='/b'>Millers meet in Aldre</a></li></ul>",
        "<p>Topics: <a href='/t'>The weir</a> <a href='/u'>Mills</a></p>",
        "<dialog><p>Shall we tell you first about the weir and the mill on the river this year?</p></dialog>",
        "<p class='print-only'>This leaf was printed at home; the weir is on page two of it.</p>",
        "<div><p>This article contains content provided by X about the weir. We ask for your permission.</p></div>",
        "<p>Questo sito utilizza cookie anche di terze parti, weir inclusi.</p>",
        "<p>Wij gebruiken cookies om u de weir te tonen.</p>",
    ],
    ids="poll links topics dialog print placeholder it nl".split(),
)
def test_a_box_that_asks_or_points_elsewhere_goes(box: str) -> None:
    text = text_of(box).replace("bank for its weir", "")
    assert "weir" not in text.lower()
    assert "Millers" not in text


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (
            "<table><tr><td rowspan='2'>Aldre</td><td>Upper mill</td></tr><tr><td>Lower mill</td></tr></table>",
            ["Aldre | Upper mill", "Lower mill"],
        ),
        (
            "<div role='table'><div role='row'><span role='cell'>Aldre</span><span role='cell'>Upper mill</span></div>"
            "<div role='row'><span role='cell'>Brune</span><span role='cell'>Saw mill</span></div></div>",
            ["Aldre | Upper mill", "Brune | Saw mill"],
        ),
    ],
)
def test_rows_of_a_table(table: str, rows: list[str]) -> None:
    assert set(rows) <= set(text_of(table).split("\n"))


@pytest.mark.parametrize(
    "shown",
    [
        "<div class='d-none d-md-block'><p>The youngest miller is nineteen and learnt the trade from her aunt.</p></div>",
        "<dialog open><p>The youngest miller is nineteen and learnt the trade from her aunt.</p></dialog>",
        "<blockquote><p><a href='https://pics.example/1'>The youngest miller is nineteen and learnt the trade from her"
        " aunt.</a></p></blockquote>",
    ],
)
def test_what_a_reader_sees_stays(shown: str) -> None:
    assert "The youngest miller" in text_of(shown)


@pytest.mark.parametrize(
    "page",
    [
        "<h1>Willkommen</h1><p>Besuchen Sie uns wie gewohnt mit Werbung und Tracking.</p>"
        "<p>Sie können Ihre Zustimmung jederzeit in den Einstellungen widerrufen, die unten verlinkt sind.</p>"
        "<button>Alle akzeptieren</button>",
        "<h1>451</h1><p>We see that you come from a country belonging to the European Economic Area and therefore"
        " access cannot be granted at this time.</p>",
    ],
)
def test_a_wall_is_not_an_article(page: str) -> None:
    with pytest.raises(scraper.ScraperError, match=r"consent|country"):
        scraper.extract(f"<html><body><main>{page}</main></body></html>", URL)


def test_a_report_about_consent_is_an_article() -> None:
    told = "".join(
        f"<p>Clinic {number} lost the consent forms of its patients last year.</p>" for number in range(6)
    )
    assert scraper.extract(
        f"<html><body><h1>Forms lost</h1>{told}<a href='/'>Home</a></body></html>", URL
    ).text


@pytest.mark.parametrize(
    ("wall", "access"),
    [
        ("This post is for paid subscribers", Access.TEASER),
        ("This story is available exclusively to Mill Times subscribers.", Access.TEASER),
        ("Artiklen er kun for abonnenter.", Access.TEASER),
        ("Bli prenumerant för att läsa vidare.", Access.TEASER),
        ("Ten artykuł jest dostępny tylko dla prenumeratorów.", Access.TEASER),
        ("この記事は会員限定です", Access.TEASER),
        ("The club is for members only.", Access.FULL),
    ],
)
def test_the_words_of_a_wall(wall: str, access: Access) -> None:
    assert settled_access(Access.FULL, LINES[0], [*LINES[:1], wall]) is access
