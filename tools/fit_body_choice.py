#!/usr/bin/env python3
"""Fit the weights of `scraper.extraction.body_classifier` and say what they reach on sites that the fit has
not seen.

    python -m tools.fit_body_choice [SET_DIR] [--write] [--folds 5] [--penalties 100 100 100]
                                    [--below 0.02] [--threshold 0.4]

SET_DIR is ../shared/eval/extraction by default. Labels: a block is body when half of its 4-word shingles are
in the truth (a shorter block: when it is a line of the truth). Each block counts by its words, each page
alike. The first pass is shown to the second as it is on unseen sites (predictions from folds by site). Ridge
penalty; L-BFGS (scipy).
"""

from __future__ import annotations

import argparse
import pickle
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scraper.extraction.block_features import (  # noqa: E402
    BlockMeasures,
    PageView,
    block_features,
    confidence_features,
    context_features,
    measure,
    place_features,
)
from scraper.extraction.blocks import words_key  # noqa: E402
from scraper.extraction.body import prepare  # noqa: E402
from scraper.extraction.body_classifier import is_plain, is_unsure  # noqa: E402
from scraper.extraction.document import Document  # noqa: E402
from scraper.extraction.phrases import load_phrases  # noqa: E402
from scraper.extraction.selection import select  # noqa: E402
from scraper.extraction.trafilatura_guess import guess_body  # noqa: E402
from tests.benchmarks.evaluation_pages import Truth, learn_sites, read_pages, score  # noqa: E402

SHARED = ROOT.parent / "shared/eval"
SITES_OF_A_FEATURE = 4  # a feature met on fewer sites teaches about these sites only
SMALLEST_WEIGHT = 0.02  # log-odds; below it a feature says nothing

INNER_FOLDS = 4

FeatureRows = list[list[str]]
Penalties = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Example:
    """One page with its features and labels; ``guess`` are features of trafilatura's guess after the sift."""

    truth: Truth
    document: Document
    page: PageView
    sizes: BlockMeasures
    own: FeatureRows
    guess: FeatureRows
    labels: list[bool]
    weights: np.ndarray

    def sifted(self, probabilities: np.ndarray, below: float, *, fast: Model | None = None) -> Example:
        """Return the same page when what is less likely than ``below`` is set aside before the guess.

        The passes learn from trafilatura's guess on every page (with the fast one on plain pages F1 is .969
        for .970); they are judged as in use, with our own guess where the ``fast`` first pass is sure.
        """
        sift = [
            0.0 if out else value for out, value in zip(self.page.aside, probabilities.tolist(), strict=True)
        ]
        aside = tuple(look < below for look in sift)
        page = replace(self.page, aside=aside)
        sifted = replace(
            self,
            page=page,
            own=[[] if out else features for out, features in zip(aside, self.own, strict=True)],
        )
        guess = [look > 0.5 for look in sift]
        own = replace(sifted, guess=context_features(page, self.sizes, guess, "guess"))
        if fast is not None and (
            is_plain(sift, self.sizes.words)
            or not is_unsure(fast.probabilities(first_features(own)).tolist(), self.sizes.words)
        ):
            return own
        guess = guess_body(self.document.root, self.document.outline, aside)
        return replace(sifted, guess=context_features(page, self.sizes, guess, "guess"))


def read_examples(set_dir: Path) -> list[Example]:
    """Return all pages of a set, furniture learned over all pages of each site."""
    truths = read_pages(set_dir)
    furniture = learn_sites(truths)
    examples = []
    for truth in truths:
        document = truth.document()
        page = prepare(document, furniture=furniture[truth.site]).page
        sizes = measure(page, load_phrases())
        labels = label(truth, page)
        own = [
            [*place_features(block), *features] if features else []
            for block, features in zip(page.blocks, block_features(page, sizes), strict=True)
        ]
        body = max(50, sum(count for count, is_body in zip(sizes.words, labels, strict=True) if is_body))
        weights = np.array([(count + 1) * 100 / body for count in sizes.words])
        examples.append(Example(truth, document, page, sizes, own, [], labels, weights))
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

    def probabilities(self, features: FeatureRows) -> np.ndarray:
        """For each block."""
        values = 1 / (1 + np.exp(-np.clip(matrix(features, self.places) @ self.weights, -60, 60)))
        return np.where([bool(row) for row in features], values, 0.0)  # set aside: no features


def matrix(features: FeatureRows, places: dict[str, int]) -> sparse.csr_matrix:
    """One row a block, a one for each of its known features and for the bias."""
    columns: list[int] = []
    ends = [0]
    for row in features:
        columns += sorted({places["bias"], *(places[feature] for feature in row if feature in places)})
        ends.append(len(columns))
    return sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(features), len(places)))


def fit(examples: Sequence[Example], features: Sequence[FeatureRows], penalty: float) -> Model:
    """Ridge logistic regression."""
    sites: dict[str, set[str]] = {}
    for example, rows in zip(examples, features, strict=True):
        for feature in {feature for row in rows for feature in row}:
            sites.setdefault(feature, set()).add(example.truth.site)
    known = sorted(feature for feature, where in sites.items() if len(where) >= SITES_OF_A_FEATURE)
    places = {feature: place for place, feature in enumerate(["bias", *known])}
    rows = matrix([row for page in features for row in page], places)
    side = np.where([is_body for example in examples for is_body in example.labels], 1.0, -1.0)
    weight = np.concatenate([example.weights for example in examples])
    weight = weight * np.array(
        [bool(row) for page in features for row in page]
    )  # set aside: no features, nothing to learn

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = side * (rows @ weights)
        value = (weight * np.logaddexp(0, -margin)).sum() + penalty * (weights @ weights) / 2
        slope = rows.T @ (-weight * side / (1 + np.exp(np.clip(margin, -50, 50)))) + penalty * weights
        return value, slope

    found = minimize(loss, np.zeros(len(places)), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return Model(places, found.x)


def folds_of(examples: Sequence[Example], count: int, seed: int) -> list[int]:
    """Return a fold for each page, all pages of a site in one."""
    sites = sorted({example.truth.site for example in examples})
    random.Random(seed).shuffle(sites)
    fold = {site: place % count for place, site in enumerate(sites)}
    return [fold[example.truth.site] for example in examples]


def first_features(example: Example) -> FeatureRows:
    """Return what the first pass sees."""
    return [a + b for a, b in zip(example.own, example.guess, strict=True)]


def second_features(example: Example, first: np.ndarray) -> FeatureRows:
    """Return what the second pass sees."""
    again = context_features(example.page, example.sizes, [bool(value > 0.5) for value in first], "own")
    sure = confidence_features(first.tolist())
    return [
        a + b + c + d if a else [] for a, b, c, d in zip(example.own, example.guess, again, sure, strict=True)
    ]


def unseen_probabilities(
    examples: Sequence[Example], features: Sequence[FeatureRows], penalty: float
) -> list[np.ndarray]:
    """For each page, what a model thinks that did not see its site."""
    folds = folds_of(examples, INNER_FOLDS, seed=1)
    unseen: list[np.ndarray] = [np.zeros(0)] * len(examples)
    for fold in range(INNER_FOLDS):
        chosen = [place for place in range(len(examples)) if folds[place] != fold]
        model = fit([examples[place] for place in chosen], [features[place] for place in chosen], penalty)
        for place in range(len(examples)):
            if folds[place] == fold:
                unseen[place] = model.probabilities(features[place])
    return unseen


def fit_all(examples: Sequence[Example], penalties: Penalties, below: float) -> tuple[Model, Model, Model]:
    """Sift, first and second pass; each learns from what the one before thinks of unseen sites."""
    own = [example.own for example in examples]
    sift = fit(examples, own, penalties[0])
    unseen = unseen_probabilities(examples, own, penalties[0])
    sifted = [example.sifted(values, below) for example, values in zip(examples, unseen, strict=True)]
    features = [first_features(example) for example in sifted]
    unseen = unseen_probabilities(sifted, features, penalties[1])
    second = [second_features(example, values) for example, values in zip(sifted, unseen, strict=True)]
    return sift, fit(sifted, features, penalties[1]), fit(sifted, second, penalties[2])


def cross_validate(
    examples: Sequence[Example],
    folds: int,
    penalties: Penalties,
    below: float,
    *,
    others: Sequence[Example] = (),
    seed: int = 0,
) -> dict[str, np.ndarray]:
    """Return the probabilities of each page by models that did not see its site; ``others`` are in no fit."""
    fold_of = folds_of([*examples, *others], folds, seed)
    found = {}
    for fold in range(folds):
        known = [example for example, where in zip(examples, fold_of, strict=False) if where != fold]
        sift, first, second = fit_all(known, penalties, below)
        for example, where in zip([*examples, *others], fold_of, strict=True):
            if where == fold:
                sifted = example.sifted(sift.probabilities(example.own), below, fast=first)
                before = first.probabilities(first_features(sifted))
                found[example.truth.id] = second.probabilities(second_features(sifted, before))
    return found


def texts(
    examples: Sequence[Example], probabilities: dict[str, np.ndarray], threshold: float
) -> dict[str, str]:
    """Return the text of each page at a threshold."""
    found = {}
    for example in examples:
        blocks, values = example.page.blocks, probabilities[example.truth.id].tolist()
        chosen = select(blocks, values, example.sizes.linked, threshold)
        found[example.truth.id] = "\n".join(
            block.text for block, is_chosen in zip(blocks, chosen, strict=True) if is_chosen
        )
    return found


def write(
    path: Path,
    examples: Sequence[Example],
    models: tuple[Model, ...],
    settings: tuple[float, float],
    reached: str,
) -> None:
    """The weights as TOML, with where they come from."""
    kept = [
        {feature: round(float(model.weights[place]), 2) for feature, place in model.places.items()
         if feature == "bias" or abs(model.weights[place]) >= SMALLEST_WEIGHT}
        for model in models
    ]  # fmt: skip
    sites = len({example.truth.site for example in examples})
    lines = [
        "# Weights of the features (log-odds), fitted by tools/fit_body_choice.py --write; not by hand.",
        f"# Fitted on {len(examples)} English pages of {sites} sites: the DEV parts of the evaluation sets.",
        f"# On sites left out of the fit: {reached}",
        f"sift_below = {settings[0]}",
        f"threshold = {settings[1]}",
    ]
    for name, table in zip(("sift", "first", "second"), kept, strict=True):
        lines += ["", f"[{name}]", *(f'"{feature}" = {value}' for feature, value in sorted(table.items()))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def report(
    sets: dict[str, list[Example]], unseen: dict[str, np.ndarray], threshold: float, penalties: Penalties
) -> str:
    """Print and return the score of each set at a threshold, on sites left out of the fit."""
    parts = []
    for name, examples in sets.items():
        reached = score([e.truth for e in examples], texts(examples, unseen, threshold))
        parts.append(f"{name}: {reached}")
        print(f"{threshold:.2f} {penalties} unseen sites of {name}: {reached}", flush=True)
    return "; ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sets", type=Path, nargs="+", default=[SHARED / "extraction", SHARED / "extraction_wide"]
    )
    parser.add_argument("--fit-on", nargs="+", help="names of the sets to learn from; all by default")
    parser.add_argument("--keep", type=Path, help="pickle the probabilities of unseen pages here")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--penalties", type=float, nargs=3, default=[100.0, 100.0, 100.0])
    parser.add_argument("--below", type=float, default=0.02)
    parser.add_argument("--threshold", type=float, default=0.45)
    options = parser.parse_args()
    sets = {set_dir.name: read_examples(set_dir) for set_dir in options.sets}
    learned = {name: sets[name] for name in options.fit_on or sets}
    examples = [example for pages in learned.values() for example in pages]
    others = [example for name, pages in sets.items() if name not in learned for example in pages]
    penalties, reached = tuple(options.penalties), "not measured"
    if options.folds:
        unseen = cross_validate(examples, options.folds, penalties, options.below, others=others)
        if options.keep:
            options.keep.write_bytes(pickle.dumps(unseen))
        for threshold in sorted({0.35, 0.4, 0.45, 0.5, options.threshold}):
            line = report(sets, unseen, threshold, penalties)
            reached = line if threshold == options.threshold else reached
    if options.write:
        models = fit_all(examples, penalties, options.below)
        settings = (options.below, options.threshold)
        write(ROOT / "scraper/extraction/body_weights.toml", examples, models, settings, reached)


if __name__ == "__main__":
    main()
