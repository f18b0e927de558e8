"""The PRE script itself, dags/propose.sh.j2, as DAGMan starts it; without HTCondor."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sweep.resources import PACKAGE
from sweep.workflow.dag import node_script
from sweep.workflow.exit_codes import CRASHED, DEFER, DONE, SKIP

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("python", "status", "reason"),
    [
        ("exit 0", DONE, ""),
        ("exit 67", SKIP, ""),
        ("echo broken >&2; exit 70", CRASHED, ""),
        ("echo The disk is full. > waiting.txt; exit 69", DEFER, "The disk is full.\n"),
        ("kill -9 $$", DEFER, "exit status 137: "),
        ("kill -TERM $$", DEFER, "exit status 143: "),
        ("echo ImportError: no optuna >&2; exit 1", DEFER, "exit status 1: ImportError: no optuna. To check"),
        ("exit 2", DEFER, "exit status 2: see dag/propose.log"),
        ("exec /nowhere/python", DEFER, "exit status 127: "),
    ],
)
def test_an_end_that_python_did_not_choose_runs_it_again_and_is_named(
    tmp_path: Path, python: str, status: int, reason: str
) -> None:
    assert run(tmp_path, python) == status
    waiting = tmp_path / "waiting.txt"
    assert reason in waiting.read_text() if reason else not waiting.exists()


@pytest.mark.parametrize("blocked", ["waiting.txt", "propose.err"])
def test_where_it_cannot_write_it_runs_again(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).mkdir()
    assert run(tmp_path, "exit 1") == DEFER


def run(folder: Path, python: str) -> int:
    """Run the script with a shell program in place of its Python; return its exit status."""
    (folder / "python").write_text(f"#!/bin/sh\n{python}\n")
    (folder / "python").chmod(0o755)
    script = folder / "propose"
    script.write_text(node_script("propose", folder / "python", PACKAGE.parent))
    script.chmod(0o755)
    return subprocess.run(["./propose", "3"], cwd=folder, env={"PATH": os.environ["PATH"]}, check=False).returncode
