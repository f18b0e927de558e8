"""Processes of this machine, and who holds a lock."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from sweep.system.files import locked
from sweep.system.processes import find_process, is_flock_held, posix_lock_holder
from tests.actions import wait_for


@pytest.mark.processes
def test_the_state_of_a_process(tmp_path: Path) -> None:
    odd = tmp_path / "a) T ("
    odd.symlink_to("/bin/sleep")
    with subprocess.Popen([str(odd), "60"]) as sleeps:
        wait_for(lambda: "a)" in Path("/proc", str(sleeps.pid), "comm").read_text(), "it has its name")
        running = find_process(sleeps.pid)
        assert running
        assert running.state in ("S", "R")
        sleeps.send_signal(signal.SIGSTOP)
        wait_for(lambda: (found := find_process(sleeps.pid)) and found.state == "T", "it is stopped")
        sleeps.kill()
    assert find_process(sleeps.pid) is None


def test_a_lock_that_is_held_and_one_that_is_not(tmp_path: Path) -> None:
    file = tmp_path / "serving.lock"
    assert not is_flock_held(file)
    assert not file.exists()
    with locked(file, wait=True):
        assert is_flock_held(file)
    assert not is_flock_held(file)


def test_nobody_holds_a_posix_lock(tmp_path: Path) -> None:
    file = tmp_path / "study.dag.lock"
    assert posix_lock_holder(file) == 0
    file.touch()
    assert posix_lock_holder(file) == 0
    assert find_process(os.getpid())
