"""Newsletters: one article an item, never a round-up glued together."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from scraper.errors import ExtractionError
from scraper.extraction.newsletters import read_newsletter
from scraper.models import Access

HTML = """<html><head><title>Briefing</title><style>p{color:red}</style></head><body>
<div style="display:none">Preview text that nobody is meant to see in the mail</div>
<p><a href="https://news.example/view">View this email in your browser</a></p><p>Good morning, here is the news.</p>
<table><tr><td><h2><a href="https://news.example/a?utm_source=mail">Council chief resigns over care home report</a></h2>
<p>The chief of Lowmoor council has resigned.</p><p>She had led it for <b>nine</b> years.</p>
<p><a href="https://news.example/a?utm_source=mail">Read more</a></p></td></tr>
<tr><td><h2>Ministers promise 500 new foster homes</h2><p>The money is there, the minister said on Monday.</p>
<p><a href="https://click.mailer.example/x?u=https%3A%2F%2Fnews.example%2Fb">Read the full story</a></p></td></tr>
<tr><td><a href="https://news.example/c">Inspectors praise small residential school in Kent</a></td></tr>
<tr><td><a href="https://news.example/">Visit the home page of our web site</a></td></tr></table>
<p><a href="https://news.example/u">Unsubscribe from this newsletter at any time</a></p>
<p>© 2026 Sector Daily. All rights reserved to the publisher.</p></body></html>"""
TEXT = """Good morning.

Council chief resigns over care home report
The chief of Lowmoor council has resigned after a report
said that she knew.
https://news.example/a

Ministers promise 500 new foster homes

The minister said on Monday that the money is there.
Read more: <https://news.example/b>

Unsubscribe: https://news.example/u
"""


def mail(content: str, subtype: str = "html", **headers: str) -> bytes:
    message = EmailMessage()
    fields = {
        "Subject": "Morning briefing",
        "From": '"Sector Daily" <news@sector.example>',
        "Date": "Tue, 1 Jun 2021 07:00:00 +0100",
        **headers,
    }
    for name, value in fields.items():
        message[name] = value
    message.set_content(content, subtype=subtype)
    return message.as_bytes()


def test_each_item_of_a_html_newsletter_is_an_article_with_its_own_address() -> None:
    articles = read_newsletter(mail(HTML))
    assert [(article.title, article.url) for article in articles] == [
        ("Council chief resigns over care home report", "https://news.example/a"),
        ("Ministers promise 500 new foster homes", "https://news.example/b"),
        ("Inspectors praise small residential school in Kent", "https://news.example/c"),
    ]
    assert [article.text for article in articles] == [
        "The chief of Lowmoor council has resigned.\nShe had led it for nine years.",
        "The money is there, the minister said on Monday.",
        "",
    ]
    assert [article.access for article in articles] == [Access.TEASER, Access.TEASER, Access.HEADLINE]
    assert {article.published_at for article in articles} == {datetime(2021, 6, 1, 6, tzinfo=UTC)}
    assert {article.publisher for article in articles} == {"Sector Daily"}


def test_items_of_a_plain_newsletter() -> None:
    articles = read_newsletter(mail(TEXT, "plain"))
    assert [(article.title, article.url) for article in articles] == [
        ("Council chief resigns over care home report", "https://news.example/a"),
        ("Ministers promise 500 new foster homes", "https://news.example/b"),
    ]
    assert articles[0].text == "The chief of Lowmoor council has resigned after a report said that she knew."
    assert articles[1].text.startswith("The minister said on Monday that the money is there.")


def test_the_html_part_is_preferred_and_attachments_are_not_read() -> None:
    message = EmailMessage()
    message["Subject"], message["From"] = "Briefing", "news@sector.example"
    message.set_content(TEXT)
    message.add_alternative(HTML, subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    articles = read_newsletter(message.as_bytes())
    assert len(articles) == 3
    assert articles[0].publisher is None
    assert articles[0].published_at is None


def test_a_mail_that_is_one_article_is_one_article() -> None:
    body = "\n\n".join(
        ["Dear colleagues,"]
        + [
            f"The chief of Lowmoor council has resigned after report number {n} said that she knew of it."
            for n in range(6)
        ]
    )
    [article] = read_newsletter(mail(body, "plain", Subject="FW: Re: Council chief resigns"))
    assert article.title.endswith("Council chief resigns")
    assert not article.title.startswith("FW")
    assert article.text.count("\n") >= 5
    assert article.url is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Subject: x\n\n",
        b"\xff\xfe\x00",
        mail("   ", "plain"),
        mail("<p></p>"),
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
    ],
)
def test_a_mail_without_text_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(ExtractionError):
        read_newsletter(raw)


def test_an_unknown_charset_and_broken_headers_are_read() -> None:
    raw = mail(HTML).replace(b'charset="utf-8"', b'charset="x-nobody"').replace(b"Jun 2021", b"sometime")
    articles = read_newsletter(raw)
    assert len(articles) == 3
    assert articles[0].published_at is None
