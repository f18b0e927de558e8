"""Importance of parameters."""

from __future__ import annotations

import math

import pytest

from sweep.results.page import importance
from tests.page_samples import many, subject, trial


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
