"""A trial's result.json."""

from __future__ import annotations

import json

import pytest

from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec

SPEC = TrialSpec(3, 0, 3, {"lr": 0.1}, seed=1, step=0, target_step=2, objectives=["acc"], data={})


def test_spec_and_result_survive_their_files() -> None:
    assert TrialSpec.from_json(json.dumps(SPEC.to_json())) == SPEC
    result = Result(3, "COMPLETE", {"acc": 1.5, "mb": 2.0}, {"mb <= 3": -1.0}, "why", 1, 2, 1, 3.5, 0.5, "tail")
    assert Result.from_json(json.dumps(result.to_json())) == result
    with pytest.raises(ValueError, match=r"not a trial\.json"):
        TrialSpec.from_json("{}")
