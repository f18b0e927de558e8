"""Waiting for a lock: who is named, and when to give up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.errors import StudyError
from sweep.system import lock_wait
from sweep.system.files import locked
from sweep.system.lock_wait import Holder, LockWait, ProcessState, hold_lock, why_give_up
from tests.actions import wait_for

HERE = os.uname().nodename


@pytest.mark.parametrize(
    ("state", "still", "waited", "why"),
    [
        (None, 0.0, 1199.0, ""),
        (None, 0.0, 1200.0, "has not released it in 20 minutes"),
        ("T", 9.0, 9.0, ""),
        ("T", 10.0, 10.0, "is suspended"),
        ("t", 10.0, 10.0, "is suspended"),
        ("D", 59.0, 59.0, ""),
        ("D", 60.0, 60.0, "has done nothing for 60 s (state D)"),
        ("S", 60.0, 90.0, "has done nothing for 60 s (state S)"),
        ("R", 0.0, 1200.0, "has not released it in 20 minutes"),
    ],
)
def test_how_long_a_holder_is_waited_for(state: str | None, still: float, waited: float, why: str) -> None:
    assert why_give_up(ProcessState(state, 5) if state else None, still, waited) == why


def test_a_holder_that_works_is_named_once_and_waited_for() -> None:
    said: list[str] = []
    wait = LockWait(Path("x.lock"), said.append, since=0.0)
    for second in range(1000):
        wait.look(float(second), Holder(7, HERE, "sweep stop"), ProcessState("S", ticks=second // 50))
    assert said == ["waiting for process 7 (sweep stop)"]
    with pytest.raises(StudyError, match=r"process 7 \(sweep stop\) holds x\.lock and has not released it"):
        wait.look(1200.0, Holder(7, HERE, "sweep stop"), ProcessState("S", ticks=99))


def test_holders_that_end_at_once_are_not_named() -> None:
    said: list[str] = []
    wait = LockWait(Path("x.lock"), said.append, since=0.0)
    for tenth in range(100):
        wait.look(tenth / 10, Holder(tenth // 5, HERE, "sweep enqueue"), None)
    assert said == []


def test_a_holder_on_another_machine_is_named_with_it() -> None:
    said: list[str] = []
    wait = LockWait(Path("x.lock"), said.append, since=0.0)
    there = Holder(os.getpid(), "elsewhere", "sweep launch")
    assert ProcessState.read(there) is None
    wait.look(2.0, there, None)
    assert said == []
    wait.look(3.0, None, None)
    assert said == [f"waiting for process {os.getpid()} (sweep launch) on elsewhere"]
    with pytest.raises(StudyError) as caught:
        wait.look(1200.0, there, None)
    assert f"On elsewhere, run: kill -9 {os.getpid()}" in caught.value.advice


def test_the_holder_writes_itself_into_the_file(tmp_path: Path) -> None:
    lock = tmp_path / "x.lock"
    with locked(lock, wait=True):
        holder = Holder.read(lock)
    assert holder
    assert (holder.pid, holder.is_here) == (os.getpid(), True)
    state = ProcessState.read(holder)
    assert state
    assert state.letter == "R"


@pytest.mark.parametrize("text", ["", "12", "twelve host sweep", "99999999 host sweep\x1b[31m"])
def test_a_lock_file_of_another_text_names_nobody_falsely(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.lock").write_text(text)
    holder = Holder.read(tmp_path / "x.lock")
    assert holder is None or "\x1b" not in str(holder)
    assert ProcessState.read(holder) is None


def test_shared_holders_exclude_only_exclusive_ones(tmp_path: Path) -> None:
    lock, said = tmp_path / "x.lock", list[str]()
    one, other = (hold_lock(lock, said.append, shared=True) for _ in range(2))
    with one, other, locked(lock, wait=False) as got:
        assert not got
    with hold_lock(lock, said.append), locked(lock, wait=False, shared=True) as got:
        assert not got
    assert said == []


@pytest.mark.processes
def test_a_suspended_holder_is_named_with_the_line_that_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_wait, "SUSPENDED_SECONDS", 0.0)
    lock = tmp_path / "x.lock"
    text = (
        "import os, signal\nfrom pathlib import Path\nfrom sweep.system.files import locked\n"
        f"with locked(Path({str(lock)!r}), wait=True): os.kill(os.getpid(), signal.SIGSTOP)"
    )
    process = subprocess.Popen([sys.executable, "-c", text, "stop"], cwd=Path(__file__).parents[2])
    holder = Holder(process.pid, HERE, "-c stop")
    wait_for(lambda: (ProcessState.read(holder) or ProcessState("", 0)).letter == "T", "it is suspended")
    with pytest.raises(StudyError, match=f"process {process.pid}.* is suspended") as caught, hold_lock(lock, print):
        pass
    assert f"To end it, run: kill -9 {process.pid}\n" in caught.value.advice
    said: list[str] = []
    monkeypatch.setattr(lock_wait, "SUSPENDED_SECONDS", 60.0)
    monkeypatch.setattr(lock_wait, "SAY_SECONDS", 0.0)

    def resume(text: str) -> None:
        said.append(text)
        process.send_signal(signal.SIGCONT)

    with hold_lock(lock, resume):
        assert said == [f"waiting for process {process.pid} (-c stop)"]
    assert process.wait() == 0
