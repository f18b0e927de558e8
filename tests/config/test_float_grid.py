"""The values of a float with a step."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution

from sweep.config.float_grid import FloatGrid, step_mistake


@pytest.mark.parametrize(
    ("low", "high", "step", "values"),
    [
        (0.0, 0.3, 0.1, [0.0, 0.1, 0.2, 0.3]),
        (0.0, 1.0, 0.3, [0.0, 0.3, 0.6, 0.9]),
        (-0.1, 0.1, 0.1, [-0.1, 0.0, 0.1]),
        (0.5, 0.5, 0.1, [0.5]),
    ],
)
def test_values_are_as_people_write_them(low: float, high: float, step: float, values: list[float]) -> None:
    grid = FloatGrid(low, high, step)
    assert list(grid) == grid[:] == values
    assert len(grid) == len(values)
    assert grid[-1] == values[-1]
    assert all(value in grid for value in values)


@pytest.mark.parametrize("value", [0.25, 1.0, -0.3, math.nan, math.inf, 2**60, 10**400, "0.3", 0.3 + 1e-7])
def test_what_is_off_the_grid(value: object) -> None:
    assert value not in FloatGrid(0.0, 1.0, 0.3)


def test_the_neighbours_of_a_value() -> None:
    grid = FloatGrid(0.0, 1.0, 0.3)
    assert (grid.nearest(0.25), grid.nearest(0.95), grid.nearest(0.0)) == ([0.0, 0.3], [0.9], [0.0, 0.3])


@pytest.mark.filterwarnings("ignore:The distribution is specified by")
@given(
    st.decimals("-1e6", "1e6", places=4), st.decimals(0, "1e6", places=4), st.decimals("1e-1", "1e3", places=4),
    st.floats(0, 1),
)  # fmt: skip
def test_the_grid_is_optuna_s(low: float, width: float, step: float, share: float) -> None:
    low, high, step = float(low), float(low) + float(width), float(step)
    grid, distribution = FloatGrid(low, high, step), FloatDistribution(low, high, step=step)
    assert (grid[0], grid[-1]) == (distribution.low, distribution.high)
    for value in (grid[int(share * (len(grid) - 1))], low + share * (high - low), high):
        assert (value in grid) == distribution._contains(value)


def test_a_large_grid_takes_no_memory_and_a_tiny_step_is_refused() -> None:
    assert len(FloatGrid(0.0, 1e9, 1e-9)) == 10**18 + 1
    assert step_mistake(0.0, 1.0, 1e-7) == ""
    for low, high, step in [(0.0, 1.0, 1e-12), (-1e300, 1e300, 1e-300), (1e9, 1e9 + 1, 1e-3)]:
        assert "is too small" in step_mistake(low, high, step)
