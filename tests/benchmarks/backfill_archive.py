"""Make a large archive with the variety of real pages, to measure ``backfill``.

    python -m tests.benchmarks.backfill_archive ARTICLES FILE.warc.gz|FILE.jsonl [--first N] [--a-day N]

The shell of each page is one of the evaluation pages, one a site, with its menus, teasers and scripts. What it
says is made of sentences of the labelled articles: an event has a stock of sentences of four articles, with
its own names (drawn as often as the articles use them), and one to six reports, which tell most of the stock
and a little of their own. The labelled articles have 110,000 sentences, and 10,000 made articles use 170,000.
So that two events with one sentence do not read as two reports of one, each event also has its own words:
half of those that few articles use are replaced by others that as many use. 250 articles a day, so that a
larger archive is an older one. Article n is the same in every archive of one rate.
"""

from __future__ import annotations

import argparse
import gzip
import html
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from lxml import html as lxml_html

SHARED = Path(__file__).resolve().parents[3] / "shared" / "eval"
START = datetime(2015, 1, 1, 6, tzinfo=UTC)
A_DAY = 250
TITLE, BODY, DATE = "\ue000title\ue000", "\ue000body\ue000", "\ue000date\ue000"
NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{3,}")
WORD = re.compile(r"(?<![A-Za-z])[a-z]{4,}(?![A-Za-z])")
COMMON = 8  # one article in so many: words that more use stay, they carry the grammar
REPLACED = 0.5  # of the other words of an event
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z“\"])")
JSON_LD = re.compile(r"<script[^>]*ld\+json.*?</script>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Report:
    """One made article."""

    url: str
    site: int
    title: str
    paragraphs: tuple[str, ...]
    published: datetime
    event: int


@cache
def texts() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Title and sentences of the labelled articles in English."""
    found = []
    for path in sorted([*(SHARED / "clustering").glob("*.gz"), SHARED / "pairs" / "semeval22_en.jsonl.gz"]):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            row: dict[str, Any] = json.loads(line)
            sentences = tuple(
                s for s in SENTENCE.split(" ".join((row.get("text") or "").split())) if 40 < len(s) < 400
            )
            if row.get("title") and len(sentences) >= 6:
                found.append((row["title"], sentences))
    return tuple(found)


@cache
def names() -> tuple[list[str], list[int]]:
    """The names that the articles use, and how often."""
    counts = Counter(name for _, sentences in texts() for s in sentences for name in NAME.findall(s))
    return list(counts), list(counts.values())


@cache
def alike() -> dict[str, list[str]]:
    """For each word that few articles use: those that about as many use, within a factor of two."""
    uses = Counter(word for _, sentences in texts() for word in set(WORD.findall(" ".join(sentences))))
    classes: dict[int, list[str]] = {}
    for word, count in sorted(uses.items()):
        if count * COMMON <= len(texts()):
            classes.setdefault(count.bit_length(), []).append(word)
    return {word: same for same in classes.values() for word in same}


def event(number: int) -> tuple[str, tuple[str, ...], dict[str, str], random.Random]:
    """Return the headline, the stock of sentences, the names and the words of an event."""
    chance = random.Random(number)
    pool, weights = names()
    chosen = [chance.choice(texts()) for _ in range(4)]
    stock = []
    for _, sentences in chosen:
        at = chance.randrange(max(1, len(sentences) - 5))
        stock += sentences[at : at + 5]
    known = sorted({name for s in (*stock, chosen[0][0]) for name in NAME.findall(s)})
    renamed = dict(zip(known, chance.choices(pool, weights, k=len(known)), strict=True))
    for word in sorted({word for s in (*stock, chosen[0][0]) for word in WORD.findall(s)} & alike().keys()):
        if chance.random() < REPLACED:
            renamed[word] = chance.choice(alike()[word])
    return chosen[0][0], tuple(stock), renamed, chance


def reports(articles: int, first: int = 0, a_day: float = A_DAY) -> Iterator[Report]:
    """Yield the articles from number ``first`` on, event by event."""
    made, number = 0, 0
    while made < articles:
        title, stock, renamed, chance = event(number)
        size = min(6, 1 + int(chance.expovariate(1.2)))
        begun = START + timedelta(days=made / a_day)
        for k in range(size):
            own = chance.choice(texts())[1]
            told = [s for s in stock if chance.random() < 0.75] or list(stock)
            told += own[:2]
            words = [_renamed(s, renamed) for s in told]
            sites = shell_count()
            if made >= first:
                yield Report(
                    url=f"https://www.site{(site := chance.randrange(sites))}.example/news/{number}-{k}.html",
                    site=site,
                    title=_renamed(title, renamed) if k == 0 else " ".join(words[0].split()[:11]),
                    paragraphs=tuple(" ".join(words[i : i + 2]) for i in range(0, len(words), 2)),
                    published=begun + timedelta(hours=chance.randrange(40)),
                    event=number,
                )
            else:
                chance.randrange(sites)
                chance.randrange(40)
            made += 1
            if made >= articles:
                return
        number += 1


def _renamed(sentence: str, names_of: dict[str, str]) -> str:
    named = NAME.sub(lambda found: names_of.get(found[0], found[0]), sentence)
    return WORD.sub(lambda found: names_of.get(found[0], found[0]), named)


@cache
def shell_paths() -> tuple[Path, ...]:
    """The evaluation pages whose main text can be replaced."""
    return tuple(sorted((SHARED / "extraction" / "pages").glob("*")))[:200]


def shell_count() -> int:
    """Return how many sites there are."""
    return len(shell_paths())


@cache
def shell(site: int) -> str:
    """Return a page with places for title, text and date."""
    raw = shell_paths()[site].read_bytes()
    raw = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    tree = lxml_html.document_fromstring(JSON_LD.sub("", raw.decode("utf-8", "replace")))
    parents = Counter[Any]()
    for paragraph in tree.iter("p"):
        if paragraph.getparent() is not None:
            parents[paragraph.getparent()] += len(paragraph.text_content())
    body = parents.most_common(1)[0][0] if parents else tree.body
    for child in list(body):
        if child.tag == "p":
            body.remove(child)
    place = lxml_html.Element("p")
    place.text = BODY
    body.insert(0, place)
    for element in [*tree.iter("title"), *tree.iter("h1")]:
        for child in list(element):
            element.remove(child)
        element.text = TITLE
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if "title" in name:
            meta.set("content", TITLE)
        elif "time" in name or "date" in name:
            meta.getparent().remove(meta) if meta.getparent() is not None else None
        elif name == "og:url" or "description" in name:
            meta.set("content", "")
    for link in tree.xpath("//link[@rel='canonical']"):
        link.getparent().remove(link)
    head = tree.find("head")
    if head is not None:
        meta = lxml_html.Element("meta")
        meta.set("property", "article:published_time")
        meta.set("content", DATE)
        head.insert(0, meta)
    return lxml_html.tostring(tree, encoding="unicode", doctype="<!doctype html>")


def page(report: Report) -> bytes:
    """Return the page of an article."""
    text = "</p><p>".join(map(html.escape, report.paragraphs))
    made = shell(report.site).replace(TITLE, html.escape(report.title)).replace(BODY, text)
    return made.replace(DATE, report.published.isoformat()).encode("utf-8", "replace")


def write_warc(path: Path, made: Iterator[Report]) -> None:
    """Write pages as an archive."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for report in made:
            http = StatusAndHeaders(
                "200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1"
            )
            seen = (report.published + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
            record = writer.create_warc_record(
                report.url,
                "response",
                payload=io.BytesIO(page(report)),
                http_headers=http,
                warc_headers_dict={"WARC-Date": seen},
            )
            writer.write_record(record)


def write_lines(path: Path, made: Iterator[Report]) -> None:
    """Write clean articles as JSON Lines."""
    with path.open("w", encoding="utf-8") as file:
        for report in made:
            row = {
                "id": report.url,
                "url": report.url,
                "title": report.title,
                "text": "\n".join(report.paragraphs),
                "published": report.published.isoformat(),
                "source": f"site{report.site}",
                "event": report.event,
            }
            file.write(json.dumps(row) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write an archive."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("articles", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--a-day", type=float, default=A_DAY)
    options = parser.parse_args(arguments)
    write = write_lines if options.file.suffix == ".jsonl" else write_warc
    write(options.file, reports(options.articles, options.first, options.a_day))


if __name__ == "__main__":
    main()
