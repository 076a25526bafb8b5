"""The links of a page as entries of a possible list: title, date, summary and surroundings. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from lxml import etree

from scraper.discovery.markup import MAX_LINKS, absolute, text_of
from scraper.discovery.titles import plain_title
from scraper.extraction.dates import find_date, parse_date, url_date
from scraper.models import Link
from scraper.urls import is_home_page, same_site

PATH_LENGTH = 5  # elements from the link upwards that make its path
MAX_BLOCK_CHARS = 1500  # the text of one entry of a list; a longer block holds several
MAX_HEADINGS = 3  # of one entry
MIN_SUMMARY_CHARS = 40
MIN_CLASS_COUNT = 3  # a class that fewer elements carry belongs to one entry (post-123), not to the list

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_OUTSIDE_TAGS = frozenset({"nav", "footer", "form", "select", "button", "figcaption"})
MOST_LINKS_SHARE = 0.5  # an element with more of the page's links is the page itself: ASP.NET's one <form>
_OUTSIDE_ROLES = frozenset({"navigation", "contentinfo", "search", "menu", "menubar", "dialog"})
_SURELY_OUTSIDE = re.compile(
    r"(?:^|[-_ ])(?:nav|navbar|navigation|navlinks?|(?:sub-?|mega-?|main-?)?menu|menu-?items?|footer|"
    r"breadcrumbs?|"
    r"paginat\w+|pager|cookies?|consent|sharing|share-?(?:bar|links?|buttons?|tools?)|"
    r"social-?(?:links?|media|icons?|share|sharing|buttons?|nav)|skip-?(?:link|nav|to)\w*|"
    r"login|sign-?in|sign-?up|newsletter|adverts?|ads?|sponsor\w*)(?:$|[-_ ])",  # not "social": social care
    re.IGNORECASE,
)
_PERHAPS_OUTSIDE = re.compile(
    r"(?:^|[-_ ])(?:sidebar|aside|widget\w*|related|most-?(?:read|viewed|popular|commented)|popular|trending|"
    r"recommended|tags?|tag-?cloud|categories|promo\w*|jobs?|events?|archives?|resources?|testimonials?|"
    r"partners?)(?:$|[-_ ])",
    re.IGNORECASE,
)
# WordPress writes an article's sections and keywords into its classes: "category-jobs tag-events".
_TAXONOMY = re.compile(r"\b(?:category|tag|post|type|status|format|term|topic)-[\w-]+")
_NO_ARTICLES = re.compile(
    r"/(?:tags?|category|categories|topics?|authors?|people|page|search|login|log-in|sign-?in|register|"
    r"subscribe|account|my-account|about(?:-us)?|contact(?:-us)?|privacy[\w-]*|cookies?[\w-]*|terms[\w-]*|"
    r"accessibility[\w-]*|sitemap|feed|rss|cart|basket|checkout)/?$"
    r"|/(?:tags?|category|categories|authors?|page)/[^/]+/?$|/wp-(?:admin|login|content|json)\b"
    r"|\.(?:pdf|jpe?g|png|gif|svg|webp|docx?|xlsx?|pptx?|zip|mp[34]|ics|xml|css|js|atom|rss)$",
    re.IGNORECASE,
)
_EMPTY_WORDS = re.compile(
    r"\W*(?:(?:read|find out|learn|see|view|show|load|continue|click)\b.{0,40}|"
    r"(?:full|more|next|previous|prev|older|newer|all|home|share|back|details|image|photo|permalink|"
    r"comments?|"
    r"leave a comment|\d+ comments?|no comments?)\b.{0,12}|\d*\W*)",
    re.IGNORECASE,
)
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9%]+){2,}|\d{4,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One URL that the page links to. ``outside`` is 0 in the page's own content, 1 in a menu or footer."""

    link: Link
    path: str  # element names and classes down to the link
    folder: str  # of the URL, with numbers made alike
    words: int
    in_heading: bool
    dated: bool
    slugged: bool
    outside: float
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What is known of the elements of a page: which link to one article only, and how common classes are."""

    # element -> the one article URL below it ("" for none, "*" for several)
    single: Mapping[etree._Element, str]
    links: Mapping[etree._Element, int]  # how many links stand below an element
    classes: Mapping[tuple[str, str], int]


def mapped(root: etree._Element, base: str, url: str, *, only: Collection[str] = ()) -> Blocks:
    """Return the blocks of a page, read once from the leaves up; ``only`` limits the links to these URLs."""
    single: dict[etree._Element, str] = {}
    links: dict[etree._Element, int] = {}
    classes: Counter[tuple[str, str]] = Counter()
    elements = [element for element in root.iter() if isinstance(element.tag, str)]
    for element in elements:
        classes.update((element.tag, name) for name in set((element.get("class") or "").split()[:20]))
    for element in reversed(elements):  # document order reversed: children before parents
        addresses = {single[child] for child in element if single.get(child)}
        own = _article_address(element, base, url) if element.tag == "a" else ""
        if own and (not only or own in only):
            addresses.add(own)
        single[element] = next(iter(addresses), "") if len(addresses) <= 1 else "*"
        links[element] = (element.tag == "a") + sum(links.get(child, 0) for child in element)
    return Blocks(single=single, links=links, classes=classes)


def entries_of(root: etree._Element, base: str, url: str) -> list[Entry]:
    """Return one entry for each URL of the page that may be an article, made of the best of its links."""
    blocks = mapped(root, base, url)
    best: dict[str, Entry] = {}
    for order, anchor in enumerate(root.iter("a")):
        if order >= MAX_LINKS:
            break
        if not _article_address(anchor, base, url):
            continue
        entry = entry_of(anchor, base, blocks, order=order)
        if entry.words and (entry.link.url not in best or _rank(entry) > _rank(best[entry.link.url])):
            best[entry.link.url] = entry
    return list(best.values())


def entry_of(anchor: etree._Element, base: str, blocks: Blocks, *, order: int = 0) -> Entry:
    """Return a link with its title, date and summary, and with its surroundings."""
    address = absolute(anchor.get("href"), base)
    block = _block(anchor, blocks)
    title, in_heading = _title(anchor, block)
    when = _printed_date(block) or url_date(address)
    return Entry(
        link=Link(url=address, title=title, summary=_summary(block, title), published_at=when),
        path=_path(anchor, blocks.classes),
        folder=_folder(address),
        words=len(title.split()),
        in_heading=in_heading,
        dated=when is not None,
        slugged=bool(_SLUG.search(urlsplit(address).path.rstrip("/").rpartition("/")[2])),
        outside=_outside(anchor, blocks.links),
        order=order,
    )


def _rank(entry: Entry) -> tuple[float, bool, int]:
    return (-entry.outside, entry.in_heading, entry.words)


def _article_address(anchor: etree._Element, base: str, url: str) -> str:
    address = absolute(anchor.get("href"), base)
    if not address or address == absolute(url, url) or not same_site(address, url):
        return ""
    return "" if is_home_page(address) or _NO_ARTICLES.search(urlsplit(address).path) else address


def _block(anchor: etree._Element, blocks: Blocks) -> etree._Element:
    """Return the largest element around a link that holds no link to another article."""
    block = anchor
    for ancestor in anchor.iterancestors():
        if blocks.single.get(ancestor, "*") == "*" or ancestor.tag in ("body", "html", "main"):
            break
        block = ancestor
    return block


def _title(anchor: etree._Element, block: etree._Element) -> tuple[str, bool]:
    """Return the headline of a link, and whether it is a heading.

    It is the heading in or around the link, else the link's text, else its label.
    """
    for heading in islice(anchor.iter(*_HEADINGS), MAX_HEADINGS):
        if words := plain_title(_escaped(text_of(heading))):
            return words, True
    around = any(ancestor.tag in _HEADINGS for ancestor in anchor.iterancestors())
    words = plain_title(_escaped(text_of(anchor)))
    if words and not _EMPTY_WORDS.fullmatch(words):
        return words, around
    for heading in islice(
        block.iter(*_HEADINGS), MAX_HEADINGS
    ):  # "Read more" below a heading that is not a link
        if title := plain_title(_escaped(text_of(heading))):
            return title, True
    labels = (
        anchor.get("title"),
        anchor.get("aria-label"),
        *(image.get("alt") for image in anchor.iter("img")),
    )
    label = next((plain_title(_escaped(each)) for each in labels if each and each.strip()), "")
    return ("" if _EMPTY_WORDS.fullmatch(label) else label), around


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _printed_date(block: etree._Element) -> datetime | None:
    for element in block.iter("time"):
        if when := parse_date(element.get("datetime") or text_of(element)):
            return when
    words = text_of(block)
    printed = find_date(words) if len(words) <= MAX_BLOCK_CHARS else None
    return printed[0] if printed else None


def _summary(block: etree._Element, title: str) -> str:
    for paragraph in block.iter("p", "div"):
        if paragraph.tag == "div" and len(paragraph):
            continue
        words = text_of(paragraph)
        if MIN_SUMMARY_CHARS <= len(words) <= MAX_BLOCK_CHARS and words != title:
            return words
    return ""


def _path(anchor: etree._Element, classes: Mapping[tuple[str, str], int]) -> str:
    path = [anchor, *anchor.iterancestors()][:PATH_LENGTH]
    return ">".join(_step(element, classes) for element in reversed(path))


def _step(element: etree._Element, classes: Mapping[tuple[str, str], int]) -> str:
    tag = str(element.tag)
    names = sorted(set((element.get("class") or "").split()[:20]))
    return ".".join((tag, *(name for name in names if classes[tag, name] >= MIN_CLASS_COUNT)))


def _folder(address: str) -> str:
    """Return the folder of a URL with numbers made alike (``/2026/03/story`` -> ``0/0``)."""
    folders = [part for part in urlsplit(address).path.split("/") if part][:-1]
    return "/".join("0" if part.isdigit() else part for part in folders[:2])


def _outside(anchor: etree._Element, links: Mapping[etree._Element, int]) -> float:
    degree = 0.0
    ancestors = list(anchor.iterancestors())
    most = MOST_LINKS_SHARE * links.get(ancestors[-1], 0) if ancestors else 0.0
    for element in ancestors:
        if links.get(element, 0) > most:
            break
        names = _TAXONOMY.sub(" ", f"{element.get('class') or ''} {element.get('id') or ''}")
        if element.tag in _OUTSIDE_TAGS or (element.get("role") or "").lower() in _OUTSIDE_ROLES:
            return 1.0
        if _SURELY_OUTSIDE.search(names):
            return 1.0
        if element.tag == "aside" or _PERHAPS_OUTSIDE.search(names):
            degree = 0.5
    return degree
