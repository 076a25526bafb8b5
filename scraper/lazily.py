"""Modules that are imported at their first use: most runs find nothing new, and have nothing to parse or to match.

    if TYPE_CHECKING:
        from scraper import extraction
    else:
        extraction = lazily("scraper.extraction")

The recipe of the documentation of importlib (`importlib.util.LazyLoader`). For one thread only: the first use imports.
"""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType


def lazily(name: str) -> ModuleType:
    """The module of that name, which loads itself when something of it is asked for. Raises ``ModuleNotFoundError``."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no module named {name!r}", name=name)
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
