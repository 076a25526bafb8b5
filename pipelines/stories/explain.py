"""Why two articles are one story, or are not: the evidence, what people decided, and where both are filed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.errors import PipelineError
from pipelines.matching import FINGERPRINT_VERSION, Fingerprint, explain, fingerprint, load_encoder
from pipelines.matching.clauses import CITED_WEIGHT
from pipelines.matching.explanations import LEAST_LIKELY, desk_grounds, grounds
from pipelines.matching.scoring import PRIOR
from pipelines.models import Decision, DecisionKind, Evidence, Match
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import FEATURES_ONLY, StoredArticle
from pipelines.stories.desk_evidence import with_desk
from pipelines.stories.reports import believable
from scraper.models import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two articles: stored, or only just fetched."""

    article: Article
    stored: StoredArticle | None = None

    @property
    def key(self) -> int:
        """The article's id; 0 when it is not in the database."""
        return self.stored.id if self.stored else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PairExplanation:
    """The verdict on a pair with all that bears on it. The weights of its evidence are log2 odds and add
    up."""

    a: Side
    b: Side
    match: Match
    together: bool | None  # filed in one story; None when one of them is not in the database
    decisions: tuple[Decision, ...]
    copies: str = ""  # that the two are one text, in words

    @property
    def total(self) -> float:
        """The sum of the weights, in log2 odds."""
        return sum(piece.weight for piece in self.match.evidence)

    @property
    def grounds(self) -> str:
        """The reasons for the verdict, without the verdict."""
        if self.together is None:
            return grounds(self.match.evidence, same=self.match.same_event)
        if any((each.kind is DecisionKind.SAME) is self.together for each in self.decisions):
            return "people decided this"
        return desk_grounds(self.match, together=self.together)

    @property
    def is_overruled(self) -> bool:
        """Whether the desk decided otherwise than the matcher, asked of the pair alone."""
        return self.match.same_event is not (self.match.of_texts >= LEAST_LIKELY)


def explain_pair(store: Store, a: Side, b: Side) -> PairExplanation:
    """Return the evidence for and against two articles being one story, strongest first.

    Raises ``PipelineError`` when the two are one article.
    """
    if (a.stored and a.key == b.key) or (
        a.article.url and a.article.url == b.article.url and not (a.key or b.key)
    ):
        raise PipelineError("these are the same article; name another", str(a.key or a.article.url))
    match = explain(_fingerprint(store, a), _fingerprint(store, b), keys=(0, 1))
    if a.stored is None or b.stored is None:
        return PairExplanation(a=a, b=b, match=match, together=None, decisions=())
    ends = {a.key, b.key}
    together = a.stored.story_id == b.stored.story_id
    return PairExplanation(
        a=a,
        b=b,
        match=with_desk(store, _or_stored(store, a.key, b.key, match), (a.key, b.key), together=together),
        together=together,
        decisions=tuple(d for d in store.decisions.active() if {d.article_a, d.article_b} == ends),
        copies=_copies(a.stored, b.stored),
    )


def gathered(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Return the evidence, heaviest first, its sum unchanged.

    Pieces with the same words are added up; what is too light to be a reason is part of the prior.
    """
    together: dict[str, list[Evidence]] = {}
    for piece in evidence:
        together.setdefault(piece.words, []).append(piece)
    pieces = [_added_up(same) for same in together.values()]
    base = next((piece for piece in pieces if piece.feature == PRIOR), None)
    if base is not None:
        light = [piece for piece in pieces if piece is base or abs(piece.weight) < CITED_WEIGHT]
        whole = replace(base, weight=sum(piece.weight for piece in light))
        pieces = [whole, *(piece for piece in pieces if piece not in light)]
    return sorted(pieces, key=lambda piece: (-abs(piece.weight), piece.words))


def _added_up(same: Sequence[Evidence]) -> Evidence:
    features = ", ".join(piece.feature for piece in same)
    return replace(same[0], weight=sum(piece.weight for piece in same), feature=features)


def _copies(a: StoredArticle, b: StoredArticle) -> str:
    """Return which of two articles of one copy group is a copy of which; empty for all others."""
    if a.copy_group is None or a.copy_group != b.copy_group:
        return ""
    ids = [str(each.id) for each in (a, b) if each.id != each.copy_group]
    subject = f"article {ids[0]} is a copy" if len(ids) == 1 else f"articles {' and '.join(ids)} are copies"
    return f"{subject} of article {a.copy_group}: they count as one report"


def _fingerprint(store: Store, side: Side) -> Fingerprint:
    if side.stored:
        only = None if side.stored.text_use == FEATURES_ONLY else FINGERPRINT_VERSION
        kept = store.fingerprints.load([side.stored.id], version=only)
        if side.stored.id in kept:
            return Fingerprint.from_bytes(kept[side.stored.id])
    article = believable(side.article, side.stored.first_seen_at) if side.stored else side.article
    return fingerprint(article, load_encoder(store.encoder))


def _or_stored(store: Store, a: int, b: int, match: Match) -> Match:
    """Return the stored verdict where it is surer: filing knows word-for-word copies and two URLs of a
    page."""
    stored = store.matches.between(a, b)
    standing = store.articles.matched_as([a, b])
    if stored is None and standing.get(a) is not None and standing.get(a) == standing.get(b):
        known = store.matches.between(standing[a], a)  # both are word-for-word copies of a third
        stored = replace(known, a=min(a, b), b=max(a, b)) if known else None
    return stored if stored is not None and stored.of_texts > match.probability else match
