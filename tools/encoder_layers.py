"""The layers of the sentence encoder in PyTorch: the lower ones as they are, the upper ones to be fitted
(needs `pip install cuttings[fit]`).

The weights are read from the ONNX file that the product reads, where a matrix is whole numbers of 8 bits
times a scale for each column. Vectors of these layers differ from those of onnxruntime in the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor
from torch.nn import functional

from pipelines.matching.encoder import SIZE
from tools.cached_encoder import base_encoder

LAYERS = 6
LOWER = 4  # layers that stay; nobody has tried to fit three
HEADS = 12
EPSILON = 1e-12  # of the normalisation of layers, as the file has it
LARGEST = 127  # of the whole numbers of a matrix

Weights = dict[str, Tensor]  # of one layer: a matrix is inputs x outputs
_MATRICES = ("query", "key", "value", "attention", "inner", "outer")
_BIASES = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
    "intermediate.dense", "output.dense",
)  # fmt: skip
_NORMS = {"attention_norm": "attention.output.LayerNorm", "output_norm": "output.LayerNorm"}


@dataclass(frozen=True)
class Passages:
    """Texts of tokens, one after the other, and what attention needs to tell them apart."""

    lengths: Tensor  # tokens of each text
    places: Tensor  # of each token in a table of texts x the longest text
    mask: Tensor  # texts x 1 x 1 x the longest text: whether there is a token

    @classmethod
    def of(cls, lengths: Sequence[int]) -> Passages:
        """Return the passages of texts of so many tokens each."""
        each = torch.tensor(lengths)
        present = torch.arange(int(each.max()))[None] < each[:, None]
        return cls(each, present.flatten().nonzero()[:, 0], present[:, None, None])

    def means(self, states: Tensor) -> Tensor:
        """Return the mean state of the tokens of each text."""
        of_text = torch.repeat_interleave(torch.arange(len(self.lengths)), self.lengths)
        sums = torch.zeros(len(self.lengths), states.shape[1]).index_add(0, of_text, states)
        return sums / self.lengths[:, None]


@dataclass(frozen=True)
class EncoderFile:
    """What the ONNX file holds: its tensors, and the name of each matrix by layer."""

    tensors: Mapping[str, NDArray[np.generic]]
    matrices: Sequence[Mapping[str, str]]  # of each layer: kind to the name before "_q" and "_scale"

    def matrix(self, name: str) -> Tensor:
        """Return a matrix as numbers."""
        whole, scale = (self.tensors[f"{name}_{part}"].astype(np.float32) for part in ("q", "scale"))
        return torch.from_numpy(whole * scale)

    def plain(self, name: str) -> Tensor:
        """Return a vector as it is stored."""
        return torch.from_numpy(self.tensors[name].astype(np.float32))

    def layer(self, number: int) -> Weights:
        """Return the weights of a layer."""
        prefix = f"inner.encoder.layer.{number}"
        found = {kind: self.matrix(name) for kind, name in self.matrices[number].items()}
        found |= {
            f"{kind}_bias": self.plain(f"{prefix}.{name}.bias")
            for kind, name in zip(_MATRICES, _BIASES, strict=True)
        }
        for kind, name in _NORMS.items():
            found[kind] = self.plain(f"{prefix}.{name}.weight")
            found[f"{kind}_bias"] = self.plain(f"{prefix}.{name}.bias")
        return found


@cache
def encoder_file() -> EncoderFile:
    """Return the file of the default encoder. Raises ``SystemExit`` if it is not installed."""
    graph = onnx.load(str(base_encoder().weights)).graph
    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    owner = {bias: node.input[0] for node in graph.node if node.op_type == "Add" for bias in node.input[1:]}
    product = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    matrices = [
        {
            kind: product[owner[f"inner.encoder.layer.{number}.{name}.bias"]]
            for kind, name in zip(_MATRICES, _BIASES, strict=True)
        }
        for number in range(LAYERS)
    ]
    return EncoderFile(tensors, matrices)


@cache
def upper_layers() -> list[Weights]:
    """Return the weights of the layers to be fitted, as the file has them."""
    return [encoder_file().layer(number) for number in range(LOWER, LAYERS)]


@cache
def _lower_layers() -> tuple[Tensor, Tensor, list[Weights]]:
    file = encoder_file()
    words = file.matrix("inner.embeddings.word_embeddings.weight")
    places = file.matrix("inner.embeddings.position_embeddings.weight")
    places = places + file.plain("inner.embeddings.token_type_embeddings.weight")[0]
    return words, places, [file.layer(number) for number in range(LOWER)]


def lower_states(tokens: Sequence[Sequence[int]]) -> tuple[Tensor, Passages]:
    """Return the states of all tokens of some texts after the layers that stay (tokens x SIZE)."""
    words, places, layers = _lower_layers()
    passages = Passages.of([len(text) for text in tokens])
    ids = torch.tensor([token for text in tokens for token in text])
    at = torch.tensor([place for text in tokens for place in range(len(text))])
    file = encoder_file()
    weight, bias = (file.plain(f"inner.embeddings.LayerNorm.{part}") for part in ("weight", "bias"))
    states = functional.layer_norm(words[ids] + places[at], (SIZE,), weight, bias, EPSILON)
    return through(layers, states, passages), passages


def through(layers: Sequence[Weights], states: Tensor, passages: Passages) -> Tensor:
    """Return the states of all tokens after some layers."""
    for each in layers:
        states = _through_one(each, states, passages)
    return states


def _through_one(of: Weights, states: Tensor, passages: Passages) -> Tensor:
    """A layer of BERT (Devlin et al. 2019), normalised after each half."""
    texts, longest = passages.mask.shape[0], passages.mask.shape[-1]

    def apart(kind: str) -> Tensor:
        made = _linear(of, kind, states)
        table = made.new_zeros(texts * longest, SIZE).index_copy(0, passages.places, made)
        return table.view(texts, longest, HEADS, SIZE // HEADS).transpose(1, 2)

    met = functional.scaled_dot_product_attention(
        apart("query"), apart("key"), apart("value"), attn_mask=passages.mask
    )
    joined = met.transpose(1, 2).reshape(texts * longest, SIZE)[passages.places]
    states = _normalised(of, "attention_norm", states + _linear(of, "attention", joined))
    inner = functional.gelu(_linear(of, "inner", states))
    return _normalised(of, "output_norm", states + _linear(of, "outer", inner))


def _linear(of: Weights, kind: str, states: Tensor) -> Tensor:
    return states @ of[kind] + of[f"{kind}_bias"]


def _normalised(of: Weights, kind: str, states: Tensor) -> Tensor:
    return functional.layer_norm(states, (SIZE,), of[kind], of[f"{kind}_bias"], EPSILON)


def of_rank(rank: int, layers: Sequence[Weights]) -> list[Weights]:
    """Return layers with the nearest matrices that differ from those of the file by so low a rank."""
    made = [dict(of) for of in layers]
    for of, was in zip(made, upper_layers(), strict=True):
        for kind in _MATRICES:
            left, sizes, right = torch.linalg.svd(of[kind] - was[kind], full_matrices=False)
            of[kind] = was[kind] + (left[:, :rank] * sizes[:rank]) @ right[:rank]
    return made


def as_stored(layers: Sequence[Weights]) -> list[Weights]:
    """Return layers with the matrices that the product multiplies with: whole numbers times a scale."""
    made = [dict(of) for of in layers]
    for of in made:
        for kind in _MATRICES:
            whole, scale = in_whole_numbers(of[kind].numpy())
            of[kind] = torch.from_numpy(whole.astype(np.float32) * scale)
    return made


def in_whole_numbers(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix as whole numbers and the scale of each column, as the file stores it."""
    scale = np.maximum(np.abs(matrix).max(axis=0, keepdims=True), 1e-12) / LARGEST
    return np.round(matrix / scale).astype(np.int8), scale.astype(np.float32)
