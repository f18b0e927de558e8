"""Cut-offs of a trial: the value that its objective must have reached at each step, or the trial is pruned. Pure.

They are computed from the trials so far when a trial is proposed, and give the answers that Optuna's pruner would give
at each step. The trial carries them along, so its job needs no contact with Optuna.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sweep.trial.direction import Direction

Curve = Mapping[int, float]
"""A trial's objective by step."""

PRECOMPUTED = ("median", "percentile", "successive_halving", "threshold")
"""Pruners whose cut-offs can be computed before a trial runs. The other pruners are asked between slices."""

MAX_CUTOFFS = 1000


def compute_cutoffs(
    pruner: str,
    options: Mapping[str, Any],
    direction: Direction,
    complete: Sequence[Curve],
    ended: Sequence[Curve],
    steps: int,
) -> dict[int, float]:
    """Return the cut-offs by step, for the steps before the last one that have a cut-off; a trial has `steps` steps.

    `options` are Optuna's options of the pruner. `complete` are the curves of COMPLETE trials; `ended` are those of all
    ended trials, pruned ones too. Of more than MAX_CUTOFFS cut-offs it returns that many, evenly spread: all of them
    travel with each trial. A cut-off that is infinite or NaN is left out: it would prune all trials, or none.
    """
    found: dict[int, float] = {}
    if pruner in ("median", "percentile"):
        percentile = 50.0 if pruner == "median" else float(options["percentile"])
        found = _percentile(percentile, options, direction, complete, steps)
    elif pruner == "successive_halving":
        found = _halving(options, direction, complete, ended, steps)
    elif pruner == "threshold":
        bound = options.get("lower" if direction == Direction.MAXIMIZE else "upper")
        found = {} if bound is None else dict.fromkeys(_all_checked(options, steps), float(bound))
    finite = [step for step in sorted(found) if math.isfinite(found[step])]
    return {step: found[step] for step in _spread(finite)}


def _spread(steps: Sequence[int]) -> list[int]:
    """Return at most MAX_CUTOFFS of the steps, evenly spread over them."""
    count = min(len(steps), MAX_CUTOFFS)
    return [steps[position * len(steps) // count] for position in range(count)]


def _all_checked(options: Mapping[str, Any], steps: int) -> list[int]:
    """Return the steps at which a pruner with a warm-up and an interval checks a trial, at most MAX_CUTOFFS of them.

    A trial's first step is 1.
    """
    first, interval = options.get("n_warmup_steps", 0), options.get("interval_steps", 1)
    # Programs report at round steps, so a wider interval begins at one of its own multiples.
    interval = max(interval, -(-steps // MAX_CUTOFFS))
    first = first if steps <= MAX_CUTOFFS else -(-first // interval) * interval
    return sorted({max(step, 1) for step in range(first, steps, interval)})


def _is_checked(step: int, options: Mapping[str, Any]) -> bool:
    """Return whether a pruner with a warm-up and an interval checks a trial that reports this step."""
    first, interval = options.get("n_warmup_steps", 0), options.get("interval_steps", 1)
    return step >= 1 and ((step >= first and (step - first) % interval == 0) or (step == 1 and first == 0))


def _percentile(
    percentile: float, options: Mapping[str, Any], direction: Direction, complete: Sequence[Curve], steps: int
) -> dict[int, float]:
    """Return the cut-offs of optuna.pruners.PercentilePruner; MedianPruner is the one with 50 percent."""
    if len(complete) < options.get("n_startup_trials", 5):
        return {}
    found = {}
    reported = {step for curve in complete for step in curve if step < steps and _is_checked(step, options)}
    for step in reported:
        values = sorted(curve[step] for curve in complete if not math.isnan(curve.get(step, math.nan)))
        if len(values) >= max(1, options.get("n_min_trials", 1)):
            found[step] = _quantile(values, (100 - percentile if direction == Direction.MAXIMIZE else percentile) / 100)
    return found


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return a quantile by linear interpolation, like numpy.percentile; `share` is from 0 to 1."""
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def _halving(
    options: Mapping[str, Any], direction: Direction, complete: Sequence[Curve], ended: Sequence[Curve], steps: int
) -> dict[int, float]:
    """Return the cut-offs of optuna.pruners.SuccessiveHalvingPruner.

    At each rung, the best 1/reduction_factor of the trials that reached it go on.
    """
    factor, rate = options.get("reduction_factor", 4), options.get("min_early_stopping_rate", 0)
    least = options.get("min_resource", "auto")
    if least == "auto":
        reached = [max(curve) for curve in complete if curve]
        if not reached:
            return {}
        least = max(max(reached) // 100, 1)
    found = {}
    step = least * factor**rate
    while step < steps:
        known = (curve[step] for curve in ended if not math.isnan(curve.get(step, math.nan)))
        values = sorted(known, key=direction.key)
        # The new trial counts as one of those at the rung.
        last_kept = max((len(values) + 1) // factor - 1, 0)
        if last_kept < len(values) and len(values) + 1 > options.get("bootstrap_count", 0):
            found[step] = values[last_kept]
        step *= factor
    return found


def is_cut_off(cutoff: float | None, so_far: Sequence[float], direction: Direction) -> bool:
    """Return whether the best of the values so far is worse than the cut-off. NaN values are ignored."""
    values = [value for value in so_far if not math.isnan(value)]
    if cutoff is None or not values:
        return False
    return direction.is_better(cutoff, direction.best(values))
