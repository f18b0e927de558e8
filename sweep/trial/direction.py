"""Which values of a metric are better. Standard library only."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Direction(StrEnum):
    """The direction in which a metric is optimised, by Optuna's names."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    def key(self, value: float) -> float:
        """Return a sort key that puts better values first."""
        return -value if self == Direction.MAXIMIZE else value

    def is_better(self, value: float, than: float) -> bool:
        """Return whether `value` is strictly better. NaN is never better."""
        return self.key(value) < self.key(than)

    def best(self, values: Iterable[float]) -> float:
        """Return the best value. Raises ValueError if there is none."""
        return min(values, key=self.key)

    def improvements(self, values: Iterable[tuple[int, float]]) -> list[tuple[int, float]]:
        """Return the (trial number, value) pairs that are better than all pairs before them."""
        found: list[tuple[int, float]] = []
        for number, value in values:
            if not found or self.is_better(value, found[-1][1]):
                found.append((number, value))
        return found
