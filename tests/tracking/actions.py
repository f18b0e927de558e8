"""Studies with trackers, and what a `sweep sync` of them uploads."""

from __future__ import annotations

import json
import math
from pathlib import Path

from sweep.control.initialise import initialise
from sweep.nodes.propose import propose
from sweep.study.study import Study
from sweep.tracking import sync
from tests.actions import harvest
from tests.samples import STUDY

GOOD = '{"step": 1, "val_accuracy": 0.5, "train_loss": 2.0}\n{"step": 2, "val_accuracy": 0.75, "train_loss": NaN}\n'


ODD_NAMES = [
    *("../up", "/absolute", "a//b", "..", "a/./b", "line\nbreak", "\x1b[31m", "\ud800", 1000 * "x", "ä", "", "_step")
]


ODD = "".join(
    json.dumps({"step": step, "val_accuracy": 0.5, **dict.fromkeys(ODD_NAMES, value)}) + "\n"
    for step, value in enumerate((1.0, 1e308, math.inf, math.nan), start=1)
)
"""What a hostile job may report."""


SECRET = "hunter2hunter2"  # noqa: S105


def quiet(_: str) -> None:
    """Take a line of output."""
    return


def tracked(file: Path, tracking: str) -> Study:
    """Return a study with these trackers: trial 0 is COMPLETE, trial 1 FAIL, trial 2 runs."""
    file.write_text(f"{STUDY}\n[tracking]\n{tracking}\n")
    study = initialise(file, quiet)[0]
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    harvest(study.paths, 0, 0)
    harvest(study.paths, 1, 1)
    return study


def uploaded(study: Study) -> list[tuple[str, int, int, list[str]]]:
    """Run `sweep sync`, and return for each tracker: its name, new trials, trials that it had, errors."""
    return [
        (one.tracker, one.new, one.before, [str(it) for it in one.troubles]) for one in sync.upload_trials(study, quiet)
    ]
