"""Latin hypercube sampling: a first generation that fills the search space evenly, before the sampler has a model.

M. D. McKay, R. J. Beckman, W. J. Conover (1979), Technometrics 21(2), 239-245. The range of each parameter is cut into
as many parts as there are trials, and each part gets one trial. Pure: a point depends only on the study's seed and the
trial's index.
"""

from __future__ import annotations

import random

from sweep.config.parameters import AnyParameter
from sweep.config.sampled_values import value_at_share
from sweep.trial.spec import ParamValue, derived_seed


def sample_value(name: str, parameter: AnyParameter, seed: int, index: int, trials: int) -> ParamValue:
    """Return the value of a parameter in trial `index` of `trials`."""
    generator = random.Random(derived_seed(seed, "filling", name))  # noqa: S311 - it protects no secret
    parts = generator.sample(range(trials), trials)
    offsets = [generator.random() for _ in range(trials)]
    return value_at_share(parameter, (parts[index] + offsets[index]) / trials)
