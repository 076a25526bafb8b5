"""Partitions out of distances or links, for the programs of the peers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

DAY = 86_400.0  # seconds


def days(articles: Sequence[dict[str, Any]]) -> list[float | None]:
    """Return the day of each article, as a number; None without a date."""
    found: list[float | None] = []
    for article in articles:
        published = article.get("published")
        moment = datetime.fromisoformat(published) if published else None
        found.append(moment.replace(tzinfo=None).timestamp() / DAY if moment else None)
    return found


def average_link(distances: Any, settings: Sequence[dict[str, Any]], dates: Sequence[float | None]) -> Any:
    """Return for each setting (`threshold`, and `days` or None) the cluster of each article.

    ``distances`` is a square matrix in [0, 1]; articles further apart than `days` have distance 1.
    """
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    day = np.array([np.nan if each is None else each for each in dates])
    apart = np.abs(day[:, None] - day[None, :])
    trees = {}
    for limit in {each.get("days") for each in settings}:
        near = distances if limit is None else np.where(apart > limit, 1.0, distances)
        near = np.clip((near + near.T) / 2, 0.0, 1.0)
        np.fill_diagonal(near, 0.0)
        trees[limit] = linkage(squareform(near, checks=False), "average")
    return [
        fcluster(trees[each.get("days")], each["threshold"], criterion="distance").tolist()
        for each in settings
    ]


def components(size: int, links: Iterable[tuple[int, int]]) -> list[int]:
    """Return the connected component of each node."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for a, b in links:
        parent[root(a)] = root(b)
    return [root(node) for node in range(size)]


def words_of(article: dict[str, Any]) -> str:
    """Return headline and text as one."""
    return f"{article.get('title') or ''}\n{article.get('text') or ''}"
