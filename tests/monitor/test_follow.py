"""Following a sweep on the screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweep.monitor.follow import _print_changes
from sweep.monitor.progress import Progress
from sweep.pool.schedd import Job, JobStatus


def test_what_hangs_and_what_the_scripts_wait_for_are_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    works = Progress([], Job(7, JobStatus.RUNNING, True, None, ""), [])
    hangs = replace(works, troubles=["Process 9 is stopped. Run: kill -CONT 9"], waiting="the disk is full")
    shown: dict[object, str] = {}
    for progress in (works, hangs, hangs, works):
        _print_changes(progress, "acc", shown)
    assert capsys.readouterr().out.splitlines() == [
        "Process 9 is stopped. Run: kill -CONT 9",
        "waiting: the disk is full",
        "no longer waiting",
    ]
