"""cuttings: `scraper.extract` of each page; after a request with `learn`, with what each site repeats.

A request with `learn` lists the pages (`path`, `url`) that are known before, as an import knows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scraper.errors import ExtractionError
from scraper.extraction import Furniture, extract_document, learn_furniture, page_blocks, read_document
from scraper.urls import site_of
from tools.bench.loop import page, serve


class Sites:
    """What each site is known to repeat."""

    def __init__(self) -> None:
        self._known: dict[str, Furniture] = {}

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return text, title and authors; or learn the sites of the pages in `learn`."""
        if "learn" in request:
            return self._learn(request["learn"])
        document = read_document(request["html"], request["url"])
        try:
            found = extract_document(document, furniture=self._known.get(site_of(request["url"])))
        except ExtractionError as error:
            return {"text": "", "refused": str(error)}
        return {"text": found.text, "title": found.title, "authors": list(found.authors)}

    def _learn(self, pages: list[Mapping[str, Any]]) -> dict[str, Any]:
        by_site: dict[str, list[Mapping[str, Any]]] = {}
        for each in pages:
            by_site.setdefault(site_of(each["url"]), []).append(each)
        for site, its in by_site.items():
            read = (page(each) for each in its)
            blocks = [page_blocks(read_document(each["html"], each["url"])) for each in read]
            self._known[site] = learn_furniture(site, blocks)
        return {"learned": len(self._known)}


if __name__ == "__main__":
    serve(Sites().answer, lambda request: request if "learn" in request else page(request))
