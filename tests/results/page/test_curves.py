"""Learning curves."""

from __future__ import annotations

from sweep.results.page import curves
from tests.page_samples import subject, trial, words


def test_trials_that_reported_once_have_no_curve() -> None:
    assert curves.plot(subject(rows=[trial(0, "COMPLETE", {"val_accuracy": 0.5}, intermediate={1: 0.5})])) is None


def test_the_best_the_pruned_and_the_others_are_told_apart() -> None:
    rows = [
        trial(n, "COMPLETE", {"val_accuracy": 0.5 + n / 100}, intermediate={1: 0.4, 2: 0.5 + n / 100})
        for n in range(curves.TOP + 2)
    ]
    rows.append(trial(99, "PRUNED", {"val_accuracy": 0.1}, intermediate={1: 0.1}))
    plot = curves.plot(subject(rows=rows))
    assert plot is not None
    assert "for the 10 best trials, 1 pruned trials (they end in a cross) and 2 other trials." in plot.caption
    assert {"10 best", "pruned", "others"} <= set(words(plot))
    assert {"10 best", "pruned", "others"} <= set(words(plot, narrow=True))
