"""A trial's reports as Optuna's intermediate values."""

from __future__ import annotations

from dataclasses import replace

from sweep.trial.reports import MAX_STORED, Reports, stored_steps
from sweep.trial.spec import TrialSpec

SPEC = TrialSpec(3, 0, 3, {"lr": 0.1}, seed=1, step=0, target_step=2, objectives=["acc"], data={})


GOOD = '{"step": 1, "acc": 0.5}\n{"step": 2, "acc": 0.75}\n'


def test_intermediate_values_are_of_one_objective() -> None:
    assert Reports.parse(SPEC, GOOD).intermediate(SPEC) == {1: 0.5, 2: 0.75}
    assert Reports.parse(SPEC, GOOD).intermediate(replace(SPEC, objectives=["acc", "step"])) == {}


def test_the_storage_keeps_few_of_many_values() -> None:
    many = "".join(f'{{"step": {step}, "acc": {step}}}\n' for step in range(1, 30_001))
    free = replace(SPEC, target_step=0)
    found = Reports.parse(free, many).intermediate(free)
    assert 500 < len(found) <= MAX_STORED
    assert found == {step: float(step) for step in found}
    # A trial with more reports keeps no step that this one does not report.
    assert set(stored_steps(range(1, 60_001), 0)) & set(range(1, 30_001)) <= set(found)


def test_with_a_known_target_each_interval_keeps_its_first_step() -> None:
    assert stored_steps(range(1, 301), 300) == list(range(1, 301))
    steps = stored_steps(range(1, 1_000_001, 10), 1_000_000)
    assert steps[:3] == [1, 1001, 2001]
    assert len(steps) == MAX_STORED
    rare = list(range(0, 1_000_001, 100_000))
    assert stored_steps(rare, 1_000_000) == rare
    # What a slice has stored, the whole trial stores, too.
    assert stored_steps(range(1, 5001), 20_000) == [s for s in stored_steps(range(1, 20_001), 20_000) if s <= 5000]


def test_what_cannot_be_used_at_all_is_a_problem() -> None:
    found = Reports.parse(SPEC, "{}\n" * 100_001)
    assert (found.values, found.is_missing) == ({}, False)
    assert found.absence(SPEC).startswith("no acc was reported: there are more than 100,000 reports")


def test_digests_of_the_data() -> None:
    lines = ['{"step": 1, "acc": 1, "data_sha256": "a"}', "garbage", '{"data_sha256": 5}', '["data_sha256"]']
    assert Reports.parse(SPEC, "\n".join(lines)).data_digests == {"a", "5"}
