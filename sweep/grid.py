"""All configurations of a search without ranges, in an order that spreads them. Pure.

Optuna's GridSampler finds out which are left by counting the trials of one process, with one seed; here each is found
by its place, so that any process, after any crash, knows the next.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from sweep.conditions import Asked
from sweep.samplers import listed
from sweep.trial import ParamValue, derived_seed

GOLDEN = (math.sqrt(5) - 1) / 2
"""Steps of this share of the whole meet no two near places one after another (Weyl's sequence)."""

Key = frozenset[tuple[str, ParamValue]]


def key(values: Mapping[str, ParamValue]) -> Key:
    """A configuration as a member of a set."""
    return frozenset(values.items())


def in_order(asked: Sequence[Asked], seed: int, tried: Collection[Key]) -> Iterator[dict[str, ParamValue]]:
    """The configurations that have not been tried, each once; of parameters that all trials have."""
    choices = {one.name: listed(one) or [] for one in asked if not one.is_fixed}
    size = math.prod(map(len, choices.values()))
    stride = round(size * GOLDEN) or 1
    while math.gcd(stride, size) > 1:
        stride += 1
    start = derived_seed(seed, "grid")
    for place in range(size):
        found = at((start + place * stride) % size, choices)
        if key(found) not in tried:
            yield found


def at(place: int, choices: Mapping[str, Sequence[ParamValue]]) -> dict[str, ParamValue]:
    """The configuration at a place, the last parameter's values changing the fastest."""
    values: dict[str, ParamValue] = {}
    for name in reversed(list(choices)):
        place, position = divmod(place, len(choices[name]))
        values[name] = choices[name][position]
    return {name: values[name] for name in choices}
