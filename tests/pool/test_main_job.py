"""The main job on a real pool: two generations of the real trainer, on a part of the real photos."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sweep import resources
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import open_current
from tests.pool.actions import report, sweep

pytestmark = pytest.mark.pool


def history() -> list[Any]:
    import htcondor2

    return list(htcondor2.Schedd().history(constraint="true", projection=["ClusterId", "JobUniverse", "SweepStudy",
        "SweepTrial", "SweepParam_lr", "SweepParam_activation", "SweepGeneration", "ExitCode"]))  # fmt: skip


def test_two_generations_of_four_trials(here: Path) -> None:
    quickstart = (resources.resource_folder("configs") / "quickstart.toml").read_text()
    shorter = quickstart.replace("epochs = 3", "epochs = 2").replace("[search]", "[search]\nfraction = 0.2")
    (here / "study.toml").write_text(shorter)
    before = {ad["ClusterId"] for ad in history()}
    assert "trials a generation" in sweep("init", "study.toml").stdout
    assert "0 trials" in sweep("report").stdout

    followed = sweep("launch", "--generations", "2", "--watch")
    assert "generation 1: 4 of 4 trials done, 0 running, 0 idle, 0 failed, best val_accuracy 0." in followed.stdout

    there = open_current(None)
    rows = StoredStudy.open(there, writing=False).rows()
    assert [row.state for row in rows] == ["COMPLETE"] * 8
    assert [(row.generation, row.index) for row in rows] == [(g, i) for g in range(2) for i in range(4)]
    for row in rows:
        assert list(row.intermediate) == [1, 2]
        assert row.value == row.intermediate[2]
        assert row.attempts == 1
        assert row.duration_s is not None
        assert row.duration_s > 0
        assert there.paths.trial(row.number).checkpoint.stat().st_size > 1000
        assert "epoch 2" in there.paths.trial(row.number).stdout.read_text()
    assert max(row.value or 0 for row in rows) > 0.8
    assert len({json.dumps(row.params) for row in rows}) == 8

    ads = [ad for ad in history() if ad["ClusterId"] not in before]
    assert Counter(ad["JobUniverse"] for ad in ads) == {5: 8, 7: 3}
    for ad in (ad for ad in ads if ad["JobUniverse"] == 5):
        row = rows[ad["SweepTrial"]]
        assert ad["SweepParam_lr"] == pytest.approx(row.params["lr"], rel=1e-12)
        assert ad["SweepParam_activation"] == row.params["activation"]
        assert (ad["SweepGeneration"], ad["ExitCode"]) == (row.generation, 0)

    again = sweep("launch", "--generations", "2")
    assert "nothing to do" in again.stdout
    assert StoredStudy.open(there, writing=False).rows() == rows

    best = max(rows, key=lambda row: row.value or 0)
    shown = sweep("report", "--top", "1").stdout
    assert "8 trials, 8 COMPLETE" in shown
    assert f"best: trial {best.number}, checkpoint {there.paths.trial(best.number).checkpoint}" in shown
    summary = report()
    assert summary["study"]["counts"] == {"COMPLETE": 8}
    assert [trial["values"] for trial in summary["trials"]] == [{"val_accuracy": row.value} for row in rows]
