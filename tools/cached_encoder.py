"""The sentence encoder with its vectors kept on disk: labelled texts are encoded once, not at every fit."""

from __future__ import annotations

import atexit
import hashlib
import pickle
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.config.encoders import MINILM, NAME
from pipelines.matching.encoder import OnnxEncoder, load_encoder

VECTORS = Path(tempfile.gettempdir()) / f"cuttings-vectors-{NAME}.pickle"  # another encoder, other vectors


@dataclass(frozen=True)
class CachedEncoder(OnnxEncoder):
    """Remembers the vector of each text it was asked for."""

    known: dict[bytes, bytes] = field(default_factory=dict)

    def vector(self, words: str, most: int) -> bytes:
        """Return the vector of a text, from the disk where it is there."""
        key = key_of(words, most)
        if key not in self.known:
            self.known[key] = super().vector(words, most)
        return self.known[key]

    def save(self) -> None:
        """Write what is known to the disk."""
        partial = VECTORS.with_suffix(".partial")
        partial.write_bytes(pickle.dumps(self.known))
        partial.replace(VECTORS)


def key_of(words: str, most: int) -> bytes:
    """Return the key of a text that is cut to so many tokens."""
    return hashlib.blake2b(f"{most} {words}".encode("utf-8", "replace"), digest_size=16).digest()


def base_encoder() -> OnnxEncoder:
    """Return the default encoder. Raises ``SystemExit`` if it is not installed."""
    encoder = load_encoder(MINILM)
    if not isinstance(encoder, OnnxEncoder):
        raise SystemExit("the sentence encoder is not installed: pip install cuttings")
    return encoder


def cached_encoder() -> CachedEncoder:
    """Return the default encoder, with a memory. Raises ``SystemExit`` if it is not installed."""
    encoder = base_encoder()
    known = pickle.loads(VECTORS.read_bytes()) if VECTORS.is_file() else {}
    made = CachedEncoder(encoder.weights, encoder.name, known)
    atexit.register(made.save)
    return made
