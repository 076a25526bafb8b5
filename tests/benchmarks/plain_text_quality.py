"""How good the text of page dumps is, with the dump's own score beside it, and what a page costs.

    python -m tests.benchmarks.plain_text_quality [SET_DIR]

Three readings of the same pages: as shipped with each site's repeated lines known (as `cuttings import` does
it), as shipped on single pages, and with weights that were fitted without the page's site (`fit_line_model`
reports that one). 95 % intervals by bootstrap over pages. The last line compares the time with
`trafilatura.bare_extraction` on the HTML.
"""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import trafilatura

from scraper.errors import ExtractionError
from scraper.extraction.plain_text import extract_text
from tests.benchmarks.dumps import SHARED, Dump, read_dumps, scorer

ROUNDS = 2000
TIMED_PAGES = 60


def texts(dumps: Sequence[Dump], *, furniture: bool) -> list[str]:
    """The extracted text of each dump; empty where it was refused."""
    found = []
    for dump in dumps:
        try:
            found.append(
                extract_text(dump.text, furniture_lines=dump.furniture if furniture else frozenset()).text
            )
        except ExtractionError:
            found.append("")
    return found


def report(label: str, dumps: Sequence[Dump], found: Sequence[str]) -> None:
    """F1 of mean precision (pages with output) and mean recall (all pages), with its interval."""
    compare = scorer()
    counts = np.array([compare(dump.body, text) for dump, text in zip(dumps, found, strict=True)], float)
    hit, extra, lost = counts.T
    precision = np.divide(hit, hit + extra, out=np.full(len(hit), np.nan), where=hit + extra > 0)
    recall = hit / np.maximum(hit + lost, 1)
    low = float(np.mean(2 * hit / np.maximum(2 * hit + extra + lost, 1) < 0.8))

    def score(rows: np.ndarray[tuple[int], np.dtype[np.int64]] | slice) -> float:
        p, r = float(np.nanmean(precision[rows])), float(np.mean(recall[rows]))
        return 2 * p * r / (p + r)

    random = np.random.default_rng(1)
    drawn = [score(random.integers(0, len(hit), len(hit))) for _ in range(ROUNDS)]
    below, above = np.quantile(drawn, (0.025, 0.975))
    print(
        f"{label:34} n {len(dumps)}  F1 {score(slice(None)):.4f} [{below:.4f}, {above:.4f}]"
        f"  P {np.nanmean(precision):.4f}  R {np.mean(recall):.4f}  below0.8 {low:.3f}"
    )


def ratio(dumps: Sequence[Dump], directory: Path) -> float:
    """CPU time of ours on the dumps over trafilatura's on the pages they come from."""
    timed = dumps[:: max(1, len(dumps) // TIMED_PAGES)]
    pages = [
        gzip.decompress((directory / "pages" / f"{dump.id}.html.gz").read_bytes()).decode() for dump in timed
    ]
    started = time.process_time()
    texts(timed, furniture=True)
    ours = time.process_time() - started
    started = time.process_time()
    for page in pages:
        trafilatura.bare_extraction(page, with_metadata=True)
    return ours / (time.process_time() - started)


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED / "eval" / "extraction"
    dumps = read_dumps(directory)
    report("the dump itself", dumps, [dump.text for dump in dumps])
    known = texts(dumps, furniture=True)
    report("ours, repeated lines known", dumps, known)
    report("ours, single pages", dumps, texts(dumps, furniture=False))
    for half in (0, 1):
        chosen = [at for at, dump in enumerate(dumps) if dump.fold(2) == half]
        report(f"  half {half} of the sites", [dumps[at] for at in chosen], [known[at] for at in chosen])
    print(
        f"CPU, ours / trafilatura.bare_extraction(with_metadata=True) on the HTML: {ratio(dumps, directory):.2f}"
    )


if __name__ == "__main__":
    main()
