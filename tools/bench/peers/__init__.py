"""One small program a peer: each reads requests as JSON Lines and writes a reply a line.

They run in the environment of their peer, so they import the standard library, their peer and
`tools.bench.loop` only. Those of cuttings itself run in the project's own environment.
"""
