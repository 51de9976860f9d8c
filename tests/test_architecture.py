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
    frozenset({"cli", "web"}),
    frozenset({"api"}),
    frozenset({"demo"}),
    frozenset({"imports", "stats"}),
    frozenset({"deals", "programmes"}),
    frozenset({"events", "calls"}),
    frozenset({"matching", "hall"}),
    frozenset({"search"}),
    frozenset({"research", "needs"}),
    frozenset({"records"}),
    frozenset({"accounts"}),
    frozenset({"taxonomy"}),
    frozenset({"core"}),
    frozenset({"env"}),
)
LONGEST_FUNCTION, LONGEST_FILE = 45, 400
ENGINE_MAY_IMPORT = frozenset({"numpy", "scipy", "rjieba", "opencc", "pint", "lancedb", "pyarrow", "pymilvus"})
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


# The machinery under the rooms keeps its own rows; everything else writes in a function of ``actions``.
KEEP_THEIR_OWN = frozenset({"core/runs.py", "core/ticks.py", "core/leases.py", "core/models.py"})
WRITES = frozenset(
    {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete"}
)  # fmt: skip
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})


def writes(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that write rows: by a manager, or by saving one."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        names = {one.attr for one in ast.walk(node.func.value) if isinstance(one, ast.Attribute)}
        saves = node.func.attr == "save" and not node.args
        if saves or (node.func.attr in WRITES and names & MANAGERS):
            yield node.lineno


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_rows_are_written_in_actions_only(path: Path) -> None:
    place = path.relative_to(SOURCE)
    if "actions" in place.parts or place.name == "actions.py" or str(place) in KEEP_THEIR_OWN:
        return
    assert list(writes(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("Need.objects.filter(pk=1).update(title='')", 1), ("model._default_manager.create()", 1),
        ("need.save(update_fields=['title'])", 1), ("counts.update(a=1)", 0), ("picture.save(out, 'PNG')", 0),
    ],
)  # fmt: skip
def test_the_rule_sees_what_writes_and_nothing_else(line: str, count: int) -> None:
    assert len(list(writes(ast.parse(line)))) == count
