"""Decide which elements of a page a reader sees, and which hold its story whatever their tag or name says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from scraper.extraction.page_styles import PageStyles

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Elements whose text a reader does not see, or that hold no text of an article (HTML Living Standard, 4.3,
# 4.8, 4.10, 4.12); rp and rt: a reading aid between the characters of a word (4.5.11).
UNSEEN = frozenset(
    """
    script style template svg math head iframe object embed applet canvas audio video map select datalist
    option textarea noindex frameset frame link meta base input title rp rt rtc
    """.split()
)
# Elements that hold furniture: of 22,500 blocks of DEV pages in <nav> and <footer>, 13 short ones (a table of
# contents) are in the truth. Broken nesting and odd templates put the story into them all the same.
FURNITURE_TAGS = frozenset(("nav", "footer", "button"))
# Landmarks that speak against a block, and that are not believed of the element that holds the story.
DOUBTED_TAGS = frozenset(("aside", "form", "dialog", "details", "noscript", "header"))

STORY_SHARE = 0.5  # of the page's running text: the element that holds it is the story's
COMMENTS_SHARE = 0.9  # ... the same of an element that is named for comments: a discussion may be longer
RUNNING_CHARACTERS = 80  # of one text node: less is a label or a link
LEAST_STORY = 400  # characters of running text; less never makes an element the story's

MOST_COUNTED = 50_000  # steps from a text to an element around it; pages nested a thousand deep exist

_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:left|right|top|text-indent)\s*:\s*-\d{4,}"
    r"|font-size\s*:\s*0+(?:px|em|rem|%|pt)?\s*(?:;|!|$)|clip\s*:\s*rect\(\s*[01]"
    r"|opacity\s*:\s*0+\s*(?:;|!|$)(?=.*(?:height|width)\s*:\s*[01](?:px)?\s*(?:;|!|$))"
    r"|(?:max-)?height\s*:\s*0+(?:px)?\s*(?:;|!|$)(?=.*overflow\s*:\s*hidden)",
    re.IGNORECASE,
)
# Classes with which CSS frameworks hide an element from all readers, or from those who see the page
# (Bootstrap, Tailwind, Foundation, WordPress, Drupal, GOV.UK); a class of another name may only sound so.
_HIDDEN_CLASSES = frozenset(
    """
    d-none visually-hidden visuallyhidden sr-only sr_only screen-reader-text screen-reader-only
    screenreader-text element-invisible govuk-visually-hidden u-visually-hidden u-hidden a11y-hidden
    show-for-sr uk-hidden print-only only-print visible-print visible-print-block show-for-print
    """.split()
)
_SHOWN_WIDER = re.compile(r"(?:^|\s)d-(?:sm|md|lg|xl|xxl)-(?!none)\w")  # Bootstrap's, beside d-none
_PREFORMATTED_STYLE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_BLOCK_STYLE = re.compile(r"display\s*:\s*(?:block|flex|grid|list-item|table)\b", re.IGNORECASE)
_NOT_RUNNING = frozenset(("a", "script", "style", "noscript"))


def is_hidden(element: HtmlElement) -> bool:
    """Return whether an element is marked as not shown."""
    style, classes = element.get("style"), element.get("class")
    return (
        bool(style and _HIDDEN_STYLE.search(style))
        or bool(classes and _has_hiding_class(classes))
        or element.get("hidden") is not None
        or (element.tag == "dialog" and element.get("open") is None)
    )


@lru_cache(maxsize=4096)
def _has_hiding_class(classes: str) -> bool:
    hiding = _HIDDEN_CLASSES.intersection(classes.split())
    return bool(hiding) and not (hiding == {"d-none"} and _SHOWN_WIDER.search(classes))


def is_preformatted(element: HtmlElement, tag: str) -> bool:
    """Return whether the line ends of an element's source are shown."""
    if tag in ("pre", "listing", "xmp"):
        return True
    style = element.get("style")
    return bool(style and _PREFORMATTED_STYLE.search(style))


def is_block_styled(element: HtmlElement) -> bool:
    """Return whether an inline element stands on lines of its own, by its style."""
    style = element.get("style")
    return bool(style and _BLOCK_STYLE.search(style))


def is_shadow_root(element: HtmlElement) -> bool:
    """Return whether a ``<template>`` is a declarative shadow root: browsers show what it holds."""
    return element.get("shadowrootmode") is not None or element.get("shadowroot") is not None


class RunningText:
    """The share of a page's running text in its elements, counted when first asked for."""

    def __init__(self, root: HtmlElement, styles: PageStyles) -> None:
        self.root, self.styles = root, styles
        self._hidden: dict[HtmlElement, int] = {}  # characters in the hidden children of an element

    def holds_story(self, element: HtmlElement, share: float = STORY_SHARE) -> bool:
        """Return whether an element holds so much of the page's running text that it is the story's."""
        length = self._lengths.get(element, 0)
        return length >= LEAST_STORY and length >= share * self._lengths[self.root]

    def holds_text(self, element: HtmlElement) -> bool:
        """Return whether an element holds any running text."""
        return element in self._lengths

    def hidden_holds_story(self, element: HtmlElement) -> bool:
        """Return whether a hidden element, or it and the hidden elements beside it, hold the story.

        Some publishers hide each paragraph by itself until a script has asked who reads.
        """
        if self.holds_story(element):
            return True
        parent = element.getparent()
        if parent is None or element not in self._lengths:
            return False
        if parent not in self._hidden:
            self._hidden[parent] = sum(
                self._lengths.get(each, 0) for each in parent if is_hidden(each) or self.styles.hide(each)
            )
        return self._hidden[parent] >= max(LEAST_STORY, STORY_SHARE * self._lengths[self.root])

    @cached_property
    def _lengths(self) -> dict[HtmlElement, int]:
        """The characters of running text in each element that has any, and in the root."""
        lengths = {self.root: 0}
        left = MOST_COUNTED
        for element, text in _long_texts(self.root):
            length = len(" ".join(text.split()))  # the indents of deep trees are longer than sentences
            if length <= RUNNING_CHARACTERS:
                continue
            around = [element, *islice(element.iterancestors(), left)]
            if any(each.tag in _NOT_RUNNING for each in around):
                continue
            left -= len(around)
            for each in around:
                lengths[each] = lengths.get(each, 0) + length
            if left <= 0:
                break
        return lengths


def _long_texts(root: HtmlElement) -> Iterator[tuple[HtmlElement, str]]:
    """Yield the texts longer than a label, each with the element it stands in."""
    for element in root.iter("*"):
        text, tail = element.text, element.tail
        if text and len(text) > RUNNING_CHARACTERS and element.tag not in _NOT_RUNNING:
            yield element, text
        if tail and len(tail) > RUNNING_CHARACTERS and element is not root:
            yield element.getparent(), tail
