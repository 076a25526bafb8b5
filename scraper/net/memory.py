"""Return large blocks of memory to the system when they are freed.

glibc keeps up to 64 MB of freed memory for each thread after large blocks came and went (it raises its own
threshold for mapped blocks). With sixteen threads that read bodies of up to 15 MB, that was 170 MB of 310 at
the peak of tests/benchmarks/hostile_memory.py. Setting the threshold, even to this value, keeps it from
rising.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

M_MMAP_THRESHOLD = -3  # glibc, malloc.h
APART_BYTES = 1_000_000


@cache
def return_large_blocks() -> None:
    """Set the threshold once in a process, at the first large body; do nothing without glibc."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, APART_BYTES)
