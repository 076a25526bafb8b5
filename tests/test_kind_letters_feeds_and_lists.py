"""Letters, feeds, lists of feeds, sitemaps and declared URLs that break in ways of their own."""

from __future__ import annotations

from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from scraper import canonical_url, extract, opml, read_feed, read_sitemap
from scraper.errors import SourceError
from scraper.extraction.authors import clean_authors
from scraper.extraction.characters import clean_characters, language_of_script
from scraper.extraction.newsletters import read_newsletter
from scraper.models import Article, Source
from scraper.opml import read_opml
from scraper.urls import declared_url

PROSE = [
    "The harbour board has told the lifeboat station at Kinnaird that its slipway must be rebuilt before the "
    "autumn gales, because the lower third of the concrete has been washed away.",
    "Surveyors who went down with divers in April reported that the piles below the slip have lost half of "
    "their thickness, and that a heavy boat could no longer be launched there with safety.",
    "Volunteers have launched from the beach with a tractor since May, which takes eleven minutes longer, and "
    "the coxswain said that two crews had reached a casualty later than they should have.",
    "The board would pay a third of the cost, the institution another third, and a public appeal in the four "
    "villages along the coast is meant to bring in what is left by the end of August.",
    "A builder from the next county has offered to do the work in nine weeks, provided that the stone can be "
    "brought by sea, since the lane to the station is too narrow for his lorries.",
    "Residents were asked on Thursday evening whether the old winch house should stay, and nearly all of the "
    "ninety people in the hall raised their hands for keeping it as a museum.",
]
LINKS = [(f"https://paper{number}.example/{number}", title) for number, title in enumerate(("Divers find rotten piles below the slip", "Tractor launches take eleven minutes longer", "Builder offers nine weeks of work by sea"))]  # fmt: skip
TEXT = "".join(f"<p>{each}</p>" for each in PROSE)
TITLE = "Why the slipway has to be rebuilt"


def letter(body: str, subject: str = TITLE) -> list[Article]:
    mail = MIMEText(body, "html", "utf-8")
    mail["From"], mail["Subject"] = "Ina Moir <ina@letters.example>", subject
    return read_newsletter(mail.as_bytes())


def page(body: str, head: str = "", language: str = "en") -> str:
    story = f"<article>{body}</article>"
    return f"<html lang='{language}'><head><title>{TITLE}</title>{head}</head><body><h1>{TITLE}</h1>{story}</body></html>"  # fmt: skip


def test_an_essay_with_a_list_of_earlier_ones_below_it_is_one_article() -> None:
    earlier = "".join(f"<li><a href='{url}'>{title}</a></li>" for url, title in LINKS)
    [article] = letter(f"<h1>{TITLE}</h1>{TEXT}<h3>From the archive</h3><ul>{earlier}</ul>")
    assert article.text.startswith(PROSE[0][:40])


def test_a_digest_with_an_editorial_stays_a_digest() -> None:
    items = "".join(f"<h2><a href='{url}'>{title}</a></h2><p>{text}</p>" for (url, title), text in zip(LINKS, PROSE, strict=False))  # fmt: skip
    articles = letter(f"<p>{PROSE[4]}</p><p>{PROSE[5]}</p>{items}", "Coast news this week")
    assert [article.title for article in articles] == [title for _, title in LINKS]


def test_the_item_after_an_advertisement_with_its_text_is_kept() -> None:
    first, *rest = (f"<h2><a href='{url}'>{title}</a></h2><p>{text[:90]}</p>" for (url, title), text in zip(LINKS, PROSE, strict=False))  # fmt: skip
    sponsor = "<h2>Together with Ropeworks</h2><p>Ropeworks makes ropes for boats of every size, and sends them to you the next day.</p>"
    assert [article.title for article in letter(first + sponsor + "".join(rest), "Coast news")] == [title for _, title in LINKS]  # fmt: skip


def test_items_with_the_name_of_the_outlet_before_the_headline() -> None:
    items = "".join(f"<p><b>Coast Post</b> – <a href='{url}'>{title}</a></p><p>{PROSE[0]}</p>" for url, title in LINKS)  # fmt: skip
    assert [article.title for article in letter(items, "Press review")] == [title for _, title in LINKS]


def test_a_linked_line_with_the_authors_is_not_an_item() -> None:
    by = "<p>By <a href='https://paper{0}.example/author/im'>Ina Moir and Bo Rae Lund</a></p>"
    items = "".join(f"<h3><a href='{url}'>{title}</a></h3>{by.format(number)}<p>{PROSE[0]}</p>" for number, (url, title) in enumerate(LINKS))  # fmt: skip
    assert [article.title for article in letter(items, "Press review")] == [title for _, title in LINKS]


def test_footnotes_below_the_share_button_stay_and_their_numbers_go() -> None:
    marked = TEXT.replace("gales", 'gales<a href="https://ina.example/p/slip#footnote-1">1</a>', 1)
    share = "<p><a href='https://ina.example/p/slip?action=share'>Share</a></p>"
    note = (
        "<a href='https://ina.example/p/slip#footnote-anchor-1'>1</a><div><p>The board met twice.</p></div>"
    )
    [article] = letter(f"<h1>{TITLE}</h1>{marked}{share}{note}")
    assert PROSE[0] in article.text
    assert article.text.endswith("\nThe board met twice.")


def test_a_body_that_goes_on_after_an_attached_file() -> None:
    mail = MIMEMultipart("mixed")
    mail["From"], mail["Subject"] = "Ina Moir <ina@letters.example>", TITLE
    for part in (MIMEText(TEXT[:300], "html"), MIMEText("%PDF", "x-pdf"), MIMEText(f"<p>{PROSE[5]}</p>", "html")):  # fmt: skip
        mail.attach(part)
    mail.attach(MIMEText("_______\nKinnaird mailing list", "html"))
    [article] = read_newsletter(mail.as_bytes())
    assert article.text.endswith(PROSE[5])


def test_the_plain_part_is_read_where_the_other_is_a_picture() -> None:
    mail = MIMEMultipart("alternative")
    mail["From"], mail["Subject"] = "Ina Moir <ina@letters.example>", TITLE
    mail.attach(MIMEText(PROSE[0], "plain"))
    mail.attach(MIMEText("<img src='https://i.example/all.png'>", "html"))
    [article] = read_newsletter(mail.as_bytes())
    assert article.text == PROSE[0]


def test_the_title_is_the_heading_that_the_subject_ends_with() -> None:
    [article] = letter(f"<h1>{TITLE}</h1>{TEXT}", f"[Coast Letter] {TITLE}")
    assert article.title == TITLE


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://kinnaird.example/rss?sec=1&copy=2", "https://kinnaird.example/rss?sec=1&copy=2"),
        ("https://kinnaird.example/rss?sec=1&amp;amp;a=2", "https://kinnaird.example/rss?sec=1&a=2"),
        ("https：//kinnaird。example/rss", "https://kinnaird.example/rss"),
    ],
)
def test_the_feed_of_an_outline_that_is_escaped_or_typed_oddly(written: str, read: str) -> None:
    outline = f'<opml><body><outline text="a" type="rss" xmlUrl="{written}"/></body></opml>'
    [source] = read_opml(outline.encode()).sources
    assert [channel.url for channel in source.channels] == [read]


def test_the_author_of_an_atom_feed_is_that_of_entries_without_one() -> None:
    entry = '<entry><title>A</title><link href="https://ina.example/{0}"/>{1}</entry>'
    other = "<author><name>Bo Rae</name></author>"
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Coast</title><author><name>Ina Moir</name></author>{entry.format(1, "")}{entry.format(2, other)}</feed>'
    assert [link.authors for link in read_feed(feed.encode(), "https://ina.example/f")] == [("Ina Moir",), ("Bo Rae",)]  # fmt: skip


def test_accounts_of_content_systems_and_words_for_reporter_are_not_names() -> None:
    feed = "<rss><channel><item><title>A</title><link>https://ina.example/1</link><author>Super User</author></item></channel></rss>"
    assert read_feed(feed.encode(), "https://ina.example/f")[0].authors == ()
    assert clean_authors(["记者 王小明"]) == ("王小明",)


@pytest.mark.parametrize("written", ["Gwe, 03 Gorff 2026 08:30:00 +0100", "Fri, 03 Jul 2026 08:30:00 +0100"])
def test_dates_of_feeds_in_welsh(written: str) -> None:
    item = f"<item><link>https://a.example/1</link><pubDate>{written}</pubDate></item>"
    [link] = read_feed(f"<rss><channel>{item}</channel></rss>".encode(), "https://a.example/f")
    assert str(link.published_at) == "2026-07-03 07:30:00+00:00"


def test_a_year_and_a_time_of_day_are_not_a_date() -> None:
    item = "<item><link>https://a.example/1</link><pubDate>03 11x 2026 08:30:00</pubDate></item>"
    [link] = read_feed(f"<rss><channel>{item}</channel></rss>".encode(), "https://a.example/f")
    assert link.published_at is None


def test_a_sitemap_with_an_undeclared_prefix_and_a_url_escaped_twice() -> None:
    entry = "<loc>https://a.example/s?id=1&amp;amp;p=2</loc><news:news><news:publication_date>2026-07-03</news:publication_date></news:news>"
    [link] = read_sitemap(f"<urlset><url>{entry}</url></urlset>".encode(), "https://a.example/s.xml").pages
    assert (link.url, str(link.published_at)[:10]) == ("https://a.example/s?id=1&p=2", "2026-07-03")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https:\\/\\/a.example\\/one", "https://a.example/one"),
        ("https://https://a.example/one", "https://a.example/one"),
        ("https://a.example/s?a=1&amp;b=2", "https://a.example/s?a=1&b=2"),
        ("{{ page.url }}", ""),
        ("https://a.example/${slug}", ""),
    ],
)
def test_declared_urls_that_programs_wrote_wrong(written: str, read: str) -> None:
    assert declared_url(written) == read


def test_more_marks_of_shares_and_feeds_leave_urls() -> None:
    marks = "fsrc=rss&outputType=amp&sharetype=gift&triedRedirect=true&s_kwcid=AL&irclickid=1&itid=hp"
    assert canonical_url(f"https://a.example/one?{marks}&id=3") == "https://a.example/one?id=3"


def test_ligatures_and_quotes_taken_for_controls() -> None:
    assert clean_characters("the o\ufb03ce\x92s \ufb01le") == "the office’s file"
    assert clean_characters("the boat\u00e2\x80\x99s caf\u00c3\xa9®") == "the boat’s caf\u00c3\xa9®"


def test_a_page_whose_utf_8_was_taken_for_latin_1() -> None:
    text = page(TEXT.replace("slipway", "café’s slipway – the boat’s", 1))
    assert (
        "café’s slipway – the boat’s"
        in extract(text.encode().decode("latin-1"), "https://a.example/one").text
    )


def test_bytes_that_are_not_the_utf_8_that_a_page_says() -> None:
    source = page(TEXT.replace("slipway", "café’s slipway", 1), '<meta charset="utf-8">')
    assert "café’s slipway" in extract(source.encode("cp1252"), "https://a.example/one").text


def test_a_correction_in_the_footer_of_the_story() -> None:
    note = "This article was amended on 6 May to give the right number of crews."
    found = extract(page(f"{TEXT}<footer><p>{note}</p></footer>"), "https://a.example/one").text
    assert found.endswith(note)
    plain = extract(page(f"{TEXT}<footer><p>Kinnaird Post, 4 Quay Street</p></footer>"), "https://a.example/one")  # fmt: skip
    assert plain.text.endswith(PROSE[-1])


@pytest.mark.parametrize(
    ("title", "language"),
    [("港の斜路を作り直す", "ja"), ("港口坡道将重建", "zh"), ("항구 경사로 재건", "ko"), ("Slipway 再建", None), ("Why", None)],
)  # fmt: skip
def test_the_language_that_a_script_tells(title: str, language: str | None) -> None:
    assert language_of_script(title) == language


def test_a_blank_in_a_feed_does_not_cost_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    outlines = (
        '<outline text="{0}" type="rss" xmlUrl="https://{0}.example/{1}" htmlUrl="https://{0}.example/"/>'
    )
    body = f"<opml><body>{outlines.format('a', 'my feed.xml')}{outlines.format('b', 'rss')}</body></opml>".encode()
    assert [source.channels[0].url for source in read_opml(body).sources] == ["https://a.example/my%20feed.xml", "https://b.example/rss"]  # fmt: skip
    read = opml.read_sources

    def refuse_one(tables: list[dict[str, str]], file: str) -> tuple[Source, ...]:
        if any(table["id"] == "a" for table in tables):
            raise SourceError("refused", file)
        return read(tables, file)

    monkeypatch.setattr(opml, "read_sources", refuse_one)
    listed = read_opml(body)
    assert [source.id for source in listed.sources] == ["b"]
    assert [(feed.name, feed.reason) for feed in listed.skipped] == [("a", "refused")]


def test_utf_8_with_closing_quotes_that_a_header_calls_latin_1() -> None:
    source = page(TEXT.replace("slipway", "“new” café’s slipway – £5", 1)).encode()
    found = extract(source, "https://a.example/one", content_type="text/html; charset=iso-8859-1")
    assert "“new” café’s slipway – £5" in found.text
