"""The tests mirror the rooms of sweep/: one test file for each module that holds logic, and none imports another."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SWEEP = TESTS.parent / "sweep"

OTHER_FOLDERS = {"docs": "docs/", "pool": "a real pool", "trainer": "trainer/"}
"""Folders that mirror no room of sweep/, and what they test."""

OTHER_FILES = {
    "cli/test_messages.py": "the messages of all commands",
    "nodes/test_containment.py": "all readers of what a job left",
    "nodes/test_post_script.py": "dags/harvest.sh.j2",
    "nodes/test_pre_script.py": "dags/propose.sh.j2",
    "results/page/test_browser.py": "the page in a real browser",
    "test_access_point.py": "a sweep on a machine without torch",
    "test_crash_points.py": "every writer of a study, killed at each write",
    "test_fuzz.py": "every reader of a user's or a job's text",
    "test_imports.py": "what each entry imports",
    "test_injection.py": "every text that HTCondor or a shell reads",
    "test_main.py": "sweep/__main__.py and sweep/errors.py",
    "test_own_program.py": "configs/own-program",
    "test_pairs.py": "two commands or scripts at once",
    "test_shared_pools.py": "tests/shared_pools.py",
    "test_structure.py": "this file",
    "test_upgrade.py": "sweeps that earlier versions launched",
}
"""Test files that belong to no single module, and what they test."""

WITHOUT_TESTS = {
    "__main__.py": "test_main.py",
    "control/launch.py": "pool/test_launch_killed.py, pool/test_kills.py",
    "control/stop.py": "pool/test_stop.py",
    "doctor/finding.py": "doctor/test_show.py",
    "doctor/rehearsal.py": "pool/test_doctor.py",
    "errors.py": "test_main.py",
    "pool/bindings.py": "pool/test_pool.py",
    "pool/personal.py": "pool/test_pool.py",
}
"""Modules that hold logic and have no test file of their own, and where they are tested."""

FILES = sorted(
    file.relative_to(TESTS) for file in TESTS.rglob("*.py") if "upgrade" not in file.relative_to(TESTS).parts
)
TEST_FILES = [file for file in FILES if file.name.startswith("test_")]
UNIT_TEST_FILES = [file for file in TEST_FILES if file.parts[0] not in OTHER_FOLDERS]
MODULES = sorted(file.relative_to(SWEEP) for file in SWEEP.rglob("*.py") if file.name != "__init__.py")


def imported(file: Path) -> set[str]:
    """Return the modules that a file imports, and the names that it imports from them, with dots."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((TESTS / file).read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{name.name}" for name in node.names}
    return found


@pytest.mark.parametrize("file", FILES, ids=str)
def test_no_file_imports_a_test_file(file: Path) -> None:
    last = {name: name.rpartition(".")[2] for name in imported(file) if name.startswith("tests.")}
    assert [name for name, word in last.items() if word.startswith("test_") or word == "conftest"] == []


def test_folders_are_rooms() -> None:
    folders = {file.parent for file in TEST_FILES if file.parts[0] not in OTHER_FOLDERS}
    assert [str(folder) for folder in folders if not (SWEEP / folder / "__init__.py").exists()] == []


def test_each_test_file_names_a_module_or_says_what_it_tests() -> None:
    without = {
        str(file) for file in UNIT_TEST_FILES if not (SWEEP / file.with_name(file.name.removeprefix("test_"))).exists()
    }
    assert without == set(OTHER_FILES)


def holds_logic(module: Path) -> bool:
    """Return whether a module has a function or a method."""
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse((SWEEP / module).read_text())))


def test_each_module_that_holds_logic_has_a_test_file() -> None:
    without = {
        str(module)
        for module in MODULES
        if holds_logic(module) and not (TESTS / module.with_name(f"test_{module.name}")).exists()
    }
    assert without == set(WITHOUT_TESTS)
