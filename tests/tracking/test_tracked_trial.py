"""A trial as trackers get it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sweep.tracking import tracked_trial
from tests.tracking.actions import tracked


def leave(kind: str, path: Path) -> None:
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "2 GB":
        with path.open("wb") as handle:
            handle.truncate(2 * 2**30)
    else:
        path.write_text('{"step": 1, "val_accuracy": 0.5}\n' * 100_001)


@pytest.mark.parametrize("kind", ["link", "folder", "fifo", "2 GB", "too many reports"])
def test_a_trial_whose_metrics_cannot_be_read_has_no_curves(study_file: Path, kind: str) -> None:
    study = tracked(study_file, "tensorboard = true")
    study.paths.trial(1).metrics.unlink(missing_ok=True)
    leave(kind, study.paths.trial(1).metrics)
    found = tracked_trial.read_tracked_trial(study, 1)
    assert (found.state, found.curves) == ("FAIL", {})


def test_a_pattern_that_searches_for_ever_has_no_curves(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracked_trial, "READ_SECONDS", 0.1)
    study = tracked(study_file, "tensorboard = true")
    files = study.paths.trial(0)
    spec = json.loads(files.spec.read_text())
    files.spec.write_text(json.dumps({**spec, "metrics_pattern": r"^(?:a+)+ val_accuracy (?P<val_accuracy>\S+)"}))
    files.stdout.write_text(40 * "a")
    assert tracked_trial.read_tracked_trial(study, 0).curves == {}


def test_names_are_few_short_and_printable() -> None:
    odd = {"\x1b[31m\n\ud800": 1.0, 1000 * "x": 2.0, "": 3.0}
    many = {f"name {number}": 0.0 for number in range(1000)}
    found = tracked_trial.for_trackers({1: odd | many | {"loss": 4.0}, 2: {"loss": 5.0}}, ["loss"])
    assert found[1][r"\x1b[31m\n\ud800"] == 1.0
    assert found[1][200 * "x" + "…"] == 2.0
    assert found[1]["_"] == 3.0
    assert [found[step]["loss"] for step in found] == [4.0, 5.0]
    assert len(found[1]) == 100


def test_steps_are_few_and_the_last_is_among_them() -> None:
    found = tracked_trial.for_trackers({step: {"loss": 0.0} for step in range(1, 100_001)}, ["loss"])
    assert (len(found), min(found), max(found)) == (10_000, 1, 100_000)


def test_every_number_of_a_program_s_output_is_a_curve(study_file: Path) -> None:
    study = tracked(study_file, "tensorboard = true")
    files = study.paths.trial(0)
    spec = json.loads(files.spec.read_text())
    files.spec.write_text(
        json.dumps({**spec, "metrics_pattern": r"loss (?P<loss>\S+) val_accuracy (?P<val_accuracy>\S+)"})
    )
    files.stdout.write_text("loss 2 val_accuracy 0.1\nloss 1 val_accuracy 0.2\n")
    assert tracked_trial.read_tracked_trial(study, 0).curves == {
        1: {"loss": 2.0, "val_accuracy": 0.1},
        2: {"loss": 1.0, "val_accuracy": 0.2},
    }
