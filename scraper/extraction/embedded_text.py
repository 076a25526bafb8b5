"""Read the text of an article that a page carries in its scripts, for pages that show it with JavaScript.

Read are the articleBody and the live updates of JSON-LD, and the state of page frameworks (Next.js, Nuxt, Arc
Fusion and others): a long text, or a list of paragraphs, beside the page's headline. So are the templates
that a script copies into the page.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from lxml import etree
from lxml.html import document_fromstring

from scraper.extraction.blocks import words_key
from scraper.extraction.characters import clean_characters, count_words
from scraper.extraction.outline import read_outline
from scraper.extraction.structured import MAX_JSON_CHARS, NOT_TEXT, parse_json

if TYPE_CHECKING:
    from lxml.html import HtmlElement

DECLARED_LENGTH = 300  # characters; a shorter articleBody is a summary
LEAST_WORDS = 40  # of an embedded text
LEAST_HELD = 80  # of a template: notices and forms wait in templates too
LEAST_STATE = 500  # characters of a script that can hold one
MAX_STATE_CHARS = 4 * MAX_JSON_CHARS  # the state of a framework holds the whole page
MAX_NODES = 100_000
MAX_REACT_DEPTH = 200  # nested elements of a page; Python's own limit is 1000 calls
REACT_PROPS = 3  # position of an element's properties
REACT_TEXT = frozenset("p li blockquote h2 h3 h4".split())
PARAGRAPH_WORDS = 5
TITLE_BONUS = 4  # of a text beside the page's own headline over another text

_TAG = re.compile(
    r"<(?:p|br|div|h[1-6]|li|ul|ol|em|strong|b|i|a|span|blockquote|figure)\b[^>]*>", re.IGNORECASE
)
_ANY_TAG = re.compile(r"<[^>]+>")
_ASSIGNED = re.compile(r"(?:^|[;\s])[\w.$\[\]'\"]{3,60}\s*[=(]\s*(?=[{\[])")
_NUXT_VALUES = re.compile(r"\}\}?\((?=[\"\d{\[tfnv])")  # window.__NUXT__=(function(a,b){return …}("…","…"));
_TITLE_KEYS = ("headline", "title", "headlines", "name")
_TEXT_KEYS = """
    text content html value body paragraph data children articleBody markup nodeValue model blocks
    contents renderedHtml attributes
    """.split()
_PARSED = re.compile(r"\bJSON\.parse\(\s*(?=[\"'])")
_STREAMED = re.compile(r"__next_f\.push\(\s*(?=\[)")
_STREAM_LINE = re.compile(r"^[0-9a-f]+:(?:(?=[{\[])|T([0-9a-f]{1,6}),)", re.MULTILINE)
_STATE_ATTRIBUTES = etree.XPath(
    f"//@*[string-length() >= {LEAST_STATE}][starts-with(., '{{') or starts-with(., '[')]"
)
_PARAGRAPH_KIND = re.compile(r"paragraph|text", re.IGNORECASE)
_TEMPLATE_KIND = re.compile(r"text/(?:x-)?(?:html|template|handlebars|mustache)", re.IGNORECASE)
_TEXT_KINDS = re.compile(r"text|para|^p$|head|^h\d|quote|list|html|body|block|item|raw", re.IGNORECASE)
_OTHER_KEYS = re.compile(
    r"comment|related|recommend|recirc|navigation|menu|footer|header|sidebar|teaser|promo|advert|"
    r"cookie|consent|"
    r"author|bio|caption|description|summary|excerpt|seo|meta|translat|i18n|messages|config|"
    r"trending|popular|latest",
    re.IGNORECASE,
)


def declared_body(root: HtmlElement) -> str:
    """Return the longest articleBody of the page's JSON-LD without its tags; empty without one."""
    longest = max(_declared_bodies(root), key=len, default="")
    return _ANY_TAG.sub(" ", html.unescape(longest)) if len(longest) > DECLARED_LENGTH else ""


def embedded_text(root: HtmlElement, title: str) -> str:
    """Return the article's text from the page's scripts, one paragraph a line; empty when there is none."""
    candidates = [(_plain(body), True) for body in _declared_bodies(root)]
    candidates += [
        (_live_updates(value), True) for value in _json_ld(root) if "liveBlogUpdate" in str(value)[:20_000]
    ]
    if not any(count_words(text) >= LEAST_WORDS for text, _ in candidates):
        key = words_key(title)
        for value in _states(root):
            candidates += _texts_of(value, key)
        candidates += [(text, False) for text in _held_back(root) if count_words(text) >= LEAST_HELD]
    best = max(candidates, key=_worth, default=("", False))[0]
    return best if count_words(best) >= LEAST_WORDS else ""


def _worth(candidate: tuple[str, bool]) -> int:
    text, beside_title = candidate
    return len(text) * (TITLE_BONUS if beside_title else 1)


def _json_ld(root: HtmlElement) -> Iterator[object]:
    for script in root.iter("script"):
        if script.text and "ld+json" in (script.get("type") or ""):
            yield parse_json(script.text)


def _declared_bodies(root: HtmlElement) -> list[str]:
    bodies: list[str] = []
    for script in root.iter("script"):
        if not script.text or "ld+json" not in (script.get("type") or ""):
            continue
        if "articleBody" in script.text or '"text"' in script.text:
            for node in _nodes(parse_json(script.text), skipped=("liveBlogUpdate", "hasPart", "comment")):
                body = node.get("articleBody") or (node.get("text") if "headline" in node else None)
                if isinstance(body, list) and all(isinstance(part, str) for part in body):
                    body = "\n".join(body)
                if isinstance(body, str):
                    bodies.append(body)
    metas = root.iterfind(".//meta[@itemprop='articleBody']")
    return bodies + [content for meta in metas if (content := meta.get("content"))]


def _live_updates(value: object) -> str:
    """Return the updates of a LiveBlogPosting, each with its headline."""
    lines: list[str] = []
    for node in _nodes(value, skipped=()):
        updates = node.get("liveBlogUpdate")
        for update in updates if isinstance(updates, list) else (updates,):
            if isinstance(update, dict):
                lines += (_plain(text) for key in ("headline", "articleBody")
                          if isinstance(text := update.get(key), str))  # fmt: skip
    return "\n".join(line for line in lines if line)


def _nodes(value: object, skipped: Sequence[str]) -> Iterator[dict[str, object]]:
    """Yield the objects within a JSON value, none below the ``skipped`` keys."""
    waiting, count = [value], 0
    while waiting and count < MAX_NODES:
        node = waiting.pop()
        count += 1
        if isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            yield node
            waiting += (inner for key, inner in node.items()
                        if isinstance(inner, dict | list) and key not in skipped)  # fmt: skip


def _states(root: HtmlElement) -> Iterator[object]:
    """Yield the JSON values in scripts that are not JSON-LD, and in attributes (Inertia, Stimulus)."""
    streamed: list[str] = []
    for script in root.iter("script"):
        source, kind = (script.text or "").strip(), (script.get("type") or "").lower()
        if "__next_f" in source:
            streamed.append(source)
        elif LEAST_STATE <= len(source) <= MAX_STATE_CHARS and "ld+json" not in kind:
            yield from _values(source)
    yield from _streamed("\n".join(streamed)[:MAX_STATE_CHARS])
    for attribute in _STATE_ATTRIBUTES(root):
        if len(attribute) <= MAX_STATE_CHARS:
            is_island = attribute.getparent().tag == "astro-island"
            yield from (_unmarked(value, 0) if is_island else value for value in _values(str(attribute)))


def _unmarked(value: object, depth: int) -> object:
    """Return the properties of an Astro island without the number of its kind before each value."""
    if depth > MAX_REACT_DEPTH:
        return None
    if isinstance(value, list) and len(value) == 2 and type(value[0]) is int:
        return _unmarked(value[1], depth + 1)
    if isinstance(value, list):
        return [_unmarked(inner, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {key: _unmarked(inner, depth + 1) for key, inner in value.items()}
    return value


def _held_back(root: HtmlElement) -> Iterator[str]:
    """Yield the texts of templates, which a script copies into the page, and those kept in text fields."""
    for element in root.iter("template", "textarea", "script"):
        if element.tag == "template":
            inner = (etree.tostring(child, encoding="unicode", method="html") for child in element)
            yield _plain("".join([element.text or "", *inner]))
        elif element.tag == "textarea" or _TEMPLATE_KIND.fullmatch(element.get("type") or ""):
            yield _plain(element.text or "") if _TAG.search(element.text or "") else ""


def _streamed(source: str) -> Iterator[object]:
    """Yield the JSON values that the app router of Next.js sends in pieces: rows of ``1a:{…}``."""
    decoder, pieces = json.JSONDecoder(strict=False), []
    for push in _STREAMED.finditer(source):
        with suppress(ValueError, RecursionError):
            pieces += [part for part in decoder.raw_decode(source, push.end())[0] if isinstance(part, str)]
    rows, paragraphs = "".join(pieces), []
    for row in _STREAM_LINE.finditer(rows):
        if row[1]:  # a long text, after its length in bytes
            length = int(row[1], 16)
            yield rows[row.end() : row.end() + length].encode()[:length].decode(errors="ignore")
            continue
        with suppress(ValueError, RecursionError):
            value = decoder.raw_decode(rows, row.end())[0]
            plain = _without_react(value, 0)
            if isinstance(value, list) and len(value) > 1 and str(value[1]) in REACT_TEXT:
                paragraphs.append(plain)
            yield plain
    yield paragraphs


def _without_react(value: object, depth: int) -> object:
    """Return a value with its React elements (``["$", "p", null, {"children": …}]``) as plain objects.

    Their properties stay: they hold what the server gives a component that the browser draws.
    """
    if depth > MAX_REACT_DEPTH:
        return None
    if isinstance(value, list):
        if len(value) > REACT_PROPS and value[0] == "$" and isinstance(value[REACT_PROPS], dict):
            if value[1] in ("meta", "link", "script", "style"):
                return None
            return _without_react(value[REACT_PROPS], depth + 1)
        return [_without_react(inner, depth + 1) for inner in value]
    if isinstance(value, dict):
        return {key: _without_react(inner, depth + 1) for key, inner in value.items()}
    return value


def _values(source: str) -> Iterator[object]:
    decoder = json.JSONDecoder(strict=False)
    for call in _PARSED.finditer(source):
        with suppress(ValueError, RecursionError):
            yield json.loads(decoder.raw_decode(source, call.end())[0], strict=False)
    if "__NUXT__=(function" in source and (values := _NUXT_VALUES.search(source)):
        with suppress(ValueError, RecursionError):
            written = source[values.end() :].rstrip(" ;\n").rstrip(")").replace("void 0", "null")
            yield json.loads(f"[{written}]", strict=False)
    is_whole = source[:1] in ("{", "[")
    starts = [0] if is_whole else [match.end() for match in _ASSIGNED.finditer(source)]
    end = 0
    for start in starts:
        if start < end:
            continue
        try:
            value, end = decoder.raw_decode(source, start)
        except (ValueError, RecursionError):
            continue
        yield value


def _texts_of(value: object, title_key: str) -> list[tuple[str, bool]]:
    """Return the texts in a state, each with whether it stands beside the page's headline."""
    texts: list[tuple[str, bool]] = []
    waiting: list[tuple[object, bool]] = [(value, False)]
    count = 0
    while waiting and count < MAX_NODES:
        node, beside_title = waiting.pop()
        count += 1
        if isinstance(node, list):
            if text := _paragraphs(node):
                texts.append((text, beside_title))
            waiting += ((inner, beside_title and len(node) == 1) for inner in node)
        elif isinstance(node, dict):
            own = beside_title or _has_title(node, title_key)
            if text := _paragraphs([inner for inner in node.values() if _is_paragraph(inner)]):
                texts.append((text, own))
            own_values = [inner for key, inner in node.items() if not _OTHER_KEYS.search(key)]
            waiting += ((inner, own) for inner in own_values)
        elif isinstance(node, str) and len(node) >= DECLARED_LENGTH and " " in node[:100]:
            texts.append((_plain(node), beside_title))
    return texts


def _is_paragraph(node: object) -> bool:
    """Return whether a record of a store is a paragraph by its type."""
    kind = node.get("__typename") or node.get("type") if isinstance(node, dict) else None
    return isinstance(kind, str) and bool(_PARAGRAPH_KIND.search(kind))


def _has_title(node: dict[str, object], title_key: str) -> bool:
    for key in _TITLE_KEYS:
        value = node.get(key)
        texts = value.values() if isinstance(value, dict) else (value,)
        if title_key and any(
            isinstance(text, str) and words_key(_plain(text)) == title_key for text in texts
        ):
            return True
    return False


def _paragraphs(nodes: Sequence[object]) -> str:
    """Return a list of paragraphs as one text; empty when the list is something else."""
    lines = [line for node in nodes if (line := _paragraph(node))]
    running = [line for line in lines if count_words(line) >= PARAGRAPH_WORDS]
    return "\n".join(lines) if len(running) >= 2 and len(running) >= len(lines) / 2 else ""


def _paragraph(node: object) -> str:
    if isinstance(node, str):
        return _plain(node) if " " in node.strip() else ""
    if not isinstance(node, dict):
        return ""
    kind = node.get("type") or node.get("kind") or node.get("_type") or node.get("__typename")
    if isinstance(kind, str) and not _TEXT_KINDS.search(kind):
        return ""
    if isinstance(parts := node.get("paragraphs"), list) and (text := _paragraphs(parts)):
        return text
    for key in _TEXT_KEYS:
        value = node.get(key)
        if isinstance(value, str) and value.strip():
            return _plain(value)
        if isinstance(value, list | dict) and (text := _run(value)):
            return text
    return ""


def _run(value: object) -> str:
    """Return the text of the runs that a paragraph is divided into (bold words, links)."""
    pieces: list[str] = []
    waiting = [value]
    while waiting and len(pieces) < MAX_NODES:
        node = waiting.pop()
        if isinstance(node, str):
            pieces.append(node)
        elif isinstance(node, list):
            waiting += reversed(node)
        elif isinstance(node, dict):
            waiting += reversed(
                [node[key] for key in _TEXT_KEYS if isinstance(node.get(key), str | list | dict)]
            )
    return _plain("".join(pieces))


def _plain(text: str) -> str:
    """Return a text one paragraph a line, without its tags."""
    text = clean_characters(NOT_TEXT.sub(" ", html.unescape(text) if "&lt;" in text else text))
    if _TAG.search(text):
        try:
            blocks = read_outline(document_fromstring(f"<body><div>{text}</div></body>")).blocks
        except (etree.LxmlError, ValueError):
            return ""
        return "\n".join(block.text for block in blocks)
    lines = (" ".join(line.split()) for line in html.unescape(text).splitlines())
    return "\n".join(line for line in lines if line)
