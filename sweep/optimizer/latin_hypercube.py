"""A first generation that fills the search space evenly, before any sampler has a model: Latin hypercube sampling.

M. D. McKay, R. J. Beckman, W. J. Conover (1979), Technometrics 21(2), 239-245. Each parameter's range is cut into as
many parts as there are trials, and each part is met once. Pure: a point depends on the study's seed and its index.
"""

from __future__ import annotations

import math
import random

from sweep.config.parameters import AnyParameter, FixedParameter, FloatParameter, IntParameter, values_of
from sweep.trial.spec import ParamValue, derived_seed


def sample_value(name: str, parameter: AnyParameter, seed: int, index: int, trials: int) -> ParamValue:
    """The value of a parameter in trial `index` of `trials`."""
    chance = random.Random(derived_seed(seed, "filling", name))  # noqa: S311 - no secret
    parts = chance.sample(range(trials), trials)
    offsets = [chance.random() for _ in range(trials)]
    return value_at_share(parameter, (parts[index] + offsets[index]) / trials)


def value_at_share(parameter: AnyParameter, share: float) -> ParamValue:
    """The value that lies at `share`, in [0, 1), of a parameter's range."""
    if isinstance(parameter, FixedParameter):
        return parameter.value
    if isinstance(parameter, IntParameter):
        return _whole(parameter, share)
    if isinstance(parameter, FloatParameter):
        return _real(parameter, share)
    listed = values_of(parameter) or []
    return listed[int(share * len(listed))]


def _whole(parameter: IntParameter, share: float) -> int:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.log:
        # Half a unit to either side, so that the ends are met as often as their neighbours.
        found = math.exp(_between(math.log(low - 0.5), math.log(high + 0.5), share))
        return min(max(round(found), low), high)
    return low + int(share * ((high - low) // step + 1)) * step


def _real(parameter: FloatParameter, share: float) -> float:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.log:
        return min(max(math.exp(_between(math.log(low), math.log(high), share)), low), high)
    if step is None:
        return min(max(_between(low, high, share), low), high)
    # A hair more than whole steps, for (0.3 - 0.0) / 0.1 and its like.
    return min(low + int(share * (math.floor((high - low) / step + 1e-9) + 1)) * step, high)


def _between(low: float, high: float, share: float) -> float:
    # Not low + (high - low) * share: the difference may be too great for a float.
    return low * (1 - share) + high * share
