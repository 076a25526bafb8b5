"""Find the files of `data/` and read the sectors among them.

The folder is beside the packages in a checkout, inside `pipelines` in a wheel.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import ConfigError
from scraper.sources import Sector, load_sector

DEFAULT_SECTOR = (
    "uk-childrens-services"  # of `cuttings init` alone: the first that was shipped; scripts rely on it
)

_PACKAGE = Path(__file__).parent.parent


def data_path(*parts: str) -> Path:
    """Return the path of a bundled file or folder. Raises ``ConfigError`` if it is not installed."""
    for folder in (_PACKAGE / "data", _PACKAGE.parent / "data"):
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    raise ConfigError("a file of the installation is missing; reinstall cuttings", "/".join(("data", *parts)))


def sector_names() -> tuple[str, ...]:
    """Return the names of the bundled source lists."""
    return tuple(sorted(path.stem for path in data_path("sectors").glob("*.toml")))


def bundled_sector(name: str) -> Sector:
    """Return a bundled sector. Raises ``ConfigError``, which lists the sectors, if the name is unknown."""
    names = sector_names()
    if name not in names:
        raise ConfigError(f"no sector has this name; choose one of: {', '.join(names)}", name)
    return load_sector(data_path("sectors", f"{name}.toml"))
