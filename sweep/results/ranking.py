"""Ranks trials by one objective or by several. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from sweep.trial.direction import Direction


def ranks(values: Sequence[Sequence[float]], directions: Sequence[str]) -> list[int]:
    """Return the rank of each point, from 1; `values` has a row for each point and a column for each objective.

    With one objective no two points share a rank: of equal values, the earlier point comes first. With several
    objectives rank 1 is the Pareto front, the points that no other point dominates (as good in all objectives and
    better in one). Rank 2 is the Pareto front of the remaining points, and so on (non-dominated sorting: Goldberg 1989,
    Genetic Algorithms, ch. 5).
    """
    signs = [Direction(direction).key(1.0) for direction in directions]
    points = numpy.array(values, dtype=float).reshape(-1, len(signs)) * signs
    # Sorted by the first objective, then the second, and so on, each point comes after all that dominate it.
    order = numpy.lexsort(points.T[::-1])
    found = numpy.zeros(len(points), dtype=int)
    if len(signs) == 1:
        found[order] = numpy.arange(1, len(points) + 1)
        return [int(rank) for rank in found]
    for position, point in enumerate(order):
        before = order[:position]
        dominates = (points[before] <= points[point]).all(axis=1) & (points[before] < points[point]).any(axis=1)
        found[point] = 1 + found[before[dominates]].max(initial=0)
    return [int(rank) for rank in found]
