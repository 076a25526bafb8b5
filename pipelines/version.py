"""The version of the installed distribution."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version


def version() -> str:
    """The version, as in the User-Agent; "0" when the code runs without having been installed."""
    try:
        return installed_version("cuttings")
    except PackageNotFoundError:
        return "0"
