"""Where a sweep stands, by its files and a queue."""

from __future__ import annotations

from dataclasses import replace

from sweep.monitor.display import headline
from sweep.monitor.progress_reader import ProgressReader
from sweep.nodes.propose import propose
from sweep.nodes.script import run_pre_script
from sweep.pool.schedd import Job, JobStatus
from sweep.study.study import Study
from tests.actions import SUBMITTED, harvest
from tests.samples import GOOD

EXECUTING = "001 (012.000.000) 2026-11-23 05:58:05 Job executing on host\n\tSlotName: slot1@gpu-1.example.edu\n...\n"


def job(number: int, status: JobStatus) -> Job:
    return Job(12, status, False, number, "")


def test_trials_that_wait_run_and_have_ended(study: Study) -> None:
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    harvest(study.paths, 0, 0)
    files = study.paths.trial(1)
    files.metrics.write_text(GOOD.splitlines()[0] + "\n")
    files.job_log.write_text(SUBMITTED.format(12) + EXECUTING)
    reader = ProgressReader(study, 2)
    queue = [job(1, JobStatus.RUNNING), job(2, JobStatus.IDLE)]
    for _ in range(2):
        there = reader.progress(queue)
        assert [(one.trial, one.status, one.step, one.host) for one in there.queued] == [
            (1, JobStatus.RUNNING, 1, "gpu-1.example.edu"),
            (2, JobStatus.IDLE, 0, ""),
        ]
        assert [(one.done, one.total) for one in there.generations] == [(1, 3), (0, 3)]
        assert there.unfinished == 2
    # What has grown since is read again.
    files.metrics.write_text(GOOD)
    assert [one.step for one in reader.progress(queue).queued] == [2, 0]
    harvest(study.paths, 1, 0)
    assert [one.trial for one in reader.progress(queue[1:]).queued] == [2]


def test_a_trial_whose_spec_is_being_written_is_waited_for(study: Study) -> None:
    propose(study, 0)
    text = study.paths.trial(2).spec.read_text()
    study.paths.trial(2).spec.write_text("{")
    reader = ProgressReader(study, 1)
    assert reader.progress([]).unfinished == 2
    study.paths.trial(2).spec.write_text(text)
    assert reader.progress([]).unfinished == 3


def test_the_later_of_what_came_home_and_what_the_running_job_says_is_shown(study: Study) -> None:
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD.splitlines()[0] + "\n")
    reader = ProgressReader(study, 1)
    home = reader.progress([job(0, JobStatus.RUNNING)]).queued[0]
    assert home.step == 1
    for live, wanted in (((0, ()), (1, home.values)), ((3, (0.25,)), (3, {"val_accuracy": 0.25})), ((4, ()), (4, {}))):
        running = replace(job(0, JobStatus.RUNNING), live_step=live[0], live_values=live[1])
        shown = reader.progress([running]).queued[0]
        assert (shown.step, shown.values) == wanted


def test_a_sweep_whose_pre_script_died_says_so(study: Study) -> None:
    def die() -> int:
        raise KeyError("x")

    run_pre_script(study.paths, "generation 0", die)
    there = ProgressReader(study, 1).progress([])
    assert headline(study, there) == "tiny ended early: generation 0: KeyError: 'x'. See dag/propose.log."


def test_a_sweep_that_is_finished_says_nothing_of_a_script_that_failed_before(study: Study) -> None:
    propose(study, 0)
    log = "*** Node=t Type=POST ExitCode=1 Completion=9999999999 Cmd='./harvest 0 0 1'\nno space\n"
    study.paths.harvest_log.write_text(log)
    assert ProgressReader(study, 1).progress([]).stopped == "no space"
    for number in range(3):
        study.paths.trial(number).metrics.write_text(GOOD)
        harvest(study.paths, number, 0)
    assert ProgressReader(study, 1).progress([]).stopped == ""
