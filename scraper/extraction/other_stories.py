"""Find the other stories on the page of an article: below it, between its parts, or above its headline."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from scraper.extraction.block_features import PageView
from scraper.extraction.blocks import TextBlock
from scraper.extraction.body_classifier import BlockScores
from scraper.extraction.class_names import group_bits
from scraper.extraction.dates import find_date
from scraper.extraction.outline import Outline

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOSTLY = 0.4  # of a heading's characters in links: with so many it is the headline of another page
STORY_WORDS = 20  # of the page's own story above another one
MOST_BETWEEN = 20  # elements between two posts: advertisements, share buttons
HEAD_BLOCKS = 4  # of another story: headline, byline, date, picture
NEXT_STORY = re.compile(
    r"\W*(?:(?:up|read)[ ]next|next[ ](?:story|article|post|up)|(?:nächster|weiterer)[ ](?:artikel|beitrag)"
    r"|article[ ]suivant|(?:siguiente|próxim[ao])[ ](?:artículo|noticia|artigo)|articolo[ ]successivo"
    r"|volgend[ ]artikel)\W*",
    re.IGNORECASE,
)
# A label of other stories counts only where a headline that is a link follows it.
OTHERS_LABEL = re.compile(
    r"\W*(?:more[ ](?:from|in|on|by)[ ](?:\S+[ ]?){1,5}|(?:more|other|related|recommended|latest|further)[ ]"
    r"(?:stories|articles|news|posts|reading|content)|related|recommended(?:[ ]for[ ]you)?"
    r"|(?:read|see)[ ](?:also|next)|also[ ]read|you[ ](?:may|might)[ ]also[ ]like|most[ ]read"
    r"|sponsored(?:[ ]content)?|promoted(?:[ ]content)?|paid[ ](?:content|post)|partner[ ]content|advertorial"
    r"|anzeige|lesen[ ]sie[ ](?:auch|mehr)|mehr[ ]zum[ ]thema|weitere[ ](?:artikel|meldungen|nachrichten)"
    r"|(?:à[ ])?lire[ ]aussi|sur[ ]le[ ]même[ ]sujet|contenu[ ]sponsorisé|lee[ ]también|más[ ]noticias"
    r"|leggi[ ]anche|lees[ ]ook|leia[ ](?:também|mais)|läs[ ](?:också|mer)|læs[ ]også|czytaj[ ]także)\W*",
    re.IGNORECASE,
)
LIVE = re.compile(r"live|timeline|update", re.IGNORECASE)  # names of elements whose articles are posts
# Names of the element that holds one story of several, the story after this one, or others with a link.
POST_NAME = re.compile(
    r"(?:(?:blog|news|full|single)[-_]?)?(?:article|post|story|hentry|entry)"
    r"(?:[-_]{0,2}(?:item|wrapper|container|full|page|box|card))?",
    re.IGNORECASE,
)
NEXT_NAME = re.compile(r"(?:^|[\s_-])next[-_]?(?:article|story|post)\b", re.IGNORECASE)
OTHERS_NAME = re.compile(
    r"(?:^|[\s_-])(?:more|other|related|recommended|further|sponsored|promoted)[-_]?"
    r"(?:articles?|stor(?:y|ies)|posts?|news|content)|(?:read|up)[-_]?next|recirc",
    re.IGNORECASE,
)
APART_NAME = re.compile(r"(?:^|\s)(?:more|next|also|others?|further|post|story)(?:$|\s)", re.IGNORECASE)
POST_TYPE = re.compile(r"(?:Article|BlogPosting)$")
STORY_ADDRESSES = ("data-url", "data-href", "data-permalink", "data-article-url", "data-story-url")

_HEADINGS = frozenset(("h1", "h2", "h3"))
_BYLINES = group_bits(["byline"])
_BOX_HEADINGS = _HEADINGS | {"h4"}
_LABEL_TAGS = _HEADINGS | {"h4", "h5", "h6"}


def other_stories(
    page: PageView, outline: Outline, scores: BlockScores, chosen: Sequence[bool]
) -> Iterator[int]:
    """Yield the blocks of other stories that stand below the page's own, as endless scrolling adds them."""
    title = _title_index(page)
    articles = _outermost_articles(page.blocks, outline)
    first = next((index for index in range(title + 1, len(chosen)) if chosen[index]), None)
    if first is None:
        return
    own = articles[title] if articles[title] >= 0 else articles[first]
    if articles[title] >= 0:  # teasers of other stories above the page's own headline
        yield from (index for index in range(title) if chosen[index] and articles[index] not in (own, -1)
                    and not set(page.blocks[title].chain) & {articles[index]})  # fmt: skip
    own_words, other, box = 0, False, -1
    seen: dict[int, bool] = {}
    for index in range(first, len(chosen)):
        article = articles[index]
        if box < 0 or box not in page.blocks[index].chain:
            box = _box_of_story(page, outline, scores, title, index) if own_words >= STORY_WORDS else -1
        if box >= 0:
            if chosen[index]:
                yield index
            continue
        if article in (own, -1):
            other = other or (own_words >= STORY_WORDS and _opens_story(page, outline, scores, index))
        elif article not in seen:
            seen[article] = own_words >= STORY_WORDS and _is_other_story(
                page, outline, scores, articles, index
            )
        if chosen[index] and (other or seen.get(article, False)):
            yield index
        elif chosen[index]:
            own_words += page.blocks[index].words


def _title_index(page: PageView) -> int:
    same = (
        index for index, block in enumerate(page.blocks) if page.title_key and block.key == page.title_key
    )
    return next(same, 0)


def _outermost_articles(blocks: Sequence[TextBlock], outline: Outline) -> list[int]:
    """Return for each block the outermost ``<article>`` around it; -1 outside any."""
    outermost: list[int] = []
    for place, (element, parent) in enumerate(zip(outline.elements, outline.parents, strict=True)):
        above = outermost[parent] if parent >= 0 else -1
        outermost.append(place if above < 0 and _is_article(element) else above)
    return [outermost[block.chain[0]] for block in blocks]


def _is_article(element: HtmlElement) -> bool:
    return bool(element.tag == "article" or element.get("role") == "article")


def _is_other_story(
    page: PageView, outline: Outline, scores: BlockScores, articles: Sequence[int], start: int
) -> bool:
    """Return whether an ``<article>`` begins with a linked headline, or with a headline and a byline."""
    element = outline.elements[articles[start]]
    if LIVE.search(f"{element.get('class', '')} {element.get('id', '')}"):
        return False
    head = [index for index in range(start, min(len(articles), start + HEAD_BLOCKS))
            if articles[index] == articles[start]]  # fmt: skip
    for index in head:
        block = page.blocks[index]
        if block.tag in _HEADINGS and block.key != page.title_key:
            is_linked = scores.sizes.linked[index] > MOSTLY and _leads_away(outline, block)
            return block.tag == "h1" or is_linked or _has_byline(scores, head)
    return False


def _leads_away(outline: Outline, block: TextBlock) -> bool:
    """Return whether the link of a heading leads to another page, and not to a place on one."""
    element = outline.elements[block.chain[0]]
    links = [*element.iter("a"), *element.iterancestors("a")]
    return not any("#" in (link.get("href") or "") for link in links)


def _box_of_story(page: PageView, outline: Outline, scores: BlockScores, title: int, index: int) -> int:
    """Return the element that a heading begins as the box of another story; -1 if it begins none.

    What follows the box is the page's own story again. The headline of another story is a link, or it is of
    the same level as the page's own and both stand in elements of a kind, each named for one post.
    """
    blocks, block = page.blocks, page.blocks[index]
    if block.tag not in _BOX_HEADINGS or block.key == page.title_key or not page.title_key:
        return -1
    begun = _begun(outline, block, blocks[index - 1])
    names = " ".join(outline.elements[number].get("class") or "" for number in begun)
    if NEXT_NAME.search(names) or any(_is_twin(page, outline, title, index, number) for number in begun):
        return begun[-1]
    if scores.sizes.linked[index] <= MOSTLY or not _leads_away(outline, block):
        return -1
    label = blocks[index - 1]
    if OTHERS_LABEL.fullmatch(label.text):
        # Where the label is a link, it may end the entry before this one.
        is_label = label.tag in _LABEL_TAGS or scores.sizes.linked[index - 1] <= MOSTLY
        shared = [number for number in _begun(outline, block, blocks[index - 2]) if number in label.chain]
        return next(iter(shared or begun[-1:]), -1) if is_label else -1
    if OTHERS_NAME.search(names):
        return begun[-1]
    lines = (
        [line for line in _head(blocks, begun[-1], index) if _has_byline(scores, (line,))] if begun else []
    )
    is_apart = (
        any(_is_article(outline.elements[number]) for number in begun)
        or APART_NAME.search(names)
        or any(blocks[line].own_names & _BYLINES for line in lines)
    )
    return begun[-1] if lines and is_apart else -1


def _begun(outline: Outline, block: TextBlock, before: TextBlock) -> list[int]:
    """Return the elements around a block that do not hold the block before it, the innermost first."""
    around, number = set(), before.chain[0]
    while number >= 0:
        around.add(number)
        number = outline.parents[number]
    return list(takewhile(lambda each: each not in around, block.chain[1:]))


def _head(blocks: Sequence[TextBlock], element: int, start: int) -> list[int]:
    """Return the first blocks of an element that begins at ``start``."""
    reach = range(start, min(len(blocks), start + HEAD_BLOCKS))
    return [index for index in reach if element in blocks[index].chain]


def _is_twin(page: PageView, outline: Outline, title: int, index: int, number: int) -> bool:
    """Return whether an element of one post comes after another of its kind, which holds the own story."""
    block, element = page.blocks[index], outline.elements[number]
    if not _is_post(element):
        return False
    kind = _kind(element)
    before = islice(element.itersiblings(preceding=True), MOST_BETWEEN)
    own = next((each for each in before if _kind(each) == kind), None)
    if own is None or _is_live(outline, block):
        return False
    if block.tag == "h1":
        return True
    headline = outline.elements[page.blocks[title].chain[0]]
    return page.blocks[title].tag == block.tag and own in headline.iterancestors()


def _kind(element: HtmlElement) -> tuple[object, ...]:
    return element.tag, element.get("itemtype") or element.get("class")


def _is_post(element: HtmlElement) -> bool:
    """Return whether an element is named for one post, or has the type or the address of one."""
    return (
        any(map(POST_NAME.fullmatch, (element.get("class") or "").split()))
        or bool(POST_TYPE.search(element.get("itemtype") or ""))
        or any(element.get(name) for name in STORY_ADDRESSES)
    )


def _is_live(outline: Outline, block: TextBlock) -> bool:
    elements = (outline.elements[number] for number in block.chain)
    return any(LIVE.search(f"{each.get('class', '')} {each.get('id', '')}") for each in elements)


def _opens_story(page: PageView, outline: Outline, scores: BlockScores, index: int) -> bool:
    """Return whether a heading opens another story outside any ``<article>``.

    It stands below a label ("Next story"), or above a byline: of a lower heading one with a date, because
    the parts of one article may be signed. The posts of a live blog have both.
    """
    block = page.blocks[index]
    if block.tag not in _HEADINGS or block.key == page.title_key or not page.title_key:
        return False
    if NEXT_STORY.fullmatch(page.blocks[index - 1].text) and not NEXT_STORY.fullmatch(block.text):
        return True
    below = range(index + 1, min(len(page.blocks), index + HEAD_BLOCKS))
    if block.tag == "h1":
        return _has_byline(scores, below)
    if _is_live(outline, block):
        return False
    return any(_has_byline(scores, (line,)) and find_date(page.blocks[line].text) for line in below[:1])


def _has_byline(scores: BlockScores, indexes: Sequence[int]) -> bool:
    return any(name == "byline" for index in indexes for name in scores.sizes.phrases[index])
