"""List pages of many kinds, all of our own writing: what is taken for an article and what is not."""

# markup of pages, one entry a line

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.discovery.listings import read_listing
from scraper.errors import DiscoveryError

URL = "https://www.example.org/news/"
STORIES = (
    ("wrenbury-inspection-improves", "Wrenbury children’s services improve in every area, inspectors find"),
    ("carers-allowance-rises", "Kinship carers’ allowance to rise in eight areas from April"),
    ("alderfen-house-closes", "Alderfen House to close with the loss of sixteen beds"),
    ("review-of-toddler-death", "Services missed four chances before the death of a toddler"),
    ("social-work-vacancies-fall", "Social work vacancies fall for the first time in six years"),
    ("court-delays-grow", "Children wait 46 weeks for a family court to decide"),
)
MENU = """<nav><ul><li><a href="/">Home</a></li><li><a href="/news/">News</a></li><li><a href="/opinion/">Opinion and analysis</a></li>
<li><a href="/jobs/">Jobs in children’s services</a></li><li><a href="/subscribe/">Subscribe today for full access</a></li></ul></nav>"""
FOOTER = """<footer><ul><li><a href="/about-us/">About us</a></li><li><a href="/privacy-policy/">Our privacy and cookie policy explained</a></li>
<li><a href="/advertise-with-our-team/">Advertise with our team</a></li><li><a href="https://social.example.com/desk">Follow our desk on social media</a></li></ul></footer>"""


def page(body: str, *, head: str = "") -> str:
    return (
        f"<!doctype html><html><head><title>News</title>{head}</head><body>{MENU}{body}{FOOTER}</body></html>"
    )


def rows(pattern: str) -> str:
    return "".join(
        pattern.format(slug=slug, title=title, day=20 - number, number=number, id=4000 + number)
        for number, (slug, title) in enumerate(STORIES)
    )


WORDPRESS = page(
    "<main>"
    + rows(
        '<article class="post-{id} post type-post category-news tag-{number} hentry"><a href="/2026/03/{day}/{slug}/"><img alt="" src="x.jpg"></a>'
        '<h2 class="entry-title"><a href="https://www.example.org/2026/03/{day}/{slug}/" rel="bookmark">{title}</a></h2>'
        '<p class="meta">By <a href="/author/ann/">Ann Lee</a> on <time datetime="2026-03-{day}T09:00:00+00:00">{day} March 2026</time> in <a href="/category/care/">Care</a></p>'
        '<p>A summary of the story that is long enough to be shown below its headline.</p><a class="more-link" href="/2026/03/{day}/{slug}/">Continue reading</a>'
        '<a href="/2026/03/{day}/{slug}/#comments">3 comments</a></article>'
    )
    + '<div class="pagination"><a href="/news/page/2/">Older posts of this month</a></div></main>'
    '<aside class="sidebar"><h3>Most read</h3><ol><li><a href="/2025/01/01/old-story-one-here/">An old story that everybody read last year again</a></li>'
    '<li><a href="/2025/01/02/old-story-two-here/">Another old story that everybody read last year</a></li><li><a href="/2025/01/03/old-story-three/">A third old story that everybody read last year</a></li></ol></aside>'
)
GOVERNMENT = page(
    '<div class="finder-results"><ul class="document-list">'
    + rows(
        '<li class="document"><div class="title"><a href="/government/news/{slug}">{title}</a></div><p class="description">What the department announced, in one or two sentences of its own.</p>'
        '<ul class="metadata"><li>From: <a href="/government/organisations/department">Department</a></li><li>Updated: <time datetime="2026-03-{day}">{day} March 2026</time></li></ul></li>'
    )
    + '</ul></div><form class="filter"><a href="/search/all?topic=care-and-families">Clear all filters of this search</a></form>'
)
DIVS = page(
    '<div class="w1">'
    + rows(
        '<div class="c9"><div class="c9a"><a href="/insight/{slug}"><img src="x"></a></div><div><a href="/insight/{slug}">{title}</a></div><div>{day}/03/2026</div></div>'
    )
    + '</div><div class="w2"><div><a href="/enquire">Make an enquiry</a></div><div><a href="/call">Call us</a></div><div><a href="/map">Find us</a></div></div>'
)
TABLE = page(
    '<table><tr><td><a href="/members/">Members’ area</a> | <a href="/training/">Training dates</a> | <a href="/links/">Useful links</a></td></tr>'
    + rows(
        '<tr><td><font size="2">{day}.03.2026</font></td><td><a href="/news/article.asp?id={id}"><b>{title}</b></a></td></tr>'
    )
    + "</table>"
)
CARDS = page(
    '<section class="grid">'
    + rows(
        '<a class="card" href="/articles/{slug}"><span class="tag">News</span><h3>{title}</h3><p>Published {day} March 2026. The beginning of the story, cut off after some words…</p></a>'
    )
    + "</section>"
)
READ_MORE = page(
    rows(
        '<div class="item"><h4>{title}</h4><p>{day} March 2026</p><p>The beginning of the story as the list shows it, in one sentence.</p><p><a href="/story/{slug}">Read more</a></p></div>'
    )
)
RELATIVE = page(
    "<ul>" + rows('<li><a href="{slug}.html">{title}</a> ({day} March 2026)</li>') + "</ul>",
    head='<base href="https://www.example.org/archive/2026/">',
)


@pytest.mark.parametrize(
    ("html", "path"),
    [
        (WORDPRESS, "/2026/03/{day}/{slug}/"),
        (GOVERNMENT, "/government/news/{slug}"),
        (DIVS, "/insight/{slug}"),
        (TABLE, "/news/article.asp?id={id}"),
        (CARDS, "/articles/{slug}"),
        (READ_MORE, "/story/{slug}"),
        (RELATIVE, "/archive/2026/{slug}.html"),
    ],
    ids=["wordpress", "government", "divs", "table", "cards", "read more", "relative"],
)
def test_a_list_gives_its_articles_in_order_with_titles_and_dates(html: str, path: str) -> None:
    links = read_listing(html, URL)
    assert [link.url for link in links] == [
        f"https://www.example.org{path.format(slug=slug, day=20 - number, id=4000 + number)}"
        for number, (slug, _) in enumerate(STORIES)
    ]
    assert [link.title for link in links] == [title for _, title in STORIES]
    days = [link.published_at.date().day if link.published_at else None for link in links]
    assert days == [20, 19, 18, 17, 16, 15]


def test_summaries_are_taken_from_the_entrys_own_block() -> None:
    assert read_listing(WORDPRESS, URL)[0].summary.startswith("A summary of the story")
    assert read_listing(DIVS, URL)[0].summary == ""


def test_the_lead_story_in_its_own_block_belongs_to_the_list() -> None:
    lead = '<div class="hero"><h1><a href="/2026/03/21/lead-story-of-today/">Ministers to publish the long awaited plan for care today</a></h1></div>'
    links = read_listing(WORDPRESS.replace("<main>", f"<main>{lead}"), URL)
    assert links[0].url == "https://www.example.org/2026/03/21/lead-story-of-today/"
    assert len(links) == len(STORIES) + 1


@pytest.mark.parametrize(
    "wrapper",
    [
        '<form id="aspnetForm">{}</form>',
        '<div class="layout has-menu with-sidebar">{}</div>',
        '<div class="social-care-news">{}</div>',
        '<div id="events-and-jobs"><div class="widget">{}</div></div>',
    ],
)
def test_what_holds_the_whole_page_is_no_menu_whatever_it_is_called(wrapper: str) -> None:
    body = DIVS.partition("<body>")[2].partition("</body>")[0]
    assert len(read_listing(f"<html><body>{wrapper.format(body)}</body></html>", URL)) == len(STORIES)


def test_sections_and_keywords_in_classes_do_not_hide_an_article() -> None:
    events = WORDPRESS.replace("category-news", "category-events category-jobs tag-sponsored")
    assert [link.title for link in read_listing(events, URL)] == [title for _, title in STORIES]


def test_a_selector_decides_alone() -> None:
    one = read_listing(WORDPRESS, URL, selector="aside li")
    assert [link.url[-20:] for link in one] == [
        "/old-story-one-here/",
        "/old-story-two-here/",
        "01/03/old-story-three/"[-20:],
    ]
    [first] = read_listing(WORDPRESS, URL, selector="article:first-of-type h2 a")
    assert (first.title, first.published_at) == (STORIES[0][1], datetime(2026, 3, 20, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("html", "selector", "words"),
    [
        ("", None, "empty"),
        ("<p>Nothing here</p>", None, "no list"),
        (page(""), None, "no list"),
        (
            "<html><body><h1>A story</h1><p>With <a href='/a-b-c'>one link</a>.</p></body></html>",
            None,
            "no list",
        ),
        (WORDPRESS, "h2..a", "is not valid"),
        (WORDPRESS, "h2 > p", "matches no link"),
    ],
)
def test_a_page_without_a_list_is_an_error_in_one_line(html: str, selector: str | None, words: str) -> None:
    with pytest.raises(DiscoveryError, match=words) as failure:
        read_listing(html, URL, selector=selector)
    assert "\n" not in str(failure.value)
    assert str(failure.value).endswith(URL)


def test_links_to_other_sites_are_no_articles_of_this_one() -> None:
    abroad = DIVS.replace('href="/insight/', 'href="https://other.example.net/insight/')
    with pytest.raises(DiscoveryError):
        read_listing(abroad, URL)


@given(st.text(max_size=300))
def test_any_text_gives_links_or_our_error(text: str) -> None:
    for html in (text, DIVS.replace("c9", text), f"<a href='{text}'>{text}</a>" * 4):
        for selector in (None, "a"):
            try:
                links = read_listing(html, URL, selector=selector)
            except DiscoveryError:
                continue
            assert all(link.url.startswith("http") for link in links)
