"""All configurations of a search without ranges, in an order that spreads them. Pure.

Optuna's GridSampler finds out which are left by counting the trials of one process, with one seed; here each is found
by its place, so that any process, after any crash, knows the next.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from sweep.config.conditions import TrialParameter
from sweep.config.samplers import listed_values
from sweep.trial.spec import ParamValue, derived_seed

GOLDEN = (math.sqrt(5) - 1) / 2
"""Steps of this share of the whole meet no two near places one after another (Weyl's sequence)."""


Key = frozenset[tuple[str, ParamValue]]


def configuration_key(values: Mapping[str, ParamValue]) -> Key:
    """A configuration as a member of a set."""
    return frozenset(values.items())


def untried_configurations(
    asked: Sequence[TrialParameter], seed: int, tried: Collection[Key]
) -> Iterator[dict[str, ParamValue]]:
    """The configurations that have not been tried, each once; of parameters that all trials have."""
    choices = {one.name: listed_values(one) or [] for one in asked if not one.is_fixed}
    size = math.prod(map(len, choices.values()))
    stride = round(size * GOLDEN) or 1
    while math.gcd(stride, size) > 1:
        stride += 1
    start = derived_seed(seed, "grid")
    for place in range(size):
        found = configuration_at((start + place * stride) % size, choices)
        if configuration_key(found) not in tried:
            yield found


def configuration_at(place: int, choices: Mapping[str, Sequence[ParamValue]]) -> dict[str, ParamValue]:
    """The configuration at a place, the last parameter's values changing the fastest."""
    values: dict[str, ParamValue] = {}
    for name in reversed(list(choices)):
        place, position = divmod(place, len(choices[name]))
        values[name] = choices[name][position]
    return {name: values[name] for name in choices}
