"""The configurations of a grid."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.config.conditions import expand_parameters
from sweep.config.parameters import CategoricalParameter, FloatParameter
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


def test_a_grid_of_any_size_begins_at_once() -> None:
    search: dict[str, Any] = {f"x{n}": FloatParameter(type="float", low=0.0, high=1.0, step=1e-5) for n in range(200)}
    first = list(islice(untried_configurations(expand_parameters(search), 7, set()), 3))
    assert len({configuration_key(values) for values in first}) == 3


def test_a_value_that_differs_by_rounding_alone_was_tried() -> None:
    search: dict[str, Any] = {"x": FloatParameter(type="float", low=0.0, high=0.3, step=0.1)}
    tried = {configuration_key({"x": 0.1 + 0.2}), configuration_key({"x": 0.0})}
    left = untried_configurations(expand_parameters(search), 7, tried)
    assert sorted(values["x"] for values in left) == [0.1, 0.2]
