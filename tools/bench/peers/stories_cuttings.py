"""cuttings: the shipped matcher, article by article; the argument names the encoder, minilm or none."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from pipelines.matching import MemoryIndex, blocking_keys, candidates, cluster, fingerprint, links
from pipelines.matching.encoder import load_encoder
from tools.bench.loop import serve
from tools.matcher_data import article


def stories(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the story of each article, a list for each setting (there is one)."""
    encoder = load_encoder(sys.argv[1])
    prints = [fingerprint(article(each), encoder) for each in request["articles"]]
    index = MemoryIndex()
    edges = []
    for at, one in enumerate(prints):
        near = sorted(candidates(index, one))
        edges += [(near[place], at, odds) for place, odds in links(one, [prints[each] for each in near])]
        index.add(at, blocking_keys(one))
    order = {at: one.content_key for at, one in enumerate(prints)}
    found = [0] * len(prints)
    for number, members in enumerate(cluster(range(len(prints)), edges, order=order)):
        for at in members:
            found[at] = number
    return {"stories": [found]}


if __name__ == "__main__":
    serve(stories)
