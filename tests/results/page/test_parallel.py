"""Parallel coordinates."""

from __future__ import annotations

from sweep.results.page import parallel
from sweep.results.page.page_data import Axis
from tests.page_samples import AXES, many


def test_lines_stay_within_their_axes() -> None:
    points = parallel.line_points(many(1)[0], AXES, Axis("val_accuracy", low=0.9, high=1.0))
    assert len(points) == 4
    assert points[-1] == 0
    assert all(-0.1 <= point <= 1.1 for point in points)
