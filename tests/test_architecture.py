"""The rules of the architecture, and the limits of size, checked on the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(path for package in ("scraper", "pipelines") for path in (ROOT / package).rglob("*.py"))
MOST_LINES_A_FILE = 399
MOST_LINES_A_FUNCTION = 39
MOST_COLUMNS = 110

# Rule 1: the layers of `pipelines`, the highest first. A room imports only rooms of lower layers, or itself.
LAYERS = (
    ("pipelines.commands.", "pipelines.web.", "pipelines.demo.", "pipelines.__main__"),
    ("pipelines.run", "pipelines.operations.", "pipelines.backfill.", "pipelines.export."),
    ("pipelines.ingest.",),
    ("pipelines.stories.",),
    ("pipelines.matching.",),
    ("pipelines.storage.",),
    ("pipelines.config.",),
    (
        "pipelines.models",
        "pipelines.interrupts",
        "pipelines.errors",
        "pipelines.text",
        "pipelines.files",
        "pipelines.logs",
        "pipelines.search",
        "pipelines.version",
    ),
)
ALLOWED_UPWARDS = {  # each with its reason
    ("pipelines.", "pipelines.stories.in_memory"): "the public face of the package, loaded at first use",
    ("pipelines.__main__", "pipelines.commands."): "python -m pipelines is the command line",
    ("pipelines.commands.demo", "pipelines.demo."): "the command of the demo",
    ("pipelines.commands.serve", "pipelines.web."): "the command of the web site",
    ("pipelines.run", "pipelines.operations."): "a run ends with retention and health",
}

# Rule 2: the keepers of libraries. Only these modules or packages (ending in ".") import the library.
KEEPERS = {
    "requests": ("scraper.net.",),
    "urllib3": ("scraper.net.",),
    "socket": ("scraper.net.", "pipelines.demo.", "pipelines.web."),
    "http.client": ("scraper.net.",),
    "sqlite_utils": ("pipelines.storage.",),
    "sqlite3": ("pipelines.storage.",),
    "trafilatura": ("scraper.extraction.",),
    "feedparser": ("scraper.discovery.",),
    "bs4": ("scraper.discovery.", "scraper.decoding", "scraper.extraction."),
    "rapidfuzz": ("pipelines.matching.",),
    "click": ("pipelines.commands.",),
    "rich": ("pipelines.commands.",),
    "datasette": ("pipelines.web.",),
    "apprise": ("pipelines.commands.notify",),
    "ray": ("pipelines.backfill.",),
    "pyarrow": ("pipelines.backfill.", "pipelines.export."),
    "fastwarc": ("pipelines.backfill.", "pipelines.ingest.inputs."),
}
# Rule 3: rooms that compute and nothing else.
PURE = (
    "pipelines.matching.",
    "pipelines.stories.near_duplicates",
    "pipelines.stories.identity",
    "pipelines.stories.summary",
    "pipelines.stories.identity",
    "pipelines.stories.constraints",
    "pipelines.stories.cohesion",
    "pipelines.stories.origin",
    "pipelines.stories.ranking",
    "pipelines.stories.reports",
    "pipelines.stories.origin",
    "pipelines.stories.constraints",
    "pipelines.ingest.frontier",
    "pipelines.ingest.resolve",
    "scraper.articles",
    "scraper.discovery.",
    "scraper.extraction.",
    "scraper.schedule",
    "scraper.revisit",
    "scraper.urls",
    "scraper.decoding",
    "scraper.robots",
    "scraper.rights",
    "pipelines.search",
    "pipelines.export.digest.content",
    "pipelines.export.digest.novelty",
    "pipelines.export.digest.outline",
    "pipelines.export.digest.documents",
    "pipelines.export.digest.feeds",
    "pipelines.operations.verdicts",
    "pipelines.operations.schedule",
    "scraper.net.backoff",
    "scraper.net.responses",
)
IMPURE_MODULES = {
    "os",
    "socket",
    "subprocess",
    "threading",
    "time",
    "random",
    "sqlite3",
    "requests",
    "urllib.request",
    "tempfile",
    "shutil",
}
IMPURE_CALLS = {
    "open",
    "print",
    "input",
    "now",
    "utcnow",
    "today",
    "sleep",
    "write_text",
    "write_bytes",
    "unlink",
    "mkdir",
    "urlopen",
}
# Rule 4: only here may a function import, to keep a heavy library out of start-up.
LATE_IMPORTS = ("pipelines.commands.", "pipelines.web.", "pipelines.__main__", "pipelines.interrupts")
LATE_FACE = "pipelines."  # its body runs before SIGINT is handled, so it imports nothing


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1]) + "." if parts[-1] == "__init__" else ".".join(parts)


def belongs(module: str, places: tuple[str, ...]) -> bool:
    return any(
        module == place or module == place.rstrip(".") or (place.endswith(".") and module.startswith(place))
        for place in places
    )


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of a module: walking all of them takes as long as parsing."""
    return tuple(ast.walk(tree(path)))


def type_only(path: Path) -> set[ast.AST]:
    """The nodes under `if TYPE_CHECKING:`: they are never imported at run time."""
    blocks = [
        node for node in nodes(path) if isinstance(node, ast.If) and name_at(node.test) == "TYPE_CHECKING"
    ]
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


def name_at(node: ast.expr) -> str:
    """The last word of a name: `c` of `c` and of `a.b.c`; unparsing each call took seconds."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def statement_of(node: ast.expr) -> ast.stmt:
    """Return a statement at the position of an expression, so that an offence can be located."""
    return ast.Pass(lineno=node.lineno, col_offset=node.col_offset)


def room_of(module: str) -> str:
    return ".".join(module.rstrip(".").split(".")[:2])


def layer_of(module: str) -> int | None:
    return next((index for index, rooms in enumerate(LAYERS) if belongs(module, rooms)), None)


@cache
def imports(path: Path) -> tuple[tuple[str, ast.stmt], ...]:
    """Return each imported module with its node; `from a import b` gives both `a` and `a.b`."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """Yield each imported module with its node; `from a import b` yields both `a` and `a.b`.

    Modules that are loaded late by `lazily("module")` count too: they are imported, only later.
    """
    skipped = type_only(path)
    for node in nodes(path):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.Call) and name_at(node.func) in {"lazily", "import_module"}:
            yield from (
                (argument.value, statement_of(node))
                for argument in node.args[:1]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute here"
            yield node.module or "", node
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def inside_functions(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the module's functions and methods, each once."""
    found: list[ast.AST] = []
    left: list[ast.AST] = [tree(path)]
    while left:
        for child in ast.iter_child_nodes(left.pop()):
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
            (found if is_function else left).append(child)
    return tuple(node for function in found for node in ast.walk(function))


def offences(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)


def test_there_is_something_to_check() -> None:
    assert len(MODULES) > 30


def test_rule_1_the_scraper_never_imports_the_pipelines() -> None:
    offences(
        [
            f"{path}: {name}"
            for path in MODULES
            if name_of(path).startswith("scraper")
            for name, _ in imports(path)
            if name.split(".")[0] == "pipelines"
        ]
    )


def test_rule_1_arrows_go_down_the_layers() -> None:
    found = []
    for path in MODULES:
        importer = name_of(path)
        own = layer_of(importer)
        for name, node in imports(path):
            theirs = layer_of(name)
            if own is None or theirs is None or theirs > own or room_of(name) == room_of(importer):
                continue
            if not any(importer == source and belongs(name, (target,)) for source, target in ALLOWED_UPWARDS):
                found.append(f"{path}:{node.lineno} imports {name}")
    offences(found)


@pytest.mark.parametrize("library", sorted(KEEPERS))
def test_rule_2_each_library_has_its_keeper(library: str) -> None:
    offences(
        [
            f"{path}:{node.lineno} imports {name}"
            for path in MODULES
            if not belongs(name_of(path), KEEPERS[library])
            for name, node in imports(path)
            if name == library or name.startswith(library + ".")
        ]
    )


def test_rule_3_pure_rooms_do_no_io_and_read_no_clock() -> None:
    found = []
    for path in MODULES:
        if not belongs(name_of(path), PURE):
            continue
        found += [
            f"{path}:{node.lineno} imports {name}" for name, node in imports(path) if name in IMPURE_MODULES
        ]
        found += [
            f"{path}:{node.lineno} calls {name_at(node.func)}()"
            for node in nodes(path)
            if isinstance(node, ast.Call) and name_at(node.func) in IMPURE_CALLS
        ]
    offences(found)


def test_rule_3_no_module_level_mutable_state() -> None:
    """A module-level list or dict that a function writes to is state; a table that is only read is data."""
    writers = {
        "append",
        "add",
        "update",
        "pop",
        "clear",
        "extend",
        "setdefault",
        "insert",
        "remove",
        "discard",
        "popitem",
    }
    found = []
    for path in MODULES:
        names = {
            target.id
            for statement in tree(path).body
            if isinstance(statement, ast.Assign | ast.AnnAssign)
            for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
            if isinstance(target, ast.Name)
        }
        for node in inside_functions(path):
            if isinstance(node, ast.Global):
                found.append(f"{path}:{node.lineno} global {', '.join(node.names)}")
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in writers
            ):
                owner = node.func.value
                if isinstance(owner, ast.Name) and owner.id in names:
                    found.append(f"{path}:{node.lineno} writes to module-level {owner.id}")
            if isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                found += [
                    f"{path}:{node.lineno} writes to module-level {target.value.id}"
                    for target in targets
                    if isinstance(target, ast.Subscript)
                    and isinstance(target.value, ast.Name)
                    and target.value.id in names
                ]
    offences(found)


def test_rule_4_no_import_circle() -> None:
    known = {name_of(path).rstrip("."): path for path in MODULES}
    graph = {
        module: {name for name, _ in imports(path) if name in known and name != module}
        for module, path in known.items()
    }
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for name in sorted(graph[module]):
                visit(name, (*trail, module))
            done.add(module)

    for module in sorted(graph):
        visit(module, ())


def test_rule_4_functions_import_nothing_but_in_the_commands() -> None:
    found = []
    for path in MODULES:
        if belongs(name_of(path), LATE_IMPORTS) or name_of(path) == LATE_FACE:
            continue
        found += [
            f"{path}:{node.lineno}"
            for node in inside_functions(path)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
    offences(found)


@pytest.mark.parametrize(
    ("module", "root"), [("scraper/errors.py", "ScraperError"), ("pipelines/errors.py", "PipelineError")]
)
def test_rule_5_one_root_error_a_package_and_the_tree_is_drawn(module: str, root: str) -> None:
    source = tree(ROOT / module)
    classes = [node for node in source.body if isinstance(node, ast.ClassDef)]
    known = {node.name for node in classes}
    drawn = ast.get_docstring(source) or ""
    for node in classes:
        parents = {ast.unparse(parent) for parent in node.bases}
        assert node.name == root or parents & known, f"{node.name} does not descend from {root}"
        assert re.search(rf"\b{node.name}\b", drawn), (
            f"{node.name} is missing from the tree drawn in {module}"
        )


def test_rule_5_nobody_swallows_every_exception() -> None:
    found = []
    for path in MODULES:
        for node in nodes(path):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"}
            ):
                reraises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                if not reraises:
                    found.append(f"{path}:{node.lineno} catches everything and does not raise")
    offences(found)


def test_files_and_functions_keep_to_their_size() -> None:
    found = [
        f"{path}: {count} lines"
        for path in MODULES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES_A_FILE
    ]
    for path in MODULES:
        found += [
            f"{path}:{number} has {len(line)} columns"
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
            if len(line) > MOST_COLUMNS
        ]
        for function in functions(path):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > MOST_LINES_A_FUNCTION:
                found.append(f"{path}:{function.lineno} {function.name} has {length} lines")
    offences(found)


def test_no_vague_names() -> None:
    vague = re.compile(r"(Manager|Helper|Util|Utils|Handler|Base|Data|Info|Item)$")
    found = [
        f"{path}:{node.lineno} class {node.name}"
        for path in MODULES
        for node in nodes(path)
        if isinstance(node, ast.ClassDef) and vague.search(node.name)
    ]
    found += [
        str(path) for path in MODULES if re.search(r"(utils?|helpers?|manager|common|misc)\.py$", path.name)
    ]
    offences(found)


def test_public_classes_and_functions_say_what_they_are() -> None:
    found = []
    for path in MODULES:
        for node in tree(path).body:
            if (
                isinstance(node, ast.ClassDef | ast.FunctionDef)
                and not node.name.startswith("_")
                and not any(ast.unparse(mark) == "overload" for mark in node.decorator_list)
                and not ast.get_docstring(node)
            ):
                found.append(f"{path}:{node.lineno} {node.name} has no docstring")
    offences(found)
