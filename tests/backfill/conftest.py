"""What the tests of backfill share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _quick_disk() -> Iterator[None]:
    """No test cuts the power, and a backfill of sixty articles waits two seconds for the disk."""
    patch = pytest.MonkeyPatch()
    patch.setattr(os, "fsync", lambda _descriptor: None)
    yield
    patch.undo()
