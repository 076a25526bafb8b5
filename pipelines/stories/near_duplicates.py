"""Which reports of a story are the same text at another place, and what each report shares with earlier ones.

Agency text runs word for word, under a new headline, cut at the end, or with a local sentence put in front. A
teaser and the full text of one outlet are one report. A page has other URLs (AMP, print). But a report that
quotes a press release in full inside as much of its own is not a copy, and neither are the releases of three
councils by one form.

So two texts are copies when nearly all words of the shorter stand, in runs of five, in the longer, and either
both are of about one length or the longer begins with them; and when neither opens with names or figures that
the other does not have. The longest is the original, whichever came first. Only originals are compared with:
ten thousand identical texts cost ten thousand comparisons, and no chain of small edits makes one text of the
first and the last.

Where a story has very much text, a sample of runs finds candidates (those whose hash is divisible by eight:
Broder's "modulo" sketch of 1997, which keeps containment measurable between texts of any two lengths); all
runs decide.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from pipelines.matching.tokens import Tokens, tokens

# Words in a row: runs of four are met by chance in formulaic prose, runs of eight miss text with one word in
# ten changed.
RUN_WORDS = 5
MOST_RUNS = 100_000  # runs of a story up to which all are indexed
SAMPLE = 8  # of more text every eighth run is indexed: 12 of a text of 100 words
# Share of the shorter text's runs that stand in the longer one; between "a word in 25 changed" (.82) and "a
# third is new" (.66).
COPY_SHARE = 0.8
TEASER_SHARE = (
    0.5  # the same within one outlet: a teaser ends in mid-sentence, or with an invitation to subscribe
)
SHORTEST_TEXT = (
    15  # words; of shorter texts only identical ones are copies, or those of one outlet and headline
)
LIKE_LENGTH = 0.75  # shorter / longer from which it does not matter where the shared words stand
LOCAL_OPENING = 30  # words that may stand before a copied text: a local sentence
PAGE_SHARE = 0.2  # of shared runs from which two texts at one URL are versions of one item
# Of the words, before the first that the other text has. Where both begin so, they share what an outlet puts
# below everything ("About the charity: …"), not a report; a local sentence before agency text is one paper's.
OWN_OPENING = 0.12
LEAD_WORDS = 40  # whose names and figures must not differ

# The first alternative saves time only: most words are plain.
_WORD = re.compile(r"[a-z0-9]++(?![^\W_]|['’][^\W_])|[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, kw_only=True)
class Wording:
    """The words of one report. ``runs`` are those of ``runs_of(text)``."""

    key: int
    copy_key: str  # the same for texts that agree word for word
    page: str  # the same for all URLs of one page; empty without a URL
    runs: Sequence[int]
    outlet: str = ""  # empty if it is not known
    title: str = ""
    text: str = ""

    @cached_property
    def distinct(self) -> frozenset[int]:
        """The runs, each once."""
        return frozenset(self.runs)

    @cached_property
    def headline(self) -> str:
        """The title for comparing."""
        return " ".join(_WORD.findall(self.title.casefold()))

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of title and text, folded, and the parts of figures such as 4.1."""
        both = f"{self.title}\n{self.text}"
        return frozenset(tokens(both).words) | frozenset(_WORD.findall(both.casefold()))

    def marks(self, opening_words: int) -> frozenset[str]:
        """Return names and figures of the title and of so many opening words that stand in the text."""
        opening = " ".join(self.text.replace("…", ". ").split()[:opening_words])
        marks = {*_names_and_figures(tokens(self.title)), *_names_and_figures(tokens(opening))}
        return frozenset(marks & set(tokens(self.text).words))


def _names_and_figures(stream: Tokens) -> Iterator[str]:
    """Yield numbers and capitalised words, those that open a sentence only before another capital."""
    if sum(stream.capitals) >= 0.6 * len(stream.capitals):  # none, or a headline in capitals
        return
    following = [*stream.capitals[1:], False]
    for word, capital, opens, next_capital in zip(
        stream.words, stream.capitals, stream.opens, following, strict=True
    ):
        if word[:1].isdigit() or (capital and len(word) > 1 and (not opens or next_capital)):
            yield word


def runs_of(text: str) -> list[int]:
    """Return hashes of all runs of five words, in order, blind to case and punctuation."""
    line = " ".join(_WORD.findall(text.casefold())).encode("utf-8", "replace")
    starts = [0, *accumulate(len(word) + 1 for word in line.split(b" "))]  # and the end of the last word
    return [zlib.crc32(line[start : end - 1]) for start, end in zip(starts, starts[RUN_WORDS:], strict=False)]


def copies(wordings: Sequence[Wording]) -> dict[int, int]:
    """Return for each report its original, itself if it is not a copy. Give them in order of publication."""
    original: dict[int, int] = {}
    by_text: dict[str, int] = {}
    longest_first = sorted(wordings, key=lambda wording: -len(wording.runs))  # stable: then the earliest
    texts = _Originals(sampled=sum(len(wording.runs) for wording in wordings) > MOST_RUNS)
    for wording in longest_first:
        of = by_text.get(wording.copy_key)
        if of is None:
            of = texts.original_of(wording, is_last=wording is longest_first[-1])
        original[wording.key] = wording.key if of is None else of
        by_text.setdefault(wording.copy_key, original[wording.key])
    return {wording.key: original[wording.key] for wording in wordings}


class _Originals:
    """The texts so far that are not copies, all at least as long as the next, with an index of their runs."""

    def __init__(self, *, sampled: bool) -> None:
        self._step = SAMPLE if sampled else 1
        self._wordings: dict[int, Wording] = {}
        self._position: dict[int, int] = {}
        self._indexed: defaultdict[int, list[int]] = defaultdict(list)
        self._on_page: defaultdict[str, list[int]] = defaultdict(list)
        self._by_headline: defaultdict[tuple[str, str], list[int]] = defaultdict(list)

    def original_of(self, wording: Wording, *, is_last: bool = False) -> int | None:
        """Return the longer text that this one is a copy of; None, and keep it unless it is the last one,
        when there is none.
        """
        sample = [run for run in wording.distinct if run % self._step == 0]
        hits = Counter(key for run in sample for key in self._indexed.get(run, ()))
        candidates = {*hits, *self._on_page.get(wording.page, ())}
        candidates.update(self._by_headline.get((wording.outlet, wording.headline), ()))
        shares = {
            key: _shared(wording, self._wordings[key])
            for key in candidates
            if _is_copy(wording, self._wordings[key])
        }
        best = max(shares, key=lambda key: (shares[key], -self._position[key]), default=None)
        if best is None and not is_last:
            self._keep(wording, sample)
        return best

    def _keep(self, wording: Wording, sample: Iterable[int]) -> None:
        self._wordings[wording.key] = wording
        self._position[wording.key] = len(self._position)
        for run in sample:
            self._indexed[run].append(wording.key)
        if wording.page:
            self._on_page[wording.page].append(wording.key)
        if wording.outlet and wording.headline:
            self._by_headline[wording.outlet, wording.headline].append(wording.key)


def _shared(shorter: Wording, longer: Wording) -> float:
    """Return the share of the shorter text's runs that stand in the longer one."""
    return len(shorter.distinct & longer.distinct) / max(1, len(shorter.distinct))


def _is_copy(shorter: Wording, longer: Wording) -> bool:
    """Return whether a text is a copy of one that is at least as long."""
    share = _shared(shorter, longer)
    if min(_own_opening(shorter, longer), _own_opening(longer, shorter)) >= OWN_OPENING:
        return False
    one_outlet = bool(shorter.outlet) and shorter.outlet == longer.outlet
    one_headline = bool(shorter.headline) and shorter.headline == longer.headline
    if shorter.page and shorter.page == longer.page and (one_headline or share >= PAGE_SHARE):
        return True
    if len(shorter.distinct) <= SHORTEST_TEXT - RUN_WORDS:
        return one_outlet and one_headline and not (shorter.distinct - longer.distinct)
    if _like_length(shorter, longer):
        return share >= COPY_SHARE and not _differ(shorter, longer)
    enough = share >= (TEASER_SHARE if one_outlet else COPY_SHARE)
    return enough and _opens_with(shorter, longer) and not _differ(shorter, longer)


def _own_opening(one: Wording, other: Wording) -> float:
    """Return the share of a text's words that stand before the first run that the other has too."""
    before = next((place for place, run in enumerate(one.runs) if run in other.distinct), len(one.runs))
    return before / (len(one.runs) + RUN_WORDS - 1)


def _like_length(shorter: Wording, longer: Wording) -> bool:
    return len(shorter.runs) >= LIKE_LENGTH * len(longer.runs)


def _opens_with(shorter: Wording, longer: Wording) -> bool:
    """Return whether the longer text begins with words of the shorter, after a local sentence at most."""
    return any(run in shorter.distinct for run in longer.runs[: LOCAL_OPENING + 1])


def _differ(one: Wording, other: Wording) -> bool:
    """Return whether each of two texts opens with names or figures that the other does not have at all."""
    opening = min(LEAD_WORDS, len(one.runs) + RUN_WORDS - 1, len(other.runs) + RUN_WORDS - 1)
    return bool(one.marks(opening) - other.words) and bool(other.marks(opening) - one.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Containment:
    """How much of a report stands elsewhere: the share (0..1) of its words, and the report that has most."""

    share: float
    source: int | None


def borrowed(wordings: Sequence[Wording]) -> dict[int, Containment]:
    """Return for each report what all earlier ones contain of it. Give them in order of publication."""
    holder: dict[int, int] = {}  # run -> the first report that had it
    contained: dict[int, Containment] = {}
    for wording in wordings:
        lenders = Counter(holder[run] for run in wording.runs if run in holder)
        share = _covered([run in holder for run in wording.runs])
        source = min(lenders, key=lambda key: (-lenders[key], key)) if lenders else None
        contained[wording.key] = Containment(share=share, source=source)
        for run in wording.runs:
            holder.setdefault(run, wording.key)
    return contained


def share_in(runs: Sequence[int], source_runs: Iterable[int]) -> float:
    """Return the share (0..1) of a text's words that stand, in runs of five, in a source."""
    known = frozenset(source_runs)
    return _covered([run in known for run in runs])


def _covered(hits: Sequence[bool]) -> float:
    """Return the share of words that lie in at least one of the runs that were hit."""
    words, covered_to, covered = len(hits) + RUN_WORDS - 1, 0, 0
    for start, hit in enumerate(hits):
        if hit:
            covered += start + RUN_WORDS - max(start, covered_to)
            covered_to = start + RUN_WORDS
    return covered / words if hits else 0.0
