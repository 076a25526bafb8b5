"""Fit the directions of the codes by which reports are found that share no telling word; writes
pipelines/matching/codes.bin (needs `pip install cuttings[fit]`).

    python -m tools.fit_codes

They are the first principal directions of the leads of all labelled files, a few hundred of each; no label is
read. Run it when the encoder changes, and raise ``FINGERPRINT_VERSION``: codes are stored in fingerprints.
The models of pairs do not depend on them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.matching.codes import CODE, CODES_FILE, LARGEST
from tools.fit_encoder import FILES, layers_without
from tools.matcher_data import Floats, passages_of, read_rows
from tools.meaning_features import vectors_of

FOLDER = Path(__file__).parents[1] / "pipelines" / "matching"
OF_A_FILE = 500  # articles


def leads() -> Floats:
    """Return the vectors of leads, with length 1."""
    rows = (row for name in FILES for row in read_rows(name)[:OF_A_FILE])
    passages = [lead for _, lead in passages_of(rows) if lead.words]
    vectors = vectors_of(*layers_without(), passages)
    numbers = np.array([vectors[lead] for lead in passages], dtype=np.float64)
    units: Floats = numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
    return units


def directions(vectors: Floats) -> tuple[Floats, Floats]:
    """Return the first principal directions as whole numbers up to 127 (SIZE x ``CODE``), and the mean of the
    vectors along each."""
    _, found = np.linalg.eigh(np.cov(vectors.T))
    first = found[:, ::-1][:, :CODE]
    along = np.round(first * (LARGEST / np.abs(first).max()))
    return along, vectors.mean(axis=0) @ along


def main() -> None:
    """Fit and write."""
    along, mean = directions(leads())
    (FOLDER / CODES_FILE).write_bytes(along.astype(np.int8).tobytes() + mean.astype("<f8").tobytes())
    print(f"wrote {FOLDER / CODES_FILE}")


if __name__ == "__main__":
    main()
