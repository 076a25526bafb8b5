"""The files of `data/`: beside the packages in a checkout, inside `pipelines` when installed from a wheel."""

from __future__ import annotations

from pathlib import Path

from pipelines.errors import ConfigError

_PACKAGE = Path(__file__).parent.parent


def data_path(*parts: str) -> Path:
    """The path of a bundled file or folder. Raises ``ConfigError`` when the installation lacks it."""
    for folder in (_PACKAGE / "data", _PACKAGE.parent / "data"):
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    raise ConfigError("a bundled file is missing; install cuttings again", "/".join(("data", *parts)))


def sector_names() -> tuple[str, ...]:
    """The sectors that come with a source list."""
    return tuple(sorted(path.stem for path in data_path("sectors").glob("*.toml")))


def sector_path(name: str) -> Path:
    """The source list of a sector. Raises ``ConfigError`` that lists the sectors there are."""
    names = sector_names()
    if name not in names:
        raise ConfigError(f"no such sector; there are: {', '.join(names)}", name)
    return data_path("sectors", f"{name}.toml")
