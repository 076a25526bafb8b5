"""Load at first use what most runs do not need: an unchanged feed has nothing to parse or to match.

The face of a package loads the module of each of its names (`names_of`, PEP 562), so ``from scraper import
discovery`` costs nothing. A library that is slow to import is loaded by `lazily`::

    if TYPE_CHECKING:
        import tld
    else:
        tld = lazily("tld")  # 49 ms

Both are safe in threads: Python's import lock guards the first use (`importlib.util.LazyLoader` has no
lock).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType


class _Later(ModuleType):
    """Stands in for a module. It keeps no attribute, so that a test can replace one in the module itself."""

    def __getattr__(self, name: str) -> object:
        return getattr(import_module(self.__name__), name)


def lazily(name: str) -> ModuleType:
    """Return a module that is imported when one of its attributes is first used."""
    return _Later(name)


def names_of(package: str, modules: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a package. ``modules`` names the submodule of each public name."""

    def of_package(name: str) -> object:
        if name in modules:
            return getattr(import_module(f"{package}.{modules[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return of_package
