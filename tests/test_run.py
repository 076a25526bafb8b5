"""The scheduled run over real HTTP: what is stored, what is not, and that nothing changes when nothing
changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.errors import ConfigError, LockedError
from pipelines.ingest.reextract import reprocess
from pipelines.run import preview
from pipelines.storage.lock import locked
from pipelines.storage.values import stamp
from scraper.models import Access
from tests.desk import START, Desk, make_desk, page, report
from tests.site import Entry, Reply, Site
from tests.survival import fill

HOUR = timedelta(hours=1, minutes=1)
PLACES = ("Alder", "Birch", "Cedar", "Damson")


def four_articles(site: Site) -> list[Entry]:
    """Four articles and a feed that announces them."""
    entries = []
    for number, place in enumerate(PLACES, 2):
        path = f"/news/{place.lower()}-hub"
        site.page(path, page(f"{place} council opens a family hub", *report(place, number)))
        entries.append(
            Entry(path=path, title=f"{place} council opens a family hub", summary=f"News of {place}.")
        )
    site.feed("/feed", entries)
    return entries


def test_a_pass_stores_articles_and_files_them(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    outcome = desk.run()
    assert (outcome.new, outcome.revised, outcome.failures) == (4, 0, ())
    article = desk.articles()["news/alder-hub"].article
    assert article.title == "Alder council opens a family hub"
    assert article.text == "\n".join(report("Alder", 2))
    assert (article.source_id, article.access) == ("s1", Access.FULL)
    assert all(stored.story_id for stored in desk.articles().values())
    assert len(list(desk.pages.hashes())) == 5  # and what tdmrep.json does not say


def test_three_passes_in_a_row_change_nothing(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    desk.run()
    first = desk.everything()
    site.forget()
    for _ in range(2):
        outcome = desk.run()
        assert (outcome.new, outcome.revised, outcome.failures) == (0, 0, ())
        assert desk.everything() == first
    assert {asked.path for asked in site.log} == {"/feed"}
    assert all("if-none-match" in asked.headers for asked in site.log)


@pytest.mark.slow
def test_pages_are_looked_at_again_on_a_fading_schedule(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    desk.run()
    first = desk.everything()
    asked = []
    for hours in (2, 5, 18, 48, 96, 400):
        site.forget()
        desk.run(later=timedelta(hours=hours))
        asked.append(site.count("/news/alder-hub"))
    assert asked == [1, 1, 1, 1, 1, 0]
    assert desk.everything() == first


def test_a_changed_text_is_a_revision_and_the_newest_is_shown(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    desk.run()
    lines = (
        *report("Alder", 2),
        "This article was amended to correct the year in which the hub was promised.",
    )
    site.page("/news/alder-hub", page("Alder council opens a family hub", *lines))
    outcome = desk.run(later=HOUR)
    assert (outcome.new, outcome.revised) == (0, 1)
    stored = desk.articles()["news/alder-hub"]
    assert stored.article.text == "\n".join(lines)
    assert [text for article, text in desk.revisions() if article == stored.id] == [
        "\n".join(report("Alder", 2)),
        "\n".join(lines),
    ]


def test_a_new_etag_or_other_furniture_is_no_revision(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    desk.run()
    first = desk.revisions()
    same = page("Alder council opens a family hub", *report("Alder", 2))
    site.page("/news/alder-hub", same, headers={"ETag": '"other"'})
    other = page(
        "Birch council opens a family hub", *report("Birch", 3), around="<footer>Served at 10:31</footer>"
    )
    site.page("/news/birch-hub", other)
    outcome = desk.run(later=HOUR)
    assert (outcome.revised, desk.revisions()) == (0, first)
    site.forget()
    desk.run(later=timedelta(hours=6))
    assert site.last("/news/alder-hub").headers["if-none-match"] == '"other"'


def gone_at(desk: Desk) -> dict[str, str]:
    """When which article was found to be gone, by the path of its URL."""
    with desk.store() as store:
        rows = store._connection.execute("SELECT url, gone_at FROM articles WHERE gone_at IS NOT NULL")
    return {url.partition("127.0.0.1")[2].partition("/")[2]: at for url, at in rows}


@pytest.mark.parametrize("how", ["404", "410", "soft", "home"])
def test_a_vanished_page_keeps_its_article_and_is_marked(site: Site, tmp_path: Path, how: str) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    desk.run()
    text = desk.articles()["news/alder-hub"].article.text
    if how == "soft":
        site.page("/news/alder-hub", "<html><h1>Page not found</h1><p>Try our search.</p></html>")
    elif how == "home":
        site.redirect("/news/alder-hub", "/")
        site.page("/", page("The front page of the site", *report("Elm")))
    else:
        site.page("/news/alder-hub", "gone", status=int(how))
    desk.run(later=HOUR)
    assert gone_at(desk) == ({"news/alder-hub": stamp(desk.now)} if how == "410" else {})
    first = desk.now if how == "410" else None
    desk.run(later=timedelta(days=1))
    assert gone_at(desk) == {"news/alder-hub": stamp(first or desk.now)}
    site.forget()
    desk.run(later=timedelta(days=8))
    if how in ("404", "410"):
        assert not site.count("/news/alder-hub")
    assert gone_at(desk).keys() == {"news/alder-hub"}
    assert desk.articles()["news/alder-hub"].article.text == text


def test_a_page_that_comes_back_or_is_refused_is_not_gone(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    desk.run()
    missing = "<html><h1>Page not found</h1><p>Try our search.</p></html>"
    for body, status in ((missing, 200), ("", 403), ("", 500), ("", 404), ("", 403), ("", 404)):
        site.page("/news/alder-hub", body, status=status)
        desk.run(later=timedelta(days=8))
        assert gone_at(desk) == {}
    site.page("/news/alder-hub", page("Alder council opens a family hub", *report("Alder", 2)))
    desk.run(later=timedelta(days=8))
    assert gone_at(desk) == {}


def test_a_source_that_is_down_does_not_stop_the_others(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    with Site() as down:
        desk = make_desk(tmp_path, down, site)
    outcome = desk.run()
    assert outcome.new == 4
    assert [(failure.source_id, failure.error) for failure in outcome.failures] == [
        ("s1", "RobotsUnreachableError")
    ]
    with desk.store() as store:
        assert store.runs.latest()[0].status == "partial"
        assert [failure.source_id for failure in store.failures.of_run(1)] == ["s1"]


def test_a_run_without_contact_does_not_leave_this_computer(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    away = '\n[[source]]\nid = "away"\nname = "Away"\nfeeds = ["https://example.com/feed"]\n'
    with pytest.raises(ConfigError, match="contact") as caught:
        make_desk(tmp_path, site, extra=away).run()
    assert caught.value.exit_code == 2
    assert site.log == ()


def test_a_link_that_leaves_this_computer_is_not_followed_without_contact(site: Site, tmp_path: Path) -> None:
    site.page(
        "/feed",
        "<rss version='2.0'><channel><title>x</title><item><title>Away</title>"
        "<link>https://example.com/story</link></item></channel></rss>",
        content_type="application/rss+xml",
    )
    outcome = make_desk(tmp_path, site).run()
    assert [failure.error for failure in outcome.failures] == ["ForbiddenAddressError"]


def test_a_redirect_that_leaves_this_computer_is_not_followed_without_contact(
    site: Site, tmp_path: Path
) -> None:
    site.redirect("/feed", "http://example.com/feed")
    outcome = make_desk(tmp_path, site).run()
    assert [(failure.error, "contact" in failure.message) for failure in outcome.failures] == [
        ("ForbiddenAddressError", True)
    ]


def test_no_sources_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no source is enabled"):
        make_desk(tmp_path).run()


def test_an_unknown_source_is_said(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no source has this id"):
        make_desk(tmp_path, site).run(only=["other"])


def test_a_304_without_a_stored_page_is_taken_anew(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    desk.run()
    stored = desk.articles()["news/alder-hub"]
    with desk.store() as store:
        kept = store.pages.get(stored.page_id or 0)
        assert kept
        desk.pages.remove(kept.content_hash)
    site.forget()
    desk.run(later=HOUR)
    assert "if-none-match" not in site.last("/news/alder-hub").headers
    assert "if-none-match" in site.last("/news/birch-hub").headers
    assert desk.pages.has(kept.content_hash)


def test_a_304_that_nobody_asked_for_is_a_failure(site: Site, tmp_path: Path) -> None:
    site.feed("/feed", [Entry(path="/news/alder-hub", title="Alder")])
    site.sequence("/news/alder-hub", Reply(status=304))
    outcome = make_desk(tmp_path, site).run()
    assert [(failure.stage, failure.error) for failure in outcome.failures] == [("fetch", "StatusError")]


@pytest.mark.parametrize(
    "second",
    [
        "/news/alder-hub?utm_source=x&fbclid=1",
        "/amp/news/alder-hub",
        "/news/alder-hub/amp",
        "/news/alder-hub?print=1",
    ],
)
def test_one_article_at_two_addresses_is_one_article(site: Site, tmp_path: Path, second: str) -> None:
    head = f'<link rel="canonical" href="{site.url("/news/alder-hub")}">'
    text = page("Alder council opens a family hub", *report("Alder", 2), head=head)
    site.page("/news/alder-hub", text)
    site.page(second, text)
    site.feed(
        "/feed",
        [Entry(path=second, id="1", title="Alder"), Entry(path="/news/alder-hub", id="2", title="Alder")],
    )
    desk = make_desk(tmp_path, site)
    assert desk.run().new == 1
    first = desk.everything()
    desk.run(later=HOUR)
    assert len(desk.articles()) == 1
    assert desk.everything()["revisions"] == first["revisions"]


def test_a_believed_canonical_address_makes_one_article(site: Site, tmp_path: Path) -> None:
    head = f'<link rel="canonical" href="{site.url("/stories/1")}">'
    text = page("Alder council opens a family hub", *report("Alder", 2), head=head)
    for path in ("/region/north/story", "/stories/1"):
        site.page(path, text)
    site.feed(
        "/feed", [Entry(path=path, title=f"Alder {path}") for path in ("/region/north/story", "/stories/1")]
    )
    desk = make_desk(tmp_path, site)
    desk.run()
    assert len(desk.articles()) == 1


def test_a_canonical_address_that_all_pages_name_is_not_believed(site: Site, tmp_path: Path) -> None:
    entries = four_articles(site)
    head = f'<link rel="canonical" href="{site.url("/news/all")}">'
    for number, (entry, place) in enumerate(zip(entries, PLACES, strict=True), 2):
        site.page(entry.path, page(entry.title, *report(place, number), head=head))
    desk = make_desk(tmp_path, site)
    desk.run()
    assert len(desk.articles()) == 4


def test_a_blocked_article_keeps_what_the_feed_says(site: Site, tmp_path: Path) -> None:
    site.page("/blocked", "No.", status=403)
    site.page("/silent", "No.", status=401)
    site.feed(
        "/feed",
        [
            Entry(
                path="/blocked",
                title="Elder council to shut four hubs",
                summary="Elder will shut hubs in May.",
            ),
            Entry(path="/silent", title="Fir council says nothing at all"),
        ],
    )
    desk = make_desk(tmp_path, site)
    outcome = desk.run()
    assert {failure.error for failure in outcome.failures} == {"BlockedError"}
    blocked, silent = desk.articles()["blocked"], desk.articles()["silent"]
    assert (blocked.article.access, blocked.article.text) == (Access.TEASER, "Elder will shut hubs in May.")
    assert (silent.article.access, silent.article.text) == (Access.HEADLINE, "")
    assert blocked.story_id
    assert silent.story_id
    site.page("/blocked", page("Elder council to shut four hubs", *report("Elder", 7)))
    desk.run(later=HOUR)
    assert desk.articles()["blocked"].article.access is Access.FULL
    site.page("/blocked", "No.", status=403)
    desk.run(later=timedelta(hours=6))
    assert desk.articles()["blocked"].article.text == "\n".join(report("Elder", 7))


def test_the_feeds_own_text_serves_where_the_page_is_blocked(site: Site, tmp_path: Path) -> None:
    text = report("Gorse", 9)
    site.page("/gorse", "No.", status=403)
    content = "".join(f"<p>{line}</p>" for line in (*text, *report("Hazel", 3)))
    site.feed(
        "/feed", [Entry(path="/gorse", title="Gorse and Hazel open hubs", summary="Short.", content=content)]
    )
    desk = make_desk(tmp_path, site)
    desk.run()
    article = desk.articles()["gorse"].article
    assert article.access is Access.FULL
    assert article.text == "\n".join((*text, *report("Hazel", 3)))


def test_the_feeds_text_outlives_a_rebuilding_from_the_metered_page(site: Site, tmp_path: Path) -> None:
    head = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": false}</script>'
    )
    site.page("/gorse", page("Gorse and Hazel open hubs", report("Gorse", 9)[0], head=head))
    text = (*report("Gorse", 9), *report("Hazel", 3))
    content = "".join(f"<p>{line}</p>" for line in text)
    site.feed("/feed", [Entry(path="/gorse", title="Gorse and Hazel open hubs", content=content)])
    desk = make_desk(tmp_path, site)
    desk.run()
    assert desk.articles()["gorse"].article.text == "\n".join(text)
    with desk.store() as store:
        reprocess(store, desk.config, pages=desk.pages, now=lambda: desk.now, changed=lambda _: None)
    assert desk.articles()["gorse"].article.text == "\n".join(text)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "EmptyPageError"),
        ("%PDF-1.7 binary", "NotHtmlError"),
        (
            "<html><body><nav><a href='/a'>Only</a> <a href='/b'>links</a></nav></body></html>",
            "ExtractionError",
        ),
        (
            "<html><head><title>Page not found</title></head><body><h1>Page not found</h1>"
            "<p>Sorry, the page you are looking for does not exist or has been moved.</p></body></html>",
            "ExtractionError",
        ),
        (
            "<html><head><title>Log in</title></head><body><h1>Log in</h1><form method=post><input name=user>"
            "<input type=password name=password><button>Log in</button></form></body></html>",
            "ExtractionError",
        ),
    ],
    ids=["empty", "binary", "links", "soft-404", "login"],
)
def test_what_is_no_article_is_a_failure_and_not_stored(
    site: Site, tmp_path: Path, body: str, error: str
) -> None:
    from scraper import errors

    site.page("/news/one", body)
    site.feed("/feed", [Entry(path="/news/one", title="")])
    desk = make_desk(tmp_path, site)
    outcome = desk.run()
    assert len(outcome.failures) == 1
    assert issubclass(getattr(errors, outcome.failures[0].error), getattr(errors, error))
    assert outcome.failures[0].stage == "extract"
    assert desk.articles() == {}


def test_a_channel_that_is_no_feed_is_a_failure(site: Site, tmp_path: Path) -> None:
    site.page("/feed", "<html><body><p>We have moved.</p></body></html>")
    outcome = make_desk(tmp_path, site).run()
    assert [(failure.stage, failure.error) for failure in outcome.failures] == [
        ("discover", "DiscoveryError")
    ]


def test_robots_that_cannot_be_had_let_the_site_rest(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    site.robots("", status=500)
    desk = make_desk(tmp_path, site)
    assert [failure.error for failure in desk.run().failures] == ["RobotsUnreachableError"]
    assert {asked.path for asked in site.log} == {"/robots.txt"}


def test_what_robots_refuse_is_not_asked_for_nor_stored(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    site.robots("User-agent: *\nDisallow: /news/alder\n")
    desk = make_desk(tmp_path, site)
    outcome = desk.run()
    assert [failure.error for failure in outcome.failures] == ["RobotsDisallowedError"]
    assert site.count("/news/alder-hub") == 0
    assert sorted(desk.articles()) == ["news/birch-hub", "news/cedar-hub", "news/damson-hub"]


def test_retry_after_holds_across_runs(site: Site, tmp_path: Path) -> None:
    entries = four_articles(site)
    site.page("/feed", "later", status=429, headers={"Retry-After": "7200"})
    desk = make_desk(tmp_path, site)
    assert [failure.error for failure in desk.run().failures] == ["RateLimitedError"]
    site.feed("/feed", entries)
    site.forget()
    assert desk.run(later=timedelta(hours=1)).new == 0
    assert site.count("/feed") == 0
    assert desk.run(later=timedelta(hours=1, seconds=1)).new == 4


def test_cache_control_sets_the_next_poll(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    feed = site.url("/feed")
    body = "<rss version='2.0'><channel><title>x</title><ttl>120</ttl></channel></rss>"
    site.page("/feed", body, content_type="application/rss+xml")
    desk = make_desk(tmp_path, site)
    desk.run()
    site.forget()
    desk.run(later=timedelta(minutes=110))
    assert site.count("/feed") == 0
    desk.run(later=timedelta(minutes=11))
    assert site.count("/feed") == 1
    assert feed.endswith("/feed")


def test_reserved_texts_are_not_kept_but_match(site: Site, tmp_path: Path) -> None:
    head = '<meta name="robots" content="noarchive">'
    site.page("/reserved", page("Alder council opens a family hub", *report("Alder", 2), head=head))
    site.feed("/feed", [Entry(path="/reserved", title="Alder council opens a family hub")])
    desk = make_desk(tmp_path, site)
    desk.run()
    stored = desk.articles()["reserved"]
    assert (stored.article.text, stored.text_use) == ("", "features_only")
    assert stored.article.title == "Alder council opens a family hub"
    assert stored.story_id
    assert all(text == "" for _, text in desk.revisions())
    with desk.store() as store:
        kept = store.pages.get(stored.page_id or 0)
        assert kept
        assert store.fingerprints.load([stored.id])
    assert not desk.pages.has(kept.content_hash)


@pytest.mark.parametrize("path", ["/.well-known/tdmrep.json"])
def test_tdm_reservations_of_a_host_are_read(site: Site, tmp_path: Path, path: str) -> None:
    four_articles(site)
    site.page(path, '[{"location": "/news/alder", "tdm-reservation": 1}]', content_type="application/json")
    desk = make_desk(tmp_path, site)
    desk.run()
    uses = {name: stored.text_use for name, stored in desk.articles().items()}
    assert [name for name, use in uses.items() if use == "features_only"] == ["news/alder-hub"]
    site.forget()
    desk.run(later=HOUR)
    assert site.count(path) == 0  # known for a day


@pytest.mark.parametrize("requests", [0, 3])  # 3: spent before the tdmrep.json of the second host
def test_the_reservations_of_the_host_that_a_page_redirects_to_are_read(
    site: Site, tmp_path: Path, requests: int
) -> None:
    with Site() as other:
        reserved = '[{"location": "/", "tdm-reservation": 1}]'
        other.page("/.well-known/tdmrep.json", reserved, content_type="application/json")
        other.page("/hub", page("Alder council opens a family hub", *report("Alder", 2)))
        site.redirect("/hub", other.url("/hub"))
        site.feed("/feed", [Entry(path="/hub", title="Alder council opens a family hub")])
        desk = make_desk(tmp_path, site, other, fetch=f"max_requests = {requests}")
        desk = desk.with_(sources=desk.config.sources[:1])
        assert desk.run().new == (0 if requests else 1)
        desk = desk.with_(fetch=replace(desk.config.fetch, max_requests=0))
        desk.run(later=timedelta(minutes=1))
        (stored,) = desk.articles().values()
        assert (stored.text_use, stored.article.text) == ("features_only", "")
        assert other.count("/.well-known/tdmrep.json") == 1


def test_research_keeps_texts_and_a_licence_frees_them(site: Site, tmp_path: Path) -> None:
    head = '<meta name="robots" content="noarchive">'
    site.page("/reserved", page("Alder council opens a family hub", *report("Alder", 2), head=head))
    site.feed("/feed", [Entry(path="/reserved", title="Alder council opens a family hub")])
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    research = make_desk(tmp_path / "a", site, cuttings='purpose = "noncommercial-research"')
    research.run()
    assert research.articles()["reserved"].text_use == "analysis_only"
    assert research.articles()["reserved"].article.text
    licensed = make_desk(tmp_path / "b", site, extra='licence = "agreement of May 2026"\n')
    licensed.run()
    assert licensed.articles()["reserved"].text_use == "full"


def test_what_goes_beyond_the_bound_is_taken_in_the_next_pass(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site, extra="max_articles = 3\n")
    assert desk.run().new == 3
    assert desk.run().new == 1
    assert desk.run().new == 0


def test_a_known_id_at_a_new_address_is_the_same_article(site: Site, tmp_path: Path) -> None:
    text = page("Alder council opens a family hub", *report("Alder", 2))
    site.page("/alder-opens-hub", text)
    site.feed("/feed", [Entry(path="/alder-opens-hub", id="77", title="Alder council opens a family hub")])
    desk = make_desk(tmp_path, site)
    desk.run()
    site.page("/alder-opens-family-hub", text)
    site.feed(
        "/feed", [Entry(path="/alder-opens-family-hub", id="77", title="Alder council opens a family hub")]
    )
    desk.run()
    desk.run(later=HOUR)
    assert len(desk.articles()) == 1


def test_ids_that_are_given_anew_hide_no_article(site: Site, tmp_path: Path) -> None:
    entries = four_articles(site)
    site.feed("/feed", [Entry(path=entries[0].path, id="1", title=entries[0].title)])
    desk = make_desk(tmp_path, site)
    desk.run()
    site.feed("/feed", [Entry(path=entries[1].path, id="1", title=entries[1].title)])
    assert desk.run().new == 1


@pytest.mark.slow
def test_a_block_that_becomes_known_cleans_earlier_texts_without_a_revision(
    site: Site, tmp_path: Path
) -> None:
    box = "<div><p>Our reporters have covered children's services for thirty years, and they welcome your tips.</p></div>"

    def serve(place: str, number: int) -> Entry:
        path = f"/news/{place.lower()}"
        body = page(f"{place} council opens a family hub", *report(place, number)).replace(
            "</article>", f"{box}</article>"
        )
        site.page(path, body)
        return Entry(path=path, title=f"{place} council opens a family hub")

    entries = [serve("Alder", 2)]
    site.feed("/feed", entries)
    desk = make_desk(tmp_path, site)
    desk.run()
    for number, place in enumerate(("Birch", "Cedar", "Damson", "Elder", "Fir", "Gorse", "Hazel"), 3):
        entries.append(serve(place, number))
        site.feed("/feed", entries)
        desk.run()
    texts = {name: stored.article.text for name, stored in desk.articles().items()}
    assert {name: "thirty years" in text for name, text in texts.items()} == dict.fromkeys(texts, False)
    assert len(desk.revisions()) == len(texts) == 8


def test_only_what_is_due_or_named_is_asked(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    with Site() as other:
        four_articles(other)
        desk = make_desk(tmp_path, site, other)
        assert desk.run(only=["s2"]).new == 4
        assert site.log == ()


def test_a_preview_asks_channels_only_and_stores_nothing(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk = make_desk(tmp_path, site)
    with desk.store() as store:
        plan = preview(store, desk.config, pages=desk.pages, now=lambda: START)
        assert store.links.recent("s1", limit=10) == ()
    assert [each.link.title for _, each in plan.fetches] == [
        f"{place} council opens a family hub" for place in PLACES
    ]
    assert plan.failures == ()
    assert {asked.path for asked in site.log} == {"/robots.txt", "/feed"}


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "x.db"),
        pytest.raises(LockedError) as caught,
        locked(tmp_path / "x.db"),
    ):
        pass
    assert caught.value.exit_code == 75


def test_time_that_runs_out_leaves_the_rest_for_the_next_pass(site: Site, tmp_path: Path) -> None:
    four_articles(site)
    desk: Desk = make_desk(tmp_path, site, fetch="workers = 1")
    from pipelines.run import run

    with desk.store() as store:
        outcome = run(store, desk.config, pages=desk.pages, now=lambda: desk.now, max_seconds=0.000001)
    assert (outcome.new, outcome.failures) == (0, ())
    assert desk.run().new == 4


@pytest.mark.slow
def test_the_bound_of_a_source_binds_known_links_too(site: Site, tmp_path: Path) -> None:
    fill(site, 12)
    desk = make_desk(tmp_path, site, source="max_articles = 5")
    assert [desk.run(later=timedelta(minutes=1)).new for _ in range(3)] == [5, 5, 2]
    site.forget()
    desk.run(later=timedelta(hours=7))
    assert sum(asked.path.startswith("/news/") for asked in site.log) == 5
    desk.run(later=timedelta(minutes=1))
    assert sum(asked.path.startswith("/news/") for asked in site.log) == 10
    assert len({asked.path for asked in site.log if asked.path.startswith("/news/")}) == 10


@pytest.mark.slow
def test_a_budget_of_requests_ends_a_run_and_the_next_ones_go_on(site: Site, tmp_path: Path) -> None:
    fill(site, 9)
    desk = make_desk(tmp_path, site, fetch="max_requests = 6")
    first = desk.run()
    assert (first.failures, first.postponed > 0, 0 < first.new < 9) == ((), True, True)
    assert len(site.log) <= 6
    for _ in range(4):
        desk.run(later=timedelta(minutes=1))
    assert len(desk.articles()) == 9
    with desk.store() as store:
        assert {run.status for run in store.runs.latest(9)} == {"ok"}


@pytest.mark.slow
def test_no_source_starves_under_a_budget(tmp_path: Path) -> None:
    with Site() as one, Site() as two, Site() as three:
        for site in (one, two, three):
            fill(site, 4)
        desk = make_desk(tmp_path, one, two, three, fetch="max_requests = 5")
        for _ in range(9):
            desk.run(later=timedelta(minutes=1))
        assert len(desk.articles()) == 4, "the paths are the same at each site"
        with desk.store() as store:
            assert store.articles.count() == 12


def test_a_clock_that_was_ahead_for_one_run_silences_nothing(site: Site, tmp_path: Path) -> None:
    fill(site, 3)
    desk = make_desk(tmp_path, site)
    desk.run()
    ahead = timedelta(days=3650)
    desk.run(later=ahead)
    fill(site, 5)
    assert desk.run(later=timedelta(hours=1) - ahead).new == 2
    site.forget()
    desk.run(later=timedelta(days=2))
    assert site.count("/feed") == 1


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1), timedelta(days=400)])
def test_a_clock_that_goes_back_loses_nothing(site: Site, tmp_path: Path, back: timedelta) -> None:
    fill(site, 3)
    desk = make_desk(tmp_path, site)
    desk.run()
    before = desk.everything()
    again = desk.run(later=-back)
    assert (again.new, again.revised, again.failures) == (0, 0, ())
    assert desk.everything() == before


@pytest.mark.slow
def test_pages_with_the_same_words_in_other_bytes_are_kept_once(site: Site, tmp_path: Path) -> None:
    fill(site, 3)
    desk = make_desk(tmp_path, site)
    desk.run()
    before = len(list(desk.pages.hashes()))
    for nonce in range(4):
        for number in range(3):
            title = f"{('Alder', 'Birch', 'Cedar')[number]} council opens family hub number 1"
            text = report(title.partition(" ")[0], 7)
            site.page(f"/news/{number}", page(title, *text, head=f"<meta name=nonce content={nonce}>"))
        outcome = desk.run(later=timedelta(hours=8 * 2**nonce))
        assert (outcome.new, outcome.revised) == (0, 0)
    assert sum(asked.path.startswith("/news/") for asked in site.log) > 9
    assert len(list(desk.pages.hashes())) == before
    with desk.store() as store:
        assert store.pages.hashes() == set(desk.pages.hashes())


@pytest.mark.slow
def test_reprocess_reads_again_what_other_rules_or_selectors_read(site: Site, tmp_path: Path) -> None:
    fill(site, 2)
    desk = make_desk(tmp_path, site)
    desk.run()

    def changed_now(of: Desk) -> list[str]:
        changes: list[str] = []
        with of.store() as store:
            reprocess(
                store,
                of.config,
                pages=of.pages,
                now=lambda: of.now,
                changed=lambda each: changes.append(each.title),
            )
        return changes

    def extractors() -> set[str]:
        with desk.store() as store:
            return {stored.extractor for stored in store.articles.iterate()}

    version = extractors()
    assert changed_now(desk) == []
    with_selector = make_desk(tmp_path, site, source='title = "nav a"')
    assert sorted(changed_now(with_selector)) == ["Home", "Home"]
    assert extractors() != version
    assert changed_now(with_selector) == []
    assert len(changed_now(make_desk(tmp_path, site, source='title = "article h1"'))) == 2
