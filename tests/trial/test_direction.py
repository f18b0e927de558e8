"""Which values of a metric are better."""

from __future__ import annotations

import math

import pytest

from sweep.trial.direction import Direction

VALUES = list(enumerate((0.3, 0.2, 0.5, 0.5, 0.1)))


@pytest.mark.parametrize(
    ("direction", "best", "improvements"),
    [
        (Direction.MAXIMIZE, 0.5, [(0, 0.3), (2, 0.5)]),
        (Direction.MINIMIZE, 0.1, [(0, 0.3), (1, 0.2), (4, 0.1)]),
    ],
)
def test_the_best_and_all_that_were_the_best_so_far(
    direction: Direction, best: float, improvements: list[tuple[int, float]]
) -> None:
    assert direction.best(value for _, value in VALUES) == best
    assert direction.improvements(VALUES) == improvements
    assert sorted((value for _, value in VALUES), key=direction.key)[0] == best


def test_nan_is_never_better() -> None:
    assert not Direction.MAXIMIZE.is_better(math.nan, 0.0)
    assert not Direction.MINIMIZE.is_better(0.0, math.nan)
