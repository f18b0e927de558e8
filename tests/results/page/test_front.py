"""The Pareto front of several objectives."""

from __future__ import annotations

from tests.page_samples import AXES, drawn, subject, trial, words

TWO = {"val_accuracy": "maximize", "model_mb": "minimize"}


def test_several_objectives_have_a_front() -> None:
    points = [(0.5, 1.0), (0.7, 2.0), (0.6, 3.0), (0.9, 4.0), (0.4, 4.0), (0.3, 5.0)]
    rows = [
        trial(number, "COMPLETE", dict(zip(TWO, point, strict=True)), params={"lr": 0.01 * (1 + number), "width": 8})
        for number, point in enumerate(points)
    ]
    there = drawn(subject(rows=rows, objectives=TWO, axes=AXES[:2]))
    assert list(there) == ["history", "front", "importance", "parallel", "slices", "timeline"]
    assert there["front"].caption.startswith("3 trials are on the front")
    assert {"val_accuracy (maximize)", "model_mb (minimize)", "Pareto front"} <= set(words(there["front"]))
    assert {"val_accuracy", "model_mb"} <= set(words(there["history"]))
