"""A job that ended while nobody looked is judged by the next launch, and not trained again."""

from __future__ import annotations

import json

import pytest

from sweep.nodes.catch_up import judge_ended_jobs, rewrite_damaged_specs
from sweep.nodes.propose import propose
from sweep.nodes.tell import tell_pending
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study
from tests.actions import SUBMITTED, rows
from tests.samples import GOOD

STARTED = "001 (007.000.000) 2026-11-23 05:58:14 Job executing on host: <127.0.0.1>\n...\n"
NORMAL = "005 (007.000.000) 2026-11-23 05:59:04 Job terminated.\n\t(1) Normal termination (return value {})\n...\n"
ABNORMAL = "005 (007.000.000) 2026-11-23 05:59:04 Job terminated.\n\t(0) Abnormal termination (signal 9)\n...\n"
ABORTED = "009 (007.000.000) 2026-11-23 05:59:04 Job was aborted.\n...\n"
EVICTED = "004 (007.000.000) 2026-11-23 05:59:04 Job was evicted.\n...\n"


def catch_up(study: Study, log: str) -> list[int]:
    propose(study, 0)
    study.paths.trial(1).metrics.write_text(GOOD)
    study.paths.trial(1).job_log.write_text(log)
    stored = StoredStudy.open(study, writing=True)
    ended = judge_ended_jobs(stored)
    tell_pending(study.paths, stored)
    return ended


@pytest.mark.parametrize(
    ("end", "state", "reason"),
    [
        (NORMAL.format(0), "COMPLETE", ""),
        (NORMAL.format(3), "FAIL", "the trainer ended with exit status 3 and printed nothing on stderr"),
        (ABORTED, "RUNNING", ""),
        (EVICTED, "RUNNING", ""),
        ("", "RUNNING", ""),
    ],
)
def test_what_ended_by_itself_is_judged(study: Study, end: str, state: str, reason: str) -> None:
    ended = catch_up(study, SUBMITTED.format(7) + STARTED + end)
    assert ended == ([] if state == "RUNNING" else [1])
    assert [(row.state, row.reason) for row in rows(study)] == [("RUNNING", ""), (state, reason), ("RUNNING", "")]


def test_a_job_that_may_run_again_does(study: Study) -> None:
    log = SUBMITTED.format(7) + STARTED + ABNORMAL
    assert catch_up(study, log) == []
    assert catch_up(study, log) == []
    (ending,) = study.paths.trial(1).endings.read_text().splitlines()
    assert json.loads(ending)["reason"].startswith("the trainer was killed by signal 9")
    assert study.paths.trial(1).attempt_output(study.paths.trial(1).metrics, 1).exists() is False


def test_a_job_after_it_is_another(study: Study) -> None:
    """Also where it has the same number, because the schedd has lost its queue."""
    first = SUBMITTED.format(7) + STARTED + ABNORMAL
    catch_up(study, first)
    again = first.replace("05:5", "06:5")
    assert catch_up(study, first + again) == []
    assert len(study.paths.trial(1).endings.read_text().splitlines()) == 2
    assert catch_up(study, first + SUBMITTED.format(8)) == []


def test_a_trial_json_that_is_lost_is_written_again(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    """Also of a trial that has ended: without it nobody knows the trial's generation."""
    catch_up(study, SUBMITTED.format(7) + STARTED + NORMAL.format(0))
    before = {number: study.paths.trial(number).spec.read_text() for number in range(3)}
    study.paths.trial(1).spec.unlink()
    study.paths.trial(2).spec.write_text("[]")
    rewrite_damaged_specs(StoredStudy.open(study, writing=True))
    assert {number: study.paths.trial(number).spec.read_text() for number in range(3)} == before
    assert "trial 2: " in capsys.readouterr().err
