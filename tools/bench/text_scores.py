r"""How well an extracted text agrees with the true one; pure.

Runs of four words, as `score_extraction.py` of the sets counts them: words are `\w+` with their case;
precision is averaged over pages with output, recall over all, and F1 is that of the averages. Word F1 is
that of WCXB (Murrough Foley 2026): words in lower case, F1 a page, averaged over all pages.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.bench.bootstrap import Ints, bootstrap

WORD = re.compile(r"\w+")
RUN = 4  # words
POOR = 0.8  # F1 of a page below which a reader sees that something is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScore:
    """One page: precision (nan without output), recall and F1 of runs, and F1 of words."""

    precision: float
    recall: float
    run_f1: float
    word_f1: float


def runs(text: str) -> Counter[tuple[str, ...]]:
    """Return the runs of four words; a shorter text is one run."""
    words = WORD.findall(text)
    count = max(1, len(words) - RUN + 1) if words else 0
    return Counter(tuple(words[at : at + RUN]) for at in range(count))


def page_score(truth: str, text: str) -> PageScore:
    """Return how well ``text`` agrees with the truth."""
    wanted, found = runs(truth), runs(text)
    hit, given, true = (wanted & found).total(), found.total(), wanted.total()
    words, all_words = (Counter(WORD.findall(each.lower())) for each in (text, truth))
    shared, both = (words & all_words).total(), words.total() + all_words.total()
    return PageScore(
        precision=hit / given if given else float("nan"),
        recall=hit / true if true else float(not given),
        run_f1=2 * hit / (given + true) if hit else 0.0,
        word_f1=2 * shared / both if shared else 0.0,
    )


class Scores:
    """The scores of many pages, as statistics of any choice of them."""

    def __init__(self, pages: Iterable[PageScore]) -> None:
        rows = [(each.precision, each.recall, each.run_f1, each.word_f1) for each in pages]
        self._columns = np.array(rows, dtype=np.float64).T

    def precision(self, chosen: Ints) -> float:
        """Return the mean over pages with output; 0 without any."""
        values = self._columns[0][chosen]
        return float(np.nanmean(values)) if not np.isnan(values).all() else 0.0

    def recall(self, chosen: Ints) -> float:
        """Return the mean over all pages."""
        return float(self._columns[1][chosen].mean())

    def run_f1(self, chosen: Ints) -> float:
        """Return the F1 of mean precision and mean recall."""
        precision, recall = self.precision(chosen), self.recall(chosen)
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0

    def word_f1(self, chosen: Ints) -> float:
        """Return the mean of the pages' F1 of words."""
        return float(self._columns[3][chosen].mean())

    def poor(self, chosen: Ints, *, words: bool = False) -> float:
        """Return the share of pages whose F1, of runs or of words, is below `POOR`."""
        return float((self._columns[3 if words else 2][chosen] < POOR).mean())

    def figures(self) -> dict[str, Any]:
        """Return the figures of all pages as a row of the results; the two F1 have their intervals."""
        pages = self._columns.shape[1]
        everything = np.arange(pages)
        return {
            "run_f1": bootstrap(pages, self.run_f1).row(),
            "precision": round(self.precision(everything), 4),
            "recall": round(self.recall(everything), 4),
            "word_f1": bootstrap(pages, self.word_f1).row(),
            "below_runs": round(self.poor(everything), 4),
            "below_words": round(self.poor(everything, words=True), 4),
        }


def plain(title: str | None) -> str:
    """Return a title as words in lower case, for comparing."""
    folded = unicodedata.normalize("NFKC", title or "").lower().replace("’", "'")
    return " ".join(WORD.findall(folded))


def names(authors: Iterable[str | None]) -> frozenset[str]:
    """Return the names of authors in lower-case ASCII words, without "by"."""
    folded = (
        unicodedata.normalize("NFKD", each or "").encode("ascii", "ignore").decode().lower()
        for each in authors
    )
    words = (" ".join(WORD.findall(re.sub(r"^\s*by\s+", "", each))) for each in folded)
    return frozenset(name for name in words if name)
