"""MinHash (datasketch): articles whose runs of three words are alike enough, by LSH, are one story."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from datasketch import MinHash, MinHashLSH

from tools.bench.loop import serve
from tools.bench.partition import components, words_of

WORD = re.compile(r"\w+")
RUN, PERMUTATIONS = 3, 128


def sketch(words: str) -> MinHash:
    """Return the MinHash of the runs of three words."""
    tokens = WORD.findall(words.lower())
    runs = {" ".join(tokens[at : at + RUN]) for at in range(max(1, len(tokens) - RUN + 1))}
    made = MinHash(num_perm=PERMUTATIONS)
    made.update_batch([run.encode() for run in runs])
    return made


def stories(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the story of each article, a list for each setting."""
    sketches = [sketch(words_of(each)) for each in request["articles"]]
    found = []
    for setting in request["settings"]:
        index = MinHashLSH(threshold=1.0 - setting["threshold"], num_perm=PERMUTATIONS)
        links = []
        for at, each in enumerate(sketches):
            links += [(at, other) for other in index.query(each)]
            index.insert(at, each)
        found.append(components(len(sketches), links))
    return {"stories": found}


if __name__ == "__main__":
    serve(stories)
