"""The folder dag/, as a launch writes it over what an earlier one has left."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sweep.errors import StudyError
from sweep.study.study import Study
from tests.actions import launched


def test_a_launch_begins_anew(study: Study) -> None:
    launched(study)
    stale = [study.paths.dag / f"study.dag.{name}" for name in ("lock", "nodes.log", "rescue001")]
    for file in (*stale, study.paths.stopped, study.paths.posts / "0.0.11"):
        file.write_text("7\n")
    launched(study)
    assert not any(file.exists() for file in (*stale, study.paths.stopped, study.paths.posts / "0.0.11"))


@pytest.mark.processes
def test_a_launch_beside_a_dagman_that_still_runs_is_refused(study: Study) -> None:
    launched(study)
    lock = study.paths.dag / "generation-0000.dag.lock"
    lock.write_text("8\n")
    locks = "import fcntl, sys; file = open(sys.argv[1], 'r+'); fcntl.lockf(file, fcntl.LOCK_EX); print(); input()"
    command = [sys.executable, "-c", locks, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as dagman:
        assert dagman.stdout
        dagman.stdout.readline()
        with pytest.raises(StudyError, match=f"still runs, as process {dagman.pid}"):
            launched(study)
        dagman.communicate(b"\n")
    launched(study)
