"""A trial of the Optuna storage as a plain row."""

from __future__ import annotations

from datetime import datetime, timedelta

from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from sweep.optimizer.trial_row import GENERATION, INDEX, RESULT, result_attribute, trial_row
from sweep.trial.result import Result

BEGAN = datetime(2026, 11, 23, 12)


def trial(state: TrialState, values: list[float] | None, **attributes: object) -> FrozenTrial:
    """Return a trial of Optuna's with these user attributes."""
    there = create_trial(
        state=state,
        values=values,
        params={"lr": 0.1},
        distributions={"lr": FloatDistribution(0, 1)},
        user_attrs={GENERATION: 2, INDEX: 1, **attributes},
        intermediate_values={1: 0.5},
    )
    there.datetime_start = BEGAN
    there.datetime_complete = BEGAN + timedelta(seconds=90) if state.is_finished() else None
    return there


def test_a_result_comes_back_from_its_attribute() -> None:
    result = Result(3, "COMPLETE", {"acc": 0.75, "mb": 2.0}, {}, "", 2, 1, 4, 60.0, 5.0, "tail")
    row = trial_row(trial(TrialState.COMPLETE, [0.75], **{RESULT: result_attribute(result, ["acc"])}), ["acc"])
    assert row.values == {"acc": 0.75, "mb": 2.0}
    assert row.value == 0.75
    for name in ("attempts", "evictions", "duration_s", "lost_s", "steps"):
        assert getattr(row, name) == getattr(result, name), name
    assert (row.generation, row.index, row.params, row.intermediate) == (2, 1, {"lr": 0.1}, {1: 0.5})


def test_a_trial_that_runs_has_no_result_yet() -> None:
    row = trial_row(trial(TrialState.RUNNING, None), ["acc"])
    assert (row.state, row.values, row.value, row.attempts, row.steps) == ("RUNNING", {}, None, None, None)
    assert row.duration_s is None


def test_a_failed_trial_keeps_its_reason_and_has_no_value() -> None:
    row = trial_row(trial(TrialState.FAIL, None, **{RESULT: {"reason": "the loss is NaN"}}), ["acc"])
    assert (row.reason, row.values, row.duration_s) == ("the loss is NaN", {}, 90.0)
