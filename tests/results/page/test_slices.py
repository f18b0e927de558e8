"""A panel for each parameter."""

from __future__ import annotations

from sweep.results.page import slices
from sweep.results.page.page_data import Axis
from tests.page_samples import AXES, subject, trial, words


def test_before_a_trial_is_complete_there_are_none() -> None:
    assert slices.plot(subject(rows=[trial(0, "FAIL", {}, reason="no photos")])) is None


def test_each_parameter_that_a_trial_had_has_a_panel() -> None:
    rows = [trial(n, "COMPLETE", {"val_accuracy": 0.5 + n / 10}) for n in range(3)]
    plot = slices.plot(subject(rows=rows, axes=[*AXES, Axis("momentum", low=0, high=0.9)]))
    assert plot is not None
    said = set(words(plot))
    assert {"lr", "width", "activation", "relu", "gelu", "val_accuracy"} <= said
    assert "momentum" not in said


def test_the_first_parameters_are_shown_where_there_are_many() -> None:
    axes = [Axis(f"x{n}", low=0, high=1) for n in range(slices.PANELS + 3)]
    params = {axis.name: 0.5 for axis in axes}
    plot = slices.plot(subject(rows=[trial(0, "COMPLETE", {"val_accuracy": 0.5}, params=params)], axes=axes))
    assert plot is not None
    assert f"The first {slices.PANELS} of {len(axes)} parameters." in plot.caption
