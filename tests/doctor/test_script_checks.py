"""What the workflow's scripts need where DAGMan runs them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from sweep.doctor import script_checks
from sweep.doctor.finding import Level
from sweep.resources import PACKAGE
from sweep.study.study import Study
from sweep.workflow.dag import node_script


@pytest.mark.processes
def test_scripts_start_with_little_of_an_environment(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    monkeypatch.setenv("_CONDOR_X", "1")
    assert script_checks.script_environment(os.environ).keys() & {"LD_LIBRARY_PATH", "_CONDOR_X", "PATH"} == {
        "_CONDOR_X",
        "PATH",
    }
    monkeypatch.setenv("PYTHONPATH", str(Path(script_checks.__file__).parents[2]))
    assert [finding.level for finding in script_checks.check_scripts(study)] == [Level.OK, Level.OK]
    study.paths.database.write_bytes(b"no database")
    reading, starting = script_checks.check_scripts(study)
    assert (reading.level, starting.level) == (Level.ERROR, Level.OK)
    assert reading.text.startswith("reading the storage as PRE scripts do failed: sweep.errors.StorageError")


@pytest.mark.processes
def test_a_script_that_hangs(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script_checks, "READ_STORAGE", "import time; time.sleep(60)")
    monkeypatch.setattr(script_checks, "TIMEOUT_SECONDS", 0.5)
    found = next(script_checks.check_scripts(study))
    assert (found.level, found.text) == (Level.ERROR, "reading the storage as PRE scripts do: timed out after 0.5 s")


@pytest.mark.parametrize(
    ("programs", "level", "said"),
    [
        (("sh", "sleep", "rm", "cat", "flock"), Level.OK, ""),
        (("sh", "sleep", "rm", "cat"), Level.WARNING, "flock is not on PATH"),
        (("sh", "cat", "flock"), Level.ERROR, "do not find sleep, rm on PATH"),
    ],
)
def test_the_programs_on_the_path_of_the_scripts(
    programs: tuple[str, ...], level: Level, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in programs:
        (tmp_path / name).symlink_to(str(shutil.which("true")))
    monkeypatch.setenv("PATH", str(tmp_path))
    (found,) = script_checks.check_programs()
    assert (found.level, said in found.text) == (level, True)


@pytest.mark.parametrize("name", ["propose", "harvest", "keep"])
def test_the_interpreter_of_a_script(name: str) -> None:
    python = Path("/opt/a b'c/python")
    assert script_checks.interpreter(node_script(name, python, PACKAGE.parent)) == python
    assert script_checks.interpreter("#!/bin/sh\n") is None


def write_scripts(study: Study, python: Path) -> None:
    study.paths.dag.mkdir(parents=True, exist_ok=True)
    for name in ("propose", "harvest"):
        (study.paths.dag / name).write_text(node_script(name, python, PACKAGE.parent))


def test_scripts_whose_interpreter_is_gone(study: Study) -> None:
    assert list(script_checks.check_launched_scripts(study)) == []
    write_scripts(study, Path(sys.executable))
    assert list(script_checks.check_launched_scripts(study)) == []
    write_scripts(study, Path("/nowhere/python"))
    found = list(script_checks.check_launched_scripts(study))
    assert [finding.level for finding in found] == [Level.ERROR] * 2
    assert found[0].text.endswith("dag/propose with /nowhere/python: this interpreter is missing")
    assert "Or run: sweep stop --now && sweep launch --generations 5" in found[0].advice


@pytest.mark.processes
def test_an_interpreter_that_cannot_import_sweep(study: Study, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho ImportError: no sweep >&2; exit 1\n")
    python.chmod(0o755)
    write_scripts(study, python)
    found = list(script_checks.check_launched_scripts(study))
    assert [(finding.level, "ImportError: no sweep" in finding.text) for finding in found] == [(Level.ERROR, True)] * 2
