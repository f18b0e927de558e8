"""Uploads the trials that have ended to each tracker, once.

Run again, also after a kill, it uploads no trial twice: each tracker knows which trials it has completely.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sweep.errors import ConfigError, StudyError, SweepError, TrackingError
from sweep.study.commands import study_command
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.tracking.tracked_trial import TrackedTrial, read_tracked_trial

PROGRESS_SECONDS = 2.0
"""How often a long upload reports its progress."""


ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB__DISABLE_META": "true",
    "WANDB__DISABLE_MACHINE_INFO": "true",
    "WANDB__DISABLE_STATS": "true",
    "WANDB__SAVE_REQUIREMENTS": "false",
}
"""Environment variables for the trackers' packages, where the user has not set them.

With these a package reports nothing to its makers, does not record this machine as that of the trial, and gives up
within seconds if the server does not answer.
"""


class Tracker(Protocol):
    """One tracker, for one study. Each method raises TrackingError if the tracker does not answer or refuses."""

    place: str
    """Where a person finds the uploaded trials."""

    def uploaded(self) -> set[int]:
        """Return the numbers of the trials that the tracker has completely."""

    def upload(self, trial: TrackedTrial) -> None:
        """Upload a trial, in place of what an interrupted upload may have left of it."""


@dataclass(frozen=True)
class UploadSummary:
    """The outcome for one tracker.

    `new` trials were uploaded now, `before` were uploaded earlier. `place` is where a person finds them. `troubles`
    has an error for each trial that could not be uploaded, or one for the whole tracker.
    """

    tracker: str
    place: str
    new: int
    before: int
    troubles: list[SweepError]


def upload_trials(study: Study, say: Callable[[str], None]) -> list[UploadSummary]:
    """Upload the trials that have ended to each of the study's trackers; an error of one does not stop the others.

    Raises ConfigError if the study names no tracker, StudyError if another `sweep sync` of the study is running.
    """
    names = study.config.tracking.names
    if not names:
        raise ConfigError(
            f"{study.paths.config}: [tracking] names no tracker",
            'Add tensorboard = true, mlflow = "URI" or wandb = "PROJECT" to [tracking] in your own study file. '
            "Then run: sweep init study.toml",
        )
    with locked(study.paths.sync_lock, wait=False) as is_locked:
        if not is_locked:
            raise StudyError(
                "another `sweep sync` of this study is running",
                f"Wait until it has ended. Then run: {study_command(study, 'sync')}",
            )
        return [_upload_to(study, name, say) for name in names]


def _upload_to(study: Study, name: str, say: Callable[[str], None]) -> UploadSummary:
    """Upload to one tracker; skip the trials whose files are damaged."""
    place, troubles, new, before, reported = name, list[SweepError](), 0, 0, time.monotonic()
    try:
        tracker = _open_tracker(study, name)
        place, known, ended = tracker.place, tracker.uploaded(), study.paths.ended_trials()
        before = len(known.intersection(ended))
        for number in ended:
            if number in known:
                continue
            if time.monotonic() - reported > PROGRESS_SECONDS:
                reported = time.monotonic()
                say(f"{name}, {new} of {len(ended) - before} trials")
            try:
                trial = read_tracked_trial(study, number)
            except StudyError as error:
                troubles.append(error)
                continue
            tracker.upload(trial)
            new += 1
    except TrackingError as error:
        troubles.append(error)
    return UploadSummary(name, place, new, before, troubles)


def _open_tracker(study: Study, name: str) -> Tracker:
    """Return a tracker by its name in [tracking]. Raises TrackingError if its package is missing."""
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    try:
        match name:
            case "tensorboard":
                from sweep.tracking.tensorboard import TensorBoard

                return TensorBoard(study)
            case "mlflow":
                from sweep.tracking.mlflow import MLflow

                return MLflow(study)
            case _:
                from sweep.tracking.wandb import WandB

                return WandB(study)
    except ImportError as error:
        raise TrackingError(
            f"{name}: its Python package is missing: {error}", "Run: pip install 'htcondor-sweep[tracking]'."
        ) from None
