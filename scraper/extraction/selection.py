"""Select the blocks of the body from their scores: what the classifier chose, and what belongs with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from scraper.extraction.blocks import TextBlock, landmark_bits
from scraper.extraction.class_names import group_bits
from scraper.extraction.line_features import CAPTION

UNLIKELY, LIKELY = 0.08, 0.8  # a block that is not unlikely is taken between two that are likely
REPEAT_LENGTH = 40  # letters; shorter lines may be said twice ("No comment.")
MOSTLY_LINKED = 0.5  # of the characters of a block
HEADING_WORDS = 20  # a longer heading is a teaser
HEADING_REACH = 2  # blocks between a heading and its text: a time, a name
PROSE_WORDS = 12
TABLE_REACH = 3  # blocks between the story and a table below it
QUOTE_REACH = 6  # blocks between a quotation and the story on either side of it
SPEAKER_WORDS = 20  # name and office of who is quoted
NOTE_REACH = 8  # blocks between the story and its footnotes
SUB_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6"))

_QUOTATION = landmark_bits("blockquote")
_FIGURE, _CAPTION = landmark_bits("figure"), landmark_bits("figcaption")
_HEADINGS = SUB_HEADINGS | {"h1"}
_NOTES = group_bits(["correction"])


def select(
    blocks: Sequence[TextBlock], probabilities: Sequence[float], linked: Sequence[float], threshold: float
) -> list[bool]:
    """Return which blocks are body: those as likely as ``threshold``, and those that belong with them.

    A list is kept whole when most of its items are body; so is a paragraph of the same kind, or a quotation,
    between two of the body. The rows of a table, quotations, sub-headings and footnotes stay where the story
    stands around them. A paragraph that comes again (for narrow screens, as a pulled quotation) comes once.
    """
    chosen = [probability >= threshold for probability in probabilities]
    _add_lists(blocks, probabilities, linked, threshold, chosen)
    if any(chosen):
        _add_tables(blocks, linked, chosen)
        _add_quotations(blocks, linked, chosen)
        _add_notes(blocks, linked, chosen)
        _add_headings(blocks, linked, chosen)
    return _once(blocks, chosen)


def _add_lists(
    blocks: Sequence[TextBlock],
    probabilities: Sequence[float],
    linked: Sequence[float],
    threshold: float,
    chosen: list[bool],
) -> None:
    lists: dict[int, list[int]] = {}
    for index, block in enumerate(blocks):
        if block.tag == "li" and len(block.chain) > 1:
            lists.setdefault(block.chain[1], []).append(index)
    items_of = {index: items for items in lists.values() for index in items}
    for index, block in enumerate(blocks):
        if chosen[index] or probabilities[index] < UNLIKELY or linked[index] > MOSTLY_LINKED:
            continue
        items = items_of.get(index, ())
        if len(items) > 2:
            chosen[index] = sum(probabilities[item] >= threshold for item in items) > len(items) / 2
        elif 0 < index < len(blocks) - 1:
            before, after = index - 1, index + 1
            of_a_kind = blocks[before].path == block.path == blocks[after].path
            need = LIKELY if of_a_kind else threshold
            chosen[index] = (of_a_kind or bool(block.within & _QUOTATION)) and (
                probabilities[before] >= need and probabilities[after] >= need
            )


def _add_tables(blocks: Sequence[TextBlock], linked: Sequence[float], chosen: list[bool]) -> None:
    """Add the rows of a data table within or just below the story, or with most of its rows chosen."""
    tables: dict[int, list[int]] = {}
    for index, block in enumerate(blocks):
        if block.tag == "tr" and len(block.chain) > 2:
            table = block.chain[1] if not block.chain[2:] else block.chain[2]
            tables.setdefault(table, []).append(index)
    for rows in tables.values():
        few_links = sum(linked[row] > MOSTLY_LINKED for row in rows) < len(rows) / 2
        below = any(chosen[max(0, rows[0] - TABLE_REACH) : rows[0]])
        within = any(chosen[: rows[0]]) and any(chosen[rows[-1] + 1 :])
        mostly = sum(chosen[row] for row in rows) > len(rows) / 2
        if few_links and (within or below or mostly):
            for row in rows:
                chosen[row] = True


def _add_quotations(blocks: Sequence[TextBlock], linked: Sequence[float], chosen: list[bool]) -> None:
    """Add quotations and embedded posts that have the story close before and after them."""
    for index, is_chosen in enumerate(chosen):
        if is_chosen or not (linked[index] <= MOSTLY_LINKED or _is_linked_post(blocks[index])):
            continue
        if blocks[index].within & _QUOTATION and not _is_attribution(blocks[index]):
            before = any(chosen[max(0, index - QUOTE_REACH) : index])
            chosen[index] = before and any(chosen[index + 1 : index + 1 + QUOTE_REACH])
        elif index and chosen[index - 1] and _names_speaker(blocks[index - 1], blocks[index]):
            chosen[index] = True


def _names_speaker(quotation: TextBlock, caption: TextBlock) -> bool:
    """Return whether a block is the caption of the figure that the quotation before it is set in."""
    return bool(
        quotation.within & _QUOTATION
        and quotation.within & _FIGURE
        and caption.within & _CAPTION
        and caption.words <= SPEAKER_WORDS
        and set(quotation.chain[1:3]) & set(caption.chain[1:3])
    )


def _is_linked_post(block: TextBlock) -> bool:
    """Return whether a block is the text of an embedded post that is a link as a whole (Instagram)."""
    is_sentence = block.text.rstrip('"”’»)')[-1:] in (".", "!", "?", "…")
    return bool(block.within & _QUOTATION) and block.words >= PROSE_WORDS and is_sentence


def _is_attribution(block: TextBlock) -> bool:
    """Return whether a block is the linked line below an embedded post: "— Ann Lee (@annlee) 3 May"."""
    return block.link_length > 0 and block.text[:1] in "—–-"


def _add_notes(blocks: Sequence[TextBlock], linked: Sequence[float], chosen: list[bool]) -> None:
    """Add footnotes and correction notes, by the names of their elements, below text that was chosen."""
    for index in _unchosen(blocks, linked, chosen):
        if blocks[index].near_names & _NOTES and any(chosen[max(0, index - NOTE_REACH) : index]):
            chosen[index] = True


def _add_headings(blocks: Sequence[TextBlock], linked: Sequence[float], chosen: list[bool]) -> None:
    """Add sub-headings over text that was chosen, once the story has begun.

    Over a list, a short line or another sub-heading, and for an ``<h1>``, the text before the heading has to
    stand in the same box too: a label over a list of links does not.
    """
    by_score = tuple(chosen)
    befores = list(accumulate((index if is_chosen else -1 for index, is_chosen in enumerate(chosen)), max))
    for index in reversed(list(_unchosen(blocks, linked, chosen))):
        block, before, after = blocks[index], befores[index], index + 1
        if block.tag not in _HEADINGS or block.words > HEADING_WORDS or before < 0 or after == len(blocks):
            continue
        is_in_flow = chosen[after] and all(_share_box(block, blocks[place]) for place in (before, after))
        reach = range(after, min(len(blocks), after + 1 + HEADING_REACH))
        text = next((blocks[place] for place in reach if by_score[place]), None)
        is_over_prose = text is not None and text.words >= PROSE_WORDS and _share_box(block, text)
        chosen[index] = is_in_flow or (is_over_prose and block.tag in SUB_HEADINGS)


def _share_box(one: TextBlock, other: TextBlock) -> bool:
    """Return whether two blocks stand in the same element or the one around it."""
    return bool(set(one.chain[1:3]) & set(other.chain[1:3]))


def _unchosen(blocks: Sequence[TextBlock], linked: Sequence[float], chosen: list[bool]) -> Iterator[int]:
    return (index for index in range(len(blocks)) if not chosen[index] and linked[index] <= MOSTLY_LINKED)


def _once(blocks: Sequence[TextBlock], chosen: Sequence[bool]) -> list[bool]:
    # A caption printed twice in a row (for those who see the picture, and for those who do not) is not a
    # paragraph.
    seen = {one.key for one, two in pairwise(blocks) if one.key == two.key and CAPTION.search(one.text)}
    kept = []
    for block, is_chosen in zip(blocks, chosen, strict=True):
        again = len(block.key) >= REPEAT_LENGTH and block.key in seen
        kept.append(is_chosen and not again)
        if is_chosen:
            seen.add(block.key)
    return kept
