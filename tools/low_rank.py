"""The difference of fitted layers from those of the file, as factors of low rank that a wheel can carry.

Whole layers take 3.5 MB in 8 bits, and a wheel may have 3 MB in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import torch
from torch import Tensor

from pipelines.matching.encoder import Difference, Passage
from tools.encoder_layers import (
    EPSILON,
    LOWER,
    MATRICES,
    Weights,
    encoder_file,
    inputs_and_states,
    lower_states,
    place_of,
    upper_layers,
)
from tools.lower_states import AT_ONCE, tokens_of

# Numbers of all factors: as many as rank 40 everywhere takes. In 4 bits a wheel has 200 KB of them, as of
# rank 16 in 8 bits. On nine files left out the mean average precision of cosines of leads is .431 with
# these (.431 with whole layers), .430 at rank 24 in 6 bits, .428 at rank 16 in 8; on three streams that
# nothing was fitted on .268 (.280), .263 and .257.
NUMBERS = 40 * 13_824
LARGEST_FACTOR = 7
MOST_SHIFT = 15  # of a difference of nothing
LEAST_SHARE = 1e-3  # added to the inputs' squares in each direction, as a share of their mean

# Of one layer, for each matrix: what is added to it, as inputs x rank and rank x outputs.
Factors = dict[str, tuple[Tensor, Tensor]]


class Spectrum(NamedTuple):
    """The directions of a difference, the one that changes most first."""

    left: Tensor  # inputs x rank
    sizes: Tensor
    right: Tensor  # rank x outputs


def factors(fitted: Sequence[Weights], passages: Sequence[Passage]) -> list[Factors]:
    """Return the difference of fitted layers in ``NUMBERS`` numbers: what changes states of passages most.

    A matrix gets the rank that its share of the change deserves. At the size of rank 16 the mean average
    precision of cosines of leads in nine files left out is .425 with that rank everywhere, .427 by shares of
    the change in weights, .428 by shares of the change in states (fnc .847 to .876; .376 as downloaded).
    """
    spectra = [
        {kind: _spectrum(of[kind] - was[kind], squares[kind]) for kind in MATRICES}
        for of, was, squares in zip(fitted, upper_layers(), _squares(fitted, passages), strict=True)
    ]
    costs = {kind: of.left.shape[0] + of.right.shape[1] for kind, of in spectra[0].items()}
    shares = sorted(
        (
            (float(size) ** 2 / costs[kind], layer, kind)
            for layer, its in enumerate(spectra)
            for kind, of in its.items()
            for size in of.sizes[1:]
        ),
        reverse=True,
    )
    ranks, left = [dict.fromkeys(MATRICES, 1) for _ in spectra], NUMBERS - len(spectra) * sum(costs.values())
    for _, layer, kind in shares:
        left -= costs[kind]
        if left < 0:
            break
        ranks[layer][kind] += 1
    return [
        {kind: (of.left[:, : rank[kind]], of.right[: rank[kind]]) for kind, of in its.items()}
        for its, rank in zip(spectra, ranks, strict=True)
    ]


def _squares(layers: Sequence[Weights], passages: Sequence[Passage]) -> list[Weights]:
    """Return the sums of the products of all inputs of each matrix (inputs x inputs)."""
    found: list[Weights] = [{} for _ in layers]
    tokens = tokens_of(passages)
    with torch.inference_mode():
        for start in range(0, len(tokens), AT_ONCE):
            states, its = lower_states(tokens[start : start + AT_ONCE])
            for of, sums in zip(layers, found, strict=True):
                inputs, states = inputs_and_states(of, states, its)
                for kind, values in inputs.items():
                    sums[kind] = values.T @ values + sums.get(kind, 0)
    return found


def _spectrum(difference: Tensor, squares: Tensor) -> Spectrum:
    """Return the directions by how much they change what the matrix gives for its inputs."""
    mean = squares.diagonal().mean()
    weighed = squares.double() / mean + LEAST_SHARE * torch.eye(len(squares), dtype=torch.float64)
    root = torch.linalg.cholesky(weighed).T
    left, sizes, right = torch.linalg.svd(root @ difference.double(), full_matrices=False)
    back = torch.linalg.solve_triangular(root, left * sizes, upper=True)
    return Spectrum(back.float(), sizes.float(), right.float())


def as_stored(differences: Sequence[Factors]) -> list[Weights]:
    """Return the upper layers with fitted differences, as the product has them: in whole numbers."""
    file, made = encoder_file(), [dict(of) for of in upper_layers()]
    for number, (of, its) in enumerate(zip(made, differences, strict=True), LOWER):
        for kind, name in file.matrices[number].items():
            whole = difference(name, *its[kind]).added_to(file.tensors[f"{name}_q"].astype(np.int8))
            of[kind] = torch.from_numpy(whole * file.tensors[f"{name}_scale"].astype(np.float32))
    return made


def difference(name: str, left: Tensor, right: Tensor) -> Difference:
    """Return a fitted difference in whole numbers: steps of the 8 bits in which the file has the matrix.

    The columns on the left are scaled to ``LARGEST_FACTOR``, those on the right to what is left over.
    """
    file, rank = encoder_file(), left.shape[1]
    steps = (left @ right).numpy() / file.tensors[f"{name}_scale"]
    along, sizes, across = np.linalg.svd(steps, full_matrices=False)
    left_scale = LARGEST_FACTOR / np.maximum(np.abs(along[:, :rank]).max(axis=0), EPSILON)
    scaled = across[:rank] * (sizes[:rank] / left_scale)[:, None]
    largest = np.maximum(np.abs(scaled).max(), EPSILON)
    shift = int(np.clip(np.log2(LARGEST_FACTOR / largest), 0, MOST_SHIFT))
    return Difference(
        place_of(file, f"{name}_q"),
        np.round(along[:, :rank] * left_scale).astype(np.int8).tobytes(),
        np.round(scaled * 2**shift).astype(np.int8).tobytes(),
        rank,
        shift,
    )


def write_differences(differences: Sequence[Factors], to: Path) -> None:
    """Write fitted differences as the product reads them, in the order of the file."""
    matrices = encoder_file().matrices
    found = [
        difference(name, *its[kind])
        for number, its in enumerate(differences, LOWER)
        for kind, name in matrices[number].items()
    ]
    to.write_bytes(msgspec.msgpack.encode(sorted(found)))
