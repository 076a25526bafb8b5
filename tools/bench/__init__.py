"""Measure cuttings beside its peers on the same inputs in the same run: ``python -m tools.bench --help``.

Every peer is installed into an environment of its own, with pinned versions (`peers.toml`), and is asked over
JSON Lines on standard input and output. Nothing here is part of the product.
"""
