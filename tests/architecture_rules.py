"""STYLE.md's rules that a machine can check. Each takes a project's root and returns what breaks it, line by line."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager", "service", "base"}
LONGEST_FILE = 400
LONGEST_VIEW = 30
PURE_ROOMS = ("analysis", "charts", "exchange", "lib", "postgres")
CLOCKLESS_ROOMS = ("analysis", "charts")
CLOCK_OWNERS = {"datetime", "date", "time", "ibis", "timezone", "Timestamp"}
CLOCKS = {"now", "utcnow", "today", "time", "localtime", "time_ns"}
SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals")
GENERIC = ("GenericForeignKey", "GenericRelation")


def house_files(root: Path, *suffixes: str) -> Iterator[Path]:
    """Files we wrote: sources, tests, scripts; never what is compiled or generated."""
    for folder in ("src", "tests", "scripts", "bench"):
        for path in sorted((root / folder).rglob("*")):
            generated = {"dist", "__pycache__", "node_modules"} & set(path.parts)
            if path.is_file() and path.suffix in suffixes and not generated:
                yield path


def trees(root: Path, folder: str = "src/vunnet") -> Iterator[tuple[str, ast.Module]]:
    """Every Python file of a folder as (path from the root, syntax tree)."""
    for path in house_files(root, ".py"):
        name = path.relative_to(root).as_posix()
        if name.startswith(f"{folder}/"):
            yield name, ast.parse(path.read_text(), name)


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every module a file names in an import, wherever it stands, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def forbidden_names(root: Path) -> list[str]:
    files = house_files(root, ".py", ".html", ".js", ".css", ".txt")
    paths = [path.relative_to(root) for path in files]
    return [
        f"{path}: no file or folder is called {word}"
        for path in paths
        for word in {path.stem, *path.parts[:-1]}
        if word.lower() in FORBIDDEN_NAMES | {f"{name}s" for name in FORBIDDEN_NAMES}
    ]


def long_files(root: Path) -> list[str]:
    written = (path for path in house_files(root, ".py", ".html", ".js") if "migrations" not in path.parts)
    lengths = [(path, path.read_text().count("\n")) for path in written]
    return [f"{path.relative_to(root)}: {length} lines" for path, length in lengths if length > LONGEST_FILE]


def save_overrides(root: Path) -> list[str]:
    return [
        f"{name}:{node.lineno}: a model does not override {node.name}(); an action writes"
        for name, tree in trees(root)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and _is_model(node)
        for node in node.body  # the methods of the class just matched
        if isinstance(node, ast.FunctionDef) and node.name in ("save", "delete", "save_base")
    ]


def _is_model(node: ast.ClassDef) -> bool:
    # A form or an allauth adapter may have its own save(); whatever else inherits one is taken for a model.
    bases = [ast.unparse(base) for base in node.bases]
    return bool(bases) and not any(word in base for base in bases for word in ("Form", "Adapter"))


def signals(root: Path) -> list[str]:
    return [
        f"{name}:{line}: no signals ({module}); the action calls what follows"
        for name, tree in trees(root)
        for line, module in imports(tree)
        if module.startswith(SIGNALS)
    ]


def generic_keys(root: Path) -> list[str]:
    return [
        f"{name}:{line}: no generic foreign keys on domain rows"
        for name, tree in trees(root)
        for line, module in imports(tree)
        if module.endswith(GENERIC)
    ]


def impure_rooms(root: Path) -> list[str]:
    return [
        f"{name}:{line}: {room} knows no Django"
        for room in PURE_ROOMS
        for name, tree in trees(root, f"src/vunnet/{room}")
        for line, module in imports(tree)
        if module.split(".")[0] == "django"
    ]


def clocks(root: Path) -> list[str]:
    return [
        f"{name}:{node.lineno}: the as-of date is an argument, not {ast.unparse(node.func)}()"
        for room in CLOCKLESS_ROOMS
        for name, tree in trees(root, f"src/vunnet/{room}")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _reads_clock(node.func)
    ]


def _reads_clock(function: ast.expr) -> bool:
    owner, _, name = ast.unparse(function).rpartition(".")
    return owner.rpartition(".")[2] in CLOCK_OWNERS and name in CLOCKS


def long_views(root: Path) -> list[str]:
    return [
        f"{name}:{node.lineno}: the view {node.name} has {length} lines"
        for name, tree in trees(root, "src/vunnet/web")
        if Path(name).stem == "views" or "views" in Path(name).parts
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) >= LONGEST_VIEW
    ]


def rooms_on_disk(root: Path) -> set[str]:
    """Every folder and module directly in src/vunnet that holds Python."""
    house = root / "src" / "vunnet"
    folders = {path.parent.name for path in house.glob("*/*.py") if path.parent.name != "__pycache__"}
    return folders | {path.stem for path in house.glob("*.py")} - {"__init__"}


def places(root: Path) -> tuple[list[list[str]], set[str]]:
    """The column of the import contracts from top to bottom, and what stands beside it."""
    contracts = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    column = next(contract for contract in contracts if contract.get("exhaustive"))
    levels = [[room.strip() for room in level.split("|")] for level in column["layers"]]
    return levels, set(column["exhaustive_ignores"])


def drawn_column(root: Path) -> list[list[str]]:
    """The column as ARCHITECTURE.md draws it, from top to bottom."""
    page = (root / "ARCHITECTURE.md").read_text()
    line = next(line for line in page.splitlines() if "→" in line and line.strip().startswith("web |"))
    return [[room.strip() for room in level.split("|")] for level in line.split("→")]


def homeless(root: Path) -> list[str]:
    levels, beside = places(root)
    known = {room for level in levels for room in level} | beside
    return [f"src/vunnet/{room} has no place in the import contracts" for room in rooms_on_disk(root) - known]


def misplaced(root: Path) -> list[str]:
    """Levels of the contracts that ARCHITECTURE.md draws otherwise; a later room may be missing from the contracts."""
    levels, _ = places(root)
    built = {room for level in levels for room in level}
    drawn = [[room for room in level if room in built] for level in drawn_column(root)]
    return [] if [level for level in drawn if level] == levels else [f"drawn {drawn}, kept {levels}"]
