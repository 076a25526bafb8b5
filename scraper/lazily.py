"""Modules that are imported at their first use: most runs find nothing new, and have nothing to parse or to
match.

    if TYPE_CHECKING:
        from scraper import extraction
    else:
        extraction = lazily("scraper.extraction")

Safe in threads, since Python's own import lock stands before the first use (`importlib.util.LazyLoader` has
none).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType


class _Later(ModuleType):
    """Stands in for a module. Nothing is kept of it here, so that what a test replaces in the module is
    replaced."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self.__name__), name)


def lazily(name: str) -> ModuleType:
    """What behaves as the module of that name, and imports it when something of it is asked for."""
    return _Later(name)


def names_of(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` of a package (PEP 562) that loads the module of each name at its first use."""

    def of_package(name: str) -> object:
        if name in homes:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return of_package
