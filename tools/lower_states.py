"""The states of labelled texts after the layers of the encoder that stay, kept on disk: each step of a fit
needs them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from pipelines.matching.encoder import SIZE, Passage
from tools.encoder_layers import Passages, base_encoder, lower_states
from tools.table_cache import FOLDER

AT_ONCE = 128  # texts
Tokens = list[list[int]]


def tokens_of(passages: Iterable[Passage]) -> Tokens:
    """Return the tokens of passages."""
    encoder = base_encoder()
    return [encoder.tokens(*passage) for passage in passages]


class KeptStates:
    """The states of the tokens of many passages (16 bits a number: 1 GB for the labelled files)."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        distinct = [passage for passage in dict.fromkeys(passages) if passage.words]
        tokens = tokens_of(distinct)
        order = sorted(range(len(tokens)), key=lambda at: len(tokens[at]))
        ends = np.cumsum([len(tokens[at]) for at in order])
        self._spans = {
            distinct[at]: (int(end) - len(tokens[at]), int(end)) for at, end in zip(order, ends, strict=True)
        }
        digest = hashlib.blake2b(repr([(distinct[at], tokens[at]) for at in order]).encode(), digest_size=12)
        kept = FOLDER / f"states-{digest.hexdigest()}.npy"
        if not kept.is_file():
            FOLDER.mkdir(exist_ok=True)
            partial = kept.with_suffix(f".{os.getpid()}.npy")
            shape = int(ends[-1]), SIZE
            states = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float16, shape=shape)
            _fill(states, [tokens[at] for at in order])
            states.flush()
            partial.replace(kept)
        self._states = np.load(kept, mmap_mode="r")

    def of(self, passages: Sequence[Passage]) -> tuple[Tensor, Passages]:
        """Return the states of some of the passages, one after the other."""
        spans = [self._spans[passage] for passage in passages]
        states = np.concatenate([self._states[start:end] for start, end in spans]).astype(np.float32)
        return torch.from_numpy(states), Passages.of([end - start for start, end in spans])


def _fill(states: np.memmap[tuple[int, ...], np.dtype[np.float16]], tokens: Tokens) -> None:
    place = 0
    with torch.inference_mode():
        for start in range(0, len(tokens), AT_ONCE):
            made, _ = lower_states(tokens[start : start + AT_ONCE])
            states[place : place + len(made)] = made.numpy()
            place += len(made)
