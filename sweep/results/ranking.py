"""Which trials are better than which, also where there are several objectives. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy

from sweep.trial.direction import Direction


def ranks(values: Sequence[Sequence[float]], directions: Sequence[str]) -> list[int]:
    """The rank of each point, from 1; `values` has a row for each point, a column for each objective.

    With one objective they are places, of equal values the earlier point's before. With several they are fronts: 1 is
    the Pareto front, the points that no other is better than in one objective and as good in all; 2 is the front
    without those, and so on (non-dominated sorting: Goldberg 1989, Genetic Algorithms, ch. 5).
    """
    signs = [Direction(direction).key(1.0) for direction in directions]
    points = numpy.array(values, dtype=float).reshape(-1, len(signs)) * signs
    # By the first objective, then the second, …: whatever dominates a point comes before it.
    order = numpy.lexsort(points.T[::-1])
    found = numpy.zeros(len(points), dtype=int)
    if len(signs) == 1:
        found[order] = numpy.arange(1, len(points) + 1)
        return [int(rank) for rank in found]
    for position, here in enumerate(order):
        before = order[:position]
        better = (points[before] <= points[here]).all(axis=1) & (points[before] < points[here]).any(axis=1)
        found[here] = 1 + found[before[better]].max(initial=0)
    return [int(rank) for rank in found]
