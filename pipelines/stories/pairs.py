"""What the linker makes of single articles and pairs: fingerprint and keys, candidates, verdicts. Pure.

Used by filing, which keeps its index in the database, and by backfill, which keeps it in files.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pipelines.matching import (
    Comparable,
    Fingerprint,
    TermSketch,
    blocking_keys,
    explain,
    fingerprint,
    linked,
    near,
    overlap,
    probability,
    sentence,
)
from pipelines.matching.blocking import STORED_KEY
from pipelines.matching.encoder import Encoder
from pipelines.matching.explanations import ADDRESS, COPY
from pipelines.models import Bearing, Evidence, Match
from pipelines.storage.tables.article_rows import FEATURES_ONLY, StoredArticle
from pipelines.stories.near_duplicates import PAGE_SHARE
from pipelines.stories.reports import believable, page_key
from pipelines.text import counted

SAME_PAGE_ODDS = 12.0  # natural log odds of two URLs of one page: near certain, yet a person may overrule it
# Natural log odds (probability .2) from which the evidence is put into words. Of the pairs kept from the DEV
# files half are below; writing them out takes a sixth of filing, and `why` does so for any pair.
EXPLAINED_FROM = -1.4
# Share of the words of the shorter headline from which two articles at one page are one item.
PAGE_TITLE_SHARE = 0.8
SAME_TEXT_ODDS = 24.0  # natural log odds
SAME_TEXT = probability(SAME_TEXT_ODDS)  # of word-for-word copies only: the matcher is never so certain


def close_candidates(
    sketches: Mapping[int, TermSketch],
    candidates: Mapping[int, Sequence[int]],
    pages: Collection[tuple[int, int]],
) -> dict[int, list[int]]:
    """Return of the candidates of each article those that are worth comparing, or stand on one page."""
    kept = {}
    for article, others in candidates.items():
        shared = overlap(sketches[article], [sketches[other] for other in others])
        close = {others[place] for place in near(sketches[article], shared).tolist()}
        kept[article] = [other for other in others if other in close or (article, other) in pages]
    return kept


def verdicts(
    known: Mapping[int, Comparable],
    candidates: Mapping[int, Sequence[int]],
    pages: Collection[tuple[int, int]],
    have_one_url: Callable[[int, int], bool],
    whole: Callable[[int], Fingerprint],
) -> Iterator[Match]:
    """Yield the verdicts on each article and its candidates, where they are strong enough to be kept.

    ``whole``: the fingerprint of an article whose verdict is put into words.
    """
    compared = linked(
        (known[article], [known[other] for other in others]) for article, others in candidates.items()
    )
    for (article, others), links in zip(candidates.items(), compared, strict=True):
        on_page = [
            other
            for other in others
            if (article, other) in pages and _is_one_item(whole(article), whole(other))
        ]
        for other in on_page:
            match = explain(whole(article), whole(other), keys=(article, other))
            yield _one_page(match, one_url=have_one_url(article, other))
        for link in (link for link in links if others[link.place] not in on_page):
            other, odds = others[link.place], link.odds
            if odds >= EXPLAINED_FROM:
                yield explain(whole(article), whole(other), keys=(article, other), link=link)
            else:
                yield _weak(article, other, probability(odds))


def _is_one_item(a: Fingerprint, b: Fingerprint) -> bool:
    """Return whether two articles at one page may be one item, and not two items of a list page."""
    words, other_words = set(a.title.split()), set(b.title.split())
    runs, other_runs = a.profile.sketch, b.profile.sketch
    if not (words and other_words) and not (runs and other_runs):
        return True
    alike = len(words & other_words) >= PAGE_TITLE_SHARE * min(len(words), len(other_words)) > 0
    return alike or len(runs & other_runs) >= PAGE_SHARE * min(len(runs), len(other_runs)) > 0


def fingerprint_of(
    stored: StoredArticle, kept: bytes | None, encoder: Encoder | None, *, notice: bool
) -> Fingerprint:
    """Return the article's fingerprint; the stored one where the publisher does not let us keep the text.

    ``kept`` is the stored one, which may be of an older version where the text is not kept, or where its
    vectors are those of this version. ``notice``: its text is not its own, so its headline alone counts.
    """
    before = Fingerprint.from_bytes(kept) if kept is not None else None
    if stored.text_use == FEATURES_ONLY and before is not None:
        return before
    article = believable(stored.article, stored.first_seen_at)
    return fingerprint(replace(article, text="") if notice else article, encoder, before)


def keys_of(made: Fingerprint, stored: StoredArticle) -> tuple[int, ...]:
    """Return the keys under which an article is found: what it says, and the page it stands on."""
    page = page_key(stored.article)
    return (*own_keys(made), _key_of_page(page)) if page else own_keys(made)


def own_keys(made: Fingerprint) -> tuple[int, ...]:
    """Return the keys of what an article says; none is negative."""
    return tuple(key & STORED_KEY for key in blocking_keys(made))


def _key_of_page(page: str) -> int:
    """Return the key of a page: negative, so that it differs from the keys of what an article says."""
    digest = hashlib.blake2b(page.encode("utf-8", "replace"), digest_size=8).digest()
    return -1 - (int.from_bytes(digest, "little") & STORED_KEY)


def same_page(keys: Mapping[int, Sequence[int]], blocks: Mapping[int, Sequence[int]]) -> set[tuple[int, int]]:
    """Return the pairs that stand on one page."""
    return {
        (article, other)
        for article, held in keys.items()
        for key in held
        if key < 0
        for other in blocks.get(key, ())
    }


def same_text(standing: int, copy: int, words: int) -> Match:
    """Return the verdict on two articles with the same text, of so many words."""
    reason = (
        f"the same text, word for word ({counted(words, 'word')})"
        if words
        else "the same headline on the same day"
    )
    weight = SAME_TEXT_ODDS / math.log(2)
    evidence = Evidence(feature=COPY, level="same text", weight=weight, words=reason, bearing=Bearing.FOR)
    return Match(
        a=min(standing, copy),
        b=max(standing, copy),
        probability=SAME_TEXT,
        same_event=True,
        reason=sentence(reason, same=True),
        evidence=(evidence,),
    )


def _weak(article: int, other: int, likelihood: float) -> Match:
    """Return the verdict on a pair that counts only as a rival of others."""
    a, b = min(article, other), max(article, other)
    reason = sentence("they have too little in common", same=False)
    return Match(a=a, b=b, probability=likelihood, same_event=False, reason=reason)


def _one_page(match: Match, *, one_url: bool) -> Match:
    """Return the verdict on two URLs of one page: the page adds what the words lack for near certainty."""
    words = "both have the same address" if one_url else "two addresses of one page"
    total = math.fsum(piece.weight for piece in match.evidence)
    least = probability(SAME_PAGE_ODDS)
    added = max(0.0, SAME_PAGE_ODDS / math.log(2) - total) if match.probability < least else 0.0
    page = Evidence(
        feature=ADDRESS, level="one page", weight=round(added, 4), words=words, bearing=Bearing.FOR
    )
    return replace(
        match,
        probability=max(match.probability, least),
        same_event=True,
        reason=sentence(words, same=True),
        evidence=(page, *match.evidence),
    )
