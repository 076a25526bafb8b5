"""Newsletters: one article an item, never a round-up glued together."""

from __future__ import annotations

import base64
import json
import quopri
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from scraper.errors import ExtractionError
from scraper.extraction.mail_links import link_target
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


LONG = (
    "The council has known for two winters that the roof of the old mill would not hold, and said so in a paper.",
    "Nobody read the paper, because it was filed under bridges, and bridges belong to another department now.",
    "When the snow came in January the beams gave way, and eleven families lost the rooms they had lived in.",
    "They were moved to the school hall for a week, then to a hotel on the ring road, and there they still are.",
    "The cabinet member says that the repair is out to tender, and that the families will be home by the summer.",
    "I went to see them on a Sunday, with cake, and we counted the boxes that they had not been able to unpack.",
)  # fmt: skip


def prose(*numbers: int) -> str:
    return "".join(f"<p>{LONG[number]}</p>" for number in numbers)


def essay(*parts: str, subject: str = "What the roof of the mill tells us", **headers: str) -> bytes:
    body = f"<h1><a href='https://letters.example/p/roof'>What the roof of the mill tells us</a></h1>{''.join(parts)}"
    return mail(
        f"<html><body>{body}</body></html>",
        Subject=subject,
        From="Ines Calder <ines@letters.example>",
        **headers,
    )


def digest(*parts: str, **headers: str) -> list[tuple[str, str | None]]:
    return [
        (each.title, each.url) for each in read_newsletter(mail(f"<html>{''.join(parts)}</html>", **headers))
    ]


def item(number: int, title: str = "A headline about care number") -> str:
    return f"<h3><a href='https://paper{number}.example/story'>{title} {number}</a></h3><p>{LONG[number]}</p>"


ITEMS = [("A headline about care number 0", "https://paper0.example/story"), ("A headline about care number 1", "https://paper1.example/story")]  # fmt: skip


class TestEssays:
    @pytest.mark.parametrize(
        "parts",
        [
            ("<p><a href='https://letters.example/app'>Open in app</a></p>", prose(0, 1, 2, 3, 4, 5)),
            (prose(0, 1), "<h2>How it began in winter</h2>", prose(2, 3), "<h2>Where the families are now</h2>", prose(4, 5)),
            (
                prose(0, 1),
                "<h3><a href='https://letters.example/r/1'>A paper about the roof in winter</a></h3>",
                prose(2, 3),
                "<h3><a href='https://letters.example/r/2'>The tender for the repair of it</a></h3>",
                prose(4, 5, 0, 1),
            ),
            (prose(0, 1, 2), "<blockquote><p>We told them twice in writing</p></blockquote>", prose(3, 4, 5)),
            (prose(0, 1, 2), "<ul><li>The first winter of all</li><li>The second winter of all</li></ul>", prose(3, 4, 5)),
            (prose(0, 1, 2, 3, 4, 5), "<p><a href='https://letters.example/older'>An older letter that you may like</a></p>"),
        ],
    )  # fmt: skip
    def test_an_essay_stays_whole(self, parts: tuple[str, ...]) -> None:
        [article] = read_newsletter(essay(*parts))
        assert article.title == "What the roof of the mill tells us"
        assert all(sentence in article.text for sentence in LONG)
        assert "Open in app" not in article.text
        assert article.access is Access.IMPORTED
        assert article.authors == ("Ines Calder",)

    def test_embedded_posts_of_a_network_are_no_items(self) -> None:
        post = (
            "<div><a href='https://letters.example/r/{0}'><p>Rose Tully</p><p>@rosetully</p>"
            "<p>The roof will come down before the money comes {0}</p><p>8:0{0} AM ∙ Feb 2, 2026</p></a>"
            "<div>3 Likes 1 Retweet</div></div>"
        )
        [article] = read_newsletter(
            essay(prose(0), post.format(1), prose(1), post.format(2), prose(2), post.format(3))
        )
        assert LONG[2] in article.text

    @pytest.mark.parametrize(
        "footer",
        [
            "You are receiving this because you signed up. Unsubscribe here",
            "Sie erhalten diese E-Mail, weil Sie sich angemeldet haben. Abmelden",
            "Vous recevez cet e-mail car vous êtes inscrit. Se désabonner",
            "Recibes este correo porque te suscribiste. Darse de baja",
            "Ricevi questa e-mail perché ti sei iscritto. Annulla l'iscrizione",
            "Je ontvangt deze mail omdat je bent aangemeld. Uitschrijven",
        ],
    )
    def test_footers_in_six_languages_are_no_text(self, footer: str) -> None:
        [article] = read_newsletter(essay(prose(0, 1, 2), f"<p>{footer}</p><p>Letters Ltd, 1 Mill Lane</p>"))
        assert article.text == "\n".join(LONG[:3])

    def test_a_long_plain_mail_with_two_addresses_is_one_article(self) -> None:
        text = "\n\n".join(
            (*LONG[:3], "See https://a.example/paper for the paper.", *LONG[3:], "https://b.example/tender")
        )
        [article] = read_newsletter(mail(text, "plain", Subject="The roof of the mill"))
        assert all(sentence in article.text for sentence in LONG)


class TestForwarded:
    @pytest.mark.parametrize(
        "header",
        [
            "<div>---------- Forwarded message ---------<br>From: <strong>Ines Calder</strong> &lt;ines@letters.example&gt;<br>"
            "Date: Sun, Jan 4, 2026 at 7:00 AM<br>Subject: What the roof of the mill tells us<br>To: &lt;desk@y.example&gt;</div>",
            "<div>Begin forwarded message:</div><div><b>From: </b>Ines Calder &lt;ines@letters.example&gt;</div>"
            "<div><b>Subject: </b>What the roof of the mill tells us</div><div><b>Date: </b>4 January 2026 at 07:00:00 GMT</div>"
            "<div><b>To: </b>desk@y.example</div>",
            "<p>Von: Ines Calder &lt;ines@letters.example&gt;<br>Gesendet: 4 January 2026 07:00<br>An: Redaktion<br>"
            "Betreff: What the roof of the mill tells us</p>",
            "<div>-------- Forwarded Message --------<table><tr><th>Subject: </th><td>What the roof of the mill tells us</td></tr>"
            "<tr><th>Date: </th><td>Sun, 4 Jan 2026 07:00:00 +0000</td></tr>"
            "<tr><th>From: </th><td>Ines Calder &lt;ines@letters.example&gt;</td></tr></table></div>",
            "<div>---------- Forwarded message ---------<br>From: Bo &lt;bo@y.example&gt;<br>Subject: Fwd: What the roof of the mill tells us</div>"
            "<p>For you.</p><div>---------- Forwarded message ---------<br>From: Ines Calder &lt;ines@letters.example&gt;<br>"
            "Date: Sun, Jan 4, 2026 at 7:00 AM<br>Subject: What the roof of the mill tells us<br>To: &lt;bo@y.example&gt;</div>",
            "<p>Da: Ines Calder &lt;ines@letters.example&gt;<br>Inviato: domenica 4 gennaio 2026 07:00<br>A: Desk<br>"
            "Oggetto: What the roof of the mill tells us</p>",
            "<p>-----Message d'origine-----<br>De : Ines Calder &lt;ines@letters.example&gt;<br>Envoyé : 4 January 2026 07:00<br>"
            "À : Desk<br>Objet : What the roof of the mill tells us</p>",
        ],
    )
    def test_the_sender_and_date_are_those_of_the_forwarded_mail(self, header: str) -> None:
        raw = mail(
            f"<html><p>For your information.</p>{header}{prose(0, 1, 2)}</html>",
            Subject="Fwd: What the roof of the mill tells us",
            From="A Colleague <colleague@y.example>",
        )
        [article] = read_newsletter(raw)
        assert article.title == "What the roof of the mill tells us"
        assert article.publisher == "Ines Calder"
        assert article.published_at is not None
        assert article.published_at.isoformat() == "2026-01-04T07:00:00+00:00"
        assert article.text == "\n".join(LONG[:3])

    def test_a_mail_forwarded_as_an_attachment_is_read_instead_of_the_note(self) -> None:
        import email
        import email.policy

        outer = EmailMessage()
        outer["Subject"], outer["From"] = "FW: letter", "A Colleague <colleague@y.example>"
        outer.set_content("See below.")
        outer.add_attachment(email.message_from_bytes(essay(prose(0, 1, 2)), policy=email.policy.default))
        [article] = read_newsletter(outer.as_bytes())
        assert (article.title, article.publisher) == ("What the roof of the mill tells us", "Ines Calder")

    def test_a_digest_that_was_forwarded_is_a_digest(self) -> None:
        header = "<div>---------- Forwarded message ---------<br>From: Sector &lt;s@s.example&gt;<br>Subject: Four things</div>"
        assert digest("<p>Worth a look.</p>", header, item(0), item(1), Subject="Fwd: Four things") == ITEMS


class TestDigests:
    @pytest.mark.parametrize(
        "extra",
        [
            "<h3><a href='https://ads.example/x'>Today’s edition is brought to you by Bright Carpets</a></h3><p>Half price.</p>",
            "<p>SPONSORED</p><h3><a href='https://ads.example/x'>Carpets for old halls at half price</a></h3><p>Now on.</p>",
            "<p>Anzeige</p><h3><a href='https://ads.example/x'>Teppiche für alte Säle zum halben Preis</a></h3><p>Nur jetzt.</p>",
            "<h3><a href='https://letters.example/survey/1'>What did you think of this letter?</a></h3>",
            "<p><a href='https://letters.example/vote?x=1'>I loved it, send me more of these</a></p>",
            "<h3><a href='https://letters.example/refer'>Refer a friend and earn free merch from us</a></h3><p>You have 0.</p>",
            "<p><a href='https://x.com/intent/tweet?text=a'>Tell your followers about our letter today</a></p>",
            "<p><a href='https://letters.example/'>The home page of our letter for you</a></p>",
            "<p><a href='https://letters.example/p'>Manage your preferences in your profile</a></p>",
            "<h3>How did we do today?</h3><p><a href='https://letters.example/1'>I loved every bit of it</a></p>"
            "<p><a href='https://letters.example/2'>It was not for me</a></p>",
            "<p><a href='https://www.facebook.com/letters'>Like our page on Facebook today</a></p>",
            "<p><a href='https://letters.example/about-us/'>About the letter and its team</a></p>",
            "<p><a href='https://twitter.com/intent/tweet?url=https%3A%2F%2Fpaper0.example'>Tell your followers about it</a></p>",
        ],
    )
    def test_polls_sponsors_and_service_pages_are_no_items(self, extra: str) -> None:
        assert digest(item(0), extra, item(1)) == ITEMS
        assert digest(extra, item(0), item(1)) == ITEMS
        assert digest(item(0), item(1), extra) == ITEMS

    def test_what_is_dropped_leaves_no_text_in_the_item_before(self) -> None:
        advert = "<h3><a href='https://ads.example/x'>Sponsored: carpets for old halls now</a></h3><p>Half price.</p>"
        first, _ = read_newsletter(mail(f"<html>{item(0)}{advert}{item(1)}</html>"))
        assert first.text == LONG[0]

    @pytest.mark.parametrize(
        "bullet",
        [
            "<li><a href='https://paper{0}.example/story'>A headline about care number {0}</a>: what it says in a line.</li>",
            "<li><a href='https://paper{0}.example/story'>A headline about care number {0}</a> — what it says in a line.</li>",
            "<p><a href='https://paper{0}.example/story'>A headline about care number {0}</a> – what it says in a line.</p>",
            "<li>A headline about care number {0} (<a href='https://paper{0}.example/story'>Valley Post</a>)</li>",
            "<p><b>A headline about care number {0}</b></p><p>What it says. <a href='https://paper{0}.example/story'>Read more</a></p>"
            "<p><a href='https://paper{0}.example/story'>Read more</a></p>",
            "<p>• <a href='https://paper{0}.example/story'>A headline about care number {0}</a> (Valley Post)</p>",
            "<p>A headline about care number {0} <a href='https://paper{0}.example/story'>https://paper{0}.example/story</a></p>",
            "<p><a href='https://paper{0}.example/story'><b>A headline about care number {0}</b></a>, by A. Writer, Valley Post</p>",
            "<div>A headline about care number {0}</div><p>What it says, in a line of more than a dozen words, so that it is a text.</p>"
            "<div><a href='https://paper{0}.example/story'>READ MORE &gt;</a></div>",
            "<h3>{0}. A headline about care number {0}</h3><ul><li>What it says (<a href='https://paper{0}.example/story'>Go deeper</a>)</li></ul>",
            "<a href='https://paper{0}.example/story'><div><h3>A headline about care number {0}</h3><p>What it says.</p></div></a>",
            "<a href='https://paper{0}.example/story'><strong>A headline about care number {0} (4 minute read)</strong></a><br><br>What it says.<br>",
            "<h3>A headline about care number {0}</h3><p>What it says in a line.</p><p><a href='https://paper{0}.example/story'>Weiterlesen</a></p>",
            "<h3>A headline about care number {0}</h3><p>What it says in a line.</p><p><a href='https://paper{0}.example/story'>→ Lire la suite</a></p>",
        ],
    )
    def test_the_forms_of_an_item(self, bullet: str) -> None:
        assert digest("<p>Good morning.</p>", bullet.format(0), bullet.format(1)) == ITEMS

    def test_an_introduction_is_no_item(self) -> None:
        assert digest(f"<p>{LONG[3]}</p><p>{LONG[4]}</p>", item(0), item(1)) == ITEMS

    def test_a_list_in_a_script_without_spaces(self) -> None:
        titles = ("市議会が里親支援の見直しを決定しました", "児童相談所の職員を二百人増やす計画を発表")
        parts = [
            f"<h3><a href='https://paper{n}.example/story'>{title}</a></h3>" for n, title in enumerate(titles)
        ]
        assert [title for title, _ in digest(*parts)] == list(titles)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


URL = "https://paper.example/news/a-story"
QUOTED_URL = "https%3A%2F%2Fpaper.example%2Fnews%2Fa-story"


class TestLinks:
    @pytest.mark.parametrize(
        "link",
        [
            f"https://links-1.govdelivery.com/CL0/{QUOTED_URL}/1/0100019/sig=404",
            f"https://lnks.gd/l/eyJhbGciOiJIUzI1NiJ9.{encoded(json.dumps({'id': 1, 'url': URL}))}.sig/s/1/br/1-l",
            f"https://click.convertkit-mail.com/4zuq/p9h8/{base64.b64encode(URL.encode()).decode()}",
            f"https://e.customeriomail.com/e/c/{encoded(json.dumps({'href': URL}))}/sig",
            f"https://eur01.safelinks.protection.outlook.com/?url={QUOTED_URL}&data=05",
            f"https://urldefense.com/v3/__{URL}__;!!ABC!x$",
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__paper.example_news_a-2Dstory&d=Dw",
            f"https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx1.mjt.lu%2Flnk%2FAV%2F1%2F{encoded(URL)}",
            URL,
        ],
    )
    def test_the_url_that_a_link_carries(self, link: str) -> None:
        assert link_target(link) == URL

    @pytest.mark.parametrize(
        "link",
        [
            "https://letters.us7.list-manage.com/track/click?u=0a1b&id=f9a9d2&e=77aa",
            "https://click.letters.example/?qs=f00dfeed0123456789abcdef",
            "https://letters.example/aHR0cHM6Ly8gbm90IGEgVVJM.x",
            f"https://letters.example/{'A' * 9000}",
        ],
    )
    def test_a_link_that_carries_none_stays(self, link: str) -> None:
        assert link_target(link) == link

    def test_a_digest_whose_links_all_go_through_one_counter(self) -> None:
        link = "https://click.letters.example/?qs={0}f00dfeed"
        parts = [
            f"<h3><a href='{link.format(n)}'>A headline about care number {n}</a></h3><p>{LONG[n]}</p>"
            for n in range(3)
        ]
        footer = f"<p>You can <a href='{link.format(8)}'>update your preferences</a> or <a href='{link.format(9)}'>unsubscribe</a></p>"
        assert digest(*parts, footer) == [
            (f"A headline about care number {n}", link.format(n)) for n in range(3)
        ]


@pytest.mark.parametrize(
    "text",
    [
        "This week:\n\n* {0}: {1}\n* {2}: {3}\n",
        "1. {0}\n   {1}\n\n2. {2}\n   {3}\n",
        "[{0}]({1})\nA line.\n\n[{2}]({3})\nA line.\n",
        "FYI\n\n> From: Sector <s@s.example>\n> Sent: 4 January 2026 07:00\n> Subject: Two\n>\n> {0}\n> <{1}>\n>\n> {2}\n> <{3}>\n",
    ],
)
def test_items_of_plain_mails(text: str) -> None:
    flat = [part for each in ITEMS for part in each]
    articles = read_newsletter(mail(text.format(*flat), "plain", Subject="Two"))
    assert [(each.title, each.url) for each in articles] == ITEMS


HEADERS = (
    "From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: {0}\nContent-Transfer-Encoding: {1}\n\n"
)
BODY = f"<html><body><p style='a'>Carers’ café “opens”.</p>{prose(0, 1, 2)}</body></html>"


@pytest.mark.parametrize(
    ("content_type", "encoding", "body"),
    [
        ("text/html; charset=utf-8", "8bit", quopri.encodestring(BODY.encode())),
        ("text/html; charset=utf-8", "quoted-printable", quopri.encodestring(BODY.encode()).replace(b"=\n", b"= \r\n")),
        ("text/html; charset=utf-8", "7bit", base64.encodebytes(BODY.encode())),
        ("text/plain; charset=utf-8", "8bit", BODY.encode()),
    ],
)  # fmt: skip
def test_a_body_that_is_not_encoded_as_its_header_says(content_type: str, encoding: str, body: bytes) -> None:
    for before in (b"", b"\xef\xbb\xbf", b"\r\n"):
        [article] = read_newsletter(before + HEADERS.format(content_type, encoding).encode() + body)
        assert article.text == "\n".join(("Carers’ café “opens”.", *LONG[:3]))


def test_lines_of_equals_signs_are_not_line_ends_of_quoted_printable() -> None:
    [article] = read_newsletter(mail("The notes\n=========\n\nThe text of it all.\n", "plain"))
    assert "The text of it all." in article.text


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("us-ascii", "utf-8"), ("iso-8859-1", "utf-8"), ("utf-8", "windows-1252"), ("x-nobody", "utf-8"), ("iso-2022-jp", "iso-2022-jp")],
)  # fmt: skip
def test_a_charset_label_that_is_wrong(declared: str, encoding: str) -> None:
    words = "ケアの見直し" if encoding.startswith("iso-2022") else "Carers’ café"
    head = f"From: a@b.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: text/html; charset={declared}\n"
    body = f"<html><p>{words} opens.</p></html>".encode(encoding)
    [article] = read_newsletter(head.encode() + b"Content-Transfer-Encoding: 8bit\n\n" + body)
    assert words in article.text


def test_a_subject_in_bare_utf_8() -> None:
    [article] = read_newsletter("From: a@b.example\nSubject: Café carers\n\nThe text of it all.\n".encode())
    assert article.title == "Café carers"
