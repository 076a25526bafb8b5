"""The fingerprint: a few kilobytes of an article for the matcher, from which the text cannot be rebuilt."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipelines.matching.bodies import kind_of_body
from pipelines.matching.codes import NO_CODE, Codes, code_of
from pipelines.matching.column_tables import ColumnTables
from pipelines.matching.meaning import Numbers, direction
from pipelines.matching.members import Members, ascending
from pipelines.matching.packing import (
    HASH_BYTES,
    packed_hashes,
    restored_form,
    restored_forms,
    shortened_forms,
    unpacked_hashes,
)
from pipelines.matching.stored import WHOLE, Excerpt, Quoted
from pipelines.matching.surface_forms import FigureKind, figure_kind
from pipelines.matching.tokens import by_word, folded_name

FINGERPRINT_VERSION = "9"
TOP_TERMS = 10
SURPRISE_STEPS = 8  # a bit
NOT_SHOWN = "-"  # in place of how the text writes a term that stands in its dateline alone
# Where and how a term stands in its article; plain integers, because each is asked thousands of times.
NAME_FLAG = 1  # capitalised inside sentences
TITLE_FLAG = 2
LEAD_FLAG = 4
NUMBER_FLAG = 8

Hashes = NDArray[np.uint64]
Floats = NDArray[np.float64]
GLANCE_BYTES = 32
SINGLE_BYTES = GLANCE_BYTES + len(NO_CODE)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """Bounded evidence of one article. ``terms`` are stems, heaviest first; ``surprises``: eighths of a bit.

    ``shortened`` are the ``surfaces``, without the letters that they begin with as their terms do; ``names``
    are as the text writes them.
    """

    content_key: str  # of title and text: breaks ties, and two articles with equal keys are copies
    language: str
    day: int | None  # ordinal of publication
    source: str
    title: str
    length: int  # words of the text
    terms: tuple[str, ...]
    shortened: tuple[str, ...]
    counts: bytes
    surprises: bytes
    flags: bytes
    names: tuple[str, ...] = ()
    days: tuple[int, ...] = ()
    weekdays: int = 0
    quotations: tuple[Quoted, ...] = ()
    links: tuple[str, ...] = ()
    sketch: tuple[int, ...] = ()
    shingle_count: int = 0
    gives: int = 0  # flags of surface_forms.py
    encoder: str = ""  # that made the two vectors; "" for none
    title_vector: bytes = b""  # see encoder.Vectors
    lead_vector: bytes = b""

    def to_bytes(self) -> bytes:
        """Return the stored form, MessagePack: version, a ``TermSketch`` in two parts, the fields."""
        sought, single = packed_hashes(self.glimpse.sought), self.glimpse.single
        fields = tuple(getattr(self, name) for name in _NAMES)
        return msgspec.msgpack.encode((FINGERPRINT_VERSION, sought, single, fields))

    @classmethod
    def from_bytes(cls, blob: bytes) -> Fingerprint:
        """Return the fingerprint of ``to_bytes``, also of versions 5 to 8; 5 and 6 wrote all forms in full.

        Raises ``ValueError`` for any other bytes or version.
        """
        try:
            version, sought, single, values = WHOLE.decode(blob)
        except msgspec.DecodeError as error:
            raise ValueError("not a fingerprint of this version: run `cuttings recluster`") from error
        if version not in _READABLE:
            raise ValueError(f"a fingerprint of version {version}: run `cuttings recluster`")
        # A frozen record sets its fields one by one, which takes longer than the rest.
        made = cls.__new__(cls)
        made.__dict__.update(zip(_NAMES, msgspec.structs.astuple(values), strict=True))
        if version == FINGERPRINT_VERSION:
            # The cached property, without its cost.
            made.__dict__["glimpse"] = TermSketch.of_packed(sought, single)
        elif version in _WITH_WHOLE_FORMS:
            made.__dict__["shortened"] = shortened_forms(values.terms, values.shortened)
        return made

    @cached_property
    def surfaces(self) -> tuple[str, ...]:
        """How the text writes each term; empty if as the term, ``NOT_SHOWN`` if no reason may give it."""
        return restored_forms(self.terms, self.shortened)

    @cached_property
    def glimpse(self) -> TermSketch:
        """What the prefilter needs."""
        weights = _finding(self)
        day = math.nan if self.day is None else float(self.day)
        root = math.sqrt(math.sqrt(self.length + 1))
        return TermSketch(
            (self.hashes & _STORED_HASH) | weights.astype(np.uint64),
            np.array((len(weights), math.sqrt(float(weights @ weights)), day, root)),
            np.frombuffer(code_of(self.lead_vector), dtype=np.int8),
        )

    @cached_property
    def profile(self) -> Profile:
        """The fingerprint prepared for many comparisons."""
        return Profile(self)

    @cached_property
    def hashes(self) -> Hashes:
        """A number of 63 bits for each term, the same in every article and every run."""
        return self.hashes_of(range(len(self.terms)))

    def hashes_of(self, places: Sequence[int]) -> Hashes:
        """Return those of ``hashes`` at these places, in their order; few of a stored article are needed."""
        if (known := self.__dict__.get("hashes")) is not None:
            return known[list(places)]  # type: ignore[no-any-return]
        spelled = [self.terms[place].encode("utf-8", "replace") for place in places]
        return mixed(
            np.array([(zlib.crc32(term) << 31) ^ zlib.adler32(term) for term in spelled], dtype=np.uint64)
        )


class TermSketch(NamedTuple):
    """What the prefilter needs of hundreds of articles, in as few arrays as possible."""

    sought: Hashes  # hash of each term; the lowest bits hold how well it finds the event of its article
    glance: Floats  # number of terms, norm of their weights, day, fourth root of the number of words
    code: Codes  # of the lead

    @classmethod
    def of_packed(cls, sought: bytes, single: bytes) -> TermSketch:
        """Return the sketch of the two parts of a stored fingerprint."""
        return cls(unpacked_hashes(sought), *_of_single(single))

    @classmethod
    def of_stored(cls, sought: bytes, single: bytes) -> TermSketch:
        """Return the sketch of its terms as they are in memory, and of ``single``."""
        return cls(np.frombuffer(sought, dtype=np.uint64), *_of_single(single))

    @property
    def single(self) -> bytes:
        """What is not of terms: ``SINGLE_BYTES``."""
        return self.glance.tobytes() + self.code.tobytes()


def _of_single(content: bytes) -> tuple[Floats, Codes]:
    return np.frombuffer(content, count=4), np.frombuffer(content, dtype=np.int8, offset=GLANCE_BYTES)


def mixed(values: Hashes) -> Hashes:
    """Return each number with its bits mixed, reversibly (the finalizer of SplitMix64)."""
    x = values + _GOLDEN
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


_NAMES = tuple(Fingerprint.__dataclass_fields__)
_WITH_WHOLE_FORMS = {"5", "6"}
_READABLE = {*_WITH_WHOLE_FORMS, "7", "8", FINGERPRINT_VERSION}


# Weights are binary fractions of few digits, so that sums of them and of their products are exact: the same
# in any order, whichever article comes first, and whatever else is summed with them.
BITS_OF = np.arange(256) / SURPRISE_STEPS
COUNT_WEIGHT = np.array([round(64 * (1.0 + math.log(max(1, n)))) / 64 for n in range(256)])
_RARE = 8.0  # bits: a word that one report in 256 uses
_UNUSUAL = 12.0  # bits: mostly names, also where a capital does not tell, as at the start of a headline
_LEAST_OWN = 4  # letters of a word that is looked for in the name of a source


def _place_weight(flag: int) -> float:
    """Return how much better a term finds its event for where it stands; chosen with the bound in
    prefilter.py."""
    place = 0.75 * bool(flag & TITLE_FLAG) + 0.5 * bool(flag & LEAD_FLAG) + 0.5 * bool(flag & NAME_FLAG)
    return 1.0 + place - 0.5 * bool(flag & NUMBER_FLAG)


PLACE_WEIGHT = np.array([_place_weight(flag) for flag in range(16)])
# Surprise squared, so that a rare word outweighs many common ones; 12 bits are as rare as a misspelling.
_FINDING = np.array([256.0 * round(min(bits, 12.0) ** 2) for bits in BITS_OF.tolist()])
FINDING_WEIGHT = np.uint64(2**20 - 1)  # the bits that hold a whole weight; those above are of the term's hash
_STORED_HASH = np.uint64(2 ** (8 * HASH_BYTES) - 1) & ~FINDING_WEIGHT

# Columns of `columns`. The first seven are compared as vectors; all are summed over the shared terms.
(
    BODY, LEAD, TITLE, NAMES, PLAIN, NUMBERS, RARE, TOP, LEAD_NAMES, LEAD_NUMBERS, NAME_BITS, BITS,
    TITLE_NAMES, LEAD_PLAIN, TITLE_RARE, LEAD_SLOTS, OWN, FOREIGN,
) = range(COLUMNS := 18)  # fmt: skip
VECTORS = 7
_TOP_FLAG = 16  # one of the ten heaviest
_OWN_FLAG = 32  # a rare word of headline or lead that is part of the name of the source
Marks = NDArray[np.uint8]


def _made(marks: Marks) -> Floats:
    """Return the weight of each term (surprise in eighths, count, flags) in each part of the article."""
    eighths, counts, flags = marks[:, 0], marks[:, 1], marks[:, 2]
    bits = BITS_OF[eighths]
    weight = COUNT_WEIGHT[counts] * bits
    number = (flags & NUMBER_FLAG) > 0
    name = ((flags & NAME_FLAG) > 0) & ~number
    title = (flags & TITLE_FLAG) > 0
    lead = (flags & (TITLE_FLAG | LEAD_FLAG)) > 0
    rare, own = bits >= _RARE, (flags & _OWN_FLAG) > 0
    slots = bits * (lead & (name | number | (bits >= _UNUSUAL)))
    found = np.empty((len(marks), COLUMNS))
    for column, value in enumerate((
        weight, bits * lead, bits * title, weight * name, weight * ~(name | number), bits * number,
        weight * rare, weight * ((flags & _TOP_FLAG) > 0), bits * (lead & name),
        bits * (lead & number), bits * name, bits, bits * (title & name), bits * (lead & ~(name | number)),
        bits * (title & rare & ~number), slots, bits * own, slots * ~own,
    )):  # fmt: skip
        found[:, column] = value
    return found


columns = ColumnTables(_made)


class Profile:
    """A fingerprint prepared for many comparisons; what only some of them need is made at first use."""

    def __init__(self, fingerprint: Fingerprint | Excerpt) -> None:
        self._of = fingerprint
        self.title, self.day, self.source = fingerprint.title, fingerprint.day, fingerprint.source
        self.weekdays, self.length_log = fingerprint.weekdays, math.log1p(fingerprint.length)
        self.encoder = fingerprint.encoder if fingerprint.lead_vector else ""
        self.vectors = fingerprint.title_vector, fingerprint.lead_vector

    @cached_property
    def finding(self) -> Floats:
        """How well each term finds the event of its article."""
        return _finding(self._of)

    @cached_property
    def directions(self) -> tuple[Numbers, Numbers]:
        """Where the headline and the lead point, in the space of the encoder."""
        title, lead = self.vectors
        return direction(title), direction(lead)

    @cached_property
    def marks(self) -> Marks:
        """Surprise, count and flags of each term, with a flag more for the heaviest."""
        eighths, counts, flags = _arrays(self._of)
        marks = np.empty((len(flags), 3), dtype=np.uint8)
        marks[:, 0], marks[:, 1], marks[:, 2] = eighths, counts, flags
        heaviest = (-COUNT_WEIGHT[counts] * BITS_OF[eighths]).argsort(kind="stable")[:TOP_TERMS]
        marks[heaviest, 2] |= _TOP_FLAG
        if own := self._own_terms(marks):
            marks[own, 2] |= _OWN_FLAG
        return marks

    def _own_terms(self, marks: Marks) -> list[int]:
        """Return which terms of headline and lead are rare and part of the name of the source."""
        if len(self.source) < _LEAST_OWN:
            return []
        opening = (marks[:, 2] & (TITLE_FLAG | LEAD_FLAG)) > 0
        rare = np.flatnonzero(opening & (marks[:, 0] >= _RARE * SURPRISE_STEPS)).tolist()
        terms = self._of.terms
        return [i for i in rare if len(terms[i]) >= _LEAST_OWN and terms[i] in self.source]

    @cached_property
    def body(self) -> str:
        """The kind of body that the source is; "" for any other."""
        return kind_of_body(self.source)

    @cached_property
    def own_words(self) -> tuple[str, ...]:
        """How the text writes the words of headline and lead that are part of the name of its source."""
        return tuple(self.forms[i] for i in self._own_terms(self.marks))

    @cached_property
    def opening_figures(self) -> Mapping[FigureKind, frozenset[str]]:
        """The numbers of headline and lead that have a unit, by kind."""
        flags = np.frombuffer(self._of.flags, dtype=np.uint8)
        at = np.flatnonzero(((flags & NUMBER_FLAG) > 0) & ((flags & (TITLE_FLAG | LEAD_FLAG)) > 0)).tolist()
        if not at:
            return {}
        found: dict[FigureKind, set[str]] = {}
        terms, shortened = self._of.terms, self._of.shortened
        for form in (restored_form(terms[i], shortened[i]) or terms[i] for i in at):
            if kind := figure_kind(form):
                found.setdefault(kind, set()).add(form)
        return {kind: frozenset(forms) for kind, forms in found.items()}

    @cached_property
    def title_words(self) -> tuple[str, ...]:
        """The words of the headline, folded."""
        return tuple(self.title.split())

    @cached_property
    def _sums(self) -> tuple[Floats, Floats]:
        found = columns(self.marks)
        return found.sum(axis=0), np.sqrt((found[:, :VECTORS] ** 2).sum(axis=0))

    @property
    def totals(self) -> Floats:
        """The sum of each column."""
        return self._sums[0]

    @property
    def norms(self) -> Floats:
        """The length of each column that is compared as a vector."""
        return self._sums[1]

    @cached_property
    def figures(self) -> Floats:
        """``totals``, ``norms``, day, length, whether it has a headline, weekdays, number of whole names."""
        day = math.nan if self.day is None else self.day
        single = (day, self.length_log, bool(self.title), self.weekdays, len(self.whole_names))
        return np.concatenate((*self._sums, np.array(single, dtype=np.float64)))

    @cached_property
    def position(self) -> Mapping[str, int]:
        """Where each term stands."""
        return {term: i for i, term in enumerate(self._of.terms)}

    @cached_property
    def forms(self) -> tuple[str, ...]:
        """How the text writes each term."""
        return tuple(its or term for term, its in zip(self._of.terms, self._of.surfaces, strict=True))

    @cached_property
    def headline(self) -> Mapping[str, str]:
        """How the text writes each word of its headline, where that is known."""
        words = set(self.title.split())
        return {folded: form for folded, form in by_word(self.forms) if folded in words}

    @cached_property
    def weights(self) -> Floats:
        """The weight of each term in each part of the article."""
        return columns(self.marks)

    @cached_property
    def whole_names(self) -> frozenset[str]:
        """Names of several words, folded."""
        return frozenset(map(folded_name, self._of.names))

    @cached_property
    def quotes(self) -> frozenset[int]:
        """Runs of words inside quotations."""
        return frozenset(shingle for quoted in self._of.quotations for shingle in quoted.shingles)

    @cached_property
    def members(self) -> tuple[Members, Members, Members]:
        """Days mentioned, then the same as ``quotes`` and ``sketch``, for ``members.in_common``."""
        quoted = chain.from_iterable(each.shingles for each in self._of.quotations)
        return ascending(self._of.days), ascending(quoted), ascending(self._of.sketch)

    @cached_property
    def sketch(self) -> frozenset[int]:
        """The runs of words kept for telling copies."""
        return frozenset(self._of.sketch)


def _finding(of: Fingerprint | Excerpt) -> Floats:
    """Return how well each term finds the event of its article: whole numbers."""
    eighths, counts, flags = _arrays(of)
    weights: Floats = _FINDING[eighths] * COUNT_WEIGHT[counts] * PLACE_WEIGHT[flags]
    return weights


def _arrays(fingerprint: Fingerprint | Excerpt) -> tuple[Marks, Marks, Marks]:
    return (
        np.frombuffer(fingerprint.surprises, dtype=np.uint8),
        np.frombuffer(fingerprint.counts, dtype=np.uint8),
        np.frombuffer(fingerprint.flags, dtype=np.uint8),
    )
