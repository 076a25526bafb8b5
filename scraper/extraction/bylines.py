"""Find names and dates in the page itself, by the names of elements or in the lines under the headline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from lxml import etree

from scraper.days import is_future
from scraper.extraction.authors import LEAD, byline_authors, clean_authors, is_name
from scraper.extraction.date_forms import DateRole, WrittenDate
from scraper.extraction.dates import (
    LABEL_CHARS,
    TWO_DIGITS,
    is_only_date,
    is_only_label,
    read_date,
    role_of,
    without_date,
    written_dates,
)
from scraper.extraction.marked_elements import (
    MARKS,
    WORDS,
    MarkedElements,
    Place,
    mark_elements,
    texts_after,
    texts_before,
)
from scraper.extraction.page_head import SILENT, text_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_BYLINE_CHARS = 300
MAX_BYLINES = 40  # candidates looked at for each mark; a list page has hundreds
MAX_HEAD_LINES = 14  # under the headline: standfirst, share buttons, picture, caption, byline, date
MAX_RUNNING_LINES = (
    2  # that may stand before the byline: a standfirst, a caption; after more the story has begun
)
RUNNING_CHARS = 120  # a longer line is running text
PARAGRAPH_CHARS = 350  # a standfirst is shorter
OTHER_HEADINGS = frozenset(("h2", "h3", "h4"))
SENTENCE = re.compile(r"(?:\S+\s+){7,}\S*[.!?…][\"”’)]*$")  # and so is a shorter one that is a whole sentence
MAX_BYLINE_WORDS = 15
MAX_LABELLED_TEXTS = 2000  # of a page; a long guide has as many
NEAR_LEVELS = 4  # a date above the headline stands in the same block, at most so many elements up

# Attributes that hold the date of an element, as HTML, microdata, hAtom and scripts name them.
STAMPS = """
    datetime content title data-datetime data-date data-timestamp data-time data-published data-utc
    data-utc-date
""".split()
MAX_STAMP_CHARS = 200
SAYS = etree.XPath("//body//*[normalize-space(text())=$text]")

# An ancestor of such a name holds other stories, or the page's furniture: its dates and names are not the
# article's. Not of their kind: Drupal's "node--promoted" (shown on the front page), Elementor's
# "elementor-widget" (every part of a page that it builds, its lists of posts apart), "commentary", and the
# footer of the post itself, where Blogger, WordPress and Drupal print author and date.
ELSEWHERE = re.compile(
    r"(?i)related|recirc|teaser|sidebar|side-bar|(?<!elementor-)widget|"
    r"elementor-(?:widget-)?(?:posts|loop|archive)|"
    r"promo(?!ted)|recommend|most-?read|trending|popular|comment(?!ary)|"
    r"(?<!post-)(?<!entry-)(?<!article-)footer|"
    r"carousel|card|latest|newsletter|also-|read-?more|read-?next"
)
OWN_FOOTER = re.compile(r"(?i)(?:post|entry|article|author|node|byline)[-_]+(?:footer|meta|info|submitted)")
# Boxes of other stories and of readers, whose times of day are never the article's.
OTHERS = re.compile(
    r"(?i)related|recirc|teaser|promo(?!ted)|recommend|most-?read|trending|popular|comment(?!ary)|"
    r"carousel|card|latest|newsletter|also-|read-?more|read-?next"
)
ELSEWHERE_TAGS = frozenset(("aside", "nav", "footer"))
YEAR_IN_TEXT = re.compile(r"(?:19|20)\d\d|\d\d?[./-]\d\d?[./-]\d\d|年")
BETWEEN_FACTS = re.compile(r"\s*[|·•∙・]\s*|\s+[–—-]\s+")
PUBLISHED_NAME = re.compile(r"(?i)publi|posted|pubdate|created|entry-date|issued")
MODIFIED_NAME = re.compile(r"(?i)modif|updat|revis|edited|amended|last-?change|last-?review")


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The element of the headline, and the elements around it, which are part of the article."""

    root: HtmlElement
    element: HtmlElement | None
    around: frozenset[HtmlElement]

    @cached_property
    def marked(self) -> MarkedElements:
        """The elements of the page that are marked as bylines and dates, around the headline."""
        return mark_elements(self.root, self.element)

    def texts_after(self) -> Iterator[tuple[str, HtmlElement]]:
        """Yield the texts that follow the headline, with the elements they stand in."""
        return texts_after(self.element) if self.element is not None else iter(())


def find_headline(root: HtmlElement, headings: Sequence[HtmlElement], title: str) -> Headline:
    """Return the heading that states the title, else any element that does, else the first heading."""
    words = _plain(title)
    element = next((heading for heading in headings if words and words in _plain(text_of(heading))), None)
    if element is None and title:
        lower = [heading for heading in root.iter("h2", "h3") if _plain(text_of(heading)) == words]
        # XPath compares strings: a variable may hold quotes.
        element = next(
            iter(lower or [said for said in SAYS(root, text=title) if said.tag not in SILENT]), None
        )
    if element is None:
        element = next(iter(headings), None)
    around = frozenset(element.iterancestors()) if element is not None else frozenset()
    return Headline(root=root, element=element, around=around)


def find_authors(headline: Headline, own_names: Sequence[str]) -> tuple[str, ...]:
    """Return the people of the first byline after the headline, else of the first one; agencies if there
    are none.
    """
    fallback: tuple[str, ...] = ()
    for place, elements in _candidates(headline):
        for element in elements[:MAX_BYLINES]:
            parent = element.getparent()
            if parent is None or _is_elsewhere(parent, headline):
                continue
            found = _names_in(element, own_names, place)
            if found and is_name(found[0]):
                return found
            fallback = fallback or found
    return authors_of_lines(list(lines_under(headline)), own_names) or fallback


def marked_dates(headline: Headline, *, day_first: bool = True) -> Iterator[tuple[WrittenDate, str]]:
    """Yield the date and place of each element that its tag or name marks as the article's date.

    Dates of other stories have a heading of their own before them; the day that some sites print at the top
    of every page stands far from the headline. Both are left out.
    """
    for place in headline.marked.dates[:MAX_BYLINES]:
        element = place.element
        if _is_elsewhere(element, headline):
            continue
        is_declared = element.get("itemprop") in ("datePublished", "dateModified")
        if not is_declared and not _belongs(place, headline):
            continue
        if written := _written_in(element, day_first=day_first):
            yield replace(written, role=_role(element)), f"<{element.tag}>"
            # "Published 4 March 2026, last updated 6 March 2026" in one element
            others = list(written_dates(text_of(element)[:MAX_STAMP_CHARS], day_first=day_first))[1:]
            yield from ((each, f"<{element.tag}>") for each in others if each.role is not DateRole.UNKNOWN)


def meta_dates(headline: Headline, *, day_first: bool = True) -> Iterator[WrittenDate]:
    """Yield the dates in the boxes that a page has for the article's own data, wherever they stand.

    Material for MkDocs prints them in the sidebar, other themes in an ``<aside>`` above the text.
    """
    for place in headline.marked.dates[:MAX_BYLINES]:
        above = [f"{node.get('class', '')} {node.get('id', '')}" for node in place.element.iterancestors()]
        is_own = any(map(OWN_FOOTER.search, above)) and not any(map(OTHERS.search, above))
        if is_own and (written := _written_in(place.element, day_first=day_first)):
            yield replace(written, role=_role(place.element))


def _written_in(element: HtmlElement, *, day_first: bool) -> WrittenDate | None:
    """Return the date of an element by its attributes, else by its text: the one with a time of day."""
    declared = (read_date(value, day_first=day_first) for name in STAMPS if (value := element.get(name)))
    first = next((written for written in declared if written), None)
    if first and first.has_time:
        return first
    text = text_of(element)[:MAX_STAMP_CHARS]
    shown = read_date(text, day_first=day_first)
    if first is None and shown is None:
        # Day, month and year in elements of their own; the value-class pattern of microformats.
        inner = (child.get("title") or child.get("datetime") or "" for child in element.iterdescendants())
        texts = (" ".join(element.itertext())[:MAX_STAMP_CHARS], *islice(filter(None, inner), 2))
        return next((each for text in texts if (each := read_date(text, day_first=day_first))), None)
    same_day = first and shown and first.printed.date() == shown.printed.date()
    return shown if first is None or same_day else first


def _role(element: HtmlElement) -> DateRole:
    """Return the role of a date by the names of its element, else by the words before it."""
    parent = element.getparent()
    names = " ".join(
        f"{node.get('class', '')} {node.get('itemprop', '')}"
        for node in (element, parent)
        if node is not None
    )
    if PUBLISHED_NAME.search(names):
        return DateRole.PUBLISHED
    if MODIFIED_NAME.search(names):
        return DateRole.MODIFIED
    words = " ".join([*islice(texts_before(element), 2)][::-1])[-LABEL_CHARS:]
    text = text_of(element)[:MAX_STAMP_CHARS]
    first = next(written_dates(text), None)
    own = role_of(text[: first.start if first else LABEL_CHARS])
    return own if own is not DateRole.UNKNOWN else role_of(words)


def _belongs(place: Place, headline: Headline) -> bool:
    """Return whether no other heading stands between headline and date; a date before the headline shares
    its block.
    """
    element, marked = place.element, headline.marked
    if headline.element is None or marked.headline is None:
        return any(above.tag == "article" for above in element.iterancestors())
    nearest = next(marked.headings_before(place), None)
    if nearest is headline.element or headline.element in element.iterancestors():
        return True
    block = [headline.element, *headline.element.iterancestors()][:NEAR_LEVELS]
    if not any(above in block for above in element.iterancestors()):
        return False
    return nearest is None or nearest in marked.headings_before(marked.headline)


def lines_under(headline: Headline) -> Iterator[str]:
    """Yield the short texts under the headline, until the story has begun."""
    running = count = 0
    story_begins = False
    for text, parent in headline.texts_after():
        if parent.tag in SILENT or _is_elsewhere(parent, headline):
            continue
        line = " ".join(text.split())
        if len(line) > RUNNING_CHARS or SENTENCE.match(line):
            running += 1 + len(line) // PARAGRAPH_CHARS
        count += 1
        is_heading = any(above.tag in OTHER_HEADINGS for above in (parent, parent.getparent()))
        another = story_begins and is_heading  # a heading straight under the headline is a standfirst
        story_begins = running > 0
        if running > MAX_RUNNING_LINES or count > MAX_HEAD_LINES or another:
            return
        yield line


def authors_of_lines(lines: Sequence[str], own_names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the people of the first line that says "By …"; else of a line that is a name beside a date."""
    short = [line for line in lines if len(line.split()) <= MAX_BYLINE_WORDS]
    for line in short:
        if found := byline_authors(line, own_names):
            return found
    for at, line in enumerate(lines):
        beside = [*lines[max(0, at - 1) : at], *lines[at + 1 : at + 2]]
        undated = without_date(line)
        if line in short and _is_lone_name(undated) and (undated != line or any(map(is_only_date, beside))):
            return clean_authors([undated], own_names=own_names, full_names=True)
    return ()


def date_of_lines(
    lines: Sequence[str], *, day_first: bool = True, limit: datetime | None = None
) -> datetime | None:
    """Return the publication date that the lines state, else the first date of another role."""
    written = [each for each in date_lines(lines, day_first=day_first) if not is_future(each.at, limit)]
    published = (each for each in written if each.role is DateRole.PUBLISHED)
    neutral = (each for each in written if each.role is DateRole.UNKNOWN)
    first = next(published, None) or next(neutral, None) or next(iter(written), None)
    return first.at if first else None


def date_lines(lines: Iterable[str], *, day_first: bool = True) -> Iterator[WrittenDate]:
    """Yield the dates of lines that are nothing but dates, or a date beside a name, a label or "By".

    A label that stands in an element of its own ("Published:") is read with the line after it.
    """
    label = ""
    for line in lines:
        if is_only_label(line):
            label = line
            continue
        labelled, label = f"{label} {line}".strip(), ""
        is_short = len(line.split()) <= MAX_BYLINE_WORDS
        if TWO_DIGITS.search(line) and (_is_date_line(line) if is_short else is_only_date(line)):
            yield from written_dates(labelled, day_first=day_first)


def labelled_dates(headline: Headline, *, day_first: bool = True) -> Iterator[WrittenDate]:
    """Yield the dates with a label ("Published", "Page last updated") anywhere below the headline."""
    before = ""
    for text, parent in islice(headline.texts_after(), MAX_LABELLED_TEXTS):
        has_year = len(text) <= MAX_STAMP_CHARS and YEAR_IN_TEXT.search(text)
        if has_year and parent.tag not in SILENT and not _is_elsewhere(parent, headline):
            lines = (" ".join(before.split()), " ".join(text.split()))
            found = date_lines(lines, day_first=day_first)
            yield from (written for written in found if written.role is not DateRole.UNKNOWN)
        before = text if len(text) <= MAX_STAMP_CHARS else ""


def _is_date_line(line: str) -> bool:
    if is_only_date(line) or _starts_with_label(line) or _is_lone_name(without_date(line)):
        return True
    parts = [part for part in BETWEEN_FACTS.split(line) if part]  # "Ann Lee | 4 March 2026 | 5 min read"
    return len(parts) > 1 and any(map(is_only_date, parts))


def _starts_with_label(line: str) -> bool:
    lead = LEAD.match(line)
    return bool(lead and lead[0].strip(" :|•·,–—-")) or role_of(line[:LABEL_CHARS]) is not DateRole.UNKNOWN


def _is_lone_name(line: str) -> bool:
    words = line.split()
    return 2 <= len(words) <= 4 and is_name(line) and all(word[0].isupper() for word in words)


def _candidates(headline: Headline) -> Iterator[tuple[int, list[HtmlElement]]]:
    """Yield the elements that each rule finds after the headline, then those of the whole page by the
    plainest rules.
    """
    marked = headline.marked
    for mark in MARKS if headline.element is not None else ():
        yield mark, marked.after_headline(mark)
    for mark in MARKS[:WORDS] if headline.element is not None else MARKS:
        yield mark, [place.element for place in marked.bylines[mark]]


def _names_in(element: HtmlElement, own_names: Sequence[str], place: int) -> tuple[str, ...]:
    text = text_of(element)
    if not text or len(text) > MAX_BYLINE_CHARS:
        return ()
    found = byline_authors(text, own_names)
    if not found and place != WORDS:
        found = clean_authors([text], own_names=own_names, full_names=True)
    linked = clean_authors(
        [text_of(link) for link in element.iter("a")], own_names=own_names, full_names=True
    )
    return linked if linked and not set(linked) <= set(found) and (found or place != WORDS) else found


def _is_elsewhere(element: HtmlElement, headline: Headline) -> bool:
    """Return whether an element stands in a part of the page that holds other stories, or furniture."""
    node = element
    while node is not None and node not in headline.around and node.tag not in ("body", "html"):
        names = f"{node.get('class', '')} {node.get('id', '')}"
        own_footer = node.tag == "footer" and OWN_FOOTER.search(names)
        if (node.tag in ELSEWHERE_TAGS and not own_footer) or ELSEWHERE.search(names):
            return True
        node = node.getparent()
    return False


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))
