"""Build pipelines/matching/terms/*.txt: how common a word is, by language, in steps of half a Zipf unit.

    python tests/benchmarks/build_terms.py            needs `pip install wordfreq`; not a dependency of the product

The figures are those of the wordfreq project (Robyn Speer, doi:10.5281/zenodo.7199437; data under CC BY-SA 4.0, and so are the
tables made here). A word is kept down to the step where our matcher stops caring: words rarer than the last
step and words it has never seen are treated alike.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import wordfreq

TARGET = Path(__file__).parents[2] / "pipelines" / "matching" / "terms"
FULL = {"en": 2.5}  # the language the product is used in: down to 3 in a billion words times a hundred
LOWEST_STEP = 4.0  # elsewhere the words met once in a few articles
STEPS_A_UNIT = 4
HEADER = "# {language}: words by Zipf frequency (log10 per 10^9 words), from wordfreq {version}, data CC BY-SA 4.0; built by tests/benchmarks/build_terms.py\n"


def table(language: str) -> str:
    """The lines of one language: a step, a tab, the words of that step."""
    lowest = FULL.get(language, LOWEST_STEP)
    steps: dict[int, list[str]] = defaultdict(list)
    for word, frequency in wordfreq.get_frequency_dict(language, wordlist="best").items():
        zipf = wordfreq.zipf_frequency(word, language) if frequency == 0 else _zipf(frequency)
        if zipf >= lowest and word.isalpha():
            steps[int(zipf * STEPS_A_UNIT)].append(word)
    lines = [
        f"{step / STEPS_A_UNIT:.2f}\t{' '.join(sorted(words))}\n" for step, words in sorted(steps.items(), reverse=True)
    ]
    return HEADER.format(language=language, version="3.1.1") + "".join(lines)


def _zipf(frequency: float) -> float:
    from math import log10

    return log10(frequency) + 9


def main() -> int:
    """Write every language that wordfreq has and that separates words by spaces."""
    TARGET.mkdir(exist_ok=True)
    for language in sorted(wordfreq.available_languages("best")):
        if language in {"zh", "ja", "ko"}:  # cut into characters pairs by our own tokeniser, which no word list fits
            continue
        text = table(language)
        (TARGET / f"{language}.txt").write_text(text, encoding="utf-8")
        print(language, len(text), file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
