"""What goes wrong on a real pool: jobs that are evicted, a sweep that is removed, or that stops itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from sweep.pool import schedd
from sweep.pool.schedd import JobStatus
from sweep.study.study import Study
from sweep.system.processes import posix_lock_holder
from tests.pool.actions import GOOD, report, sweep, wait_for

pytestmark = pytest.mark.pool

Light = Callable[..., Study]


WAITS = (
    "came = []\n"
    "signal.signal(signal.SIGTERM, lambda *_: came.append(1))\n"
    "before = open('checkpoint').read()\n"
    "while not came and not before: time.sleep(0.05)\n"
    "if came: open('checkpoint', 'w').write('half'); sys.exit(85)\n"
)


def running(study: Study) -> list[schedd.Job]:
    jobs = [job for job in schedd.queued_jobs(study.id) if job.status == JobStatus.RUNNING and job.trial is not None]
    # The event log has the start a moment after the queue.
    return jobs if len(jobs) == 3 and attempts() == [1, 1, 1] else []


def attempts() -> list[int]:
    return [trial["attempts"] for trial in report()["trials"]]


def assert_status_names_stopped_dagmans(study: Study) -> None:
    """Stop the DAGMans of the study and of its generation for a moment, and look at the lines that status prints."""
    dagmans = [posix_lock_holder(lock) for lock in study.paths.dag.glob("*.dag.lock")]
    assert len([pid for pid in dagmans if pid]) == 2
    for pid in dagmans:
        os.kill(pid, signal.SIGSTOP)
    try:
        shown = sweep("status", check=False).stdout
    finally:
        for pid in dagmans:
            os.kill(pid, signal.SIGCONT)
    assert [f"is stopped. Run: kill -CONT {pid}" in shown for pid in dagmans] == [True, True]
    assert "kill -CONT" not in sweep("status", check=False).stdout


def test_an_evicted_job_goes_on_from_its_checkpoint(light: Light) -> None:
    study = light(WAITS + GOOD)
    sweep("launch", "--generations", "1")
    jobs = wait_for(lambda: running(study), "all trials run")
    assert_status_names_stopped_dagmans(study)
    for job in jobs:
        subprocess.run(["condor_vacate_job", str(job.cluster)], check=True, capture_output=True)
    followed = sweep("launch", "--generations", "1", "--watch").stdout
    assert "is running already" in followed
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["COMPLETE"] * 3
    assert [trial["attempts"] for trial in trials] == [2, 2, 2]
    assert study.paths.trial(0).checkpoint.read_text() == "half"


def test_a_removed_sweep_goes_on_with_the_same_command(light: Light) -> None:
    study = light("time.sleep(3600 if trial['number'] == 1 else 0)\n" + GOOD)
    sweep("launch", "--generations", "2")
    wait_for(
        lambda: attempts() == [1, 1, 1] and report()["study"]["counts"].get("COMPLETE") == 2,
        "two trials are complete, and one runs",
    )
    dagman = schedd.outer_dagman(schedd.queued_jobs(study.id))
    assert dagman is not None
    subprocess.run(["condor_rm", str(dagman.cluster)], check=True, capture_output=True)
    wait_for(lambda: not schedd.queued_jobs(study.id), "the queue is empty")
    before = report()["trials"]
    assert [trial["state"] for trial in before] == ["COMPLETE", "RUNNING", "COMPLETE"]

    main = study.paths.trainer / "__main__.py"
    main.write_text(main.read_text().replace("3600", "0"))
    sweep("launch", "--generations", "2", "--watch")
    after = report()["trials"]
    assert [trial["state"] for trial in after] == ["COMPLETE"] * 6
    assert [trial["params"] for trial in after[:3]] == [trial["params"] for trial in before]
    assert [trial["attempts"] for trial in after] == [1, 2, 1, 1, 1, 1]

    # The study's total may be raised; what is finished is not run again.
    sweep("launch", "--generations", "3", "--watch")
    assert [trial["state"] for trial in report()["trials"]] == ["COMPLETE"] * 9
    assert [trial | {"rank": 0} for trial in report()["trials"][:6]] == [trial | {"rank": 0} for trial in after]


def test_ctrl_c_leaves_the_sweep_running(light: Light) -> None:
    study = light("time.sleep(12)\n" + GOOD)
    sweep("launch", "--generations", "1")
    with subprocess.Popen(
        [sys.executable, "-m", "sweep", "launch", "--generations", "1", "--watch"],
        stdout=subprocess.PIPE,
        text=True,
        # Ctrl-C does nothing to what a shell started in the background, as this may be.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        assert any(re.match("generation 0: 0 of 3", line) for line in iter(process.stdout.readline, ""))
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert "Left the sweep running" in rest
    assert schedd.outer_dagman(schedd.queued_jobs(study.id)) is not None
    sweep("launch", "--generations", "1", "--watch")
    assert [trial["state"] for trial in report()["trials"]] == ["COMPLETE"] * 3


def test_failures_in_a_row_stop_the_sweep_with_the_reason_and_the_next_command(light: Light) -> None:
    study = light("sys.exit('no such class: cat')\n", failures_in_a_row=2)
    done = sweep("launch", "--generations", "5", "--watch", check=False)
    assert done.returncode == 3
    assert "2 trials in a row failed, all with: the trainer ended with exit status 1: no such class" in done.stderr
    assert "run: sweep launch --generations " in done.stderr
    assert len(report()["trials"]) == 3
    main = study.paths.trainer / "__main__.py"
    main.write_text(GOOD.join(["import json\ntrial = json.load(open('trial.json'))\n", ""]))
    sweep("launch", "--generations", "2", "--watch")
    assert report()["study"]["counts"]["COMPLETE"] >= 3
    assert len(report()["trials"]) == 6
