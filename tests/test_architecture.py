"""The house keeps its order: who may import whom, and how long a function or a file may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "queqiao"

# From the top of the house to its ground. A room imports from lower floors only; rooms on one floor do not import
# each other. The engine stands beside: every room may use it, and it uses none of them.
FLOORS: tuple[frozenset[str], ...] = (
    frozenset({"settings", "urls", "wsgi"}),
    frozenset({"cli", "web", "api"}),
    frozenset({"demo"}),
    frozenset({"imports", "stats"}),
    frozenset({"deals", "programmes"}),
    frozenset({"events", "calls"}),
    frozenset({"matching", "search"}),
    frozenset({"research", "needs"}),
    frozenset({"records"}),
    frozenset({"accounts"}),
    frozenset({"taxonomy"}),
    frozenset({"core"}),
    frozenset({"env"}),
)
LONGEST_FUNCTION, LONGEST_FILE = 45, 400
ENGINE_MAY_IMPORT = frozenset({"numpy", "scipy", "rjieba", "opencc", "pint", "lancedb", "pyarrow"})
NOT_IN_ENGINE = frozenset({"time", "datetime", "random", "socket", "urllib", "http", "secrets"})

MODULES = sorted(path for path in SOURCE.rglob("*.py") if not {"tests", "migrations"} & set(path.parts))


def floor_of(room: str) -> int:
    return next(i for i, rooms in enumerate(FLOORS) if room in rooms)


def room_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide which room is meant"
            module = node.module or ""
            if module == "datetime" and {alias.name for alias in node.names} == {"timedelta"}:
                continue  # a length of time is no clock
            yield module, node.lineno


def offences(room: str, tree: ast.AST) -> Iterator[str]:
    for module, line in imports_of(tree):
        top, *rest = module.split(".")
        if room == "engine":
            if top == "queqiao" and rest[:1] != ["engine"]:
                yield f"line {line}: the engine imports {module}"
            elif top in NOT_IN_ENGINE:
                yield f"line {line}: the engine has no clock, network or chance, but imports {module}"
        elif top == "queqiao" and rest and rest[0] not in ("engine", room) and not allowed(room, rest[0]):
            yield f"line {line}: {room} imports {module}, which is not below it"


def allowed(room: str, other: str) -> bool:
    return floor_of(room) < floor_of(other)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down_only(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    assert list(offences(room, ast.parse(path.read_text(encoding="utf-8")))) == []


def test_an_import_that_points_up_is_named_with_its_line() -> None:
    tree = ast.parse("import json\nfrom queqiao.cli import main\n")
    assert list(offences("matching", tree)) == ["line 2: matching imports queqiao.cli, which is not below it"]
    assert list(offences("engine", tree)) == ["line 2: the engine imports queqiao.cli"]
    assert list(offences("engine", ast.parse("import time"))) == [
        "line 1: the engine has no clock, network or chance, but imports time"
    ]


@pytest.mark.parametrize(
    "path", [path for path in MODULES if room_of(path) == "engine"], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_the_engine_uses_the_standard_library_and_the_libraries_of_its_trade(path: Path) -> None:
    import sys

    tops = {module.split(".")[0] for module, _ in imports_of(ast.parse(path.read_text(encoding="utf-8")))}
    assert tops - sys.stdlib_module_names - ENGINE_MAY_IMPORT - {"queqiao"} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_everything_fits_on_a_screen(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    long = [
        f"{node.name}, line {node.lineno}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_tests_and_product_never_read_the_measuring_data() -> None:
    readers = [
        str(path.relative_to(SOURCE.parent.parent))
        for folder in (SOURCE, SOURCE.parent.parent / "tests")
        for path in folder.rglob("*.py")
        if path != Path(__file__) and "shared/data" in path.read_text(encoding="utf-8")
    ]
    assert readers == []
