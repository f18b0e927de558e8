"""Importance of parameters."""

from __future__ import annotations

import math

import pytest

from sweep.results.page import importance
from sweep.results.page.page_data import Axis
from tests.page_samples import AXES, drawn, many, subject, trial, words


def test_the_parameter_that_decides_matters_most() -> None:
    rows = many(200)
    rows = [
        trial(
            row.number, "COMPLETE", {"val_accuracy": -abs(math.log10(float(row.params["lr"])) + 2)}, params=row.params
        )
        for row in rows
    ]
    found = importance.importances(subject(rows=rows))["val_accuracy"]
    assert next(iter(found)) == "lr"
    assert sum(found.values()) == pytest.approx(1)
    assert importance.importances(subject(rows=rows[:4])) == {}
    same = [trial(row.number, "COMPLETE", {"val_accuracy": 0.5}, params=row.params) for row in rows]
    assert importance.importances(subject(rows=same)) == {}


def test_a_parameter_that_only_some_trials_have_is_shown_but_not_weighed() -> None:
    axes = [AXES[0], Axis("optimizer", choices=["sgd", "adamw"]), Axis("momentum", low=0, high=0.9)]
    rows = []
    for number in range(12):
        sgd = number % 2 == 0
        params = {"lr": 10 ** -(1 + number / 4), "optimizer": "sgd" if sgd else "adamw"}
        params |= {"momentum": number / 20} if sgd else {}
        rows.append(trial(number, "COMPLETE", {"val_accuracy": 0.5 + 0.02 * number}, params=params))
    there = drawn(subject(rows=rows, axes=axes))
    assert "Left out, because they did not vary or some trials lack them: momentum." in there["importance"].caption
    assert "momentum" not in words(there["importance"])
    assert "if its trial lacks that parameter" in there["parallel"].caption
    assert {"momentum", "sgd", "adamw"} <= set(words(there["slices"]))
