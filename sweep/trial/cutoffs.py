"""Cut-offs that travel with a trial: the value, at each step, that it must have reached by then to go on. Pure.

They are what Optuna's pruners would say of a trial at that step, by the trials so far, worked out when it is proposed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from sweep.trial.direction import Direction

Curve = Mapping[int, float]
"""A trial's objective by step."""


TRAVELLING = ("median", "percentile", "successive_halving", "threshold")
"""Pruners whose answer can be worked out before the trial runs; the others are asked between slices."""


def compute_cutoffs(
    pruner: str,
    options: Mapping[str, Any],
    direction: Direction,
    complete: Sequence[Curve],
    ended: Sequence[Curve],
    steps: int,
) -> dict[int, float]:
    """The cut-off at each step before the last, of `steps`, that has one.

    `complete` are the curves of COMPLETE trials, `ended` those of all trials that have ended, pruned ones too.
    """
    if pruner in ("median", "percentile"):
        percentile = 50.0 if pruner == "median" else float(options["percentile"])
        return _percentile(percentile, options, direction, complete, steps)
    if pruner == "successive_halving":
        return _halving(options, direction, complete, ended, steps)
    if pruner == "threshold":
        bound = options.get("lower" if direction == Direction.MAXIMIZE else "upper")
        return {} if bound is None else dict.fromkeys(_asked(options, steps), float(bound))
    return {}


def _asked(options: Mapping[str, Any], steps: int) -> list[int]:
    """Steps at which a pruner with a warm-up and an interval looks; a trial's first step is 1."""
    first, every = options.get("n_warmup_steps", 0), options.get("interval_steps", 1)
    return sorted({max(step, 1) for step in range(first, steps, every)})


def _percentile(
    percentile: float, options: Mapping[str, Any], direction: Direction, complete: Sequence[Curve], steps: int
) -> dict[int, float]:
    """As optuna.pruners.PercentilePruner, of which MedianPruner is one."""
    if len(complete) < options.get("n_startup_trials", 5):
        return {}
    found = {}
    for step in _asked(options, steps):
        values = sorted(curve[step] for curve in complete if not math.isnan(curve.get(step, math.nan)))
        if len(values) >= max(1, options.get("n_min_trials", 1)):
            found[step] = _quantile(values, (100 - percentile if direction == Direction.MAXIMIZE else percentile) / 100)
    return found


def _quantile(ordered: Sequence[float], share: float) -> float:
    """By linear interpolation, as numpy.percentile."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _halving(
    options: Mapping[str, Any], direction: Direction, complete: Sequence[Curve], ended: Sequence[Curve], steps: int
) -> dict[int, float]:
    """As optuna.pruners.SuccessiveHalvingPruner: at each rung the best 1/reduction_factor of those that came so far."""
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
        # With the one to come.
        place = max((len(values) + 1) // factor - 1, 0)
        if place < len(values) and len(values) + 1 > options.get("bootstrap_count", 0):
            found[step] = values[place]
        step *= factor
    return found


def is_cut_off(cutoff: float | None, so_far: Sequence[float], direction: Direction) -> bool:
    """Whether the best of the values so far is worse than the cut-off."""
    values = [value for value in so_far if not math.isnan(value)]
    if cutoff is None or not values:
        return False
    return direction.is_better(cutoff, direction.best(values))
