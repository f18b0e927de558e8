"""A trial's reports as Optuna's intermediate values."""

from __future__ import annotations

from dataclasses import replace

from sweep.trial.reports import Reports
from sweep.trial.spec import TrialSpec

SPEC = TrialSpec(3, 0, 3, {"lr": 0.1}, seed=1, step=0, target_step=2, objectives=["acc"], data={})


GOOD = '{"step": 1, "acc": 0.5}\n{"step": 2, "acc": 0.75}\n'


def test_intermediate_values_are_of_one_objective() -> None:
    assert Reports.parse(SPEC, GOOD).intermediate(SPEC) == {1: 0.5, 2: 0.75}
    assert Reports.parse(SPEC, GOOD).intermediate(replace(SPEC, objectives=["acc", "step"])) == {}
