"""TF-IDF of headline and text (scikit-learn): average link over cosine distances, or an online centroid.

The online centroid takes the articles by date and joins each to the nearest story, if it is near enough.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from tools.bench.loop import serve
from tools.bench.partition import average_link, days, words_of


def stories(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the story of each article, a list for each setting."""
    articles = request["articles"]
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english")
    vectors = vectorizer.fit_transform([words_of(each) for each in articles])
    if sys.argv[1] == "average":
        distances = 1.0 - (vectors @ vectors.T).toarray()
        return {"stories": average_link(distances, request["settings"], days(articles))}
    dates = days(articles)
    return {"stories": [online(vectors, dates, each) for each in request["settings"]]}


def online(vectors: Any, dates: Sequence[float | None], setting: Mapping[str, Any]) -> list[int]:
    """Return the story of each article; a story is closed so many `days` after its last report."""
    order = sorted(range(len(dates)), key=lambda at: (dates[at] is None, dates[at] or 0.0, at))
    sums = np.zeros((vectors.shape[1], len(dates)), dtype=np.float32)  # a column a story
    norms, last = np.zeros(len(dates)), np.full(len(dates), np.nan)
    found, count = [0] * len(dates), 0
    for at in order:
        terms, weights, day = vectors[at].indices, vectors[at].data.astype(np.float32), dates[at]
        near = (weights @ sums[terms, :count]) / np.maximum(norms[:count], 1e-9)
        if setting["days"] is not None and day is not None:
            near[day - last[:count] > setting["days"]] = 0.0
        best = int(near.argmax()) if count else 0
        if not count or 1.0 - near[best] > setting["threshold"]:
            best, count = count, count + 1
        before = sums[terms, best]
        sums[terms, best] = before + weights
        norms[best] = np.sqrt(norms[best] ** 2 + float((weights * (2 * before + weights)).sum()))
        last[best] = last[best] if day is None else day
        found[at] = best
    return found


if __name__ == "__main__":
    serve(stories)
