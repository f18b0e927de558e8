"""Memory of a program and its children, as HTCondor counts it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sweep.system.memory import PeakMemory, session_bytes

MB = 2**20
PROGRAM = """
import subprocess, sys, time
if len(sys.argv) == 1:
    child = subprocess.Popen([sys.executable, __file__, "child"], stdout=subprocess.PIPE)
    child.stdout.readline()
held = bytearray(100 * 2**20)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.processes
def test_all_processes_of_a_session_count_together(tmp_path: object) -> None:
    program = f"{tmp_path}/program.py"
    with open(program, "w") as file:  # noqa: PTH123
        file.write(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    with PeakMemory(process.pid) as peak:
        assert process.stdout is not None
        process.stdout.readline()
        now = session_bytes(process.pid)
        process.communicate()
    assert 200 * MB < now < 400 * MB
    assert peak.bytes > 100 * MB


def test_a_session_that_is_not_there_has_none() -> None:
    assert session_bytes(2**30) == 0
