"""How long an epoch takes, as measured so far."""

from __future__ import annotations

from dataclasses import asdict

from sweep.nodes.propose import propose
from sweep.study.measured import measured_pace
from sweep.study.study import Study
from sweep.system.files import write_json
from sweep.trial.result import Result
from tests.samples import TRIED


def ended(study: Study, number: int, seconds: float, steps: int) -> None:
    """Let a trial have ended after so many seconds and steps."""
    result = Result(number, "COMPLETE", {"val_accuracy": 0.5}, {}, "", 1, 0, 0, seconds, 0.0, "")
    write_json(study.paths.trial(number).result, result.to_json() | {"steps": steps, "duration_s": seconds})


def test_trials_that_have_ended_count_more_than_a_try(study: Study) -> None:
    assert measured_pace(study) is None
    write_json(study.paths.tried_record, asdict(TRIED))
    pace = measured_pace(study)
    assert pace is not None
    assert (pace.seconds, pace.epochs, "sweep try" in pace.source) == (90.0, 2, True)
    propose(study, 0)
    ended(study, 0, 100.0, 2)
    ended(study, 1, 20.0, 1)
    pace = measured_pace(study)
    assert pace is not None
    assert (pace.seconds, pace.epochs, pace.source) == (40.0, 2, "in the 2 trials that ended")


def test_a_try_of_a_program_that_reports_no_epochs_says_nothing(study: Study) -> None:
    write_json(study.paths.tried_record, asdict(TRIED) | {"epoch_seconds": None})
    assert measured_pace(study) is None
