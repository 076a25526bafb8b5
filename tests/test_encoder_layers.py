"""The encoder in PyTorch is the one that onnxruntime runs: what is fitted is what would run."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.matching.encoder import Passage
from tests.test_meaning import needs_encoder
from tools.cached_encoder import base_encoder

layers = pytest.importorskip("tools.encoder_layers", reason="needs pip install 'cuttings[fit]'")

TEXTS = (
    Passage("Fire closes Tarnbeck library. A fire shut the library on Monday.", 128),
    Passage("Blaze shuts reading rooms", 64),
)


@needs_encoder
def test_the_layers_give_the_vectors_of_onnxruntime() -> None:
    encoder = base_encoder()
    lower, passages = layers.lower_states([encoder.tokens(*text) for text in TEXTS])
    means = passages.means(layers.through(layers.upper_layers(), lower, passages)).numpy()
    for text, mean in zip(TEXTS, means, strict=True):
        stored = np.frombuffer(encoder.vector(*text), dtype=np.int8)
        assert np.abs(stored - mean * 127 / np.abs(mean).max()).max() < 1


@needs_encoder
def test_layers_of_full_rank_stay_and_of_none_are_those_of_the_file() -> None:
    was = layers.upper_layers()
    moved = [{kind: each * 1.5 for kind, each in of.items()} for of in was]
    for rank, expected in ((384, moved), (0, was)):
        made = layers.of_rank(rank, moved)
        for of, wanted in zip(made, expected, strict=True):
            assert np.allclose(of["inner"].numpy(), wanted["inner"].numpy(), atol=1e-5)


@needs_encoder
def test_layers_of_the_file_are_whole_numbers_already() -> None:
    for of, stored in zip(layers.upper_layers(), layers.as_stored(layers.upper_layers()), strict=True):
        assert np.allclose(of["outer"].numpy(), stored["outer"].numpy(), atol=1e-7)
