"""Latin hypercube sampling: a first generation that fills the search space evenly, before the sampler has a model.

M. D. McKay, R. J. Beckman, W. J. Conover (1979), Technometrics 21(2), 239-245. The range of each parameter is cut into
as many parts as there are trials, and each part gets one trial. Pure: a point depends only on the study's seed and the
trial's index.
"""

from __future__ import annotations

import math
import random

from sweep.config.parameters import AnyParameter, FixedParameter, FloatParameter, IntParameter, values_of
from sweep.trial.spec import ParamValue, derived_seed


def sample_value(name: str, parameter: AnyParameter, seed: int, index: int, trials: int) -> ParamValue:
    """Return the value of a parameter in trial `index` of `trials`."""
    generator = random.Random(derived_seed(seed, "filling", name))  # noqa: S311 - it protects no secret
    parts = generator.sample(range(trials), trials)
    offsets = [generator.random() for _ in range(trials)]
    return value_at_share(parameter, (parts[index] + offsets[index]) / trials)


def value_at_share(parameter: AnyParameter, share: float) -> ParamValue:
    """Return the value at `share`, in [0, 1), of a parameter's range."""
    if isinstance(parameter, FixedParameter):
        return parameter.value
    if isinstance(parameter, IntParameter):
        return _int_value(parameter, share)
    if isinstance(parameter, FloatParameter):
        return _float_value(parameter, share)
    listed = values_of(parameter) or []
    return listed[int(share * len(listed))]


def _int_value(parameter: IntParameter, share: float) -> int:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.log:
        # Half a unit beyond either end, so that rounding yields the ends as often as their neighbours.
        value = math.exp(_interpolate(math.log(low - 0.5), math.log(high + 0.5), share))
        return min(max(round(value), low), high)
    return low + int(share * ((high - low) // step + 1)) * step


def _float_value(parameter: FloatParameter, share: float) -> float:
    low, high, step = parameter.low, parameter.high, parameter.step
    if parameter.log:
        return min(max(math.exp(_interpolate(math.log(low), math.log(high), share)), low), high)
    if step is None:
        return min(max(_interpolate(low, high, share), low), high)
    # 1e-9 undoes rounding errors: (0.3 - 0.0) / 0.1 is less than 3.
    return min(low + int(share * (math.floor((high - low) / step + 1e-9) + 1)) * step, high)


def _interpolate(low: float, high: float, share: float) -> float:
    # Not low + (high - low) * share: the difference may overflow.
    return low * (1 - share) + high * share
