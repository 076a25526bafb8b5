"""The pages of an extraction set as plain text: all visible text, one block a line. From ../shared, never
kept."""

from __future__ import annotations

import gzip
import importlib.util
import json
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import html

from scraper.extraction.line_features import line_blocks

SHARED = Path(__file__).resolve().parents[3] / "shared"
SKIPPED = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "svg",
        "iframe",
        "object",
        "math",
        "select",
        "textarea",
        "canvas",
        "video",
        "audio",
    ]
)
INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "picture",
        "q",
        "s",
        "samp",
        "small",
        "source",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """One page of the set as text, with its truth and the lines that other pages of its site have too."""

    id: str
    site: str
    body: str
    truth: dict[str, Any]
    text: str
    furniture: frozenset[int]

    def fold(self, folds: int) -> int:
        """Sites, not pages, are held out."""
        return zlib.crc32(self.site.encode()) % folds


def read_dumps(directory: Path) -> list[Dump]:
    """The English pages of the set whose truth is not suspect."""
    rows = [json.loads(line) for line in (directory / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["lang"] == "en" and not row.get("suspect")]
    texts = {row["id"]: dump(_page(directory, row["id"])) for row in rows}
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        seen[row["site"]].update(line_blocks(texts[row["id"]]))
    return [
        Dump(
            id=row["id"],
            site=row["site"],
            body=row["body"],
            truth=row,
            text=texts[row["id"]],
            furniture=frozenset(key for key in line_blocks(texts[row["id"]]) if seen[row["site"]][key] > 1),
        )
        for row in rows
    ]


def dump(page: str) -> str:
    """All visible text of a page, one block a line, as a browser's "save as text" gives it."""
    root = html.document_fromstring(
        page.replace("\x00", "").encode("utf-8", "replace"),
        parser=html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True),
    )
    lines = (" ".join(line.split()) for line in "".join(_pieces(root)).split("\x00"))
    return "\n".join(line for line in lines if line)


def scorer() -> Callable[[str, str], tuple[int, int, int]]:
    """`compare` of the shared scorer: shingles hit, too many, lost."""
    spec = importlib.util.spec_from_file_location("score_extraction", SHARED / "eval" / "score_extraction.py")
    if spec is None or spec.loader is None:
        raise SystemExit("../shared/eval/score_extraction.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.compare  # type: ignore[no-any-return]


def _page(directory: Path, name: str) -> str:
    with gzip.open(directory / "pages" / f"{name}.html.gz", "rt", encoding="utf-8", newline="") as page:
        return page.read()


def _pieces(root: Any) -> Iterator[str]:
    """Text in reading order, with NUL where a block begins or ends."""
    waiting = [(root, False)]
    while waiting:
        element, closing = waiting.pop()
        block = "" if element.tag in INLINE else "\x00"
        tail = element.tail or "" if element is not root else ""
        hidden = element.get("hidden") is not None or "display:none" in (element.get("style") or "").replace(
            " ", ""
        )
        if closing:
            yield block + tail
        elif element.tag in SKIPPED or hidden:
            yield tail
        else:
            yield block + (element.text or "")
            waiting.append((element, True))
            waiting.extend((child, False) for child in reversed(element))
