"""What every test file shares: where the evaluation data is, and that nothing leaves this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with seeds and labelled data; a user's clone lacks it."""
    if not (SHARED / "CONTRACT.md").is_file():
        pytest.skip(f"needs the evaluation data of the project's own machines in {SHARED}")
    return SHARED


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own CUTTINGS_DB or proxy must not change a test."""
    for name in ("CUTTINGS_DB", "CUTTINGS_CONFIG", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
