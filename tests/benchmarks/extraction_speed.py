"""What extraction costs, as ratios within one run, and whether it keeps memory.

    OMP_NUM_THREADS=1 python tests/benchmarks/extraction_speed.py [--pages N] [--memory N]

1. CPU per page: our `extract` (metadata, guards and phrases included) against
   `trafilatura.bare_extraction(with_metadata=True)`, page by page in turn, so that a busy machine slows both alike.
2. Wall time of the same pages in two worker processes against one.
3. Resident memory over many pages in one process: the slope of a line through it, after a warm-up.
Pages are those of ../shared/eval/extraction, English and not suspect.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import linear_regression

import trafilatura

from scraper.errors import ScraperError
from scraper.extraction import extract
from tests.benchmarks.evaluation_pages import Truth, read_pages

CPU_TARGET, CPU_AIM = 0.65, 0.50
WORKERS_TARGET = 1.75
CHUNK = 8
WARM_UP = 0.25  # of the memory run: caches and the allocator's arenas fill first

Page = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=360, help="pages to time")
    parser.add_argument("--memory", type=int, default=20_000, help="pages of the memory run; 0 leaves it out")
    options = parser.parse_args()
    pages = [page_of(truth) for truth in read_pages()[: options.pages]]
    print(f"{len(pages)} pages, {sum(len(html) for html, _ in pages) / len(pages) / 1000:.0f} thousand characters each")
    measure_cpu(pages)
    measure_workers(pages)
    if options.memory:
        measure_memory(pages, options.memory)


def page_of(truth: Truth) -> Page:
    return truth.html, truth.url


def ours(page: Page) -> int:
    """Characters of the text that `extract` gives; 0 where it refuses the page."""
    try:
        return len(extract(page[0], page[1]).text)
    except ScraperError:
        return 0


def theirs(page: Page) -> int:
    found = trafilatura.bare_extraction(page[0], url=page[1], with_metadata=True)
    return len(found.text or "") if found else 0


def measure_cpu(pages: list[Page]) -> None:
    for page in pages[:20]:  # imports, caches, compiled patterns
        ours(page), theirs(page)
    spent = {ours: 0.0, theirs: 0.0}
    for number, page in enumerate(pages):
        for function in (ours, theirs) if number % 2 else (theirs, ours):
            before = time.process_time()
            function(page)
            spent[function] += time.process_time() - before
    each = {function: seconds / len(pages) * 1000 for function, seconds in spent.items()}
    print(f"  ours {each[ours]:.1f} ms, trafilatura {each[theirs]:.1f} ms a page")
    print(f"CPU, ours / bare_extraction  {spent[ours] / spent[theirs]:.2f}  target <= {CPU_TARGET}, aim {CPU_AIM}")


def measure_workers(pages: list[Page]) -> None:
    took = {workers: wall(pages * 2, workers) for workers in (1, 2)}
    print(f"  one process {took[1]:.1f} s, two {took[2]:.1f} s; the machine has {os.cpu_count()} cores")
    print(f"wall, one process / two  {took[1] / took[2]:.2f}  target >= {WORKERS_TARGET}")


def wall(pages: list[Page], workers: int) -> float:
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        list(pool.map(ours, pages[: workers * 2]))  # start-up is no part of the work
        before = time.perf_counter()
        list(pool.map(ours, pages, chunksize=CHUNK))
        return time.perf_counter() - before


def measure_memory(pages: list[Page], count: int) -> None:
    seen, resident = [], []
    for number, page in enumerate(islice(cycle(pages), count)):
        ours(page)
        if number % 100 == 0 and number >= count * WARM_UP:
            seen.append(number / 1000)
            resident.append(resident_megabytes())
    slope = linear_regression(seen, resident).slope
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {count} pages: {resident[0]:.0f} MB after the warm-up, {resident[-1]:.0f} MB at the end, peak {peak:.0f} MB"
    )
    print(f"memory, slope  {slope:+.2f} MB a thousand pages  target: flat")


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
