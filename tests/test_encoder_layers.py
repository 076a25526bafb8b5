"""The encoder in PyTorch is the one that onnxruntime runs: what is fitted is what is shipped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.matching.encoder import OnnxEncoder, Passage
from tests.test_meaning import needs_encoder

layers = pytest.importorskip("tools.encoder_layers", reason="needs pip install 'cuttings[fit]'")
low_rank = pytest.importorskip("tools.low_rank", reason="needs pip install 'cuttings[fit]'")

TEXTS = (
    Passage("Fire closes Tarnbeck library. A fire shut the library on Monday.", 128),
    Passage("Blaze shuts reading rooms", 64),
)


@needs_encoder
def test_the_layers_give_the_vectors_of_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.matching.encoder.with_our_layers", lambda content: content)
    encoder = OnnxEncoder(layers.base_encoder().weights)
    lower, passages = layers.lower_states([encoder.tokens(*text) for text in TEXTS])
    means = passages.means(layers.through(layers.upper_layers(), lower, passages)).numpy()
    for text, mean in zip(TEXTS, means, strict=True):
        stored = np.frombuffer(encoder.vector(*text), dtype=np.int8)
        assert np.abs(stored - mean * 127 / np.abs(mean).max()).max() < 1


@needs_encoder
def test_fitted_differences_give_the_vectors_of_onnxruntime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers.torch.manual_seed(0)
    sizes = [{kind: of[kind].shape for kind in layers.MATRICES} for of in layers.upper_layers()]
    fitted = [
        {
            kind: (layers.torch.randn(inputs, 8) / 20, layers.torch.randn(8, outputs) / 20)
            for kind, (inputs, outputs) in its.items()
        }
        for its in sizes
    ]
    written = tmp_path / "differences.bin"
    low_rank.write_differences(fitted, written)
    monkeypatch.setattr("pipelines.matching.encoder.UPPER_LAYERS_FILE", str(written))
    encoder = OnnxEncoder(layers.base_encoder().weights)
    lower, passages = layers.lower_states([encoder.tokens(*text) for text in TEXTS])
    stored, exact = low_rank.as_stored(fitted), layers.upper_layers()
    means, before = (passages.means(layers.through(its, lower, passages)).numpy() for its in (stored, exact))
    for text, mean, other in zip(TEXTS, means, before, strict=True):
        vector = np.frombuffer(encoder.vector(*text), dtype=np.int8)
        assert np.abs(vector - mean * 127 / np.abs(mean).max()).max() < 1
        assert np.abs(vector - other * 127 / np.abs(other).max()).max() > 10, "the difference is seen"


@needs_encoder
def test_a_difference_in_whole_numbers_is_the_one_fitted() -> None:
    name = layers.encoder_file().matrices[layers.LOWER]["query"]
    left, right = layers.torch.randn(384, 4) / 20, layers.torch.randn(4, 384)
    stored = low_rank.difference(name, left, right)
    steps = (left @ right).numpy() / layers.encoder_file().tensors[f"{name}_scale"]
    off = np.linalg.norm(stored.matrix() - steps) / np.linalg.norm(steps)
    assert off < 0.4
    nothing = low_rank.difference(name, left, right * 0)
    assert not nothing.matrix().any()
