"""The documentation cannot lie: what the code offers is in it, and what it links to is there."""

import re
from pathlib import Path

import pytest

from queqiao.cli import COMMANDS, command_parser, reference
from queqiao.core.i18n import LANGUAGES, language

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]


def test_the_reference_is_what_the_code_says() -> None:
    found = {
        name: (DOCS / "reference" / name).read_text("utf-8")
        for name in ("commands.md", "columns.md", "life-cycle.md", "api.md")
    }
    assert found == {
        "commands.md": reference.commands_page(),
        "columns.md": reference.columns_page(),
        "life-cycle.md": reference.life_cycle_page(),
        "api.md": reference.api_page(),
    }


def test_every_operation_of_the_api_stands_in_the_reference() -> None:
    page = (DOCS / "reference" / "api.md").read_text("utf-8")
    assert [operation for operation in operations() if f"## {operation}\n" not in page] == []


def operations() -> list[str]:
    from queqiao.api.v1 import api

    return [
        f"{method} /{bound.prefix}{path}"
        for bound in api._get_bound_routers()
        for path, view in bound.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    ]


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_command_and_option_says_what_it_is_for(code: str) -> None:
    with language(code):
        silent = [o.name for name in COMMANDS for o in command_parser(name).options if not o.help.strip()]
        assert silent == []
        assert all(command_parser(name).summary for name in COMMANDS)


def test_every_environment_variable_is_documented() -> None:
    code = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    documented = "".join(path.read_text("utf-8") for path in (DOCS / "reference").glob("*.md"))
    assert {name for name in re.findall(r"QUEQIAO_[A-Z_]+", code) if name not in documented} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        word for page in PAGES for word in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
    }
    assert named - targets == set()
    assert {"setup", "run", "test", "check", "bench"} <= targets


def test_every_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    reasons = (DOCS / "why" / "dependencies.md").read_text("utf-8").lower()
    part = project.split("[project.scripts]")[0].split("dependencies = [")[1]
    lists = re.findall(r'"([a-z0-9-]+)[>=<]', part)
    assert [name for name in lists if name not in reasons] == []


def test_lock_files_carry_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text("utf-8")
        assert "://" not in text
        pins = [block for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE) if block.strip()]
        assert len(pins) > 20
        assert [block.split("==")[0] for block in pins if "--hash=sha256:" not in block] == []
