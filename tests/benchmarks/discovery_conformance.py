"""Prints how many cases of other people's suites come out right: addresses, encodings, feeds, autodiscovery,
sitemaps.

python -m tests.benchmarks.discovery_conformance [FOLDER]      (default: ../shared/eval/conformance)
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ada_url

from scraper import canonical_url, decode, find_feeds, read_feed, sniff_encoding
from scraper.errors import DiscoveryError
from scraper.urls import canonical_url as canonical
from tests.test_feeds import FIELDS
from tests.test_sitemaps import pages_of

AUTODISCOVERY_PLACE = (
    "https://web.archive.org/web/20110926231958/http://diveintomark.org/tests/client/autodiscovery/"
)


def rows(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line:
            yield json.loads(line)


def addresses(folder: Path) -> Iterator[tuple[str, bool]]:
    for row in rows(folder / "url/whatwg.jsonl"):
        try:
            parsed = ada_url.URL(found := canonical_url(row["input"], row["base"]))
        except ValueError:
            yield "must fail" if "host" not in row else "http(s)", "host" not in row
        else:
            right = (parsed.host, parsed.pathname) == (row.get("host"), row.get("pathname")) and canonical(
                found
            ) == found
            yield "http(s)" if "host" in row else "must fail", right


def encodings(folder: Path) -> Iterator[tuple[str, bool]]:
    for row in rows(folder / "encoding/html5lib.jsonl"):
        yield "prescan", sniff_encoding(base64.b64decode(row["html_b64"])).lower() == row["encoding"].lower()
    for row in rows(folder / "encoding/files_truth.jsonl"):
        body = (folder / row["file"]).read_bytes()
        yield "real files", decode(body) == body.decode(row["encoding"]).removeprefix("\ufeff")


def feeds(folder: Path) -> Iterator[tuple[str, bool]]:
    for row in rows(folder / "feeds/feedparser_expected.jsonl"):
        kinds = {name.lower(): value for name, value in row["headers"].items()}
        url = "http://127.0.0.1:8097/" + row["file"].partition("feedparser/")[2]
        try:
            links = read_feed((folder / row["file"]).read_bytes(), url, kinds.get("content-type"))
            yield "files taken as feeds", True
        except DiscoveryError:
            links = []
            yield "files taken as feeds", False
        for path, value in row.get("equals", []):
            compare = FIELDS.get(".".join(str(part) for part in path[2:]))
            if path[0] == "entries" and isinstance(path[1], int) and compare:
                found, expected = compare(links[path[1]], value) if len(links) > path[1] else (None, value)
                base = "base in a Content-Location header" if "content-location" in kinds else "values"
                yield base, found == expected
    for row in rows(folder / "feeds/autodiscovery.jsonl"):
        name = Path(row["file"]).stem
        html = (folder / row["file"]).read_text(encoding="utf-8", errors="replace")
        found_feeds = find_feeds(html, f"{AUTODISCOVERY_PLACE}{name}.html")
        yield "autodiscovery", [feed.rpartition("/")[2] for feed in found_feeds] == [f"{name}.xml"]


def sitemaps(folder: Path) -> Iterator[tuple[str, bool]]:
    for scenario in rows(folder / "sitemaps/scenarios.jsonl"):
        web = {each["url"]: each["opt"] for each in scenario["responses"]}
        found = {page.url for page in pages_of(web, scenario["homepage"].rstrip("/") + "/robots.txt", set())}
        expected = {canonical_url(page["url"]) for page in scenario["pages"]}
        yield "scenarios", expected < found if scenario["kwargs"] else expected == found


def main() -> None:
    """Every suite, as right / all."""
    default = Path(__file__).resolve().parents[3] / "shared/eval/conformance"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    for suite in (addresses, encodings, feeds, sitemaps):
        counts: dict[str, list[bool]] = {}
        for kind, right in suite(folder):
            counts.setdefault(kind, []).append(right)
        for kind, found in counts.items():
            print(
                f"{suite.__name__:10} {kind:36} {sum(found):4} / {len(found):4}  {sum(found) / len(found):.1%}"
            )


if __name__ == "__main__":
    main()
