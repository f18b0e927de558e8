"""How long an epoch of a study takes, as far as it has been measured."""

from __future__ import annotations

from dataclasses import dataclass

from sweep.study.study import Study
from sweep.trial.files import read_result
from sweep.units import counted


@dataclass(frozen=True)
class Pace:
    """Seconds of an epoch, epochs of a trial, and a phrase that says where they were measured."""

    seconds: float
    epochs: float
    source: str


def measured_pace(study: Study) -> Pace | None:
    """Return the pace of the trials that have ended, else of the last `sweep try`; None if there is neither."""
    from sweep.study.tried import last_try

    results = [read_result(study.paths.trial(number)) for number in study.paths.trial_numbers()]
    measured = [
        (result.duration_s, result.steps) for result in results if result and result.steps and result.duration_s
    ]
    if measured:
        total_steps = sum(steps for _, steps in measured)
        epochs = study.config.trainer.epochs or total_steps / len(measured)
        epoch_seconds = sum(seconds for seconds, _ in measured) / total_steps
        return Pace(epoch_seconds, epochs, f"in the {counted(len(measured), 'trial')} that ended")
    tried = last_try(study)
    if tried and tried.epoch_seconds and study.config.trainer.epochs:
        return Pace(tried.epoch_seconds, study.config.trainer.epochs, "in `sweep try`, on this machine")
    return None
