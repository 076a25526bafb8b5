"""Are these reports of one event? The one door to the matcher; everything behind it is pure.

fingerprint(article)            what may be compared, storable           reading.py, fingerprint.py
candidates(index, fingerprint)  which articles to look at beside it      blocking.py close(one, others)
which of these to compare with it        closeness.py score(a, b), explain(a, b)      log odds; the same with
evidence         comparisons.py, scoring.py, wording.py links(one, others), linked(...) log odds of those that
are close         scoring.py cluster(members, edges, ...)    the stories
clustering.py
"""

from pipelines.matching.blocking import MAX_BLOCK, MemoryIndex, PostingIndex, blocking_keys, candidates
from pipelines.matching.clustering import cluster
from pipelines.matching.explanations import sentence
from pipelines.matching.features import fingerprint
from pipelines.matching.fingerprint import FINGERPRINT_VERSION, Fingerprint, TermSketch
from pipelines.matching.prefilter import close, near, overlap
from pipelines.matching.scoring import (
    LINK_FLOOR,
    SAME_EVENT,
    explain,
    linked,
    links,
    probability,
    score,
    scores,
)

__all__ = [
    "FINGERPRINT_VERSION",
    "LINK_FLOOR",
    "MAX_BLOCK",
    "SAME_EVENT",
    "Fingerprint",
    "MemoryIndex",
    "PostingIndex",
    "TermSketch",
    "blocking_keys",
    "candidates",
    "close",
    "cluster",
    "explain",
    "fingerprint",
    "linked",
    "links",
    "near",
    "overlap",
    "probability",
    "score",
    "scores",
    "sentence",
]
