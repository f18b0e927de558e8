"""Grid search: all configurations of a study, in an order that spreads them over the grid. Pure.

Optuna's GridSampler needs one process, with one seed, to know which configurations are left. Here the order follows
from the study's seed alone, so that any process, after any crash, finds the next configuration.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction

from sweep.config.conditions import TrialParameter
from sweep.config.parameters import listed_values
from sweep.trial.spec import ParamValue, derived_seed

GOLDEN = (math.sqrt(5) - 1) / 2
"""Stride of the order, as a share of the grid: consecutive configurations lie far apart (Weyl's sequence)."""


Key = frozenset[tuple[str, ParamValue]]


def configuration_key(values: Mapping[str, ParamValue]) -> Key:
    """Return a configuration as a value that a set can hold; it ignores the rounding errors of a grid."""
    return frozenset((name, _rounded(value)) for name, value in values.items())


def _rounded(value: ParamValue) -> ParamValue:
    return float(f"{value:.12g}") if isinstance(value, float) else value


def untried_configurations(
    parameters: Sequence[TrialParameter], seed: int, tried: Collection[Key]
) -> Iterator[dict[str, ParamValue]]:
    """Yield each configuration that is not in `tried`, once. All trials must have the same `parameters`."""
    searched = [parameter for parameter in parameters if not parameter.is_fixed]
    choices = {parameter.name: listed_values(parameter.parameter) or [] for parameter in searched}
    size = math.prod(map(len, choices.values()))
    stride = max(1, round(Fraction(GOLDEN) * size))
    while math.gcd(stride, size) > 1:
        stride += 1
    start = derived_seed(seed, "grid")
    for step in range(size):
        configuration = configuration_at((start + step * stride) % size, choices)
        if configuration_key(configuration) not in tried:
            yield configuration


def configuration_at(index: int, choices: Mapping[str, Sequence[ParamValue]]) -> dict[str, ParamValue]:
    """Return the configuration with this index. The values of the last parameter change fastest."""
    values: dict[str, ParamValue] = {}
    for name in reversed(list(choices)):
        index, position = divmod(index, len(choices[name]))
        values[name] = choices[name][position]
    return {name: values[name] for name in choices}
