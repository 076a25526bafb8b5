"""What the body holds and what it does not; what is no article is refused with the reason."""

from __future__ import annotations

import pytest

from scraper.errors import EmptyPageError, ExtractionError, NotAnArticleError, WallError
from scraper.extraction import extract
from scraper.extraction.body_classifier import select
from scraper.extraction.document import read_document
from scraper.extraction.outline import read_outline

PROSE = [
    "The county council voted on Thursday to keep both of its children's homes, after hearing from the staff.",
    "Councillors had been told that closing them would save £900,000 a year, but not what would become of the children.",
    "“It is their home,” said Mina Faraday, who has run the older of the two for eleven years and lives next door.",
    "A review of the decision is due in the spring, when the budget for the next three years will be set.",
]


def page(body: str, title: str = "Council keeps its homes") -> str:
    return f"<html><head><title>{title}</title></head><body>{body}</body></html>"


def article(inner: str = "") -> str:
    return f"<article><h1>Council keeps its homes</h1>{''.join(f'<p>{text}</p>' for text in PROSE)}{inner}</article>"


def test_the_title_is_not_said_again() -> None:
    assert extract(page(article())).text.splitlines() == PROSE


def test_comments_captions_and_related_links_are_out() -> None:
    extra = (
        "<figure><img src=a><figcaption>The home in Mill Road. Picture: Jo Lark</figcaption></figure>"
        '<div class="related"><h3>Related stories</h3><ul><li><a href=/a>Homes to close in next county</a></li></ul></div>'
        '<div id="comments"><h2>Comments</h2><div class="comment"><p>I worked there once and it was a happy house.</p></div></div>'
    )
    assert extract(page(article(extra))).text.splitlines() == PROSE


def test_paragraphs_after_line_breaks_are_paragraphs() -> None:
    cell = "<br><br>".join(PROSE)
    text = extract(page(f"<table><tr><td>{cell}</td></tr></table>")).text
    assert text.splitlines() == PROSE


def test_bullets_are_items_whatever_their_element() -> None:
    blocks = read_outline(
        read_document(page("<div>Three things:<br>&bull; one thing<br>&bull; another thing</div>")).root
    ).blocks
    assert [(block.tag, block.text) for block in blocks] == [
        ("div", "Three things:"), ("li", "one thing"), ("li", "another thing"),
    ]  # fmt: skip


def test_a_list_is_kept_whole() -> None:
    blocks = read_document(
        page("<ul><li>one of them</li><li>two of them</li><li>three of them</li></ul>")
    ).blocks
    assert select(blocks, [0.9, 0.2, 0.9], [0.0, 0.0, 0.0], 0.5) == [True, True, True]
    assert select(blocks, [0.9, 0.2, 0.3], [0.0, 0.0, 0.0], 0.5) == [True, False, False]


def test_sub_headings_of_any_rank_stay_over_lists_short_lines_and_each_other() -> None:
    inner = (
        "<h2>What changes</h2><h3>For the homes</h3><ul><li>Both stay open</li><li>One gets a new roof</li></ul>"
        f"<h1>Next steps</h1><p>{PROSE[3]} The leader of the council will answer questions before that.</p>"
    )
    lines = extract(page(article(inner))).text.splitlines()
    assert [line for line in lines if line in ("What changes", "For the homes", "Next steps")] == [
        "What changes",
        "For the homes",
        "Next steps",
    ]


def test_a_heading_stays_only_with_the_text_before_it_in_the_same_box() -> None:
    def choice(body: str) -> list[bool]:
        blocks = read_document(page(body)).blocks
        likely = [0.1 if block.tag in ("h1", "h3") else 0.9 for block in blocks]
        return select(blocks, likely, [0.0] * len(blocks), 0.5)

    assert choice(f"<div><p>{PROSE[0]}</p><h3>Pros</h3><ul><li>It is near</li></ul></div>") == [True] * 3
    apart = f"<div><section><p>{PROSE[0]}</p></section></div><div><div><h3>More</h3><ul><li>Parks</li></ul></div></div>"
    assert choice(apart) == [True, False, True]
    assert choice(f"<div><h1>Homes</h1><p>{PROSE[0]}</p></div>") == [False, True]


def test_the_label_of_a_table_of_contents_and_placeholder_text_are_out() -> None:
    label = '<p>Table of contents</p><ol><li><a href="#a">The vote</a></li><li><a href="#b">The review</a></li></ol>'
    dummy = (
        "<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut.</p>"
    )
    text = "".join(f"<p>{line}</p>" for line in PROSE)
    shown = extract(page(f"<article><h1>Council keeps its homes</h1>{label}{text}{dummy}</article>")).text
    assert "contents" not in shown
    assert "Lorem" not in shown
    assert [line for line in shown.splitlines() if line in PROSE] == PROSE


def test_a_sub_heading_with_the_words_of_the_title_stays_within_the_story() -> None:
    title = "How much does a children's home cost?"
    above, below = ("".join(f"<p>{text}</p>" for text in part) for part in (PROSE[:2], PROSE[2:]))
    again = f"<article><h1>{title}</h1>{above}<h2>{title}</h2>{below}</article>"
    assert extract(page(again, title)).text.splitlines() == [*PROSE[:2], title, *PROSE[2:]]
    at_top = f"<article><h1>{title}</h1><h2>{title}</h2>{above}{below}</article>"
    assert extract(page(at_top, title)).text.splitlines() == PROSE


def test_a_paragraph_printed_twice_is_said_once() -> None:
    twice = page(
        f"<article><h1>Homes</h1>{''.join(f'<p>{text}</p>' for text in [*PROSE, PROSE[1]])}</article>"
    )
    assert extract(twice).text.splitlines().count(PROSE[1]) == 1


LINKS = "".join(
    f'<article><h2><a href="/{n}">Council number {n} votes on its homes</a></h2>'
    f"<p>{n} councillors spoke in a debate that lasted well into the night.</p></article>"
    for n in range(12)
)


@pytest.mark.parametrize(
    ("body", "title", "error", "words"),
    [
        ("<h1>Page not found</h1><p>Sorry, the page you want is gone.</p>", "Page not found", NotAnArticleError, "soft 404"),
        (LINKS, "Latest news", NotAnArticleError, "list"),
        ("<h1>Log in</h1><form><input type=email><input type=password></form><p>Members read on here.</p>", "Log in", WallError, "login"),
        ("<h1>Just a moment...</h1><p>Checking your browser before you go on.</p>", "Just a moment...", WallError, "challenge"),
        ("<h1>Before you continue</h1><p>We use cookies and ask for your consent.</p>", "Before you continue", WallError, "consent"),
        ("<p>Please enable JavaScript.</p>", "App", EmptyPageError, "JavaScript"),
        ("".join(f'<p><a href="/{n}">Link {n}</a></p>' for n in range(30)), "Links", ExtractionError, "links"),
        ("", "Nothing", EmptyPageError, "no article text"),
    ],
)  # fmt: skip
def test_what_is_no_article_is_refused_with_the_reason(
    body: str, title: str, error: type[ExtractionError], words: str
) -> None:
    with pytest.raises(error, match=words):
        extract(page(body, title), "https://example.org/a")


def test_frames_are_named() -> None:
    with pytest.raises(EmptyPageError, match="frames"):
        extract("<html><frameset><frame src=a.html><frame src=b.html></frameset></html>")


def test_the_same_page_gives_the_same_article_again_and_again() -> None:
    articles = {extract(page(article()), "https://example.org/a").content_hash for _ in range(5)}
    assert len(articles) == 1


OTHER = [
    "A ferry ran aground in the fog off Penmore on Friday and forty passengers were taken off by lifeboat.",
    "The harbour master said that the buoy which marks the shoal had been missing from its place since March.",
]


@pytest.mark.parametrize(
    "below",
    [
        '<article><h2><a href="/ferry">Ferry aground</a></h2>{}</article>',
        "<article><h1>Ferry aground</h1><p>By Tess Quill</p>{}</article>",
        "<div><h1>Ferry aground</h1><p>By Tess Quill</p>{}</div>",
    ],
)
def test_another_story_below_is_not_part_of_the_article(below: str) -> None:
    other = below.format("".join(f"<p>{text}</p>" for text in OTHER))
    assert extract(page(article() + other)).text.splitlines() == PROSE


@pytest.mark.parametrize(
    "box",
    [
        "<div><p>Join thousands of readers</p><form><input type=email></form><p>No spam, ever.</p></div>",
        "<div><h3>Sign up to our weekly newsletter</h3><p>Five stories, every Friday.</p></div>",
        "<p>Have your say in the comments below</p>",
        "<p>If you value our reporting, please consider making a donation.</p>",
        "<div><p>This article is for subscribers only.</p><p>Plans start at £1.</p></div>",
        "<p>You are using an outdated browser. Please upgrade your browser.</p>",
    ],
)
def test_calls_and_notices_are_out(box: str) -> None:
    inner = (
        "".join(f"<p>{text}</p>" for text in PROSE[:2])
        + box
        + "".join(f"<p>{text}</p>" for text in PROSE[2:])
    )
    text = extract(page(f"<article><h1>Council keeps its homes</h1>{inner}</article>")).text
    assert text.splitlines() == PROSE


@pytest.mark.parametrize(
    ("inner", "line"),
    [
        ("<table><tr><th>Home</th><th>Places</th></tr><tr><td>Mill Road</td><td>6</td></tr></table>", "Mill Road | 6"),
        ('<blockquote class="twitter-tweet"><p>We will keep them both.</p>— Ann Lee <a href="/t">3 May</a></blockquote>', "We will keep them both."),
        ('<section class="footnotes"><ol><li>Places are those of last March.</li></ol></section>', "Places are those of last March."),
        ("<p>This article was amended on 4 May. An earlier version had the wrong year.</p>", "This article was amended on 4 May. An earlier version had the wrong year."),
    ],
)  # fmt: skip
def test_tables_quotations_and_notes_stay(inner: str, line: str) -> None:
    text = extract(page(article(inner + f"<p>{OTHER[0]}</p>"))).text
    assert line in text.splitlines()


def test_a_box_of_promotion_above_the_story_is_out() -> None:
    box = "<div class=promo><h3>The Early Bulletin</h3><p>Four things to know</p><p>New: our podcast on homes</p></div>"
    inner = "".join(f"<p>{text}</p>" for text in PROSE)
    text = extract(page(f"<h1>Council keeps its homes</h1>{box}<div id=story>{inner}</div>")).text
    assert text.splitlines() == PROSE


def test_terms_of_republication_below_the_story_are_out() -> None:
    terms = "".join(
        f"<li>You must name the writer and link to the page, whichever of your titles it is, {n}.</li>"
        for n in range(9)
    )
    below = f"<section><div><h2>Republish this article</h2></div><p>Our stories are free to use.</p><ul>{terms}</ul></section>"
    assert extract(page(article(below))).text.splitlines() == PROSE
