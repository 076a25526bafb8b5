"""Pages that lead on: a meta refresh, the further pages of an article, a feed that says what the page does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from scraper.discovery.follow_on import PagesSoFar, is_page_of, next_page, refresh_target, split_pages
from scraper.models import Access, Page
from tests.desk import make_desk, page, report
from tests.site import NOON, Entry, Site


def fetched(body: str, url: str = "https://a.example/story") -> Page:
    return Page(url=url, final_url=url, status=200, headers=(), body=body.encode(), fetched_at=NOON)


@pytest.mark.parametrize(
    ("body", "target"),
    [
        ('<meta http-equiv="refresh" content="0; url=/news/story">', "https://a.example/news/story"),
        (
            "<META content='2;URL=https://www.a.example/x?a=1&amp;b=2' HTTP-EQUIV=Refresh>",
            "https://www.a.example/x?a=1&b=2",
        ),
        ("<meta http-equiv=refresh content=0;url=/b>", "https://a.example/b"),
        ('<meta http-equiv="refresh" content="300">', None),
        ('<meta http-equiv="refresh" content="300; url=/b">', None),
        ('<meta http-equiv="refresh" content="0; url=https://ads.example/">', None),
        ('<meta http-equiv="refresh" content="0; url=/story">', None),
        ('<noscript><meta http-equiv="refresh" content="0; url=/nojs"></noscript>', None),
        ('<!-- <meta http-equiv="refresh" content="0; url=/b"> -->', None),
        (f'<meta http-equiv="refresh" content="0; url=/b"><p>{"word " * 200}</p>', None),
        ('<meta http-equiv="refresh" content="0; url=javascript:x">', None),
    ],
)
def test_refresh_target(body: str, target: str | None) -> None:
    assert refresh_target(fetched(body)) == target


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://a.example/story", "https://a.example/story?page=2"),
        ("https://a.example/story?id=7", "https://a.example/story?id=7&page=2"),
        ("https://a.example/story/", "https://a.example/story/2/"),
        ("https://a.example/story", "https://a.example/story/page/2"),
        ("https://a.example/story.html", "https://a.example/story-2.html"),
        ("https://a.example/story.html", "https://a.example/story,p2.html"),
    ],
)
def test_the_second_page_of_an_article(first: str, second: str) -> None:
    assert is_page_of(second, first, 2)
    assert not is_page_of(second, first, 3)
    assert next_page(fetched(f'<a rel="next" href="{second}">Next</a>', first), first, 2) == second


@pytest.mark.parametrize(
    ("title", "address", "pages"),
    [
        ("Slipway to be rebuilt | Coast Post", "https://a.example/story-2", 2),
        ("Slipway to be rebuilt - page 2 | Coast Post", "https://a.example/story-2", 2),
        ("Tractor launches take longer | Coast Post", "https://a.example/story-2", 1),
        ("What the divers found | Coast Post", "https://a.example/story/2", 2),
    ],
)
def test_another_article_with_a_figure_in_its_url_is_not_a_further_page(
    title: str, address: str, pages: int
) -> None:
    first = f'<title>Slipway to be rebuilt | Coast Post</title><a href="{address}">Next</a>'
    further = PagesSoFar().further(fetched(first))
    assert further is not None
    url, so_far = further
    assert url == address
    second = fetched(f"<title>{title}</title>", address)
    assert so_far.further(second) is None
    whole = so_far.whole(second, "https://a.example/story")
    assert whole is not None
    bodies, is_complete = split_pages(whole.body)
    assert (len(bodies), is_complete) == (pages, True)


@pytest.mark.parametrize(
    "url",
    ["https://a.example/other", "https://a.example/story-two", "https://a.example/story?id=2", "https://b.example/story?page=2",
     "https://a.example/story/comment-page-2", "https://a.example/2026/story", "https://a.example/page/2", "https://a.example/story?page=2&sort=new"],
)  # fmt: skip
def test_what_is_no_page_of_an_article(url: str) -> None:
    assert not is_page_of(url, "https://a.example/story", 2)


def test_a_paged_article_is_joined(tmp_path: Path, site: Site) -> None:
    parts = [report(place) for place in ("Lowmoor", "Highfell", "Eastmere")]
    site.feed("/feed", [Entry(path="/story", title="A hub for three towns")])
    for number, part in enumerate(parts, 1):
        path = "/story" if number == 1 else f"/story?page={number}"
        link = f'<a href="/story?page={number + 1}">Next page</a>' if number < 3 else ""
        site.page(path, page("A hub for three towns", *part, around=link))
    desk = make_desk(tmp_path, site)
    desk.run()
    [stored] = desk.articles().values()
    assert stored.article.text == "\n".join(line for part in parts for line in part)
    assert stored.article.access is Access.FULL
    assert (stored.article.url or "").endswith("/story")
    site.forget()
    assert desk.run().new == 0


def test_the_pages_of_a_site_that_counts_from_0_are_told_by_what_links_show() -> None:
    url = "https://a.example/story"
    pager = (
        '<a href="?page=2" title="Go to last page">Last »</a><a href="/story">1</a><a href="?page=1">2</a>'
        '<a href="?page=2"><span class="hidden">Page</span>\n 3</a><a href="?page=1">Next ›</a>'
    )
    assert next_page(fetched(pager, url), url, 2) == f"{url}?page=1"
    assert next_page(fetched(pager, f"{url}?page=1"), url, 3) == f"{url}?page=2"
    assert next_page(fetched(pager, f"{url}?page=2"), url, 4) is None
    usual = (
        '<a href="?page=3">Last »</a><a href="?page=1">1</a><a href="?page=2">2</a><a href="?page=3">3</a>'
    )
    assert next_page(fetched(usual, url), url, 2) == f"{url}?page=2"
    assert next_page(fetched(usual, f"{url}?page=2"), url, 3) == f"{url}?page=3"
    assert next_page(fetched(usual, f"{url}?page=3"), url, 4) is None


@pytest.mark.parametrize("part", ["<a ", '<a href="?page=9" ', '<a href="?page=9">Page <b '])
def test_links_without_an_end_take_no_longer_the_more_there_are(part: str) -> None:
    """2 MB take a quarter of a second; 20 KB took 70 s when each link was searched for its end."""
    url = "https://a.example/story"
    assert next_page(fetched(part * (2_000_000 // len(part)), url), url, 2) is None


def test_an_article_whose_second_page_is_missing_is_a_teaser(tmp_path: Path, site: Site) -> None:
    site.feed("/feed", [Entry(path="/story", title="A hub for three towns")])
    site.page(
        "/story", page("A hub for three towns", *report("Lowmoor"), around='<a href="/story?page=2">2</a>')
    )
    site.page("/story?page=2", status=500)
    desk = make_desk(tmp_path, site)
    desk.run()
    [stored] = desk.articles().values()
    assert stored.article.access is Access.TEASER
    assert stored.article.text == "\n".join(report("Lowmoor"))


def test_a_meta_refresh_is_followed_once(tmp_path: Path, site: Site) -> None:
    refresh = '<html><head><meta http-equiv="refresh" content="0; url={}"></head><body></body></html>'
    site.feed("/feed", [Entry(path="/old", title="A hub"), Entry(path="/loop", title="A loop")])
    site.page("/old", refresh.format("/new"))
    site.page("/new", page("A hub", *report("Lowmoor")))
    site.page("/loop", refresh.format("/loop-2"))
    site.page("/loop-2", refresh.format("/loop"))
    desk = make_desk(tmp_path, site)
    desk.run()
    texts = {stored.article.title: stored.article for stored in desk.articles().values()}
    assert texts["A hub"].text == "\n".join(report("Lowmoor"))
    assert texts["A loop"].access is Access.HEADLINE
    assert site.count("/loop") == 1


SCRIPT_ONLY = "<html><head><title>x</title></head><body><div id=root></div><noscript>You need to enable JavaScript to run this app.</noscript><script src=/a.js></script></body></html>"


@pytest.mark.parametrize(
    ("content", "summary", "access"),
    [
        (
            "".join(f"<p>{line}</p>" for place in ("Lowmoor", "Highfell") for line in report(place)),
            "",
            Access.FULL,
        ),
        ("", "<p>The hub opens on Monday.</p>", Access.TEASER),
        ("", "", Access.HEADLINE),
    ],
)
@pytest.mark.parametrize("kind", ["script", "pdf", "loop"])
def test_a_feed_says_what_its_page_does_not(  # noqa: PLR0917
    tmp_path: Path, site: Site, kind: str, content: str, summary: str, access: Access
) -> None:
    site.feed("/feed", [Entry(path="/a", title="A hub opens in Lowmoor", content=content, summary=summary)])
    if kind == "script":
        site.page("/a", SCRIPT_ONLY)
    elif kind == "pdf":
        site.page("/a", b"%PDF-1.7 x", content_type="application/pdf")
    else:
        site.redirect("/a", "/a")
    desk = make_desk(tmp_path, site)
    counts = desk.run()
    [stored] = desk.articles().values()
    assert stored.article.access is access
    assert stored.article.title == "A hub opens in Lowmoor"
    assert counts.failures
    assert "<p>" not in stored.article.text
