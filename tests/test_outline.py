"""The blocks of a page: lines, rows, marks, what is shown, and elements that hold the story."""

from __future__ import annotations

import pytest
from lxml import html

from scraper.extraction.outline import read_outline

STORY = "".join(
    f"<p>Sentence {number} of a story is long enough to count as running text, and then a little longer.</p>"
    for number in range(8)
)


def texts(body: str) -> list[str]:
    return [block.text for block in read_outline(html.document_fromstring(f"<body>{body}</body>")).blocks]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("<table><tr><th>Home</th><th>Grade</th></tr><tr><td>Elm</td><td>Good</td></tr></table>", ["Home | Grade", "Elm | Good"]),
        ("<table><tr><td><h2>News</h2></td><td><p>Text</p></td></tr></table>", ["News", "Text"]),
        ('<p>He left.<sup><a href="#n1">1</a></sup> She stayed.</p>', ["He left. She stayed."]),
        ('<p>An area of 5 m<sup>2</sup></p>', ["An area of 5 m2"]),
        ('<li id="n1">A note. <a href="#r1">↩</a></li>', ["A note."]),
        ("<ruby>里<rt>さと</rt></ruby>親", ["里親"]),
        ("<p hidden>No</p><p style='display: none'>No</p><p>Yes</p>", ["Yes"]),
        ("<pre>One line\nand another</pre>", ["One line\nand another"]),
        ('<div><span style="display:block">One</span><span style="display:block">Two</span></div>', ["One", "Two"]),
        ("<nav><p>Menu</p></nav><blockquote>Words<footer>Ann Lee</footer></blockquote>", ["Words", "Ann Lee"]),
        ('<x-story><template shadowrootmode="open"><p>In the shadow</p></template></x-story>', ["In the shadow"]),
        ("<template><p>Not shown</p></template><p>Shown</p>", ["Shown"]),
        ('<figure><figcaption>A harbour. <span class="credit">Picture: Bo Ek</span></figcaption></figure>', ["A harbour."]),
    ],
)  # fmt: skip
def test_what_a_reader_sees(body: str, lines: list[str]) -> None:
    assert texts(body) == lines


@pytest.mark.parametrize("tag", ["nav", "footer", "button"])
def test_a_furniture_element_that_holds_the_story_is_read(tag: str) -> None:
    assert len(texts(f"<p>Elsewhere</p><{tag}>{STORY}</{tag}>")) == 9
    assert texts(f"<p>Elsewhere</p><{tag}><p>Terms</p></{tag}>{STORY}")[1].startswith("Sentence 0")


def test_a_name_that_speaks_against_the_story_is_not_believed_of_its_element() -> None:
    body = f'<div class="is-hidden sidebar">{STORY}</div><div class="sidebar"><p>Short</p></div>'
    blocks = read_outline(html.document_fromstring(f"<body>{body}</body>")).blocks
    assert blocks[0].all_names == 0
    assert blocks[-1].all_names != 0


def test_long_lines_end_at_a_single_break() -> None:
    line = (
        "This line is a whole paragraph of its own, long enough that nobody takes it for a title of any kind."
    )
    assert texts(f"<div>{line}<br>{line}<br>{line}</div>") == [line] * 3


def test_nested_elements_are_counted_a_bounded_number_of_times() -> None:
    paragraphs = "".join(f"<p>{'word ' * 20}{number}</p>" for number in range(300))
    blocks = texts("<div hidden>" * 400 + paragraphs + "</div>" * 400)
    assert len(blocks) in (0, 300)


def test_paragraphs_that_are_each_hidden_are_read_when_together_they_are_the_story() -> None:
    each_hidden = STORY.replace("<p>", '<div style="display:none"><p>').replace("</p>", "</p></div>")
    assert len(texts(f"<div><p>The first one is shown.</p>{each_hidden}</div>")) == 9
    assert (
        len(
            texts(
                f"<div>{STORY}<p hidden>One more sentence, which only a machine was meant to see.</p></div>"
            )
        )
        == 8
    )


def test_the_indents_of_a_page_are_not_running_text() -> None:
    indented = "".join(f"<li>{' ' * 400}<a href='/{number}'>Menu</a></li>" for number in range(40))
    assert texts(f"<nav><ul>{indented}</ul></nav>{STORY}")[0].startswith("Sentence 0")
