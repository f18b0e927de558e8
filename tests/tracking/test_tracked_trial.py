"""A trial as trackers get it."""

from __future__ import annotations

import json
from pathlib import Path

from sweep.tracking import tracked_trial
from tests.tracking.actions import tracked


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
