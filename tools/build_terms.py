"""Build pipelines/matching/terms/*.txt: how common a word is, by language, in steps of half a Zipf unit.

    python -m tools.build_terms            needs `pip install wordfreq`; not a dependency of the product

The figures are those of the wordfreq project (Robyn Speer, doi:10.5281/zenodo.7199437; data under CC BY-SA
4.0, and so are the tables made here). A word is kept down to the step where our matcher stops caring: words
rarer than the last step and words it has never seen are treated alike.
"""

from __future__ import annotations

import gzip
import json
import math
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import wordfreq

from pipelines.matching import tokens as words
from pipelines.matching.features import stems
from pipelines.matching.term_weights import REPORT_WORDS, surprises
from tools.matcher_data import read_rows

TARGET = Path(__file__).parents[1] / "pipelines" / "matching" / "terms"
FULL = {"en": 2.5}  # the language the product is used in: down to 3 in a billion words times a hundred
LOWEST_STEP = 4.0  # elsewhere the words met once in a few articles
STEPS_A_UNIT = 4
SHARED = Path(__file__).parents[2] / "shared" / "eval"
REPORT_TOKENS = 400
MOST_REPORTS = 300  # of one file, so that no file decides what news is
FEWEST_USES = 2  # in a file
FEWEST_FILES = 3  # a stem of one event is in one file
NEWS_HEADER = (
    "# en: stems of news reports by -log2 of the share of reports that use them; "
    "counted in ../shared/eval by tools/build_terms.py\n"
)
SECTOR_STREAMS = ("sector_policy", "sector_services", "sector_news")
FEWEST_EVENTS = 2  # in a stream, of two streams: a stem of one event is no stem of the sector
SECTOR_HEADER = (
    "# en: stems of UK children's-services reports by -log2 of the chance "
    "that a report of 300 words uses them; "
    "counted in tests/benchmarks/streams by tools/build_terms.py\n"
)
HEADER = (
    "# {language}: words by Zipf frequency (log10 per 10^9 words), "
    "from wordfreq {version}, data CC BY-SA 4.0; "
    "built by tools/build_terms.py\n"
)


def table(language: str) -> str:
    """Return the lines of one language: a step, a tab, the words of that step."""
    lowest = FULL.get(language, LOWEST_STEP)
    steps: dict[int, list[str]] = defaultdict(list)
    for word, frequency in wordfreq.get_frequency_dict(language, wordlist="best").items():
        zipf = _zipf(frequency)
        if zipf >= lowest and word.replace("'", "").isalpha():
            steps[int(zipf * STEPS_A_UNIT)].append(word)
    lines = [
        f"{step / STEPS_A_UNIT:.2f}\t{' '.join(sorted(words))}\n"
        for step, words in sorted(steps.items(), reverse=True)
    ]
    return HEADER.format(language=language, version="3.1.1") + "".join(lines)


def _zipf(frequency: float) -> float:
    return math.log10(frequency) + 9


def news_table(language: str = "en") -> str:
    """Stems of three files or more by -log2 of the mean share of reports that use them, in quarter bits."""
    rates: dict[str, float] = defaultdict(float)
    met: Counter[str] = Counter()
    sizes = {path: len(rows) for path, rows in _reports().items()}
    whole = sum(min(MOST_REPORTS, size) for size in sizes.values())
    for path, rows in _reports().items():
        counts = Counter(stem for row in rows for stem in _stems(row, language))
        for stem, count in counts.items():
            if count >= FEWEST_USES:
                rates[stem] += min(MOST_REPORTS, sizes[path]) * count / sizes[path] / whole
                met[stem] += 1
    steps: dict[int, list[str]] = defaultdict(list)
    for stem, rate in rates.items():
        if met[stem] >= FEWEST_FILES:
            steps[round(-math.log2(rate) * STEPS_A_UNIT)].append(stem)
    lines = [
        f"{step / STEPS_A_UNIT:.2f}\t{' '.join(sorted(stems))}\n" for step, stems in sorted(steps.items())
    ]
    return NEWS_HEADER + "".join(lines)


def sector_table() -> str:
    """Stems that several events of two of the sector's streams use, by -log2 of a report's mean chance of
    doing so.

    A word that is only ever written as a name, and that no general table has, is an invented place or person.
    """
    general = surprises("en", stems)
    chances: dict[str, list[float]] = defaultdict(list)
    for name in SECTOR_STREAMS:
        rows = read_rows(name)
        counts: Counter[str] = Counter()
        events: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            found = words.tokens(f"{row['title']}\n{row['text']}")
            for stem, raw in zip(stems(list(found.words), "en"), found.raws, strict=True):
                counts[stem] += 1
                if stem in general or not (raw.istitle() or raw[0].isdigit()):
                    events[stem].add(row["event"])
        each = REPORT_WORDS / counts.total()
        for stem, of in events.items():
            if len(of) >= FEWEST_EVENTS:
                chances[stem].append(-math.expm1(-each * counts[stem]))
    steps: dict[int, list[str]] = defaultdict(list)
    for stem, its in chances.items():
        if len(its) > 1:
            steps[round(-math.log2(sum(its) / len(SECTOR_STREAMS)) * STEPS_A_UNIT)].append(stem)
    lines = [
        f"{step / STEPS_A_UNIT:.2f}\t{' '.join(sorted(stems))}\n" for step, stems in sorted(steps.items())
    ]
    return SECTOR_HEADER + "".join(lines)


@cache
def _reports() -> dict[str, list[str]]:
    """Title and text of every English report of the DEV files, by file; titles alone are no reports."""
    found: dict[str, list[str]] = {}
    for path in sorted((SHARED / "clustering").glob("*.jsonl.gz")):
        rows = _lines(path)
        if rows[0]["language"] == "en" and any(row["text"] for row in rows):
            found[path.name] = [f"{row['title'] or ''}\n{row['text'] or ''}" for row in rows]
    pairs = _lines(SHARED / "pairs" / "semeval22_en.jsonl.gz")
    found["semeval22_en"] = [
        f"{side['title'] or ''}\n{side['text']}" for row in pairs for side in (row["a"], row["b"])
    ]
    return found


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _stems(report: str, language: str) -> set[str]:
    found = words.tokens(report).words[:REPORT_TOKENS]
    return set(stems([word for word in found if not word[0].isdigit()], language))


def main() -> int:
    """Write every language that wordfreq has and that separates words by spaces."""
    TARGET.mkdir(exist_ok=True)
    for language in sorted(wordfreq.available_languages("best")):
        if language in {
            "zh",
            "ja",
            "ko",
        }:  # cut into characters pairs by our own tokeniser, which no word list fits
            continue
        text = table(language)
        (TARGET / f"{language}.txt").write_text(text, encoding="utf-8")
        print(language, len(text), file=sys.stderr)
    (TARGET / "en.news.txt").write_text(news_table(), encoding="utf-8")
    (TARGET / "en.sector.txt").write_text(sector_table(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
