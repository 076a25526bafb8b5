"""Fit the weights of `scraper/extraction/line_model.toml` on the pages of an extraction set dumped as text.

    python tools/fit_line_model.py [SET_DIR] [--write]

Prints the cross-validated scores (sites held out, four folds); with --write, fits on all pages and writes the
file.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from scraper.extraction import line_model
from scraper.extraction.line_features import WORD, Line, read_lines
from scraper.extraction.line_model import LineWeights, first_features, second_features
from tests.benchmarks.dumps import SHARED, Dump, read_dumps, scorer

FOLDS = 4
PENALTY = 1.0  # of the squared weights; 10 gave the same scores
Rows = NDArray[np.float64]


def labels(lines: Sequence[Line], body: str) -> Rows:
    """1 for each line that the truth holds: most of its 4-word shingles; a short one whole, and near such
    lines."""
    truth = [" ".join(WORD.findall(line.lower())) for line in body.splitlines()]
    whole = f" {' '.join(truth)} "
    tokens = whole.split()
    shingles = {tuple(tokens[at : at + 4]) for at in range(len(tokens) - 3)}
    found = []
    for line in lines:
        words = line.words
        if len(words) >= 6:
            found.append(
                sum(words[at : at + 4] in shingles for at in range(len(words) - 3)) >= (len(words) - 3) / 2
            )
        else:
            plain = " ".join(words)
            found.append(plain in truth or (len(words) >= 3 and f" {plain} " in whole))
    long = [
        at for at, (line, hit) in enumerate(zip(lines, found, strict=True)) if hit and len(line.words) >= 8
    ]
    low, high = (min(long) - 3, max(long) + 3) if long else (0, len(lines))
    return np.array(
        [
            hit and (len(line.words) >= 8 or low <= at <= high)
            for at, (line, hit) in enumerate(zip(lines, found, strict=True))
        ],
        float,
    )


def fit(rows: Sequence[Rows], truths: Sequence[Rows], sizes: Sequence[Rows]) -> Rows:
    """Ridge logistic regression; every page weighs the same, within a page a line by its words."""
    features, truth = np.concatenate(rows), np.concatenate(truths)
    weight = np.concatenate([size / size.sum() * 100 for size in sizes])

    def loss(beta: Rows) -> tuple[float, Rows]:
        p = 1 / (1 + np.exp(-np.clip(features @ beta, -30, 30)))
        cost = -(weight * (truth * np.log(p + 1e-12) + (1 - truth) * np.log(1 - p + 1e-12))).sum()
        gradient = features.T @ (weight * (p - truth))
        gradient[1:] += 2 * PENALTY * beta[1:]
        return float(cost + PENALTY * (beta[1:] ** 2).sum()), gradient

    return np.asarray(
        minimize(loss, np.zeros(features.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x
    )


class Pages:
    """The pages of a set with their features and labels."""

    def __init__(self, dumps: Sequence[Dump]) -> None:
        self.dumps = dumps
        self.lines = [read_lines(dump.text, dump.furniture) for dump in dumps]
        self.first = [np.array(first_features(lines)) for lines in self.lines]
        self.truth = [labels(lines, dump.body) for lines, dump in zip(self.lines, dumps, strict=True)]
        self.sizes = [
            np.array([min(len(line.words), 80) ** 0.7 + 1 for line in lines]) for lines in self.lines
        ]

    def weights(self, chosen: Sequence[int]) -> LineWeights:
        """Both passes; the second learns from first passes that had not seen the site."""
        found: dict[int, Rows] = {}
        for half in (0, 1):
            learned = self._fit(self.first, [at for at in chosen if self._half(at) != half])
            found |= {
                at: 1 / (1 + np.exp(-np.clip(self.first[at] @ learned, -30, 30)))
                for at in chosen
                if self._half(at) == half
            }
        second = {
            at: np.array(second_features(self.lines[at], self.first[at].tolist(), found[at].tolist()))
            for at in chosen
        }
        return LineWeights(
            first=tuple(self._fit(self.first, chosen)), second=tuple(self._fit(second, chosen))
        )

    def _half(self, at: int) -> int:
        return self.dumps[at].fold(7) % 2

    def _fit(self, rows: Sequence[Rows] | dict[int, Rows], chosen: Sequence[int]) -> Rows:
        return fit(
            [rows[at] for at in chosen], [self.truth[at] for at in chosen], [self.sizes[at] for at in chosen]
        )


def cross_validated(pages: Pages) -> list[str]:
    """Return the text of each page by weights that saw no page of its site."""
    texts = [""] * len(pages.dumps)
    for fold in range(FOLDS):
        weights = pages.weights([at for at, dump in enumerate(pages.dumps) if dump.fold(FOLDS) != fold])
        for at, dump in enumerate(pages.dumps):
            if dump.fold(FOLDS) == fold:
                chances = line_model.line_probabilities(pages.lines[at], weights)
                texts[at] = "\n".join(
                    line.text for line, chance in zip(pages.lines[at], chances, strict=True) if chance > 0.5
                )
    return texts


def report(label: str, dumps: Sequence[Dump], texts: Sequence[str]) -> None:
    """F1 of mean precision and mean recall, as the shared scorer reports it."""
    compare = scorer()
    counts = [compare(dump.body, text) for dump, text in zip(dumps, texts, strict=True)]
    precision = float(np.mean([hit / (hit + extra) for hit, extra, _ in counts if hit + extra]))
    recall = float(np.mean([hit / (hit + lost) for hit, _, lost in counts]))
    low = float(np.mean([2 * hit / (2 * hit + extra + lost) < 0.8 for hit, extra, lost in counts]))
    print(
        f"{label:44} n {len(dumps)}  F1 {2 * precision * recall / (precision + recall):.4f}"
        f"  P {precision:.4f}  R {recall:.4f}  below0.8 {low:.3f}"
    )


def write(weights: LineWeights, directory: Path, pages: int) -> None:
    """The file the package reads."""
    target = Path(line_model.__file__).with_name("line_model.toml")
    rows = [
        f"{name} = [{', '.join(f'{value:.4g}' for value in values)}]"
        for name, values in (("first", weights.first), ("second", weights.second))
    ]
    origin = f"# Fitted by tools/fit_line_model.py on {pages} pages of ../shared, as text.\n"
    order = "# Order: line_model.first_features and second_features.\n"
    target.write_text(origin + order + "\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Fit the line model and report how well it reads unseen sites."
    )
    parser.add_argument("directory", nargs="?", type=Path, default=SHARED / "eval" / "extraction")
    parser.add_argument("--write", action="store_true", help="write scraper/extraction/line_model.toml")
    options = parser.parse_args()
    dumps = read_dumps(options.directory)
    pages = Pages(dumps)
    report("the dump itself", dumps, [dump.text for dump in dumps])
    report(
        "best choice of lines",
        dumps,
        [
            "\n".join(line.text for line, truth in zip(lines, labels_, strict=True) if truth)
            for lines, labels_ in zip(pages.lines, pages.truth, strict=True)
        ],
    )
    report(f"cross-validated, {FOLDS} folds of sites", dumps, cross_validated(pages))
    if options.write:
        write(pages.weights(range(len(dumps))), options.directory, len(dumps))


if __name__ == "__main__":
    main()
