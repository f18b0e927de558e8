"""The values of a float parameter with a step: counted and computed, never listed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import overload

TOLERANCE = 1e-8
"""How far from the grid, in steps, a value may lie. Optuna has the same tolerance."""

MAX_RATIO = 1e7
"""How often a step may fit into the largest value. Beyond it, rounding of floats exceeds the tolerance."""


class FloatGrid(Sequence[float]):
    """`low`, `low + step`, `low + 2 * step` and so on; the last value is at most `high`."""

    def __init__(self, low: float, high: float, step: float) -> None:
        # As decimals, like Optuna: 0.3 / 0.1 is less than 3.
        self._low, self._step = Decimal(str(low)), Decimal(str(step))
        self._count = int((Decimal(str(high)) - self._low) // self._step) + 1

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> float: ...

    @overload
    def __getitem__(self, index: slice) -> list[float]: ...

    def __getitem__(self, index: int | slice) -> float | list[float]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(self._count))]
        return float(self._low + range(self._count)[index] * self._step)

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float) or not self[0] <= value <= self[-1]:
            return False
        steps = (value - float(self._low)) / float(self._step)
        return abs(steps - round(steps)) < TOLERANCE

    def nearest(self, value: float) -> list[float]:
        """Return the values of the grid just below and just above `value`, without those beyond the ends."""
        below = int((Decimal(str(value)) - self._low) // self._step)
        return [self[position] for position in (below, below + 1) if 0 <= position < self._count]


def step_mistake(low: float, high: float, step: float) -> str:
    """Return why a step is too small for floats of this range, '' if it is not."""
    largest = max(abs(low), abs(high))
    if largest / step <= MAX_RATIO:
        return ""
    return f"step ({step}) is too small for values up to {largest:g}; use {largest / MAX_RATIO:g} or more, or no step"
