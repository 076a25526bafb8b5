"""Connected components of small graphs.

scipy.sparse.csgraph does the same but takes 0.3 s to import, which every run and correction would pay.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def connected_components(nodes: Iterable[Node], links: Iterable[tuple[Node, Node]]) -> list[list[Node]]:
    """Return the nodes of each component in their given order, components by their first node."""
    group_of: dict[Node, list[Node]] = {node: [node] for node in nodes}
    position = {node: i for i, node in enumerate(group_of)}
    for a, b in links:
        small, large = sorted((group_of[a], group_of[b]), key=len)
        if small is not large:
            large += small
            group_of.update(dict.fromkeys(small, large))
    groups = {id(group): group for group in group_of.values()}
    return [sorted(group, key=position.__getitem__) for group in groups.values()]
