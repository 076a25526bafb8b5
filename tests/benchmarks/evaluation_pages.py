"""The pages of the extraction evaluation set, read from ../shared and scored by its own scorer."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

from scraper.extraction import Document, Furniture, learn_furniture, page_blocks, read_document
from scraper.urls import site_of

ROOT = Path(__file__).resolve().parents[2]
SET_DIR = ROOT.parent / "shared/eval/extraction"


@cache
def scorer() -> ModuleType:
    """The set's own scorer, loaded from its file."""
    spec = importlib.util.spec_from_file_location("score_extraction", SET_DIR.parent / "score_extraction.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SET_DIR.parent / "score_extraction.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True, kw_only=True)
class Truth:
    """One page of the set and its truth."""

    id: str
    url: str
    group: str
    source: str
    body: str
    language: str
    suspect: bool
    path: Path

    @cached_property
    def html(self) -> str:
        """The page as text."""
        return gzip.decompress(self.path.read_bytes()).decode("utf-8")

    @property
    def site(self) -> str:
        """The site as the product sees it."""
        return site_of(self.url)

    @cached_property
    def shingles(self) -> Counter[tuple[str, ...]]:
        """The 4-word shingles of the true body."""
        return self.cut(self.body)

    def document(self) -> Document:
        """The page parsed afresh."""
        return read_document(self.html, self.url)

    @staticmethod
    def cut(text: str) -> Counter[tuple[str, ...]]:
        """The shingles of a text as the scorer cuts them."""
        found: Counter[tuple[str, ...]] = scorer().shingles(text)
        return found

    @staticmethod
    def tokens(text: str) -> list[str]:
        """The tokens of a text as the scorer cuts them."""
        found: list[str] = scorer().TOKEN.findall(text)
        return found


def read_pages(set_dir: Path = SET_DIR, *, everything: bool = False) -> list[Truth]:
    """The pages of the set; English ones that are not suspect, unless ``everything``."""
    rows = map(json.loads, (set_dir / "truth.jsonl").read_text("utf-8").splitlines())
    pages = [
        Truth(
            id=row["id"],
            url=row["url"],
            group=row["group"],
            source=row["source"],
            body=row["body"],
            language=row["lang"],
            suspect=bool(row["suspect"]),
            path=set_dir / "pages" / f"{row['id']}.html.gz",
        )
        for row in rows
    ]
    return [page for page in pages if everything or (page.language == "en" and not page.suspect)]


def learn_sites(pages: Iterable[Truth]) -> dict[str, Furniture]:
    """What each site repeats, learned from all its pages, as an import does."""
    by_site: dict[str, list[Truth]] = {}
    for page in pages:
        by_site.setdefault(page.site, []).append(page)
    return {
        site: learn_furniture(site, [page_blocks(page.document()) for page in of_site])
        for site, of_site in by_site.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScore:
    """One page: shared, superfluous and missing shingles."""

    hit: int
    extra: int
    lost: int

    @property
    def precision(self) -> float | None:
        """None without output."""
        return self.hit / (self.hit + self.extra) if self.hit + self.extra else None

    @property
    def recall(self) -> float:
        """The share of the truth that was found."""
        return self.hit / (self.hit + self.lost) if self.hit + self.lost else float(self.extra == 0)

    @property
    def f1(self) -> float:
        """Of this page alone."""
        return 2 * self.hit / (2 * self.hit + self.extra + self.lost) if self.hit else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The scores of a set of pages."""

    pages: tuple[PageScore, ...]

    @property
    def precision(self) -> float:
        """Over pages with output."""
        values = [page.precision for page in self.pages if page.precision is not None]
        return sum(values) / len(values) if values else 0.0

    @property
    def recall(self) -> float:
        """Over all pages."""
        return sum(page.recall for page in self.pages) / len(self.pages)

    @property
    def f1(self) -> float:
        """Of the two averages, as the scorer defines it."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def poor(self) -> float:
        """The share of pages below 0.8."""
        return sum(page.f1 < 0.8 for page in self.pages) / len(self.pages)

    def __str__(self) -> str:
        """One line."""
        return f"F1 {self.f1:.4f} P {self.precision:.4f} R {self.recall:.4f} below 0.8 {self.poor:.3f} n {len(self.pages)}"


def score(pages: Sequence[Truth], texts: Mapping[str, str]) -> Score:
    """The scores of ``texts`` (by page id) against the truth."""
    compare = scorer().compare
    found = (compare(page.body, texts.get(page.id, "")) for page in pages)
    return Score(pages=tuple(PageScore(hit=hit, extra=extra, lost=lost) for hit, extra, lost in found))
