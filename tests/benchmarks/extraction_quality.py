#!/usr/bin/env python3
"""What the extraction reaches on the evaluation set, beside trafilatura's modes, and with each part off.

    extraction_quality.py [--ablate] [--peers] [--worst N] [--predictions FILE.jsonl]

All pages of a site are learned first and extracted then, as an import does. Intervals: bootstrap over pages,
95 %. These figures are of the pages that the weights were fitted on; for sites left out see
fit_body_choice.py.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import trafilatura  # noqa: E402

from scraper.errors import ExtractionError  # noqa: E402
from scraper.extraction import Furniture, body, extract_document  # noqa: E402
from scraper.extraction.phrases import Phrases, load_phrases  # noqa: E402
from scraper.models import Article  # noqa: E402
from tests.benchmarks.evaluation_pages import PageScore, Score, Truth, learn_sites, read_pages, score  # noqa: E402

SAMPLES = 1000


def take(pages: Sequence[Truth], furniture: Mapping[str, Furniture]) -> dict[str, Article]:
    """The article of each page; none for a page that is refused."""
    found = {}
    for page in pages:
        try:
            found[page.id] = extract_document(page.document(), furniture=furniture.get(page.site))
        except ExtractionError as error:
            print("refused:", error, file=sys.stderr)
    return found


def texts(articles: Mapping[str, Article]) -> dict[str, str]:
    """Their texts."""
    return {page: article.text for page, article in articles.items()}


def interval(pages: Sequence[PageScore], value: Callable[[Score], float]) -> str:
    """The 95 % interval of a value, by bootstrap over pages."""
    source = random.Random(7)
    values = sorted(value(Score(pages=tuple(source.choices(pages, k=len(pages))))) for _ in range(SAMPLES))
    return f"{values[int(SAMPLES * 0.025)]:.4f}-{values[int(SAMPLES * 0.975)]:.4f}"


def tell(name: str, pages: Sequence[Truth], found: Mapping[str, str]) -> Score:
    """One line of the table."""
    reached = score(pages, found)
    print(f"{name:34} {reached}  F1 in {interval(reached.pages, lambda part: part.f1)}", flush=True)
    return reached


def compare(name: str, ours: Score, theirs: Score) -> None:
    """Page by page: better, worse, and the interval of the mean difference."""
    differences = [a.f1 - b.f1 for a, b in zip(ours.pages, theirs.pages, strict=True)]
    better, worse = sum(d > 0.005 for d in differences), sum(d < -0.005 for d in differences)
    source = random.Random(7)
    means = sorted(
        sum(source.choices(differences, k=len(differences))) / len(differences) for _ in range(SAMPLES)
    )
    mean = sum(differences) / len(differences)
    low, high = means[int(SAMPLES * 0.025)], means[int(SAMPLES * 0.975)]
    print(
        f"  against {name}: page F1 {mean:+.4f} ({low:+.4f} to {high:+.4f}), better on {better} pages, worse on {worse}"
    )


def peers(pages: Sequence[Truth], ours: Score) -> None:
    """trafilatura's modes on the same pages."""
    for name, options in (
        ("trafilatura fast", {"fast": True, "include_comments": False}),
        ("trafilatura default", {"include_comments": False}),
        ("trafilatura precision", {"favor_precision": True, "include_comments": False}),
    ):
        found = {page.id: trafilatura.extract(page.html, url=page.url, **options) or "" for page in pages}
        compare(name, ours, tell(name, pages, found))


def ablate(pages: Sequence[Truth], furniture: Mapping[str, Furniture]) -> None:
    """Each part off, the weights as they are."""
    rules = load_phrases()
    silent = Phrases(rules=(), always=0, starts={}, openings={}, marks=(), by_name={})
    soft = replace(rules, rules=tuple(replace(rule, drops=False, drops_links=False) for rule in rules.rules))
    tell("without furniture", pages, texts(take(pages, {})))
    with patch.object(body, "load_phrases", lambda: soft):
        tell("phrases only as signs", pages, texts(take(pages, furniture)))
    with (
        patch("scraper.extraction.body_classifier.load_phrases", lambda: silent),
        patch.object(body, "load_phrases", lambda: silent),
    ):
        tell("without phrases", pages, texts(take(pages, furniture)))
    with patch.object(body, "require_article", lambda found: None):
        tell("without guards", pages, texts(take(pages, furniture)))
    with patch("scraper.extraction.body_classifier.is_plain", lambda looks, words: False):
        tell("trafilatura on every page", pages, texts(take(pages, furniture)))
    with patch("scraper.extraction.body_classifier.is_plain", lambda looks, words: True):
        tell("trafilatura on no page", pages, texts(take(pages, furniture)))
    with patch(
        "scraper.extraction.body_classifier.select",
        lambda blocks, probabilities, linked, threshold: [value >= threshold for value in probabilities],
    ):
        tell("without list, gap and repeat rules", pages, texts(take(pages, furniture)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ablate", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--worst", type=int, default=0)
    parser.add_argument("--predictions", type=Path, help="write rows for ../shared/eval/score_extraction.py")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    pages = read_pages()
    furniture = learn_sites(pages)
    articles = take(pages, furniture)
    found = texts(articles)
    ours = tell("cuttings", pages, found)
    sizes = Counter(page.group for page in pages)
    tell("  groups of 5 pages and more", [page for page in pages if sizes[page.group] >= 5], found)
    tell("  groups of one page", [page for page in pages if sizes[page.group] == 1], found)
    if options.predictions:
        rows = [row(page, article) for page, article in articles.items()]
        options.predictions.write_text("".join(json.dumps(line) + "\n" for line in rows), encoding="utf-8")
    if options.peers:
        peers(pages, ours)
    if options.ablate:
        ablate(pages, furniture)
    for part, page in sorted(zip(ours.pages, pages, strict=True), key=lambda pair: pair[0].f1)[
        : options.worst
    ]:
        print(f"  {part.f1:.3f} extra {part.extra} lost {part.lost} {page.id} {page.url}")


def row(page: str, article: Article) -> dict[str, object]:
    """One row of a predictions file."""
    date = article.published_at.date().isoformat() if article.published_at else None
    return {
        "id": page,
        "body": article.text,
        "title": article.title,
        "authors": list(article.authors),
        "date": date,
    }


if __name__ == "__main__":
    main()
