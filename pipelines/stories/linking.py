"""The first half of filing: new and revised articles enter the matcher's index, and pairs are compared.

The pairs that are stored, and so all that follows from them, are a function of the set of articles and
decisions, not of the order in which they came:

* Of articles with the same text, word for word, the earliest stands for all. An earlier one that comes later
  takes over.
* A blocking key that more than ``MAX_BLOCK`` articles carry finds no pairs. When it passes that number, the
  pairs that it alone had found are removed; when it falls back, they are looked for again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.matching import FINGERPRINT_VERSION, MAX_BLOCK, Comparable, Compared, Fingerprint, sketches
from pipelines.matching.blocking import lasting_keys
from pipelines.matching.encoder import load_encoder
from pipelines.matching.notices import MOST_HEADLINES, is_notice
from pipelines.models import Decision, DecisionKind, Match
from pipelines.storage.store import Store
from pipelines.storage.tables.article_rows import FEATURES_ONLY, Head
from pipelines.stories.pairs import (
    close_candidates,
    fingerprint_of,
    keys_of,
    own_keys,
    same_page,
    same_text,
    verdicts,
)

BATCH = 500  # articles whose candidates are looked up and compared together
MOST_COMPARED = 20_000  # kept decoded; some 10 kB each
# Articles with a key for all time, above which it relates no stories (`threads`). On the six labelled streams
# 25 find 382 of the 418 pairs of one thread that any key finds, 40 find 414, 60 find 417.
MOST_SHARED = 40
# Stands, in the keys that are stored with a fingerprint, for those that follow from it: they would take a
# fifth of its row. Whoever changes the rules of blocking raises FINGERPRINT_VERSION.
OF_FINGERPRINT = 0
SAME_VECTORS = "7"  # the version before: its vectors are those of this one, and no text is encoded for them


def noted_keys(held: Collection[int]) -> tuple[int, ...]:
    """Return what is stored with a fingerprint of the keys under which its article is in the index."""
    return (OF_FINGERPRINT, *(key for key in held if key < OF_FINGERPRINT))


def index_keys(store: Store, articles: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Return the keys under which each of the articles is in the index; none for one that is not in it.

    Those of fingerprints of another version are not known: the next filing rebuilds the whole index.
    """
    keys = store.fingerprints.keys_of(articles)
    derived = [article for article, noted in keys.items() if OF_FINGERPRINT in noted]
    for article, body in store.fingerprints.load(derived, version=FINGERPRINT_VERSION).items():
        of_page = (key for key in keys[article] if key < OF_FINGERPRINT)
        keys[article] = (*own_keys(Fingerprint.from_bytes(body)), *of_page)
    return keys


@dataclass
class Linker:
    """The first half of one filing. ``touched`` collects the articles whose clusters may have changed."""

    store: Store
    decisions: Sequence[Decision]
    withdrawn: frozenset[int] = frozenset()  # articles that leave the database
    touched: set[int] = field(default_factory=set)
    crowded: set[int] = field(default_factory=set)  # articles of keys that passed ``MOST_SHARED`` articles
    opened: set[int] = field(default_factory=set)  # articles of keys that fell back to that many or fewer
    _fingerprints: dict[int, Fingerprint] = field(default_factory=dict)
    _compared: dict[int, Comparable] = field(default_factory=dict)  # what comparisons read of the others
    _keys: dict[int, tuple[int, ...]] = field(default_factory=dict)  # of articles that entered the index
    _added: set[int] = field(default_factory=set)  # keys
    _removed: set[int] = field(default_factory=set)
    _lasting: Counter[int] = field(default_factory=Counter)  # keys for all time: added, less removed
    _notices: set[int] = field(default_factory=set)  # articles whose text is not their own

    def take(self, dirty: Collection[int]) -> None:
        """Bring stand-ins, index and matches up to date for new, revised and newly decided articles."""
        standing: list[int] = []
        for unit, representatives in self._units(dirty):
            standing += self._settle(unit, representatives, dirty)
        entered = [article for batch in _batches(standing, BATCH) for article in self._enter(batch)]
        self._write_copies(entered)
        reopened = self._recheck_crowding()
        fresh = set(entered) | reopened
        for batch in _batches(sorted(fresh), BATCH):
            self._compare(batch, fresh)
        self.touched |= fresh

    def withdraw(self) -> None:
        """Take the withdrawn articles out of the index, with their fingerprints and all verdicts on them."""
        self._retire(sorted(self.withdrawn))
        self.store.fingerprints.remove(self.withdrawn)

    # -- who stands for whom ---------------------------------------------------------------------------------

    def _units(self, dirty: Collection[int]) -> Iterator[tuple[list[Head], list[Head]]]:
        """Yield the articles that share a text with these, or did until revised, and who stands for them."""
        left = {mate for mates in self.store.articles.stand_ins(dirty).values() for mate in mates}
        heads = self.store.articles.heads({*dirty, *left})
        mates = self.store.articles.same_text(head.copy_key for head in heads.values())
        heads |= self.store.articles.heads({mate for ids in mates.values() for mate in ids} - heads.keys())
        apart = [(d.article_a, d.article_b) for d in self.decisions if d.kind is DecisionKind.DIFFERENT]
        for ids in mates.values():
            inside = set(ids) - self.withdrawn
            unit = sorted((heads[article] for article in inside), key=lambda head: head.sorting)
            is_split = any(a in inside and b in inside for a, b in apart)
            notice = self._is_notice(unit)
            self._notices.update(inside if notice else ())
            yield unit, unit if is_split or notice else unit[:1]

    def _is_notice(self, unit: Sequence[Head]) -> bool:
        if len(unit) < 2:
            return False
        stored = self.store.articles.many(head.id for head in unit[:MOST_HEADLINES])
        return is_notice([row.article for row in stored.values()])

    def _settle(
        self, unit: Sequence[Head], representatives: Sequence[Head], dirty: Collection[int]
    ) -> list[int]:
        """Record who stands for whom; return those that must enter the index, new or again."""
        own = {head.id for head in representatives}
        stands_for = {head.id: head.id if head.id in own else unit[0].id for head in unit}
        moved = [head.id for head in unit if head.matched_as != stands_for[head.id]]
        if moved:
            self.store.articles.set_matched_as({article: stands_for[article] for article in moved})
            self._retire([head.id for head in unit if head.matched_as not in (None, stands_for[head.id])])
        self.touched.update(stands_for[head.id] for head in unit if head.id in dirty)
        self.touched.update(stands_for[article] for article in moved)
        return [head.id for head in representatives if head.id in dirty or head.id in moved]

    def _retire(self, articles: Sequence[int]) -> None:
        """Take articles out of the index, with all verdicts on them."""
        if not articles:
            return
        keys = index_keys(self.store, articles)
        self._removed.update(key for held in keys.values() for key in held)
        bodies = self.store.fingerprints.load(
            [article for article, held in keys.items() if held], version=FINGERPRINT_VERSION
        )
        for body in bodies.values():
            self._lasting.subtract(lasting_keys(Fingerprint.from_bytes(body)).values())
        self.store.postings.remove((key, article) for article, held in keys.items() for key in held)
        self.store.fingerprints.set_keys(dict.fromkeys(keys, ()))
        self.touched.update(end for edge in self.store.matches.edges(articles) for end in (edge.a, edge.b))
        self.store.matches.remove(articles)

    # -- the index -------------------------------------------------------------------------------------------

    def _enter(self, batch: Sequence[int]) -> list[int]:
        """Put articles into the index; return those that were not in it as they are."""
        stored = self.store.articles.many(batch)
        before = self.store.fingerprints.load(batch, version=FINGERPRINT_VERSION)
        noted_before = self.store.fingerprints.keys_of(batch)
        bodies, keys, noted = {}, {}, {}
        encoder = load_encoder(self.store.encoder)
        filed_with = encoder.name if encoder else ""
        bare = [article for article, row in stored.items() if row.text_use == FEATURES_ONLY]
        kept = before | self.store.fingerprints.load(set(bare) - before.keys())
        kept |= self.store.fingerprints.load(stored.keys() - kept.keys(), version=SAME_VECTORS)
        for article, row in stored.items():
            made = fingerprint_of(row, kept.get(article), encoder, notice=article in self._notices)
            body = made.to_bytes()
            held = keys_of(made, row)
            # The fingerprint of a text that may not be kept is replaced before it is taken out of the index.
            is_bare = row.text_use == FEATURES_ONLY
            noting = held if is_bare else noted_keys(held)
            if body != before.get(article) or noting != noted_before.get(article):
                bodies[article], keys[article], noted[article] = body, held, noting
                self._fingerprints[article] = made
        self._retire([article for article in bodies if article in noted_before])
        self.store.fingerprints.save_all(
            ((article, FINGERPRINT_VERSION, filed_with, body) for article, body in bodies.items()), keys=noted
        )
        self.store.postings.add((key, article) for article, held in keys.items() for key in held)
        self._added.update(key for held in keys.values() for key in held)
        if len(self._keys) < MOST_COMPARED:
            self._keys |= keys
        for article in bodies:
            self._lasting.update(lasting_keys(self._fingerprints[article]).values())
        return list(bodies)

    def _write_copies(self, entered: Iterable[int]) -> None:
        """Store a verdict for each word-for-word copy and the article that stands for it."""
        matches: list[Match] = []
        for standing, copies in self.store.articles.stand_ins({*entered, *self.touched}).items():
            if len(copies) > 1:
                words = self.store.articles.get(standing).article.word_count
                matches += [same_text(standing, copy, words) for copy in copies if copy != standing]
        self.store.matches.save_all(matches)

    def _recheck_crowding(self) -> set[int]:
        """Close keys that have become common, open those that no longer are; return articles to compare
        again."""
        opened = self.store.postings.unmark_crowded(self._removed, most=MAX_BLOCK)
        crowded, opened_again = self.store.postings.passing(self._lasting, most=MOST_SHARED)
        self.crowded.update(crowded)
        self.opened.update(opened_again)
        closed = self.store.postings.mark_crowded(self._added, most=MAX_BLOCK)
        for articles in closed.values():
            self._drop_pairs_without_key(articles)
        return {article for key, articles in opened.items() if key not in closed for article in articles}

    def _drop_pairs_without_key(self, articles: Sequence[int]) -> None:
        """Remove the verdicts between these articles on pairs that no open key finds any more."""
        inside = set(articles)
        pairs = [(e.a, e.b) for e in self.store.matches.edges(articles) if e.a in inside and e.b in inside]
        if not pairs:
            return
        keys = index_keys(self.store, {end for pair in pairs for end in pair})
        crowded = self.store.postings.crowded({key for held in keys.values() for key in held})
        open_keys = {article: set(held) - crowded for article, held in keys.items()}
        lost = [
            (a, b)
            for a, b in pairs
            if open_keys.get(a) and open_keys.get(b) and not open_keys[a] & open_keys[b]
        ]
        self.store.matches.remove_pairs(lost)
        self.touched.update(end for pair in lost for end in pair)

    # -- comparing -------------------------------------------------------------------------------------------

    def _compare(self, batch: Sequence[int], fresh: Collection[int]) -> None:
        """Compare each article with all that share an open key with it; pairs of two fresh ones once."""
        keys = {article: self._keys[article] for article in batch if article in self._keys}
        keys |= index_keys(self.store, [article for article in batch if article not in keys])
        blocks = self.store.postings.lookup(key for held in keys.values() for key in held)
        pairs: dict[int, set[int]] = defaultdict(set)
        for article in batch:
            for key in keys.get(article, ()):
                pairs[article].update(blocks.get(key, ()))
        candidates = {
            article: sorted(
                other for other in others if other != article and (other < article or other not in fresh)
            )
            for article, others in pairs.items()
        }
        pages = same_page(keys, blocks)
        close = self._near(candidates, pages)
        self.store.matches.save_all(verdicts(self._compared, close, pages, self._have_one_url, self._whole))
        self.touched.update(end for edge in self.store.matches.edges(batch) for end in (edge.a, edge.b))

    def _near(
        self, candidates: Mapping[int, Sequence[int]], pages: Collection[tuple[int, int]]
    ) -> dict[int, list[int]]:
        """Return the candidates that are worth comparing; of the many others in an archive only sketches
        are read."""
        articles = {*candidates, *(other for others in candidates.values() for other in others)}
        known = self._compared
        if max(len(known), len(self._fingerprints)) > MOST_COMPARED:
            known = self._compared = {key: each for key, each in known.items() if key in articles}
            whole = self._fingerprints
            self._fingerprints = {key: made for key, made in whole.items() if key in articles}
        known.update((key, self._fingerprints[key]) for key in articles & self._fingerprints.keys())
        bodies = self.store.fingerprints.load(articles - known.keys(), version=FINGERPRINT_VERSION)
        glimpses = sketches(bodies) | {article: known[article].glimpse for article in articles & known.keys()}
        kept = close_candidates(glimpses, candidates, pages)
        needed = {*candidates, *(other for others in kept.values() for other in others)} - known.keys()
        known.update((article, Compared.from_bytes(bodies[article])) for article in needed & bodies.keys())
        return kept

    def _whole(self, article: int) -> Fingerprint:
        """Return the whole fingerprint of an article: few of those compared need it."""
        if article not in self._fingerprints:
            body = self.store.fingerprints.load([article], version=FINGERPRINT_VERSION)[article]
            self._fingerprints[article] = Fingerprint.from_bytes(body)
        return self._fingerprints[article]

    def _have_one_url(self, a: int, b: int) -> bool:
        urls = {stored.article.url for stored in self.store.articles.many([a, b]).values()}
        return len(urls) == 1


def _batches(values: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
