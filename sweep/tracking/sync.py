"""Tells each tracker of every trial that it has not been told of. Typed again, or after a kill, it tells nothing
twice: each tracker knows which trials it has whole."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from sweep.errors import ConfigError, StudyError, SweepError, TrackingError
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.tracking import tracked_trial as runs
from sweep.tracking.tracked_trial import TrackedTrial

SAY_SECONDS = 2.0
"""How often a long work says how far it is."""


DISCREET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB__DISABLE_META": "true",
    "WANDB__DISABLE_MACHINE_INFO": "true",
    "WANDB__DISABLE_STATS": "true",
    "WANDB__SAVE_REQUIREMENTS": "false",
}
"""Variables set before a tracker's package is loaded, unless they are set: it tells its makers nothing, takes this
machine for that of no trial, and gives up on a server that is away within seconds."""


class Tracker(Protocol):
    """One tracker, for one study. Each function raises TrackingError where the tracker is away or refuses."""

    place: str
    """Where the runs are to be seen."""

    def sent(self) -> set[int]:
        """Numbers of the trials that it has whole."""

    def send(self, run: TrackedTrial) -> None:
        """Tell it of a trial; what an earlier, interrupted try told of the same trial is replaced."""


@dataclass(frozen=True)
class Synced:
    """What a tracker was told: how many trials that were new to it, and how many it had before; where they are to be
    seen; what kept it from others, if anything did."""

    tracker: str
    place: str
    new: int
    before: int
    troubles: list[SweepError]


def sync(study: Study, say: Callable[[str], None]) -> list[Synced]:
    """Tell the trackers of a study, one after another; one that is away does not keep the others back.

    Raises ConfigError when the study names none, StudyError when another `sweep sync` is at it.
    """
    names = study.config.tracking.names
    if not names:
        raise ConfigError(
            f"{study.paths.config}: [tracking] names no tracker",
            "Add tensorboard = true, mlflow = … or wandb = … there, in your study file, and type `sweep init` with it.",
        )
    with locked(study.paths.sync_lock, wait=False) as got:
        if not got:
            raise StudyError("another `sweep sync` of this study is at work", "Wait for it.")
        return [_tell(study, name, say) for name in names]


def _tell(study: Study, name: str, say: Callable[[str], None]) -> Synced:
    """Tell one tracker; trials whose files are damaged are passed over."""
    place, troubles, told, before, said = name, list[SweepError](), 0, 0, time.monotonic()
    try:
        tracker = _open(study, name)
        place, there, ended = tracker.place, tracker.sent(), study.paths.ended_trials()
        before = len(there.intersection(ended))
        for number in ended:
            if number in there:
                continue
            if time.monotonic() - said > SAY_SECONDS:
                said = time.monotonic()
                say(f"{name}, {told} of {len(ended) - before} trials")
            try:
                run = runs.read_tracked_trial(study, number)
            except StudyError as error:
                troubles.append(error)
                continue
            tracker.send(run)
            told += 1
    except TrackingError as error:
        troubles.append(error)
    return Synced(name, place, told, before, troubles)


def _open(study: Study, name: str) -> Tracker:
    for variable, value in DISCREET.items():
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
            f"{name}: its package is missing here: {error}", "Type: pip install 'htcondor-sweep[tracking]'"
        ) from None
