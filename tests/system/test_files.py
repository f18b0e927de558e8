"""Writes that are whole or not there, and locks that die with their process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.system.files import locked, tail, write_json, write_text


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_dies_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    file = tmp_path / "result.json"
    write_text(file, "old")

    def die(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, die)
    with pytest.raises(OSError, match="No space left"):
        write_text(file, "new")
    assert file.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["result.json"]


@pytest.mark.parametrize(
    ("umask", "mode", "expected"),
    [(0o077, 0o666, 0o600), (0o022, 0o666, 0o644), (0, 0o666, 0o666), (0o077, 0o755, 0o700)],
)
def test_the_umask_decides_who_may_read_a_file(tmp_path: Path, umask: int, mode: int, expected: int) -> None:
    before = os.umask(umask)
    try:
        write_text(tmp_path / "below" / "result.json", "text", mode)
        with locked(tmp_path / "lock", wait=True):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "below" / "result.json").stat().st_mode & 0o777 == expected
    assert not (tmp_path / "below").stat().st_mode & umask
    assert not (tmp_path / "lock").stat().st_mode & umask


def test_json_is_strict(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "result.json", {"value": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.processes
def test_a_lock_is_let_go_when_its_process_is_killed(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = f"""
import sys, time
from pathlib import Path
from sweep.system.files import locked
with locked(Path({str(lock)!r}), wait=True):
    print("got", flush=True)
    sys.stdin.read()
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"got\n"
    with locked(lock, wait=False) as got:
        assert not got
    holder.kill()
    holder.wait()
    with locked(lock, wait=False) as got:
        assert got


def test_tail_reads_the_end_only(tmp_path: Path) -> None:
    file = tmp_path / "err"
    assert tail(file) == ""
    file.write_bytes(b"x" * 100_000 + b"\nlast but one\n\xff last\n\n")
    assert tail(file, 2) == "last but one\n\ufffd last"


def test_tail_of_something_else_than_a_file(tmp_path: Path) -> None:
    (tmp_path / "err").mkdir()
    assert tail(tmp_path / "err") == "[err is a folder]"
    os.mkfifo(tmp_path / "out")
    assert tail(tmp_path / "out") == "[out is no regular file]"
