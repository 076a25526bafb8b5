"""Read from a page's own ``<style>`` elements which classes and ids it never shows.

Only rules of one simple selector each are read (``.tip``, ``p.tip``, ``#tip``), outside ``@media`` and other
blocks: what a rule of several parts hides depends on more than a page's source shows. A name that any rule of
the page shows again is left alone: scripts switch such elements.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MOST_RULES = 200  # hiding rules read a page; a page builder writes thousands

# Two patterns that begin with a word each: together, or without regard to case, they take ten times as long.
_HIDES = (re.compile(r"display\s*:\s*none\b"), re.compile(r"visibility\s*:\s*hidden\b"))
_SIMPLE = re.compile(r"([a-z][a-z0-9]*)?([.#])([\w-]+)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Names of what a reader opens or a script shows: tabs, accordions, menus, pages that wait for a font.
_SWITCHED = re.compile(
    r"tab|accordion|collaps|toggle|expand|panel|pane|answer|content|body|slide|step|more|drop|menu|faq"
    r"|js|wait|load|fade|anim|reveal|read",
    re.IGNORECASE,
)


class PageStyles:
    """What a page's own styles hide by simple selectors."""

    def __init__(self, root: HtmlElement) -> None:
        texts = [style.text for style in root.iter("style") if style.text]
        self.css = "\n".join(text for text in texts if any(hides.search(text) for hides in _HIDES))
        self.selectors = frozenset(_hidden_selectors(self.css))  # (tag or "", "." or "#", name)
        self.names = frozenset(name for _, _, name in self.selectors)
        self._shown: dict[str, bool] = {}

    def hide(self, element: HtmlElement) -> bool:
        """Return whether the page's styles hide an element."""
        if not self.names:
            return False
        classes, ident = element.get("class"), element.get("id")
        for name in classes.split() if classes else ():
            if name in self.names and self._hides(element.tag, ".", name):
                return True
        return bool(ident) and ident in self.names and self._hides(element.tag, "#", ident)

    def _hides(self, tag: str, kind: str, name: str) -> bool:
        is_hidden = ("", kind, name) in self.selectors or (tag, kind, name) in self.selectors
        return is_hidden and not self._is_shown(kind + name)

    def _is_shown(self, selector: str) -> bool:
        """Return whether any rule about a class or id shows its elements."""
        if selector not in self._shown:
            shows = (
                rf"{re.escape(selector)}(?![\w-])[^{{}}]*\{{[^{{}}]*"
                r"(?:display|visibility)\s*:(?!\s*(?:none|hidden))"
            )
            self._shown[selector] = re.search(shows, self.css) is not None
        return self._shown[selector]


def _hidden_selectors(css: str) -> set[tuple[str, str, str]]:
    """Return the simple selectors of the rules of a style sheet that hide, outside any other block."""
    selectors: set[tuple[str, str, str]] = set()
    places = sorted(match.start() for hides in _HIDES for match in hides.finditer(css))
    depth = counted = 0
    for place in places[:MOST_RULES]:
        depth += css.count("{", counted, place) - css.count("}", counted, place)
        counted = place
        if depth != 1:
            continue
        opening = css.rfind("{", 0, place)
        start = max(css.rfind(mark, 0, opening) for mark in "};{") + 1
        for part in _COMMENT.sub(" ", css[start:opening]).split(","):
            if (simple := _SIMPLE.fullmatch(part.strip())) and not _SWITCHED.search(simple[3]):
                selectors.add((simple[1] or "", simple[2], simple[3]))
    return selectors
