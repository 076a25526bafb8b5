"""The matcher: do these articles report one event? All of it is pure.

load_encoder(setting)            what turns words into vectors, if any     encoder
fingerprint(article, encoder)    what may be compared, storable            features, fingerprint, codes
candidates(index, fingerprint)   articles that share a blocking key        blocking
close(one, others)               those worth comparing in full             prefilter
score(a, b), explain(a, b)       log odds; the same with evidence          comparisons, scoring, explanations
links(one, others), linked(...)  log odds of those that are close          scoring
cluster(members, edges, ...)     the stories                               clustering, rivals
"""

from pipelines.matching.blocking import MAX_BLOCK, MemoryIndex, PostingIndex, blocking_keys, candidates
from pipelines.matching.clustering import cluster
from pipelines.matching.compared import Comparable, Compared, compared_bytes, profile_of_bytes, sketches
from pipelines.matching.encoder import load_encoder
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
    "Comparable",
    "Compared",
    "Fingerprint",
    "MemoryIndex",
    "PostingIndex",
    "TermSketch",
    "blocking_keys",
    "candidates",
    "close",
    "cluster",
    "compared_bytes",
    "explain",
    "fingerprint",
    "linked",
    "links",
    "load_encoder",
    "near",
    "overlap",
    "probability",
    "profile_of_bytes",
    "score",
    "scores",
    "sentence",
    "sketches",
]
