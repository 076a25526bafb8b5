"""Choose the blocks of a page's body; where the choice is doubtful, ask for a second opinion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from scraper.extraction.block_features import PageView
from scraper.extraction.blocks import TextBlock
from scraper.extraction.body_classifier import BlockScores, score_blocks
from scraper.extraction.class_names import group_bits
from scraper.extraction.document import Document
from scraper.extraction.exclusions import exclusions
from scraper.extraction.outline import CORRECTION
from scraper.extraction.phrases import Phrases, load_phrases
from scraper.extraction.selection import NOTE_REACH, SUB_HEADINGS
from scraper.extraction.trafilatura_guess import guess_body, second_opinion

AFTER_TITLE = 0.9  # of the words chosen
TITLE_LENGTH = 20  # letters of a block that may be the end of the title
TITLE_AGAIN = 40  # words of the story above a sub-heading that has the words of the title
PROSE_WORDS = 12  # from here an unlinked block is running text
DOUBTED_SHARE = 0.4  # of the page's running text: less is looked at again
DOUBTED_WORDS = 40  # and so is a body of fewer words
GAIN = 1.5  # a second choice is taken when it has so many times the words of the first

COMMON_SHARE = 0.7  # of the words of the first choice, in the second
READERS_SHARE = 0.5  # of the words added; more is a discussion

_COMMENTS = group_bits(["comment"])


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyChoice:
    """The blocks chosen as body, with the scores they were chosen by and what was excluded, and why."""

    page: PageView
    scores: BlockScores
    chosen: tuple[bool, ...]
    excluded: Mapping[int, str]

    @property
    def words(self) -> int:
        """Words of the chosen blocks."""
        return sum(block.words for block in self.blocks)

    @property
    def unlinked_words(self) -> int:
        """Words of the chosen blocks that are not mostly links."""
        return sum(block.words for block in self.blocks if block.link_length <= len(block.text) / 2)

    @property
    def blocks(self) -> list[TextBlock]:
        """The chosen blocks."""
        return [block for block, is_chosen in zip(self.page.blocks, self.chosen, strict=True) if is_chosen]


def choose_body(document: Document, page: PageView) -> BodyChoice:
    """Return the choice of the body among the blocks of a page."""
    first = _choice(
        document, page, score_blocks(page, lambda aside: guess_body(document.root, document.outline, aside))
    )
    return _chosen_again(document, page, first) if is_doubtful(first) else first


def is_doubtful(choice: BodyChoice) -> bool:
    """Return whether what was chosen is a small share of the page's running text, or nearly nothing."""
    blocks, linked = choice.page.blocks, choice.scores.sizes.linked
    running = sum(
        block.words
        for block, share in zip(blocks, linked, strict=True)
        if block.words >= PROSE_WORDS and share <= 0.5 and not block.all_names & _COMMENTS
    )
    words = choice.words
    return words < DOUBTED_WORDS or words < DOUBTED_SHARE * running


def _chosen_again(document: Document, page: PageView, first: BodyChoice) -> BodyChoice:
    """Return the better of the first choice, one without landmarks and names, and trafilatura's own text."""
    opinion = second_opinion(document.root, document.outline)
    bare = replace(page, blocks=tuple(map(_without_names, page.blocks)), aside=(False,) * len(page.blocks))
    scores = score_blocks(bare, lambda _: opinion)
    choices = [first, _choice(document, page, scores), _as_guessed(document, page, scores, opinion)]
    if page.declared_key:
        return max(choices, key=lambda choice: _agreement(choice, page.declared_key))
    if not _extends(choices[-1], first):  # the second opinion is about another box
        return first
    best = max(
        (choice for choice in choices[1:] if _extends(choice, first)),
        key=lambda choice: choice.unlinked_words,
    )
    return best if best.unlinked_words >= GAIN * max(1, first.words) else first


def second_choice(document: Document, page: PageView, first: BodyChoice) -> BodyChoice:
    """Return the choice that follows trafilatura's own text of a page, whatever our scores say."""
    return _as_guessed(document, page, first.scores, second_opinion(document.root, document.outline))


def _as_guessed(
    document: Document, page: PageView, scores: BlockScores, opinion: Sequence[bool]
) -> BodyChoice:
    as_scores = replace(scores, probabilities=tuple(map(float, opinion)), guess=tuple(opinion))
    return _choice(document, page, as_scores)


def _extends(choice: BodyChoice, first: BodyChoice) -> bool:
    """Return whether a choice holds most of the first one and adds text that is not the readers'.

    Where it does not hold it, the first was right on both of two DEV pages: the other box was the larger one.
    """
    blocks = choice.page.blocks
    added = [index for index, is_chosen in enumerate(choice.chosen) if is_chosen and not first.chosen[index]]
    readers = sum(blocks[index].words for index in added if blocks[index].all_names & _COMMENTS)
    common = sum(
        block.words
        for block, one, other in zip(blocks, first.chosen, choice.chosen, strict=True)
        if one and other
    )
    is_extension = common >= COMMON_SHARE * first.words or first.words < DOUBTED_WORDS
    return is_extension and readers < READERS_SHARE * max(1, choice.words - common)


def _agreement(choice: BodyChoice, declared: str) -> int:
    """Return the letters that a choice has in common with the declared text, less those that it adds."""
    return sum(len(block.key) if block.key in declared else -len(block.key) for block in choice.blocks)


def _without_names(block: TextBlock) -> TextBlock:
    return block._replace(within=0, own_names=0, near_names=0, all_names=0, hidden=False)


def _choice(document: Document, page: PageView, scores: BlockScores) -> BodyChoice:
    phrases = load_phrases()
    chosen = scores.chosen(page.blocks)
    _leave_out_repeated(page, scores, chosen)
    _add_corrections(scores, chosen, phrases)
    excluded = exclusions(page, document.outline, scores, chosen, phrases)
    kept = [is_chosen and index not in excluded for index, is_chosen in enumerate(chosen)]
    start = _start(page, kept)
    titles = frozenset(_titles(page, kept, start))
    return BodyChoice(
        page=page,
        scores=scores,
        chosen=tuple(
            is_kept and index >= start and index not in titles for index, is_kept in enumerate(kept)
        ),
        excluded=excluded,
    )


def _titles(page: PageView, kept: Sequence[bool], start: int) -> Iterator[int]:
    """Yield the kept blocks, from where the story begins, that say the title.

    A sub-heading with the same words, within the story, is not the title: a guide often answers the question
    of its title under one.
    """
    words = 0
    for index in range(start, len(kept)):
        block = page.blocks[index]
        if kept[index] and _is_title(block, page.title_key):
            is_within = words >= TITLE_AGAIN and kept[index - 1] and any(kept[index + 1 : index + 2])
            if not is_within or block.tag not in SUB_HEADINGS:
                yield index
        words += block.words if kept[index] else 0


def _leave_out_repeated(page: PageView, scores: BlockScores, chosen: list[bool]) -> None:
    """Leave out what only its surroundings made body where the site repeats it on other pages."""
    for index, pages in enumerate(page.repeated):
        if pages > 1 and scores.probabilities[index] < scores.threshold:
            chosen[index] = False


def _add_corrections(scores: BlockScores, chosen: list[bool], phrases: Phrases) -> None:
    """Add the notes on corrections that stand above or below the text."""
    for index, met in enumerate(scores.sizes.phrases):
        if CORRECTION in met and not chosen[index] and not phrases.dropping(met):
            chosen[index] = any(chosen[max(0, index - NOTE_REACH) : index + NOTE_REACH])


def _is_title(block: TextBlock, title_key: str) -> bool:
    """Return whether a block is the title, also where the page's title has the site's name before it."""
    return bool(title_key) and (
        block.key == title_key or (len(block.key) > TITLE_LENGTH and title_key.endswith(block.key))
    )


def _start(page: PageView, chosen: Sequence[bool]) -> int:
    """Return where the story begins: at its title, when nearly all that was chosen comes after it."""
    title = next((index for index, block in enumerate(page.blocks) if _is_title(block, page.title_key)), 0)
    words = [block.words if is_chosen else 0 for block, is_chosen in zip(page.blocks, chosen, strict=True)]
    return title if sum(words[title:]) >= AFTER_TITLE * sum(words) else 0
