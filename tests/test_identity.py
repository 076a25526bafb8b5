"""By what an item is known again: the ladder from id to title, and what a channel's page becomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scraper.discovery import Identity, choose_identity, discover, identify, item_key
from scraper.errors import DiscoveryError
from scraper.models import Channel, ChannelKind, Link, Page

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def items(count: int = 20) -> list[Link]:
    return [
        Link(
            url=f"https://example.org/story-{number}",
            title=f"Story number {number}",
            id=f"urn:{number}",
            published_at=NOON - timedelta(hours=number),
        )
        for number in range(count)
    ]


def test_good_ids_stay_the_identity() -> None:
    now = items()
    assert choose_identity(now) is Identity.ID
    assert choose_identity(now, items()) is Identity.ID
    assert choose_identity([]) is Identity.ID


def test_an_edited_headline_or_address_is_no_sign_against_the_ids() -> None:
    edited = [replace(link, title=f"{link.title}, updated") for link in items()]
    moved = [replace(link, url=f"{link.url}-2") for link in items()]
    assert choose_identity(edited, items()) is Identity.ID
    assert choose_identity(moved, items()) is Identity.ID


def test_ids_minted_anew_at_each_build_step_down_to_links() -> None:
    reminted = [replace(link, id=f"{link.id}-b") for link in items()]
    assert choose_identity(reminted, items()) is Identity.LINK


@pytest.mark.parametrize(("changed", "rung"), [(1, Identity.ID), (2, Identity.LINK)])
def test_five_in_a_hundred_is_the_limit(changed: int, rung: Identity) -> None:
    now = [
        replace(link, id="new" + link.id) if number < changed else link for number, link in enumerate(items())
    ]
    assert choose_identity(now, items()) is rung


def test_one_id_for_everything_or_none_steps_down() -> None:
    assert choose_identity([replace(link, id="1") for link in items()]) is Identity.LINK
    assert choose_identity([replace(link, id="") for link in items()]) is Identity.LINK


def test_one_link_for_everything_steps_down_to_link_and_date() -> None:
    now = [replace(link, id="", url="https://example.org/") for link in items()]
    assert choose_identity(now) is Identity.LINK_AND_DATE


def test_links_with_session_numbers_step_down_to_titles() -> None:
    def session(number: int) -> list[Link]:
        return [replace(link, id="", url=f"{link.url}?x={number}", published_at=None) for link in items()]

    # Without dates nothing but the title ties the two polls together, so the reader's own look at it is
    # needed:
    assert choose_identity([replace(link, url="") for link in session(1)]) is Identity.TITLE
    dated = [replace(link, id="", url=f"{link.url}?x=2") for link in items()]
    assert choose_identity(dated, [replace(link, id="") for link in items()]) is Identity.TITLE


def test_the_ladder_is_never_climbed_again() -> None:
    assert choose_identity(items(), current=Identity.TITLE) is Identity.TITLE
    assert choose_identity(items(), current=Identity.LINK) is Identity.LINK


def test_keys_name_their_rung_and_fall_to_the_next_where_it_is_missing() -> None:
    link = items()[0]
    assert item_key(link, Identity.ID) == "id:urn:0"
    assert item_key(link, Identity.LINK) == "link:example.org/story-0"
    assert item_key(link, Identity.LINK_AND_DATE) == "link+date:example.org/story-0 2026-03-01T12:00"
    assert item_key(link, Identity.TITLE) == "title:story number 0"
    assert item_key(replace(link, id=""), Identity.ID) == "link:example.org/story-0"
    assert item_key(Link(url="", title=" A  b "), Identity.ID) == "title:a b"
    assert item_key(Link(url=""), Identity.ID).startswith("nothing:")


def page(body: bytes, content_type: str = "application/xml") -> Page:
    return Page(
        url="https://example.org/old",
        final_url="https://example.org/feeds/new",
        status=200,
        headers=(("content-type", content_type),),
        body=body,
        fetched_at=NOON,
    )


def test_a_feed_is_discovered_relative_to_where_it_was_found() -> None:
    body = (
        b"<rss><channel><ttl>60</ttl><item><link>../a</link><guid isPermaLink='false'>1</guid></item>"
        b"<item><title>No address</title></item><item><link>../a</link><guid isPermaLink='false'>2</guid></item>"
        b"</channel></rss>"
    )
    found = discover(Channel(kind=ChannelKind.FEED, url="https://example.org/old"), page(body))
    assert [(link.url, link.key) for link in found.links] == [("https://example.org/a", "id:1")]
    assert (found.ttl, found.identity) == (3600.0, Identity.ID)


def test_a_sitemap_is_discovered_newest_first() -> None:
    body = (
        b"<urlset><url><loc>/a</loc><lastmod>2025-01-01</lastmod></url><url><loc>/b</loc></url>"
        b"<url><loc>/c</loc><lastmod>2026-01-01</lastmod></url></urlset>"
    )
    found = discover(Channel(kind=ChannelKind.SITEMAP, url="https://example.org/old"), page(body))
    assert [link.url[-2:] for link in found.links] == ["/c", "/a", "/b"]
    assert found.links[0].key == "link:example.org/c"


def test_a_listing_is_decoded_and_its_selector_used() -> None:
    body = "<p><a href='a-story'>Café staff</a></p><a href=b>other</a>".encode("cp1252")
    channel = Channel(kind=ChannelKind.LISTING, url="https://example.org/old", selector="p a")
    [link] = discover(channel, page(body, "text/html; charset=windows-1252")).links
    assert (link.url, link.title) == ("https://example.org/feeds/a-story", "Café staff")


def test_a_channel_that_is_something_else_is_one_clear_error() -> None:
    html = page(b"<html><head><title>Moved</title></head></html>", "text/html")
    for kind, words in (
        (ChannelKind.FEED, "HTML page"),
        (ChannelKind.SITEMAP, "not a sitemap"),
        (ChannelKind.LISTING, "no list"),
    ):
        with pytest.raises(DiscoveryError, match=words):
            discover(Channel(kind=kind, url="https://example.org/old"), html)


def test_identify_fills_in_every_key() -> None:
    assert all(link.key.startswith("title:") for link in identify(items(), Identity.TITLE))
