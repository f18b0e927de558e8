"""Axes and labels of the page's figures."""

from __future__ import annotations

import math

from sweep.config.conditions import expand_parameters
from sweep.results.page.page_data import Axis, axis_limits, outlier_note, parameter_axis, sample_evenly, short_label
from sweep.study.study import Study
from sweep.trial.direction import Direction
from tests.page_samples import trial


def test_a_value_far_off_at_the_worse_end_spoils_no_axis() -> None:
    values = [0.5, 0.6, 0.55, 0.52, 0.58, 900.0]
    ends = axis_limits(values, Direction.MINIMIZE)
    assert ends[0] < 0.5
    assert 0.6 < ends[1] < 1
    assert outlier_note(values, ends) == " 1 far worse value is outside the figure."
    assert axis_limits(values, Direction.MAXIMIZE)[1] > 900
    assert axis_limits([], Direction.MINIMIZE) == (0, 1)
    assert axis_limits([0.5, 0.5], Direction.MINIMIZE)[0] < 0.5
    assert all(math.isfinite(end) for end in axis_limits([0.5, 0.6, math.inf], Direction.MINIMIZE))


def test_axes_hold_what_trials_had_before_a_range_was_changed(study: Study) -> None:
    asked = {one.name: one for one in expand_parameters(study.config.search)}
    rows = [trial(0, "COMPLETE", {}, params={"lr": 0.5, "width": 4, "activation": "tanh"})]
    lr, width, activation = (parameter_axis(asked[name], rows) for name in ("lr", "width", "activation"))
    assert (lr.low, lr.high, lr.log) == (1e-4, 0.5, True)
    assert (width.low, width.high, width.log) == (4, 64, False)
    assert activation.choices == ["relu", "gelu", "silu", "tanh"]
    assert lr.fraction(1e-4) == 0
    assert activation.fraction("tanh") == 1
    assert Axis("one", choices=["only"]).fraction("only") == 0.5


def test_thinning_keeps_both_ends() -> None:
    assert sample_evenly(range(100), 4) == [0, 33, 66, 99]
    assert sample_evenly([1, 2], 4) == [1, 2]
    assert short_label(0.123456789) == "0.12346"
