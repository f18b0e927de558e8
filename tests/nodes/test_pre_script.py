"""The PRE script itself, dags/propose.sh.j2, as DAGMan starts it; without HTCondor."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sweep.resources import PACKAGE
from sweep.workflow.dag import node_script
from sweep.workflow.exit_codes import DEFER

pytestmark = pytest.mark.processes


@pytest.mark.parametrize(
    ("python", "status"), [("kill -9 $$", DEFER), ("kill -TERM $$", DEFER), ("exit 67", 67), ("exit 0", 0)]
)
def test_a_killed_script_runs_again_and_any_other_end_counts(tmp_path: Path, python: str, status: int) -> None:
    (tmp_path / "python").write_text(f"#!/bin/sh\n{python}\n")
    (tmp_path / "python").chmod(0o755)
    script = tmp_path / "propose"
    script.write_text(node_script("propose", tmp_path / "python", PACKAGE.parent))
    script.chmod(0o755)
    done = subprocess.run(["./propose", "3"], cwd=tmp_path, env={"PATH": os.environ["PATH"]}, check=False)
    assert done.returncode == status
