#!/usr/bin/env python3
"""CPU per page against trafilatura's default in the same run, of the news set and of the wide set; two processes
against one; memory over many pages.

extraction_speed.py [--step N] [--workers] [--memory N]
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import trafilatura  # noqa: E402

from scraper.errors import ExtractionError  # noqa: E402
from scraper.extraction import extract, read_document  # noqa: E402
from tests.benchmarks.evaluation_pages import SET_DIR, read_pages  # noqa: E402

WIDE_DIR = SET_DIR.parent / "extraction_wide"
Sample = list[tuple[str, str]]


def ours(html: str, url: str) -> None:
    """Text and metadata."""
    try:
        extract(html, url)
    except ExtractionError:
        return


def theirs(html: str, url: str) -> None:
    """Text and metadata by trafilatura's default."""
    trafilatura.bare_extraction(html, url=url, with_metadata=True)


def parsing(html: str, url: str) -> None:
    """The parse alone."""
    read_document(html, url)


def cpu(work: Callable[[str, str], None], page: tuple[str, str]) -> float:
    """Seconds of CPU for one page."""
    before = time.process_time()
    work(*page)
    return time.process_time() - before


def ratios(name: str, sample: Sample) -> None:
    """The best of three rounds for each page, the programs in turns, so that a busy machine slows all alike."""
    works = {"ours": ours, "theirs": theirs, "parsing": parsing}
    total = dict.fromkeys(works, 0.0)
    for page in sample:
        rounds = [{kind: cpu(work, page) for kind, work in works.items()} for _ in range(3)]
        for kind in works:
            total[kind] += min(each[kind] for each in rounds) / len(sample)
    size = sum(len(html) for html, _ in sample) / len(sample) / 1000
    print(
        f"{name}: {len(sample)} pages of {size:.0f} kB; trafilatura with metadata {total['theirs'] * 1000:.1f} ms"
    )
    for kind in ("ours", "parsing"):
        print(f"  {kind} {total[kind] * 1000:.1f} ms a page: {total[kind] / total['theirs']:.3f} of it")


def extract_all(sample: Sample) -> int:
    """What one worker does."""
    logging.disable(logging.CRITICAL)
    for html, url in sample:
        ours(html, url)
    return len(sample)


def workers(sample: Sample) -> None:
    """Wall time of one process and of two, the pages dealt out in chunks."""
    walls = []
    chunks = [sample[start::8] for start in range(8)]
    for count in (1, 2):
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            list(pool.map(extract_all, [sample[:2]] * count))  # imports are not what is measured
            before = time.perf_counter()
            list(pool.map(extract_all, chunks * 3))
            walls.append(time.perf_counter() - before)
    print(f"one process {walls[0]:.2f} s, two {walls[1]:.2f} s: {walls[0] / walls[1]:.2f} times faster")


def resident() -> int:
    """Bytes of this process in memory (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def memory(sample: Sample, pages: int) -> None:
    """Resident memory as pages go by; the slope is taken after the first fifth."""
    points = []
    for number in range(1, pages + 1):
        ours(*sample[number % len(sample)])
        if number % (pages // 20) == 0:
            points.append((number, resident() / 1e6))
            print(f"{number:6d} pages {points[-1][1]:.1f} MB", flush=True)
    (start, low), (end, high) = points[3], points[-1]
    print(f"slope {(high - low) / (end - start) * 1000:.3f} kB a page")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--step", type=int, default=1, help="take each Nth page only")
    parser.add_argument("--workers", action="store_true")
    parser.add_argument("--memory", type=int, default=0)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    samples = {
        folder.name: [(page.html, page.url) for page in read_pages(folder)[:: options.step]]
        for folder in (SET_DIR, WIDE_DIR)
    }
    sample = samples[SET_DIR.name]
    if options.memory:
        memory(sample, options.memory)
    elif options.workers:
        workers(sample)
    else:
        for name, pages in samples.items():
            ratios(name, pages)


if __name__ == "__main__":
    main()
