#!/usr/bin/env python3
"""Fit the weights of `scraper.extraction.choice` and say what they reach on sites that the fit has not seen.

    fit_body_choice.py [SET_DIR] [--write] [--folds 5] [--first 100] [--second 100] [--threshold 0.4]

SET_DIR is ../shared/eval/extraction by default. Labels: a block is body when half of its 4-word shingles are in the
truth (a shorter block: when it is a line of the truth). Each block counts by its words, each page alike. The first pass
is shown to the second as it is on unseen sites (predictions from folds by site). Ridge penalty; L-BFGS (scipy).
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scraper.extraction.blocks import words_key  # noqa: E402
from scraper.extraction.body import look_at  # noqa: E402
from scraper.extraction.phrases import load_phrases  # noqa: E402
from scraper.extraction.signs import (  # noqa: E402
    Measures,
    PageView,
    block_signs,
    confidence_signs,
    context_signs,
    measure,
    place_signs,
)
from tests.benchmarks.evaluation_pages import Truth, learn_sites, read_pages, score  # noqa: E402

SITES_OF_A_SIGN = 4  # a sign met on fewer sites teaches about these sites only
SMALLEST_WEIGHT = 0.02  # log-odds; below it a sign says nothing

Signs = list[list[str]]


@dataclass(slots=True)
class Example:
    """One page with its signs and labels."""

    truth: Truth
    page: PageView
    sizes: Measures
    own: Signs
    guess: Signs
    labels: list[bool]
    weights: np.ndarray


def read_examples(set_dir: Path) -> list[Example]:
    """All pages of the set, furniture learned over all pages of each site."""
    truths = read_pages(set_dir)
    furniture = learn_sites(truths)
    examples = []
    for truth in truths:
        view = look_at(truth.document(), furniture=furniture[truth.site])
        sizes = measure(view.page, load_phrases())
        labels = label(truth, view.page)
        own = [
            [*place_signs(block), *signs] if signs else []
            for block, signs in zip(view.page.blocks, block_signs(view.page, sizes), strict=True)
        ]
        guess = context_signs(view.page, sizes, view.guess, "guess")
        body = max(50, sum(count for count, is_body in zip(sizes.words, labels, strict=True) if is_body))
        weights = np.array(
            [0.0 if out else (count + 1) * 100 / body for count, out in zip(sizes.words, view.page.aside, strict=True)]
        )
        examples.append(Example(truth, view.page, sizes, own, guess, labels, weights))
    return examples


def label(truth: Truth, page: PageView) -> list[bool]:
    """Which blocks are body by the truth."""
    wanted, lines = truth.shingles, {words_key(line) for line in truth.body.splitlines()}

    def is_body(text: str, key: str) -> bool:
        found = truth.cut(text)
        if len(truth.tokens(text)) < 4:
            return key in lines
        return sum((found & wanted).values()) >= sum(found.values()) / 2

    return [is_body(block.text, block.key) for block in page.blocks]


@dataclass(slots=True)
class Model:
    """A fitted pass."""

    places: dict[str, int]
    weights: np.ndarray

    def probabilities(self, signs: Signs) -> np.ndarray:
        """For each block."""
        values = 1 / (1 + np.exp(-np.clip(matrix(signs, self.places) @ self.weights, -60, 60)))
        return np.where([bool(row) for row in signs], values, 0.0)  # set aside: no signs


def matrix(signs: Signs, places: dict[str, int]) -> sparse.csr_matrix:
    """One row a block, a one for each of its known signs and for the bias."""
    columns: list[int] = []
    ends = [0]
    for row in signs:
        columns += sorted({places["bias"], *(places[sign] for sign in row if sign in places)})
        ends.append(len(columns))
    return sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(signs), len(places)))


def fit(examples: Sequence[Example], signs: Sequence[Signs], penalty: float) -> Model:
    """Ridge logistic regression."""
    sites: dict[str, set[str]] = {}
    for example, rows in zip(examples, signs, strict=True):
        for sign in {sign for row in rows for sign in row}:
            sites.setdefault(sign, set()).add(example.truth.site)
    known = sorted(sign for sign, where in sites.items() if len(where) >= SITES_OF_A_SIGN)
    places = {sign: place for place, sign in enumerate(["bias", *known])}
    rows = matrix([row for page in signs for row in page], places)
    side = np.where([is_body for example in examples for is_body in example.labels], 1.0, -1.0)
    weight = np.concatenate([example.weights for example in examples])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = side * (rows @ weights)
        value = (weight * np.logaddexp(0, -margin)).sum() + penalty * (weights @ weights) / 2
        slope = rows.T @ (-weight * side / (1 + np.exp(np.clip(margin, -50, 50)))) + penalty * weights
        return value, slope

    found = minimize(loss, np.zeros(len(places)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return Model(places, found.x)


def folds_of(examples: Sequence[Example], count: int, seed: int) -> list[int]:
    """A fold for each page, all pages of a site in one."""
    sites = sorted({example.truth.site for example in examples})
    random.Random(seed).shuffle(sites)
    fold = {site: place % count for place, site in enumerate(sites)}
    return [fold[example.truth.site] for example in examples]


def first_signs(example: Example) -> Signs:
    """What the first pass sees."""
    return [a + b for a, b in zip(example.own, example.guess, strict=True)]


def second_signs(example: Example, first: np.ndarray) -> Signs:
    """What the second pass sees."""
    again = context_signs(example.page, example.sizes, [bool(value > 0.5) for value in first], "own")
    sure = confidence_signs(first.tolist())
    return [a + b + c + d if a else [] for a, b, c, d in zip(example.own, example.guess, again, sure, strict=True)]


def fit_both(examples: Sequence[Example], penalties: tuple[float, float]) -> tuple[Model, Model]:
    """Both passes; the second learns from first passes that did not see the page's site."""
    signs = [first_signs(example) for example in examples]
    folds = folds_of(examples, 4, seed=1)
    unseen: list[np.ndarray] = [np.zeros(0)] * len(examples)
    for fold in range(4):
        chosen = [place for place in range(len(examples)) if folds[place] != fold]
        model = fit([examples[place] for place in chosen], [signs[place] for place in chosen], penalties[0])
        for place in range(len(examples)):
            if folds[place] == fold:
                unseen[place] = model.probabilities(signs[place])
    second = [second_signs(example, first) for example, first in zip(examples, unseen, strict=True)]
    return fit(examples, signs, penalties[0]), fit(examples, second, penalties[1])


def cross_validate(
    examples: Sequence[Example], folds: int, penalties: tuple[float, float], seed: int = 0
) -> dict[str, np.ndarray]:
    """The probabilities of each page by models that did not see its site."""
    fold_of = folds_of(examples, folds, seed)
    found = {}
    for fold in range(folds):
        first, second = fit_both([e for e, f in zip(examples, fold_of, strict=True) if f != fold], penalties)
        for example, where in zip(examples, fold_of, strict=True):
            if where == fold:
                before = first.probabilities(first_signs(example))
                found[example.truth.id] = second.probabilities(second_signs(example, before))
    return found


def texts(examples: Sequence[Example], probabilities: dict[str, np.ndarray], threshold: float) -> dict[str, str]:
    """The text of each page at a threshold."""
    return {
        e.truth.id: "\n".join(
            block.text
            for block, value in zip(e.page.blocks, probabilities[e.truth.id], strict=True)
            if value >= threshold
        )
        for e in examples
    }


def write(path: Path, examples: Sequence[Example], models: tuple[Model, Model], threshold: float, reached: str) -> None:
    """The weights as TOML, with where they come from."""
    kept = [
        {sign: round(float(model.weights[place]), 2) for sign, place in model.places.items()
         if sign == "bias" or abs(model.weights[place]) >= SMALLEST_WEIGHT}
        for model in models
    ]  # fmt: skip
    sites = len({example.truth.site for example in examples})
    lines = [
        "# Weights of the signs (log-odds), fitted by tests/benchmarks/fit_body_choice.py --write; do not edit by hand.",
        f"# Fitted on {len(examples)} English pages of {sites} sites of the evaluation set's DEV part.",
        f"# On sites left out of the fit: {reached}",
        f"threshold = {threshold}",
    ]
    for name, table in zip(("first", "second"), kept, strict=True):
        lines += ["", f"[{name}]", *(f'"{sign}" = {value}' for sign, value in sorted(table.items()))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set_dir", nargs="?", type=Path, default=ROOT.parent / "shared/eval/extraction")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--first", type=float, default=100.0)
    parser.add_argument("--second", type=float, default=100.0)
    parser.add_argument("--threshold", type=float, default=0.4)
    options = parser.parse_args()
    examples, penalties = read_examples(options.set_dir), (options.first, options.second)
    reached = "not measured"
    if options.folds:
        unseen = cross_validate(examples, options.folds, penalties)
        for threshold in sorted({0.3, 0.35, 0.4, 0.45, 0.5, options.threshold}):
            said = score([e.truth for e in examples], texts(examples, unseen, threshold))
            print(f"{threshold:.2f} unseen sites: {said}", flush=True)
            reached = str(said) if threshold == options.threshold else reached
    models = fit_both(examples, penalties)
    if options.write:
        write(ROOT / "scraper/extraction/choice.toml", examples, models, options.threshold, reached)


if __name__ == "__main__":
    main()
