"""Large blocks of memory go back to the system when they are freed.

glibc keeps up to 64 MB of freed memory for each thread once it has seen large blocks come and go (it raises
its own limit for what is mapped apart). With sixteen threads that take bodies of up to 15 MB that was 170 MB
of 310 at the peak of tests/benchmarks/hostile_memory.py. Setting the limit by hand, even to this value, keeps
it from rising.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

M_MMAP_THRESHOLD = -3  # glibc, malloc.h
APART_BYTES = 1_000_000


@cache
def return_large_blocks() -> None:
    """Done once in a process, when the first large body comes; where the C library has no such setting,
    nothing."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, APART_BYTES)
