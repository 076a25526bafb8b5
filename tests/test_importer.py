"""What people already have on disk: every format, every kind of trouble, one record or one reason each."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.ingest.inputs import (
    Declared,
    HtmlPage,
    Imported,
    InputFormat,
    PlainPage,
    ReadyArticle,
    ToFetch,
    read_inputs,
)
from pipelines.ingest.inputs.detection import UnusableInput, detect_format
from pipelines.ingest.inputs.saved_pages import decode_text, saved_address
from pipelines.models import Failure
from scraper.extraction.line_features import read_lines
from scraper.models import Access, Article, DatePrecision

PAGE = "<!doctype html><html><head><title>T</title></head><body><p>Text</p></body></html>"


def lines(*rows: object) -> bytes:
    return b"".join(
        row + b"\n" if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows
    )


def read(data: bytes, format: InputFormat = InputFormat.AUTO, source_id: str | None = None) -> list[Imported]:  # noqa: A002
    return list(read_inputs(["-"], format=format, source_id=source_id, stdin=io.BytesIO(data)))


def failures(records: Iterable[Imported]) -> list[tuple[str, str]]:
    return [(record.error, record.message) for record in records if isinstance(record, Failure)]


class TestJsonLines:
    @pytest.mark.parametrize("day", ["1970-01-01", "1987-02-26", "1923-04-22", "2099-12-31"])
    def test_an_archive_may_be_older_than_the_web(self, day: str) -> None:
        [record] = read(lines({"title": "Old news", "published": day}))
        assert isinstance(record, ReadyArticle)
        assert record.article.published_at is not None
        assert record.article.published_at.date().isoformat() == day

    @pytest.mark.parametrize(
        ("day", "what"),
        [
            ("0001-01-01", "not a date"), ("1987-13-01", "not a date"), ("9999-12-31", "not a date"),
            ("1987-13", "not a date"), ("9999-12", "not a date"), ("Spring 1987", "not a date"),
            ("1987", "a year alone"), (1987, "a year alone"), (1987.0, "a year alone"),
        ],
    )  # fmt: skip
    def test_what_is_no_day_is_told(self, day: str | float, what: str) -> None:
        told, record = read(lines({"title": "Old news", "published": day}))
        assert isinstance(told, Failure)
        assert told.message == f"<stdin>:1: `published` is {what}: '{day}'; imported without it"
        assert isinstance(record, ReadyArticle)

    @pytest.mark.parametrize("given", ["1887-06", "June 1887", "06/1887", "Juni 1887"])
    def test_a_month_is_a_date_of_that_precision(self, given: str) -> None:
        [record] = read(lines({"title": "Old news", "published": given}))
        assert isinstance(record, ReadyArticle)
        assert record.article.published_at == datetime(1887, 6, 1, tzinfo=UTC)
        assert record.article.published_precision is DatePrecision.MONTH

    def test_a_day_as_a_number_is_no_time_of_1970(self) -> None:
        [record] = read(lines({"title": "News", "published": 20210601}))
        assert isinstance(record, ReadyArticle)
        assert record.article.published_at == datetime(2021, 6, 1, tzinfo=UTC)

    def test_a_declared_day_has_not_the_precision_of_the_page(self) -> None:
        page = Article(
            published_at=datetime(2021, 6, 1, 9, tzinfo=UTC), published_precision=DatePrecision.MINUTE
        )
        assert Declared(published_at=datetime(2021, 6, 1, tzinfo=UTC)).over(page).published_precision is None
        assert Declared(title="A").over(page).published_precision is DatePrecision.MINUTE

    def test_control_characters_are_no_text(self) -> None:
        row = {
            "id": "a\x00-1",
            "title": "A\x00lder \x07opens",
            "text": "The council\x92s\x00 hub\x1b opened.\n\x00\nNext\u2028line",
            "authors": ["Jo\x00 Bloggs"],
            "source": "\x00post",
        }
        record, dump = read(lines(row, {"page_text": "A\x00B"}))
        assert isinstance(record, ReadyArticle)
        article = record.article
        assert (article.external_id, article.title, article.source_id) == ("a-1", "Alder opens", "post")
        assert (article.text, article.authors) == (
            "The council\u2019s hub opened.\nNext\nline",
            ("Jo Bloggs",),
        )
        assert isinstance(dump, PlainPage)
        assert [line.text for line in read_lines(dump.page_text)] == ["AB"]

    def test_a_line_of_nothing_but_controls_is_told(self) -> None:
        assert failures(read(lines({"text": "\x00\x00"})))[0][0] == "NothingToImport"

    @pytest.mark.parametrize(
        ("given", "tag"),
        [
            ("English", "en"), ("EN", "en"), ("en_gb", "en-GB"), ("zh-hant-tw", "zh-Hant-TW"), ("eng", "en"),
            ("ENGLISH (UK)", "en"), ("de_DE.UTF-8", "de-DE"), ("und", None), (None, None),
        ],
    )  # fmt: skip
    def test_the_language_is_a_tag(self, given: str | None, tag: str | None) -> None:
        [record] = read(lines({"title": "News", "language": given}))
        assert isinstance(record, ReadyArticle)
        assert record.article.language == tag

    @pytest.mark.parametrize("given", ["Elvish", "n/a", "english and welsh", "x"])
    def test_what_is_no_language_is_told(self, given: str) -> None:
        told, record = read(lines({"title": "News", "language": given}))
        assert isinstance(told, Failure)
        assert told.message == (
            f'<stdin>:1: `language` is not a language code such as "en" (BCP 47): {given!r}; imported without it'
        )
        assert isinstance(record, ReadyArticle)
        assert record.article.language is None

    def test_a_text_with_everything(self) -> None:
        row = {
            "id": "x-1",
            "url": "https://a.example/1",
            "title": " A  title ",
            "text": "One\n\n two ",
            "published": "2021-06-01",
            "source": "bbc",
            "authors": ["Ann Lee"],
            "language": "en",
            "odd": {"a": 1},
        }
        [record] = read(lines(row))
        assert isinstance(record, ReadyArticle)
        article = record.article
        assert (article.external_id, article.url, article.title, article.text) == (
            "x-1",
            "https://a.example/1",
            "A title",
            "One\ntwo",
        )
        assert (article.source_id, article.authors, article.language, article.access) == (
            "bbc",
            ("Ann Lee",),
            "en",
            Access.IMPORTED,
        )
        assert article.published_at is not None
        assert article.published_at.isoformat() == "2021-06-01T00:00:00+00:00"

    def test_the_three_bodies_and_the_headline(self) -> None:
        html, dump, headline = read(
            lines(
                {"html": PAGE, "url": "https://a.example/1"},
                {"page_text": "A\nB"},
                {"title": "Only", "text": ""},
            )
        )
        assert isinstance(html, HtmlPage)
        assert (html.page, html.url) == (PAGE, "https://a.example/1")
        assert isinstance(dump, PlainPage)
        assert dump.page_text == "A\nB"
        assert isinstance(headline, ReadyArticle)
        assert (headline.article.title, headline.article.text, headline.article.access) == (
            "Only",
            "",
            Access.HEADLINE,
        )

    @pytest.mark.parametrize(
        ("row", "error", "words"),
        [
            (b"{bad", "BadJson", "column 2"),
            (b'{"text": "a"', "BadJson", "not JSON"),
            (b"[1, 2]", "BadRow", "an object"),
            (b'"text"', "BadRow", "an object"),
            (b"null", "BadRow", "an object"),
            (b'{"text": 5}', "BadRow", "`text`"),
            (b'{"text": "a", "authors": [1]}', "BadRow", "`authors"),
            (b'{"text": "a", "published": ["x"]}', "BadRow", "`published`"),
            (b'{"id": "x", "url": "https://a.example"}', "NothingToImport", "title"),
            (b'{"text": " ", "title": " "}', "NothingToImport", "title"),
            (b'{"title": "\xff\xfe"}', "BadEncoding", "byte"),
            (b'{"a":' * 50_000, "BadJson", "JSON"),
        ],
    )
    def test_a_bad_line_is_named_and_the_rest_is_read(self, row: bytes, error: str, words: str) -> None:
        first, bad, last = read(lines({"text": "a"}, row, {"text": "b"}))
        assert isinstance(first, ReadyArticle)
        assert isinstance(last, ReadyArticle)
        assert isinstance(bad, Failure)
        assert (bad.error, bad.stage) == (error, "import")
        assert bad.message.startswith("<stdin>:2: ")
        assert words in bad.message
        assert "\n" not in bad.message

    def test_a_bad_date_costs_the_date_only(self) -> None:
        trouble, record = read(lines({"text": "a", "published": "yesterday"}))
        assert isinstance(trouble, Failure)
        assert "'yesterday'" in trouble.message
        assert isinstance(record, ReadyArticle)
        assert record.article.published_at is None

    @pytest.mark.parametrize(
        ("given", "authors"),
        [("Ann Lee", ("Ann Lee",)), (["Ann Lee", "Ann Lee", " "], ("Ann Lee",)), (None, ()), ([], ())],
    )
    def test_authors_as_people_write_them(self, given: object, authors: tuple[str, ...]) -> None:
        [record] = read(lines({"text": "a", "authors": given}))
        assert isinstance(record, ReadyArticle)
        assert record.article.authors == authors

    @pytest.mark.parametrize("published", [1622505600, 1622505600000, "2021-06-01T00:00:00Z", "1 June 2021"])
    def test_dates_as_people_write_them(self, published: object) -> None:
        [record] = read(lines({"text": "a", "published": published}))
        assert isinstance(record, ReadyArticle)
        assert record.article.published_at is not None
        assert record.article.published_at.isoformat() == "2021-06-01T00:00:00+00:00"

    def test_numbers_as_ids_blank_lines_a_byte_order_mark_and_no_last_line_end(self) -> None:
        first, second = read(b"\xef\xbb\xbf" + lines({"id": 7, "text": "a"}) + b"\r\n\n" + b'{"text": "b"}')
        assert isinstance(first, ReadyArticle)
        assert isinstance(second, ReadyArticle)
        assert first.article.external_id == "7"
        assert second.place == "<stdin>:4"

    def test_pretty_printed_json_is_one_failure_not_hundreds(self) -> None:
        assert [
            error
            for error, _ in failures(
                read(json.dumps({"text": "a", "title": "b"}, indent=1).encode(), InputFormat.JSONL)
            )
        ] == ["NotJsonLines"]

    def test_what_the_row_says_wins_over_the_page(self) -> None:
        page = Article(title="From the page", text="Text", language="en", authors=("X Y",))
        assert Declared(title="Given", external_id="1").over(page) == Article(
            title="Given", text="Text", language="en", authors=("X Y",), external_id="1"
        )

    def test_the_source_option_is_for_rows_without_one(self) -> None:
        own, given = read(lines({"text": "a", "source": "bbc"}, {"text": "b"}), source_id="mine")
        assert isinstance(own, ReadyArticle)
        assert isinstance(given, ReadyArticle)
        assert (own.article.source_id, given.article.source_id) == ("bbc", "mine")

    def test_it_streams(self) -> None:
        class Endless(io.RawIOBase):
            taken = 0
            row = b""

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: object) -> int:
                assert isinstance(buffer, memoryview)
                self.taken += 1
                self.row = self.row or lines({"text": "a"})
                part, self.row = self.row[: len(buffer)], self.row[len(buffer) :]
                buffer[: len(part)] = part
                return len(part)

        stream = Endless()
        records = read_inputs(["-"], stdin=stream)  # type: ignore[arg-type]
        assert all(isinstance(next(records), ReadyArticle) for _ in range(1000))
        assert stream.taken < 10_000

    def test_every_json_case(self, shared: Path) -> None:
        import base64

        for row in map(
            json.loads, (shared / "eval/conformance/json/jsontestsuite.jsonl").read_text("utf-8").splitlines()
        ):
            records = read(base64.b64decode(row["json_b64"] or b"W3s="), InputFormat.JSONL)
            assert all(isinstance(record, ReadyArticle | Failure) for record in records), row["id"]
            assert row["verdict"] == "accept" or not any(
                isinstance(record, ReadyArticle) for record in records
            ), row["id"]


MAIL = b"From: A <a@b.example>\nTo: c@d.example\nSubject: The roof\n\nThe roof fell in.\n"


class TestDetection:
    @pytest.mark.parametrize(
        ("start", "suffix", "kind"),
        [
            (PAGE.encode(), "", InputFormat.HTML),
            (b"\xef\xbb\xbf<html lang=en>", ".txt", InputFormat.HTML),
            (b"<div class=x><p>a</p></div>", "", InputFormat.HTML),
            (b'{"text": "a"}', "", InputFormat.JSONL),
            (b"A headline\n\nSome text.", "", InputFormat.TEXT),
            (b"A headline with <3 and 2 < 3", ".txt", InputFormat.TEXT),
            (b"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\n\r\n<html>", "", InputFormat.EML),
            (b"Received: from x\n by y\nDate: z\nSubject: w\n\ntext", ".txt", InputFormat.EML),
            (b"From: our correspondent\nLondon\n\nThe text", "", InputFormat.TEXT),
            (b"https://a.example/1\n# note\n\nhttps://a.example/2\n", "", InputFormat.URLS),
            (b"https://a.example/1\nwww.a.example/2\nhttps://a.example/3\n", ".txt", InputFormat.URLS),
            (b"The hub opens\nhttps://a.example/1\n", ".txt", InputFormat.TEXT),
            (
                b"https://a.example/1\nThe hub opened on Monday with a speech.\nhttps://a.example/2\n",
                "",
                InputFormat.TEXT,
            ),
            (b"https://a.example/1 is worth reading", "", InputFormat.TEXT),
            (b"WARC/1.0\r\n", ".gz", InputFormat.WARC),
            ("Überschrift".encode("utf-16"), "", InputFormat.TEXT),
        ],
    )
    def test_by_content(self, start: bytes, suffix: str, kind: InputFormat) -> None:
        assert detect_format(start, suffix) is kind

    @pytest.mark.parametrize(
        "start",
        [
            b"%PDF-1.7",
            b"PK\x03\x04",
            b"\x89PNG\r\n",
            b"\x00" * 50,
            b"SQLite format 3\x00",
            b'<?xml version="1.0"?><rss/>',
            b"<feed xmlns='x'>",
            b"<urlset>",
        ],
    )
    def test_what_holds_no_article_is_named(self, start: bytes) -> None:
        with pytest.raises(UnusableInput, match=r"binary|feed"):
            detect_format(start, ".html")

    @pytest.mark.parametrize(
        ("start", "suffix", "what"),
        [
            (b"From a@b.example Mon Mar  2 09:00:00 2026\n" + MAIL, ".mbox", "mbox"),
            (b"From a@b.example Mon Mar  2 09:00:00 2026\r\n" + MAIL, "", "mbox"),
            (b"id,title,text\n1,Hub opens,The hub opened\n", ".csv", "table"),
            (b"id\ttitle\n1\tHub opens\n", ".TSV", "table"),
        ],
    )
    def test_several_articles_are_not_one_text(self, start: bytes, suffix: str, what: str) -> None:
        with pytest.raises(UnusableInput, match=what):
            detect_format(start, suffix)

    def test_a_mail_saved_with_the_line_of_a_mailbox_is_a_mail(self) -> None:
        line = b"From a@b.example Mon Mar  2 09:00:00 2026\n"
        assert detect_format(line + MAIL, ".eml") is InputFormat.EML
        assert detect_format(b"From Monday 09:00 the hub is open.\n\nAll are welcome.") is InputFormat.TEXT

    @pytest.mark.parametrize("body", [b'[{"text": "a"}]', b'[\n{"text": "a"}\n]', b'[{\n"text": "a"\n}]'])
    def test_an_array_says_how_to_make_lines_of_it(self, body: bytes) -> None:
        [(_, message)] = failures(list(read_inputs(["-"], stdin=io.BytesIO(body))))
        assert "jq -c '.[]'" in message


class TestFiles:
    def test_a_directory_in_order_with_what_is_no_article_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "b.html").write_text(PAGE)
        (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"A headline\n\nText"))
        (tmp_path / "b_files").mkdir()
        (tmp_path / "b_files" / "style.css").write_text("p {}")
        (tmp_path / "b_files" / "photo.jpg").write_bytes(b"\xff\xd8\xff")
        (tmp_path / ".hidden.html").write_text(PAGE)
        first, second = read_inputs([str(tmp_path)])
        assert isinstance(first, PlainPage)
        assert first.page_text == "A headline\n\nText"
        assert isinstance(second, HtmlPage)
        assert second.place == str(tmp_path / "b.html")

    def test_trouble_with_a_file_is_one_line_and_the_next_file_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "empty.txt").write_bytes(b"")
        (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4")
        (tmp_path / "good.jsonl").write_bytes(lines({"text": "a"}))
        (tmp_path / "none").mkdir()
        names = [
            str(tmp_path / name) for name in ("empty.txt", "paper.pdf", "missing.txt", "none", "good.jsonl")
        ]
        *troubles, good = read_inputs(names)
        assert [error for error, _ in failures(troubles)] == [
            "EmptyFile",
            "UnusableInput",
            "FileNotFoundError",
            "EmptyDirectory",
        ]
        assert all(
            message.startswith(name) for (_, message), name in zip(failures(troubles), names, strict=False)
        )
        assert isinstance(good, ReadyArticle)

    @pytest.mark.parametrize("cut", [10, 9_000])
    def test_a_cut_gzip_file_gives_what_it_held(self, tmp_path: Path, cut: int) -> None:
        rows = lines(*({"id": number, "text": f"text {number * 7919}"} for number in range(6_000)))
        (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(rows)[:-cut])
        records = list(read_inputs([str(tmp_path / "a.jsonl.gz")]))
        assert len([record for record in records if isinstance(record, ReadyArticle)]) > 3_000
        assert "BadGzip" in [error for error, _ in failures(records)]

    def test_a_small_cut_gzip_file_still_gives_its_lines(self, tmp_path: Path) -> None:
        (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines({"text": "a"}, {"text": "b"}))[:-8])
        records = list(read_inputs([str(tmp_path / "a.jsonl.gz")]))
        assert [type(record) for record in records] == [ReadyArticle, ReadyArticle, Failure]

    def test_addresses(self) -> None:
        first, second, bad = read(
            b"https://a.example/1\n\n# later\nHTTP://b.example/2\nftp://c.example\n", InputFormat.URLS
        )
        assert first == ToFetch(url="https://a.example/1", source_id=None, place="<stdin>:1")
        assert isinstance(second, ToFetch)
        assert isinstance(bad, Failure)

    def test_a_newsletter_is_several_articles(self) -> None:
        items = "".join(
            f'<h2><a href="https://n.example/{n}">A headline with number {n}</a></h2><p>Text {n}.</p>'
            for n in (1, 2, 3)
        )
        head = "From: N <n@n.example>\nTo: x@y.example\nSubject: S\nDate: Tue, 1 Jun 2021 07:00:00 +0000\n"
        raw = f"{head}Content-Type: text/html\n\n<html>{items}</html>"
        records = read(raw.encode(), source_id="letter")
        assert [record.article.url for record in records if isinstance(record, ReadyArticle)] == [
            f"https://n.example/{n}" for n in (1, 2, 3)
        ]
        assert {record.article.source_id for record in records if isinstance(record, ReadyArticle)} == {
            "letter"
        }

    def test_a_page_past_the_limit_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "big.html").write_bytes(b"<html>" + b"x" * 15_000_001)
        assert [error for error, _ in failures(read_inputs([str(tmp_path)]))] == ["UnusableInput"]


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ("<!-- saved from url=(0024)https://a.example/story?utm_source=x -->", "https://a.example/story"),
        ('<link href="https://a.example/story" rel="canonical">', "https://a.example/story"),
        ('<meta content="https://a.example/story" property="og:url">', "https://a.example/story"),
        ('<link rel="canonical" href="/story">', None),
        ('<link rel="canonical" href="https://a.example/">', None),
        (
            '<!-- saved from url=(0013)about:internet --><link rel="canonical" href="https://a.example/story">',
            "https://a.example/story",
        ),
        (
            '<link rel="canonical" href="https://web.archive.org/web/20261102/https://a.example/story">',
            "https://a.example/story",
        ),
        ("", None),
    ],
)
def test_the_address_of_a_saved_page(head: str, url: str | None) -> None:
    assert saved_address(f"<html><head>{head}</head><body></body></html>".encode()) == url


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Café – “tea”".encode(), "Café – “tea”"),
        ("Café".encode("latin-1"), "Café"),
        ("“tea” £5".encode("windows-1252"), "“tea” £5"),
        ("Café".encode("utf-16"), "Café"),
        (b"\xef\xbb\xbfa", "a"),
    ],
)
def test_text_files_of_other_times(body: bytes, text: str) -> None:
    assert decode_text(body) == text


MHTML = b"""From: <Saved by Blink>
Snapshot-Content-Location: https://a.example/news/hub
Subject: A hub opens
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="--b"

----b
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Location: https://a.example/news/hub

<html><head><meta charset=3D"utf-8"><title>A hub opens</title></head><p>Caf=C3=A9</p></html>
----b
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Location: https://a.example/i.png

iVBORw0KGgo=
----b--
"""


class TestSavedPages:
    @pytest.mark.parametrize(
        "raw",
        [
            MHTML,
            MHTML.replace(b"Snapshot-Content-Location: https://a.example/news/hub\n", b""),
            MHTML.replace(b"\n", b"\r\n"),
            MHTML.replace(
                b"Location: https://a.example/news/hub\nSubject",
                b"Location: \n https://a.example/news/hub\nSubject",
            ),
        ],
    )
    def test_a_page_saved_as_one_file_keeps_its_address(self, raw: bytes, tmp_path: Path) -> None:
        (tmp_path / "hub.mhtml").write_bytes(raw)
        [page] = read_inputs([str(tmp_path / "hub.mhtml")])
        assert isinstance(page, HtmlPage)
        assert page.url == "https://a.example/news/hub"
        assert isinstance(page.page, bytes)
        assert "Café".encode() in page.page

    def test_a_newsletter_with_pictures_is_still_a_mail(self) -> None:
        raw = MHTML.replace(b"Snapshot-Content-Location", b"X-Mailer").replace(
            b"Content-Location", b"Content-ID"
        )
        [record] = read(raw, InputFormat.EML)
        assert isinstance(record, ReadyArticle)

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            ("<html><meta charset=iso-8859-1><p>Café</p>".encode(), "text/html; charset=utf-8"),
            ("<html><meta charset=gbk><p>“Café”</p>".encode(), "text/html; charset=utf-8"),
            ("<html><meta charset=iso-8859-1><p>Café</p>".encode("latin-1"), None),
            (
                "<html><meta charset=utf-8><p>Café – “tea”</p>".encode("windows-1252"),
                "text/html; charset=windows-1252",
            ),
            ("<html><meta charset=utf-8><p>Café – “tea” à".encode()[:-1], None),
            (b"<html><meta charset=iso-8859-1><p>Cafe</p>", None),
        ],
    )
    def test_valid_utf_8_wins_over_another_declaration(self, body: bytes, content_type: str | None) -> None:
        [page] = read(body)
        assert isinstance(page, HtmlPage)
        assert page.content_type == content_type

    def test_a_url_that_the_importer_gives_wins(self) -> None:
        body = b"<html><link rel=canonical href='https://a.example/section'><p>x</p></html>"
        [page] = read_inputs(["-"], stdin=io.BytesIO(body), url="https://a.example/story")
        assert isinstance(page, HtmlPage)
        assert (page.url, page.declared.url) == ("https://a.example/story", "https://a.example/story")

    @pytest.mark.parametrize("name", ["noise.txt", "noise.html", "noise.jsonl", "noise.eml"])
    def test_random_bytes_are_refused_whatever_they_are_called(self, name: str, tmp_path: Path) -> None:
        import random

        (tmp_path / name).write_bytes(b"\x01" + random.Random(7).randbytes(3000))
        [record] = read_inputs([str(tmp_path / name)])
        assert isinstance(record, Failure)
        assert "binary" in record.message

    def test_the_sender_is_the_source_of_a_newsletter(self) -> None:
        raw = b"From: Valley Letters <v@letters.example>\nTo: x@y.example\nSubject: The roof\n\nThe roof of the mill fell in.\n"
        [record] = read(raw, InputFormat.EML)
        assert isinstance(record, ReadyArticle)
        assert record.article.source_id == "valley-letters"
