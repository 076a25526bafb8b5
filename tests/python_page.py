"""Writes docs/python.md from the public names and their docstrings: ``python -m tests.python_page``."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pipelines
import scraper

PAGE = Path(__file__).resolve().parents[1] / "docs" / "python.md"
WIDTH = 110
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
        lines += [f"```python\n{_call(name.partition('.')[2], thing)}\n```\n", _words(thing)]
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
        yield "| field | type | default | |\n| --- | --- | --- | --- |"
        notes = _notes(thing)
        yield "\n".join(_field(each, notes) for each in dataclasses.fields(thing)) + "\n"
    elif not issubclass(thing, Exception):
        yield f"```python\n{_call(thing.__name__, thing)}\n```\n"
    yield from (f"{line}\n" for line in map(_member, vars(thing).items()) if line)


def _member(item: tuple[str, object]) -> str:
    """A method or a property in one line; empty for what is not for users."""
    name, member = item
    if isinstance(member, functools.cached_property):
        member = property(member.func)
    words = inspect.getdoc(member) if inspect.isfunction(member) or isinstance(member, property) else None
    if not words or name.startswith("_"):
        return ""
    if isinstance(member, property):
        kind = inspect.signature(member.fget).return_annotation if member.fget else ""
        return f"`{name}: {kind}` (a property): {_on_one_line(words)}"
    return f"`{name}{_signature(member)}`: {_on_one_line(words)}"


def _field(field: dataclasses.Field[object], notes: dict[str, str]) -> str:
    kind = str(field.type).replace("|", "\\|")
    default = "empty" if field.default_factory is not dataclasses.MISSING else "required"
    if field.default is not dataclasses.MISSING:
        default = f"`{_Shown(field.default)!r}`"
    return f"| `{field.name}` | `{kind}` | {default} | {notes.get(field.name, '')} |"


def _notes(thing: type) -> dict[str, str]:
    """What the comment on the line of a field says of it."""
    found = re.findall(r"^    (\w+): [^#\n]+  # (.+)$", inspect.getsource(thing), re.MULTILINE)
    return {name: words.replace("``", "`").replace("|", "\\|") for name, words in found}


def _call(name: str, thing: object) -> str:
    call = f"{name}{_signature(thing)}"
    if len(call) <= WIDTH:
        return call
    start, _, rest = call.partition("(")
    inside, _, end = rest.rpartition(")")
    parameters = re.sub(r", (?=\*, |\w+: )", ",\n    ", inside)
    return f"{start}(\n    {parameters},\n){end}"


def _signature(thing: object) -> str:
    """The signature with the annotations as they are written; of a context manager with what it is."""
    said = inspect.signature(thing)  # type: ignore[arg-type]
    shown = [each.replace(default=_Shown(each.default)) for each in said.parameters.values()]
    written = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(said.replace(parameters=shown)))
    if inspect.isgeneratorfunction(inspect.unwrap(thing)) and hasattr(thing, "__wrapped__"):  # type: ignore[arg-type]
        written = written.replace("Iterator[None]", "AbstractContextManager[None]")
    return written.removesuffix(" -> None") if inspect.isclass(thing) else written


class _Shown:
    """A default as a caller would write it; "..." for a function."""

    def __new__(cls, default: object) -> object:
        return default if default is inspect.Parameter.empty else super().__new__(cls)

    def __init__(self, default: object) -> None:
        self.default = default

    def __repr__(self) -> str:
        if isinstance(self.default, enum.Enum):
            return f"{type(self.default).__name__}.{self.default.name}"
        if dataclasses.is_dataclass(self.default):  # a class of defaults alone
            return f"{type(self.default).__name__}()"
        return "..." if callable(self.default) else repr(self.default)


def _on_one_line(words: str) -> str:
    return " ".join(words.split()).replace("``", "`")


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
