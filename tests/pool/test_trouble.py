"""What goes wrong on a real pool: trials that fail, jobs that are evicted or held, a sweep that is removed."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep import condor
from sweep.condor import JobStatus
from sweep.study import Study
from tests.pool.conftest import GOOD, report, sweep, wait_for

pytestmark = pytest.mark.pool

Light = Callable[..., Study]


def test_every_way_to_fail_is_one_failed_trial_and_the_sweep_goes_on(light: Light) -> None:
    light(
        "n = trial['number']\n"
        "if n == 0: sys.exit('no such class: cat')\n"
        "if n == 1: sys.exit(0)\n"
        "if n == 2: open('metrics.jsonl', 'w').write('{\"step\": 1, \"val_acc'); sys.exit(0)\n"
        "if n == 3: open('metrics.jsonl', 'w').write('{\"step\": 1, \"val_accuracy\": NaN}'); sys.exit(0)\n"
        "if n == 4: os.kill(os.getpid(), signal.SIGKILL)\n" + GOOD
    )
    followed = sweep("launch", "--generations", "2", "--watch").stdout
    assert "generation 0: 3 of 3 trials done, 0 running, 0 idle, 3 failed" in followed
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["FAIL"] * 5 + ["COMPLETE"]
    for trial, reason in zip(
        trials,
        [
            "the trainer ended with exit status 1: no such class: cat",
            "no val_accuracy was reported: metrics.jsonl is empty",
            "no val_accuracy was reported: line 1 of metrics.jsonl: torn",
            "val_accuracy is nan at step 1",
            "killed by signal 9",
        ],
        strict=False,
    ):
        assert reason in trial["reason"]
    shown = sweep("report").stdout
    assert "6 trials, 1 COMPLETE, 5 FAIL" in shown
    assert "trial 0 failed: the trainer ended with exit status 1: no such class: cat" in shown
    assert "Traceback" not in shown


def test_a_trainer_that_deletes_its_metrics_fails_with_the_reason(light: Light) -> None:
    light("os.remove('metrics.jsonl')\n")
    sweep("launch", "--generations", "1", "--watch")
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["FAIL"] * 3
    assert "the job was held: Transfer output files failure" in trials[0]["reason"]
    assert [trial["attempts"] for trial in trials] == [2] * 3


def test_data_that_has_vanished_fails_its_trials_with_the_reason(light: Light, here: Path) -> None:
    light(GOOD)
    (here / "photos").rmdir()
    sweep("launch", "--generations", "1", "--watch")
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["FAIL"] * 3
    assert "photos" in trials[0]["reason"]


WAITS = (
    "came = []\n"
    "signal.signal(signal.SIGTERM, lambda *_: came.append(1))\n"
    "before = open('checkpoint').read()\n"
    "while not came and not before: time.sleep(0.05)\n"
    "if came: open('checkpoint', 'w').write('half'); sys.exit(85)\n"
)


def running(study: Study) -> list[condor.Job]:
    jobs = [job for job in condor.jobs(study.id) if job.status == JobStatus.RUNNING and job.trial is not None]
    # The event log has the start a moment after the queue.
    return jobs if len(jobs) == 3 and attempts() == [1, 1, 1] else []


def attempts() -> list[int]:
    return [trial["attempts"] for trial in report()["trials"]]


def test_an_evicted_job_goes_on_from_its_checkpoint(light: Light) -> None:
    study = light(WAITS + GOOD)
    sweep("launch", "--generations", "1")
    jobs = wait_for(lambda: running(study), "all trials run")
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
    dagman = condor.dagman(condor.jobs(study.id))
    assert dagman is not None
    subprocess.run(["condor_rm", str(dagman.cluster)], check=True, capture_output=True)
    wait_for(lambda: not condor.jobs(study.id), "the queue is empty")
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
    assert report()["trials"][:6] == after


def test_ctrl_c_leaves_the_sweep_running(light: Light) -> None:
    study = light("time.sleep(5)\n" + GOOD)
    sweep("launch", "--generations", "1")
    with subprocess.Popen(
        [sys.executable, "-m", "sweep", "launch", "--generations", "1", "--watch"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert any(re.match("generation 0: 0 of 3", line) for line in iter(process.stdout.readline, ""))
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 0
    assert "Left the sweep running" in rest
    assert condor.dagman(condor.jobs(study.id)) is not None
    sweep("launch", "--generations", "1", "--watch")
    assert [trial["state"] for trial in report()["trials"]] == ["COMPLETE"] * 3


def test_a_propose_that_fails_says_why_and_loses_nothing(light: Light) -> None:
    study = light(GOOD)
    study.paths.trials.write_text("a file where a folder belongs")
    done = sweep("launch", "--generations", "1", "--watch", check=False)
    assert done.returncode == 3
    assert "the sweep ended after 0 of 3 trials" in done.stderr
    assert "generation 0: " in done.stderr
    assert "Traceback" not in done.stderr
    study.paths.trials.unlink()
    sweep("launch", "--generations", "1", "--watch")
    assert [trial["state"] for trial in report()["trials"]] == ["COMPLETE"] * 3


def test_a_transient_failure_is_tried_again_and_goes_on_from_the_checkpoint(light: Light) -> None:
    study = light(
        "before = open('checkpoint').read()\n"
        "print('try', len(before), flush=True)\n"
        "open('checkpoint', 'a').write('x')\n"
        "if trial['number'] == 0 and len(before) < 2: sys.exit(75)\n"
        "if trial['number'] == 1: sys.exit('no luck') if before else os.kill(os.getpid(), signal.SIGKILL)\n" + GOOD,
        retries=2,
    )
    sweep("launch", "--generations", "1", "--watch")
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert [trial["attempts"] for trial in trials] == [3, 2, 1]
    assert "exit status 1: no luck" in trials[1]["reason"]
    first = study.paths.trial(0)
    assert [first.root.joinpath(name).read_text() for name in ("out.1", "out.2", "out")] == [
        "try 0\n",
        "try 1\n",
        "try 2\n",
    ]
    assert first.checkpoint.read_text() == "xxx"
    # Whole again, the study is finished: nothing of it is run again.
    assert "nothing to do" in sweep("launch", "--generations", "1").stdout


def test_more_memory_is_asked_for_when_a_trial_ran_out(light: Light) -> None:
    light(
        "if '256' not in open('.job.ad').read().split('RequestMemory = ')[1][:4]: sys.exit(77)\n" + GOOD,
        job='retry_request_memory = "256 MB"',
    )
    sweep("launch", "--generations", "1", "--watch")
    trials = report()["trials"]
    assert [(trial["state"], trial["attempts"]) for trial in trials] == [("COMPLETE", 2)] * 3


def test_failures_in_a_row_stop_the_sweep_with_the_reason_and_the_next_command(light: Light) -> None:
    study = light("sys.exit('no such class: cat')\n", failures_in_a_row=2)
    done = sweep("launch", "--generations", "5", "--watch", check=False)
    assert done.returncode == 3
    assert (
        "2 trials in a row failed, 2 of them with: the trainer ended with exit status 1: no such class" in done.stderr
    )
    assert "type the same `sweep launch` again" in done.stderr
    assert len(report()["trials"]) == 3
    main = study.paths.trainer / "__main__.py"
    main.write_text(GOOD.join(["import json\ntrial = json.load(open('trial.json'))\n", ""]))
    sweep("launch", "--generations", "2", "--watch")
    assert report()["study"]["counts"]["COMPLETE"] >= 3
    assert len(report()["trials"]) == 6
