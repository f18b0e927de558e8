"""How the real trainer ends before its target: at the end of a slice, and where it is cut off."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.trial.judge import judge
from sweep.trial.reports import Reports
from sweep.trial.spec import TrialSpec
from tests.trainer.actions import measured, run
from trainer.trial import Trial

pytestmark = pytest.mark.processes

Job = Callable[..., Path]


def verdict(folder: Path, status: int) -> tuple[str, int]:
    spec = TrialSpec.from_json((folder / "trial.json").read_text())
    found = judge(spec, status, Reports.parse(spec, (folder / "metrics.jsonl").read_text()), "")
    return found.kind, found.steps


def test_slices_end_as_one_that_is_not_cut(job: Job) -> None:
    whole, sliced = job("whole"), job("sliced", slice_epochs=1)
    assert run(whole).returncode == 0
    for epoch in (1, 2):
        done = run(sliced)
        assert done.returncode == 0, done.stderr
        assert f"a slice ends at epoch {epoch}" in done.stdout
        assert verdict(sliced, 0) == ("slice", epoch)
    assert run(sliced).returncode == 0
    assert verdict(sliced, 0) == ("complete", 3)
    assert measured(sliced) == measured(whole)


def test_it_stops_itself_where_it_is_cut_off(job: Job) -> None:
    folder = job("cut", cutoffs={"1": 0.0, "2": 1.1}, maximize=True)
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert "cut off at epoch 2" in done.stdout
    assert verdict(folder, 0) == ("pruned", 2)
    # Started again, it says so again.
    assert run(folder).returncode == 0
    assert verdict(folder, 0) == ("pruned", 2)


@pytest.mark.parametrize(
    ("reported", "maximize", "cutoff", "expected"),
    [
        ([0.5, 0.4], True, 0.45, False),
        ([0.4, 0.44], True, 0.45, True),
        ([0.4, 0.45], True, 0.45, False),
        ([0.5, 0.6], False, 0.45, True),
        ([0.4, 0.6], False, 0.45, False),
        ([float("nan"), 0.3], True, 0.45, True),
    ],
)
def test_the_helper_agrees_with_the_judge(
    job: Job, reported: list[float], maximize: bool, cutoff: float, expected: bool
) -> None:
    folder = job("helper", cutoffs={"2": cutoff}, maximize=maximize)
    lines = [json.dumps({"step": step, "val_accuracy": value}) for step, value in enumerate(reported, start=1)]
    (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"step": 3, "val_ac']))
    assert Trial.read(folder / "trial.json").is_cut_off(2) == expected
    assert not Trial.read(folder / "trial.json").is_cut_off(1)
    assert (verdict(folder, 0)[0] == "pruned") == expected
