"""The configurations of a grid."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.config.conditions import expand_parameters
from sweep.config.parameters import CategoricalParameter
from sweep.optimizer.grid import configuration_key, untried_configurations
from tests.samples import examples


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.integers(0, 2**31))
def test_a_grid_has_each_configuration_once(sizes: list[int], seed: int) -> None:
    search: dict[str, Any] = {
        f"x{n}": CategoricalParameter(type="categorical", choices=list(range(size))) for n, size in enumerate(sizes)
    }
    every = list(untried_configurations(expand_parameters(search), seed, set()))
    assert len({configuration_key(values) for values in every}) == len(every) == math.prod(sizes)
    half = {configuration_key(values) for values in every[::2]}
    assert list(untried_configurations(expand_parameters(search), seed, half)) == every[1::2]
