"""Values from anywhere in a search space, at random but the same each time. Pure."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence

from sweep.config.conditions import TrialParameter, choose_values, with_parents
from sweep.config.parameters import AnyParameter, FixedParameter, FloatParameter, IntParameter, listed_values
from sweep.trial.spec import ParamValue

SAMPLES = 300
"""Configurations that `sampled_values` draws, if not told otherwise, besides those with each value of a short list."""

SHORT = 64
"""Most values of a short list: `sampled_values` yields each of them."""


def sampled_values(
    candidates: Sequence[TrialParameter], names: set[str], count: int = SAMPLES
) -> Iterator[dict[str, ParamValue]]:
    """Yield values that trials may have of the named parameters, with those that decide whether a trial has them.

    All values of short lists are among them. The same study file gives the same values.
    """
    relevant = with_parents(candidates, names)
    generator = random.Random(0)  # noqa: S311 - it protects no secret

    def draw(candidate: TrialParameter) -> ParamValue:
        return value_at_share(candidate.parameter, generator.random())

    for candidate in relevant:
        listed = listed_values(candidate.parameter)
        for value in listed if listed is not None and len(listed) <= SHORT else []:
            yield choose_values(relevant, _forced(candidate, value, draw))
    for _ in range(count):
        yield choose_values(relevant, draw)


def _forced(
    candidate: TrialParameter, value: ParamValue, otherwise: Callable[[TrialParameter], ParamValue]
) -> Callable[[TrialParameter], ParamValue]:
    """Return a choice of values that gives one parameter this value."""
    return lambda one: value if one is candidate else otherwise(one)


def value_at_share(parameter: AnyParameter, share: float) -> ParamValue:
    """Return the value at `share`, in [0, 1), of a parameter's range."""
    if isinstance(parameter, FixedParameter):
        return parameter.value
    if isinstance(parameter, IntParameter) and parameter.log:
        # Half a unit beyond either end, so that rounding yields the ends as often as their neighbours.
        value = math.exp(_interpolate(math.log(parameter.low - 0.5), math.log(parameter.high + 0.5), share))
        return min(max(round(value), parameter.low), parameter.high)
    listed = listed_values(parameter)
    if listed is not None:
        return listed[int(share * len(listed))]
    assert isinstance(parameter, FloatParameter)  # noqa: S101 - for the type checker
    low, high = parameter.low, parameter.high
    if parameter.log:
        return min(max(math.exp(_interpolate(math.log(low), math.log(high), share)), low), high)
    return min(max(_interpolate(low, high, share), low), high)


def _interpolate(low: float, high: float, share: float) -> float:
    # Not low + (high - low) * share: the difference may overflow.
    return low * (1 - share) + high * share
