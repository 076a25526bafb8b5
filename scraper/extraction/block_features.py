"""Compute the features by which the classifier tells body blocks from everything else.

There are two families. `block_features` describes a block by its words, its position in the tree and its
neighbours. `context_features` describes it by a first guess at the body (trafilatura's guess, or ours after
the first pass): whether it lies between chosen blocks, in the same container, under the same path of tags
and classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from scraper.extraction.blocks import LANDMARKS, TextBlock
from scraper.extraction.class_names import group_names
from scraper.extraction.phrases import Phrases

WORD_BINS = ((1, "1"), (2, "2"), (3, "3"), (6, "4-6"), (12, "7-12"), (25, "13-25"), (50, "26-50"))
STEP_BINS = ((0, "0"), (1, "1"), (2, "2"), (3, "3"), (5, "4-5"), (9, "6-9"))
TITLE_STEPS = ((1, "1"), (2, "2"), (3, "3"), (6, "4-6"))
COUNT_BINS = ((0, "0"), (1, "1"), (2, "2"), (5, "3-5"))
LINK_BINS = ((0.0, "0"), (0.25, "<.25"), (0.5, "<.5"), (0.95, "<.95"))
PAGE_BINS = ((1, "1"), (2, "2"), (3, "3"))
PROBABILITY_BINS = ((0.05, "0"), (0.2, ".05"), (0.4, ".2"), (0.6, ".4"), (0.8, ".6"), (0.95, ".8"))
TAGS = frozenset(
    """
    p tr li h1 h2 h3 h4 h5 h6 td th div blockquote figcaption dt dd pre section article label button footer
    aside form address header main body
    """.split()
)
PROSE_WORDS = 13  # from the bin of running text on
SHORT_TEXT = 60  # words; phrases and lexical features are looked for in shorter blocks only
KEY_LENGTH = 20  # letters; shorter keys are equal by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class PageView:
    """A page before its body is chosen. Keys are `blocks.words_key`; ``repeated`` counts pages."""

    blocks: tuple[TextBlock, ...]
    title_key: str = ""
    summary_key: str = ""
    declared_key: str = ""  # articleBody of the JSON-LD
    repeated: tuple[int, ...] = ()
    site_pages: int = 0
    aside: tuple[bool, ...] = ()  # out of the choice beforehand


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockMeasures:
    """The words, the bin of the length, the share of link text and the phrase rules of each block."""

    words: tuple[int, ...]
    lengths: tuple[str, ...]
    linked: tuple[float, ...]
    phrases: tuple[tuple[str, ...], ...]


def binned(value: float, table: Sequence[tuple[float, str]], beyond: str) -> str:
    """Return the name of the first bin whose limit holds ``value``."""
    for limit, name in table:
        if value <= limit:
            return name
    return beyond


def measure(page: PageView, phrases: Phrases) -> BlockMeasures:
    """Return the measures of all blocks of a page; no phrases for those set aside."""
    blocks, aside = page.blocks, page.aside or (False,) * len(page.blocks)
    words = tuple(block.words for block in blocks)
    return BlockMeasures(
        words=words,
        lengths=tuple(binned(count, WORD_BINS, "51+") for count in words),
        linked=tuple(min(1.0, block.link_length / len(block.text)) for block in blocks),
        phrases=tuple(
            phrases.met(block.text) if block.words < SHORT_TEXT and not out else ()
            for block, out in zip(blocks, aside, strict=True)
        ),
    )


@lru_cache(maxsize=4096)
def _named(prefix: str, names: tuple[str, ...], bits: int) -> tuple[str, ...]:
    return tuple(f"{prefix} {name}" for place, name in enumerate(names) if bits >> place & 1)


def place_features(block: TextBlock) -> tuple[str, ...]:
    """Return what the elements around a block are, and what their classes and ids say."""
    names = group_names()
    return (
        *_named("own", names, block.own_names),
        *_named("near", names, block.near_names),
        *_named("all", names, block.all_names),
        *_named("in", LANDMARKS, block.within),
    )


def block_features(page: PageView, sizes: BlockMeasures) -> list[list[str]]:
    """Return the features of each block that need no guess at the body; none for a block set aside."""
    title = _title_place(page)
    seen: set[str] = set()
    found: list[list[str]] = []
    for place, block in enumerate(page.blocks):
        if page.aside and page.aside[place]:
            found.append([])
            continue
        features = [*_text_features(block, sizes.words[place], sizes.lengths[place], sizes.linked[place])]
        for step, name in ((-1, "prev"), (1, "next")):
            features += _neighbour_features(page.blocks, sizes, place, step, name)
        features += _promise_features(page, block)
        if title is not None:
            features.append(_title_feature(place - title))
        if len(block.key) > KEY_LENGTH:
            if block.key in seen:
                features.append("said before")
            seen.add(block.key)
        size = "short" if sizes.words[place] < PROSE_WORDS else "long"
        features += (
            feature
            for name in sizes.phrases[place]
            for feature in (f"phrase {name}", f"phrase {name} {size}")
        )
        features += _furniture_features(page, place, sizes.words[place])
        found.append(features)
    return found


def _title_place(page: PageView) -> int | None:
    """Return the index of the title: as a heading, else as any block, else the first heading."""
    headings = [place for place, block in enumerate(page.blocks) if block.tag == "h1"]
    same = [place for place in headings if page.blocks[place].key == page.title_key]
    if same:
        return same[-1]
    anywhere = (
        place for place, block in enumerate(page.blocks) if page.title_key and block.key == page.title_key
    )
    return next(anywhere, headings[0] if headings else None)


def _title_feature(steps: int) -> str:
    if steps <= 0:
        return "title here" if steps == 0 else "title later"
    return f"title {binned(steps, TITLE_STEPS, '7+')} before"


def _text_features(block: TextBlock, words: int, length: str, linked: float) -> list[str]:
    link = binned(linked, LINK_BINS, "all")
    end, start = _end_of(block.text), _start_of(block.text)
    tag = block.tag if block.tag in TAGS else "other"
    features = [
        f"words {length}", f"tag {tag}", f"link {link}", f"link {link} words {length}", f"end {end}",
        f"end {end} words {length}", f"tag {tag} end {end}", f"tag {tag} words {length}", f"start {start}",
    ]  # fmt: skip
    if words > 2:
        features.append(f"capitals {_share_of_capitals(block.text)}")
    if block.text.isupper():
        features.append("all capitals")
    if block.emphasis_length > 0.8 * len(block.text):
        features.append("emphasis")
    if words >= PROSE_WORDS and "," not in block.text:
        features.append("no comma")
    if block.hidden:
        features.append("hidden")
    return features


def _end_of(text: str) -> str:
    last = text.rstrip("\"”’') ")[-1:]
    for marks, name in ((".!?…", "stop"), (":", "colon"), (",;", "comma")):
        if last and last in marks:
            return name
    return "open"


def _start_of(text: str) -> str:
    first = text.lstrip("\"“‘'(")[:1]
    if first.isupper():
        return "upper"
    if first.islower():
        return "lower"
    return "digit" if first.isdigit() else "other"


def _share_of_capitals(text: str) -> str:
    parts = text.split()
    capitals = sum(1 for part in parts if part[:1].isupper()) / len(parts)
    return "most" if capitals > 0.7 else "many" if capitals > 0.4 else "few"


def _neighbour_features(
    blocks: Sequence[TextBlock], sizes: BlockMeasures, place: int, step: int, name: str
) -> list[str]:
    other = place + step
    if not 0 <= other < len(blocks):
        return [f"{name} none"]
    tag = blocks[other].tag
    features = [
        f"{name} words {sizes.lengths[other]}",
        f"{name} tag {tag if tag in TAGS else 'other'}",
        f"{name} same path" if blocks[other].path == blocks[place].path else f"{name} other path",
    ]
    if sizes.linked[other] > 0.5:
        features.append(f"{name} linked")
    if step < 0 and blocks[other].text.endswith(":"):
        features.append(f"{name} colon")
    features += (f"{name} phrase {met}" for met in sizes.phrases[other])
    return features


def _promise_features(page: PageView, block: TextBlock) -> list[str]:
    """Return how the block agrees with the title, the summary and the declared text in the page's head."""
    key, features = block.key, []
    if page.title_key:
        if key == page.title_key:
            features.append("is the title")
        elif len(key) > KEY_LENGTH and (key in page.title_key or page.title_key in key):
            features.append("part of the title")
    if page.summary_key and len(key) > KEY_LENGTH:
        if key == page.summary_key:
            features.append("is the summary")
        elif key in page.summary_key or page.summary_key in key:
            features.append("part of the summary")
        elif page.summary_key[: 2 * KEY_LENGTH] in key:
            features.append("begins as the summary")
    if page.declared_key and len(key) > KEY_LENGTH:
        features.append("declared" if key in page.declared_key else "not declared")
    return features


def _furniture_features(page: PageView, place: int, words: int) -> list[str]:
    if page.site_pages < 2 or not page.repeated:
        return []
    pages = page.repeated[place]
    if pages < 2:
        return ["on this page only"]
    size = "label" if words < 5 else "phrase" if words < PROSE_WORDS else "sentence"
    return ["repeated", f"repeated {binned(pages, PAGE_BINS, '4+')}", f"repeated {size}"]


def context_features(
    page: PageView, sizes: BlockMeasures, chosen: Sequence[bool], name: str
) -> list[list[str]]:
    """Return the relation of each block to a guess at the body (``chosen``); ``name`` tells the guesses
    apart.
    """
    return _Context(page, sizes, chosen).features(name)


class _Context:
    """A guess, and what follows from it for the page as a whole."""

    def __init__(self, page: PageView, sizes: BlockMeasures, chosen: Sequence[bool]) -> None:
        self.blocks, self.sizes, self.chosen = page.blocks, sizes, chosen
        self.aside = page.aside or (False,) * len(page.blocks)
        places = [place for place, is_chosen in enumerate(chosen) if is_chosen]
        self.first, self.last = (places[0], places[-1]) if places else (len(chosen), -1)
        self.total = sum(sizes.words[place] for place in places) or 1
        self.path_words: dict[int, int] = {}
        self.path_chosen: dict[int, int] = {}
        for place, block in enumerate(page.blocks):
            self.path_words[block.path] = self.path_words.get(block.path, 0) + sizes.words[place]
            if chosen[place]:
                self.path_chosen[block.path] = self.path_chosen.get(block.path, 0) + sizes.words[place]
        self.container = self._container(places)

    def _container(self, places: Sequence[int]) -> int:
        """Return the element that holds most of the chosen text directly (grandchildren count half); -1
        without any.
        """
        weights: dict[int, float] = {}
        for place in places:
            weight = len(self.blocks[place].text) * (1 - self.sizes.linked[place])
            for step, element in enumerate(self.blocks[place].chain[1:3], start=1):
                weights[element] = weights.get(element, 0.0) + weight / step
        return max(weights, key=weights.__getitem__, default=-1)

    def _relation(self, chain: tuple[int, ...]) -> str:
        if self.container not in chain:
            return "out"
        step = chain.index(self.container)
        return ("self", "child", "grandchild")[step] if step < 3 else "deep"

    def features(self, name: str) -> list[list[str]]:
        """Return the features of each block."""
        chosen, count = self.chosen, len(self.chosen)
        before, after = _steps(chosen), _steps(chosen[::-1])[::-1]
        prose_after = 0
        found: list[list[str]] = []
        for place in range(count - 1, -1, -1):
            block = self.blocks[place]
            if self.aside[place]:
                found.append([])
                continue
            around = "".join(
                "-" if not 0 <= other < count else "1" if chosen[other] else "0"
                for other in (place - 2, place - 1, place, place + 1, place + 2)
            )
            relation = self._relation(block.chain)
            tag = block.tag if block.tag in TAGS else "other"
            features = [
                f"{name} yes" if chosen[place] else f"{name} no", f"{name} around {around}",
                f"{name} container {relation}", f"{name} container {relation} tag {tag}",
                f"{name} prose after {binned(prose_after, COUNT_BINS, '6+')}",
                *(f"{name} {feature}" for feature in self._position(place, before[place], after[place])),
                *(f"{name} {feature}" for feature in self._path(place)),
            ]  # fmt: skip
            if chosen[place] and self.sizes.words[place] >= PROSE_WORDS:
                prose_after += 1
            found.append(features)
        return found[::-1]

    def _position(self, place: int, before: int, after: int) -> tuple[str, ...]:
        if self.last < 0:
            return ("nothing chosen",)
        if place < self.first:
            return "before", f"before {binned(self.first - place, STEP_BINS, '10+')}"
        if place > self.last:
            return "after", f"after {binned(place - self.last, STEP_BINS, '10+')}"
        at = "first" if place == self.first else "last" if place == self.last else "between"
        return at, f"gap {binned(min(before, after), STEP_BINS, '10+')}"

    def _path(self, place: int) -> tuple[str, str]:
        block, words = self.blocks[place], self.sizes.words[place]
        mine = self.path_chosen.get(block.path, 0) - (words if self.chosen[place] else 0)
        others = self.path_words[block.path] - words
        purity = (
            "alone"
            if not others
            else "none"
            if not mine
            else "few"
            if mine < others / 2
            else "most"
            if mine < others
            else "all"
        )
        share = mine / self.total
        return (
            f"path {purity}",
            f"path share {'0' if not mine else '<.1' if share < 0.1 else '<.4' if share < 0.4 else '.4+'}",
        )


def _steps(chosen: Sequence[bool]) -> list[int]:
    """Return for each position the number of blocks since the last chosen one before it."""
    since, found = 99, []
    for is_chosen in chosen:
        found.append(since)
        since = 0 if is_chosen else min(99, since + 1)
    return found


def confidence_features(probabilities: Sequence[float]) -> list[list[str]]:
    """Return for each block what the first pass decided about it and its neighbours."""
    names = [binned(probability, PROBABILITY_BINS, ".95") for probability in probabilities]
    return [
        [
            f"first {names[place]}",
            f"first prev {names[place - 1] if place else 'none'}",
            f"first next {names[place + 1] if place + 1 < len(names) else 'none'}",
        ]
        for place in range(len(names))
    ]
