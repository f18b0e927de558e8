"""PRE and POST, without HTCondor: run again, run at once, and every ending of a trial."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.nodes.harvest import retry_commands
from sweep.nodes.propose import propose
from sweep.study.study import Study
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec
from sweep.workflow.exit_codes import DONE, STOP, TRY_AGAIN
from tests.actions import SUBMITTED, harvest, launched, rows
from tests.samples import GOOD


@pytest.mark.parametrize(
    ("metrics", "return_code", "state", "reason"),
    [
        (GOOD, 0, "COMPLETE", ""),
        (None, 0, "FAIL", "left no metrics.jsonl"),
        ("", 0, "FAIL", "metrics.jsonl is empty"),
        (GOOD[:40], 0, "FAIL", "at step 1 of 2"),
        (GOOD.replace("0.75", "NaN"), 0, "FAIL", "val_accuracy is nan at step 2"),
        (GOOD, 1, "FAIL", "exit status 1: RuntimeError: no photos"),
        ("", -1002, "FAIL", "the job was removed from the queue"),
    ],
)
def test_every_ending_reaches_the_storage(
    study: Study, metrics: str | None, return_code: int, state: str, reason: str
) -> None:
    propose(study, 0)
    files = study.paths.trial(0)
    files.metrics.unlink() if metrics is None else files.metrics.write_text(metrics)
    if return_code == 1:
        files.stderr.write_text("Traceback\nRuntimeError: no photos\n")
    harvest(study.paths, 0, return_code)
    row = rows(study)[0]
    assert row.state == state
    assert reason in row.reason
    result = Result.from_json(files.result.read_text())
    assert (result.state, result.reason) == (row.state, row.reason)
    assert ("Traceback" in result.stderr_tail) == (return_code == 1)
    assert list(study.paths.pending.iterdir()) == []


def test_harvest_again_changes_nothing(study: Study) -> None:
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    study.paths.trial(0).metrics.chmod(0o666)
    harvest(study.paths, 0, 0)
    assert not study.paths.trial(0).metrics.stat().st_mode & 0o022
    before = rows(study)
    study.paths.trial(0).metrics.write_text(GOOD.replace("0.75", "0.99"))
    harvest(study.paths, 0, 1)
    assert rows(study) == before


STARTED = "001 ({0:03}.000.000) 2026-11-23 05:58:05 Job executing\n\tSlotName: slot1@gpu-{0}.example.edu\n...\n"
HELD = "012 ({0:03}.000.000) 2026-11-23 05:58:25 Job was held.\n\t{1}\n\tCode {2} Subcode 0\n...\n"


def start(study: Study, cluster: int) -> None:
    """What HTCondor writes when a job of trial 0 starts, and what the job says."""
    files = study.paths.trial(0)
    with files.job_log.open("a") as log:
        log.write(SUBMITTED.format(cluster) + STARTED.format(cluster))
    files.stdout.write_text(f"out of {cluster}")
    files.stderr.write_text(f"OSError: disk of {cluster}")


def test_a_transient_failure_is_tried_again_a_few_times_and_all_is_kept(study: Study) -> None:
    propose(study, 0)
    files = study.paths.trial(0)
    files.checkpoint.write_text("half a model")
    for cluster in (11, 12, 13):
        start(study, cluster)
        assert harvest(study.paths, 0, 75) == TRY_AGAIN
        # The script is run again for the same job when DAGMan dies before it has noted the script's end.
        assert harvest(study.paths, 0, 75) == TRY_AGAIN
        assert files.retry_submit.read_text() == f"failed_host = gpu-{cluster}.example.edu\n"
        assert rows(study)[0].state == "RUNNING"
    start(study, 14)
    assert harvest(study.paths, 0, 75) == DONE
    row = rows(study)[0]
    assert (row.state, row.attempts) == ("FAIL", 4)
    assert "exit status 75: OSError: disk of 14" in row.reason
    assert [files.root.joinpath(f"out.{n}").read_text() for n in (1, 2, 3)] == ["out of 11", "out of 12", "out of 13"]
    assert files.root.joinpath("err.3").read_text() == "OSError: disk of 13"
    assert files.stdout.read_text() == "out of 14"
    assert files.checkpoint.read_text() == "half a model"


def test_a_trial_that_recovers_is_complete(study: Study) -> None:
    propose(study, 0)
    start(study, 11)
    assert harvest(study.paths, 0, -9) == TRY_AGAIN
    start(study, 12)
    study.paths.trial(0).metrics.write_text(GOOD)
    assert harvest(study.paths, 0, 0) == DONE
    assert (rows(study)[0].state, rows(study)[0].attempts) == ("COMPLETE", 2)


@pytest.mark.parametrize(
    ("more", "tries"), [("", 0), ('retry_request_memory = "4 GB"\nretry_gpus_minimum_memory = "24 GB"', 1)]
)
def test_out_of_memory_is_tried_once_with_more_if_the_study_has_more(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, more: str, tries: int
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(f"{study_file.read_text()}\n{more}\n")
    study, _ = initialise(study_file, lambda _: None)
    propose(study, 0)
    files = study.paths.trial(0)
    for cluster in range(11, 11 + tries):
        start(study, cluster)
        files.job_log.write_text(files.job_log.read_text() + HELD.format(cluster, "memory usage exceeded", 34))
        assert harvest(study.paths, 0, -1002) == TRY_AGAIN
        assert files.retry_submit.read_text() == "request_memory = 4 GB\ngpus_minimum_memory = 24 GB\n"
    start(study, 20)
    assert harvest(study.paths, 0, 77) == DONE
    assert (rows(study)[0].state, rows(study)[0].attempts) == ("FAIL", tries + 1)


@pytest.mark.parametrize("host", ['a"; queue 5', "x\ny", "", "a b"])
def test_no_odd_host_reaches_a_submit_description(host: str) -> None:
    spec = TrialSpec(0, 0, 0, {}, 0, 0, 1, ["m"], {})
    assert retry_commands(spec, [{"kind": "transient", "host": host}]) == ""


def test_failures_in_a_row_stop_the_sweep_and_a_success_in_between_does_not(study: Study) -> None:
    def end(number: int, return_code: int) -> int:
        files = study.paths.trial(number)
        spec = json.loads(files.spec.read_text()) | {"failures_in_a_row": 3}
        files.spec.write_text(json.dumps(spec))
        files.metrics.write_text(GOOD)
        files.stderr.write_text("ValueError: no class 'cat'")
        status = harvest(study.paths, number, return_code)
        # Times decide nothing: a result may come from the future, or from long ago.
        os.utime(files.result, (when := 2_000_000_000 - number * 10**8, when))
        return status

    for generation in range(3):
        propose(study, generation)
    assert [end(number, code) for number, code in enumerate([1, 1, 0, 1, 1])] == [DONE] * 5
    # A script that runs again counts once.
    assert end(4, 1) == DONE
    assert end(5, 1) == STOP
    said = study.paths.stopped.read_text()
    assert "3 trials in a row failed, all with: the trainer ended with exit status 1: ValueError" in said
    # Launched again, the failures of before no longer count.
    launched(study)
    assert end(6, 1) == DONE


def report_of(*digests: str) -> str:
    reports = enumerate(digests, start=1)
    return "".join(json.dumps({"step": n, "val_accuracy": 0.5, "data_sha256": one}) + "\n" for n, one in reports)


A, B = "a" * 64, "b" * 64


def test_all_trials_must_have_had_the_same_data(study: Study) -> None:
    propose(study, 0)
    propose(study, 1)
    for number, digests in enumerate([(A, A), (A, A), (A, A), (B, B), (A, B)]):
        study.paths.trial(number).metrics.write_text(report_of(*digests))
        harvest(study.paths, number, 0)
        harvest(study.paths, number, 0)
    found = [(row.state, row.reason) for row in rows(study)][:5]
    assert [state for state, _ in found] == ["COMPLETE", "COMPLETE", "COMPLETE", "FAIL", "FAIL"]
    said = f"SHA-256 {B}, but the study's data has {A}. Was photos overwritten?"
    assert all(said in reason for _, reason in found[3:])
    assert propose(study, 2)[0].data["sha256"] == A


def test_one_trial_alone_does_not_say_which_data_is_right(study: Study) -> None:
    propose(study, 0)
    propose(study, 1)
    for number, digests in enumerate([(B,), (A,), (A,), ("no digest",), (A,), (B,)]):
        study.paths.trial(number).metrics.write_text(report_of(*digests, digests[0]))
        harvest(study.paths, number, 0)
    states = [row.state for row in rows(study)]
    assert states == ["COMPLETE", "COMPLETE", "COMPLETE", "FAIL", "COMPLETE", "FAIL"]
