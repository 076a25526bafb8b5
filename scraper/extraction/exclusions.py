"""Exclude from the chosen blocks what is not the story: calls, notices, date lines, boxes, other stories."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING

from scraper.extraction.block_features import PageView
from scraper.extraction.blocks import TextBlock
from scraper.extraction.body_classifier import BlockScores
from scraper.extraction.class_names import group_bits
from scraper.extraction.dates import is_only_date
from scraper.extraction.other_stories import OTHERS_LABEL, other_stories
from scraper.extraction.outline import Outline
from scraper.extraction.phrases import PhraseRule, Phrases

if TYPE_CHECKING:
    from lxml.html import HtmlElement

ALL_LINKED = 0.9  # of a block's characters in links: nothing but a link
MOSTLY = 0.4  # of a block's characters in links: with "READ MORE:" before it, a pointer
BOX_WORDS = 70  # of an element that holds a call: more is a part of the story
BOX_SHARE = 0.25  # ... and of the words chosen
BOX_PARAGRAPH = 40  # words of one of its blocks; a longer one is a paragraph of the story
PROSE_WORDS = 12
RUNNING_WORDS = 18  # a block of so many words is a paragraph of the story
SECTION_BELOW = 60  # words of the story; what a heading begins after them is not the story
RELATIVE_TIME = re.compile(
    r"\W*(?:(?:\d+|an?|one)[ ](?:second|minute|min|hour|hr|day|week|month|year)s?[ ]ago|yesterday|just[ ]now"
    r"|vor[ ]\w+[ ](?:sekunde|minute|stunde|tag|woche|monat)\w*|gestern|il[ ]y[ ]a[ ]\w+[ ][^\W\d]+"
    r"|hace[ ]\w+[ ][^\W\d]+|\d+[ ](?:minuti|or[ae]|giorn[io])[ ]fa|\d+[ ](?:minuten|uur|dagen)[ ]geleden"
    r"|há[ ]\w+[ ][^\W\d]+|\d+[ ]?(?:分|時間|日)前)\W*",
    re.IGNORECASE,
)

BOX_REASON = "in a box that calls for something"
FORM_REASON = "in a box with a form"
LINKS_REASON = "a link below a label of other stories"
DATE_REASON = "nothing but a date"
PROMOTION_REASON = "in a box of promotion above the story"
OTHER_STORY_REASON = "another story below the article"

_BOX_HEADINGS = frozenset(("h2", "h3", "h4", "h5"))
_PROMOTIONS = group_bits(["teaser", "newsletter", "advert", "related", "popular"])


def exclusions(
    page: PageView, outline: Outline, scores: BlockScores, chosen: Sequence[bool], phrases: Phrases
) -> Mapping[int, str]:
    """Return the chosen blocks that are not the story's, each with the reason."""
    rules = {
        index: rule
        for index, met in enumerate(scores.sizes.phrases)
        if met and (rule := phrases.dropping(met, linked=scores.sizes.linked[index] > MOSTLY))
    }
    excluded = {index: f"{rule.name}: {rule.why}" for index, rule in rules.items()}
    boxes = _Boxes(page.blocks, outline.parents, chosen)
    excluded |= dict.fromkeys(_around_calls(boxes, rules), BOX_REASON) | excluded
    excluded |= dict.fromkeys(_sections(page, rules, chosen), BOX_REASON) | excluded
    excluded |= dict.fromkeys(_around_forms(boxes, outline), FORM_REASON) | excluded
    excluded |= dict.fromkeys(_links_below_labels(page, scores, chosen), LINKS_REASON) | excluded
    excluded |= dict.fromkeys(_date_lines(page.blocks, chosen), DATE_REASON) | excluded
    excluded |= dict.fromkeys(_promotions_above(page, boxes, chosen), PROMOTION_REASON) | excluded
    return excluded | dict.fromkeys(other_stories(page, outline, scores, chosen), OTHER_STORY_REASON)


class _Boxes:
    """The small elements of a page: few words, no paragraph of the story. Counted when first asked for."""

    def __init__(self, blocks: Sequence[TextBlock], parents: Sequence[int], chosen: Sequence[bool]) -> None:
        self.blocks, self.parents = blocks, parents
        total = sum(block.words for block, is_chosen in zip(blocks, chosen, strict=True) if is_chosen)
        self.limit = min(BOX_WORDS, total * BOX_SHARE)

    @cached_property
    def counts(self) -> tuple[list[int], list[int]]:
        """The words of each element, and those of its longest block."""
        words, longest = [0] * len(self.parents), [0] * len(self.parents)
        for block in self.blocks:
            place = block.chain[0]
            words[place] += block.words
            longest[place] = max(longest[place], block.words)
        for place in range(len(self.parents) - 1, 0, -1):  # an element comes before those in it
            parent = self.parents[place]
            words[parent] += words[place]
            longest[parent] = max(longest[parent], longest[place])
        return words, longest

    def is_box(self, element: int) -> bool:
        """Return whether an element is small enough to be a box."""
        words, longest = self.counts
        return words[element] <= self.limit and longest[element] <= BOX_PARAGRAPH

    def blocks_in(self, elements: Collection[int]) -> list[int]:
        """Return the blocks of these elements, from one look at each block of the page."""
        if not elements:
            return []
        inside = frozenset(elements)
        return [index for index, block in enumerate(self.blocks) if not inside.isdisjoint(block.chain)]


def _around_calls(boxes: _Boxes, rules: Mapping[int, PhraseRule]) -> list[int]:
    """Return the blocks of the boxes in which a rule for calls took a block."""
    around: set[int] = set()
    for index, rule in rules.items():
        if not rule.takes_box:
            continue
        box = -1
        for element in boxes.blocks[index].chain[1:]:
            if not boxes.is_box(element):
                break
            box = element
        if box >= 0:
            around.add(box)
    return boxes.blocks_in(around)


def _sections(page: PageView, rules: Mapping[int, PhraseRule], chosen: Sequence[bool]) -> Iterator[int]:
    """Yield the blocks below a heading that a rule took, in the element that it begins, below the story."""
    blocks, done = page.blocks, 0
    words = (block.words if is_chosen else 0 for block, is_chosen in zip(blocks, chosen, strict=True))
    above = list(accumulate(words, initial=0))
    for start, rule in rules.items():
        if not rule.takes_section or above[start] < SECTION_BELOW or start < done:
            continue
        begun = [element for element in blocks[start].chain[1:] if element not in blocks[start - 1].chain]
        if begun:
            section = list(_run_in(blocks, begun[-1], start, len(blocks)))
            done = section[-1] + 1
            yield from section


def _around_forms(boxes: _Boxes, outline: Outline) -> list[int]:
    """Return the blocks of the boxes that hold a field for an email address, or the answers of a poll."""
    if not outline.elements:
        return []
    fields = [field for field in outline.elements[0].iter("input") if _asks_for_address(field)]
    if not fields:
        return []
    around: set[int] = set()
    numbers = {element: index for index, element in enumerate(outline.elements)}
    for field in fields:
        box = -1
        for element in field.iterancestors():
            number = numbers.get(element)
            if number is not None and not boxes.is_box(number):
                break
            box = box if number is None else number
        if box >= 0:
            around.add(box)
    return boxes.blocks_in(around)


def _asks_for_address(field: HtmlElement) -> bool:
    names = f"{field.get('name', '')} {field.get('id', '')} {field.get('placeholder', '')}".lower()
    return (field.get("type") or "").lower() in ("email", "radio") or "mail" in names


def _links_below_labels(page: PageView, scores: BlockScores, chosen: Sequence[bool]) -> Iterator[int]:
    """Yield the links that follow a label such as "Related stories", as far as nothing else stands there."""
    below = -1
    for index, is_chosen in enumerate(chosen):
        if not is_chosen or scores.sizes.linked[index] < ALL_LINKED or not index:
            continue
        if below == index - 1 or OTHERS_LABEL.fullmatch(page.blocks[index - 1].text):
            below = index
            yield index


def _date_lines(blocks: Sequence[TextBlock], chosen: Sequence[bool]) -> Iterator[int]:
    """Yield the lines above the story that say nothing but a date."""
    for index, block in enumerate(blocks):
        if not chosen[index]:
            continue
        if is_only_date(block.text) or RELATIVE_TIME.fullmatch(block.text):
            yield index
        elif block.words >= PROSE_WORDS:
            return


def _promotions_above(page: PageView, boxes: _Boxes, chosen: Sequence[bool]) -> Iterator[int]:
    """Yield the blocks of small boxes named as promotion that stand, under a heading, above the story."""
    story = (index for index, is_chosen in enumerate(chosen) if is_chosen and _is_running(page.blocks[index]))
    first = next(story, 0)
    around = frozenset(page.blocks[first].chain) if first else frozenset()
    for index in range(first):
        block = page.blocks[index]
        if not chosen[index] or block.tag not in _BOX_HEADINGS or block.key == page.title_key:
            continue
        box = block.chain[1] if len(block.chain) > 1 else -1
        if block.near_names & _PROMOTIONS and box >= 0 and box not in around and boxes.is_box(box):
            yield from _run_in(page.blocks, box, index, first)


def _run_in(blocks: Sequence[TextBlock], element: int, start: int, end: int) -> Iterator[int]:
    """Return the blocks from ``start`` on, before ``end``, as far as they stand in an element."""
    return takewhile(lambda index: element in blocks[index].chain, range(start, end))


def _is_running(block: TextBlock) -> bool:
    return block.words >= RUNNING_WORDS and block.link_length <= len(block.text) * MOSTLY
