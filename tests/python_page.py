"""Writes docs/python.md from the public names and their docstrings: ``python -m tests.python_page``."""

from __future__ import annotations

import dataclasses
import enum
import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pipelines
import scraper

PAGE = Path(__file__).resolve().parents[1] / "docs" / "python.md"
HEAD = """# From Python

Made from the code by `python -m tests.python_page`; do not edit. These names, and no others, are the interface: everything else may
change in any release. `pydoc scraper.extract` prints the same.

```python
from pathlib import Path

import pipelines
import scraper

articles = []
for file in sorted(Path("saved").glob("*.html")):
    try:
        articles.append(scraper.extract(file.read_bytes(), f"https://news.example/{file.stem}"))
    except scraper.ExtractionError as error:
        print(f"{file}: {error}")
for story in pipelines.group(articles):
    print(story.title, story.report_count)
```
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *(section for module in (scraper, pipelines) for section in _sections(module))])


def _sections(module: ModuleType) -> Iterator[str]:
    yield f"## {module.__name__}\n"
    for name in module.__all__:
        yield _section(f"{module.__name__}.{name}", getattr(module, name))


def _section(name: str, thing: object) -> str:
    lines = [f"### {name}\n"]
    if inspect.isclass(thing):
        lines += _of_class(thing)
    elif callable(thing):
        signature = textwrap.fill(
            f"{name.partition('.')[2]}{_signature(thing)}", 110, subsequent_indent="    "
        )
        lines += [f"```python\n{signature}\n```\n", _words(thing)]
    return "\n".join(lines)


def _of_class(thing: type) -> Iterator[str]:
    if issubclass(thing, Exception):
        base = thing.__mro__[1].__name__
        yield f"An exception; {'an' if base[0] in 'AEIOU' else 'a'} `{base}`.\n"
    yield _words(thing)
    if issubclass(thing, enum.Enum):
        yield "| member | value |\n| --- | --- |"
        yield "\n".join(f"| `{each.name}` | `{each.value!r}` |" for each in thing) + "\n"
    elif dataclasses.is_dataclass(thing):
        yield "| field | type |\n| --- | --- |"
        kinds = {field.name: str(field.type).replace("|", "\\|") for field in dataclasses.fields(thing)}
        yield "\n".join(f"| `{field}` | `{kind}` |" for field, kind in kinds.items()) + "\n"
    for name, method in vars(thing).items():
        words = inspect.getdoc(method) if inspect.isfunction(method) else None
        if words and not name.startswith("_"):
            yield f"`{name}{_signature(method)}`: {_first(words)}\n"


def _signature(thing: object) -> str:
    """The signature with the annotations as they are written; of a context manager with what it is."""
    written = re.sub(r"'([^']*)'", r"\1", str(inspect.signature(thing)))  # type: ignore[arg-type]
    if inspect.isgeneratorfunction(inspect.unwrap(thing)) and hasattr(thing, "__wrapped__"):  # type: ignore[arg-type]
        written = written.replace("Iterator[None]", "AbstractContextManager[None]")
    return re.sub(r"<(\w+\.\w+): \w+>", r"\1", written)


def _first(words: str) -> str:
    return " ".join(words.partition("\n\n")[0].split()).replace("``", "`")


def _words(thing: object) -> str:
    """A docstring as Markdown: code in single backticks, no line that would be read as markup."""
    words = inspect.getdoc(thing) or ""
    pieces = re.split(r"(`+[^`]+`+)", words)
    return "".join(map(_piece, pieces)) + "\n"


def _piece(words: str) -> str:
    """Code in single backticks, in which nothing is markup; other words without what would be."""
    if words.startswith("`"):
        return f"`{words.strip('`')}`"
    return words.replace("<", "&lt;").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
