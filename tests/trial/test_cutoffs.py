"""Cut-offs say of a trial what Optuna's own pruners would, asked at the same step."""

from __future__ import annotations

import math
from typing import Any

import optuna
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from sweep.config import pruners
from sweep.trial.cutoffs import MAX_CUTOFFS, compute_cutoffs, is_cut_off
from sweep.trial.direction import Direction
from tests.samples import examples

STEPS = 12

Value = st.floats(-10, 10, allow_nan=False, width=16)
Curves = st.lists(st.tuples(st.lists(Value, min_size=1, max_size=STEPS), st.booleans()), max_size=12)


def direction_of(maximize: bool) -> Direction:
    return Direction.MAXIMIZE if maximize else Direction.MINIMIZE


def said_by_optuna(
    pruner: str, options: dict[str, Any], maximize: bool, others: list[tuple[list[float], bool]], own: list[float]
) -> list[int]:
    """Steps at which Optuna's pruner would end a trial with the curve `own`, asked after each of them."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction="maximize" if maximize else "minimize", pruner=pruners.make_pruner(pruner, options)
    )
    for curve, complete in others:
        trial = study.ask()
        for step, value in enumerate(curve, start=1):
            trial.report(value, step)
            if pruner == "successive_halving":
                trial.should_prune()  # by which it notes the rungs
        study.tell(trial, curve[-1] if complete else None, TrialState.COMPLETE if complete else TrialState.PRUNED)
    found = []
    for last in range(1, min(len(own), STEPS - 1) + 1):
        trial = study.ask()
        for step, value in enumerate(own[:last], start=1):
            trial.report(value, step)
        if trial.should_prune():
            found.append(last)
        study.tell(trial, state=TrialState.FAIL)
    return found


@settings(max_examples=examples(150), deadline=None)
@given(
    Curves,
    st.lists(Value, min_size=1, max_size=STEPS),
    st.booleans(),
    st.sampled_from([0, 1, 3]),
    st.sampled_from([0, 2]),
    st.sampled_from([1, 3]),
    st.sampled_from([25.0, 50.0, 90.0]),
)
def test_percentiles_are_those_of_optuna(
    others: list[tuple[list[float], bool]],
    own: list[float],
    maximize: bool,
    startup: int,
    warmup: int,
    interval: int,
    percentile: float,
) -> None:
    options = {
        "percentile": percentile,
        "n_startup_trials": startup,
        "n_warmup_steps": warmup,
        "interval_steps": interval,
        "n_min_trials": 2,
    }
    curves = [(dict(enumerate(curve, start=1)), complete) for curve, complete in others]
    complete = [curve for curve, is_complete in curves if is_complete]
    found = compute_cutoffs(
        "percentile", options, direction_of(maximize), complete, [curve for curve, _ in curves], STEPS
    )
    ours = [step for step in range(1, len(own) + 1) if is_cut_off(found.get(step), own[:step], direction_of(maximize))]
    theirs = said_by_optuna("percentile", options, maximize, others, own)
    assert ours == theirs


@settings(max_examples=examples(150), deadline=None)
@given(
    Curves,
    st.lists(Value, min_size=1, max_size=STEPS),
    st.booleans(),
    st.sampled_from([2, 3, 4]),
    st.sampled_from([0, 1]),
)
def test_halving_is_that_of_optuna(
    others: list[tuple[list[float], bool]], own: list[float], maximize: bool, factor: int, rate: int
) -> None:
    options = {"min_resource": 1, "reduction_factor": factor, "min_early_stopping_rate": rate}
    rungs = [factor ** (rate + rung) for rung in range(STEPS) if factor ** (rate + rung) < STEPS]
    better = max if maximize else min
    # A trial that only gets better: its best so far is its last, which is what Optuna looks at.
    own = [better(own[: step + 1]) for step in range(len(own))]
    curves = [dict(enumerate(curve, start=1)) for curve, _ in others]
    found = compute_cutoffs("successive_halving", options, direction_of(maximize), [], curves, STEPS)
    assert set(found) <= set(rungs)
    for step in rungs[:1]:
        if len(own) >= step:
            theirs = step in said_by_optuna("successive_halving", options, maximize, others, own[:step])
            assert is_cut_off(found.get(step), own[:step], direction_of(maximize)) == theirs


def test_later_rungs_keep_the_best_share() -> None:
    curves = [{1: float(n), 4: float(n)} for n in range(8)]
    options = {"min_resource": 1, "reduction_factor": 4}
    found = compute_cutoffs("successive_halving", options, Direction.MAXIMIZE, [], curves, 10)
    assert found == {1: 6.0, 4: 6.0}, "of 9 with the one to come the 2 best"
    assert compute_cutoffs("successive_halving", options, Direction.MAXIMIZE, [], [], 10) == {}
    assert compute_cutoffs("successive_halving", {}, Direction.MAXIMIZE, [{300: 1.0}], [{300: 1.0, 3: 0.5}], 300) == {
        3: 0.5
    }


def test_a_threshold_is_the_same_at_each_step() -> None:
    options = {"lower": 0.5, "n_warmup_steps": 2, "interval_steps": 2}
    assert compute_cutoffs("threshold", options, Direction.MAXIMIZE, [], [], 7) == {2: 0.5, 4: 0.5, 6: 0.5}
    assert compute_cutoffs("threshold", options, Direction.MINIMIZE, [], [], 7) == {}


def test_nan_neither_cuts_nor_is_cut() -> None:
    assert not is_cut_off(0.5, [math.nan], Direction.MAXIMIZE)
    assert is_cut_off(0.5, [math.nan, 0.4], Direction.MAXIMIZE)
    assert not is_cut_off(None, [0.0], Direction.MAXIMIZE)
    assert compute_cutoffs("median", {"n_startup_trials": 1}, Direction.MAXIMIZE, [{1: math.nan}, {1: 0.5}], [], 3) == {
        1: 0.5
    }


def test_an_infinite_loss_cuts_nobody() -> None:
    curves = [{1: math.inf, 2: 0.5}, {1: math.inf, 2: 0.25}, {1: 3.0, 2: 0.75}]
    for direction in Direction:
        for pruner, options in (("median", {"n_startup_trials": 2}), ("successive_halving", {"min_resource": 1})):
            found = compute_cutoffs(pruner, options, direction, curves, curves, 5)
            assert all(math.isfinite(value) for value in found.values())
    assert compute_cutoffs("median", {"n_startup_trials": 2}, Direction.MINIMIZE, curves, [], 5) == {2: 0.5}


def test_a_million_steps_have_few_cut_offs() -> None:
    sparse = [dict.fromkeys(range(100_000, 1_000_001, 100_000), value) for value in (0.0, 1.0, 2.0)]
    options = {"n_startup_trials": 2}
    found = compute_cutoffs("median", options, Direction.MINIMIZE, sparse, sparse, 1_000_000)
    assert found == dict.fromkeys(range(100_000, 1_000_000, 100_000), 1.0)
    dense = [dict.fromkeys(range(1, 50_001), value) for value in (0.0, 1.0, 2.0)]
    found = compute_cutoffs("median", options, Direction.MINIMIZE, dense, dense, 1_000_000)
    assert len(found) == MAX_CUTOFFS
    steps = compute_cutoffs("threshold", {"upper": 1.0, "n_warmup_steps": 1500}, Direction.MINIMIZE, [], [], 1_000_000)
    assert list(steps)[:3] == [2000, 3000, 4000]
    assert 100_000 in steps
