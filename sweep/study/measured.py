"""How long an epoch of a study takes, as measured so far."""

from __future__ import annotations

from dataclasses import dataclass

from sweep.study.study import Study
from sweep.trial.files import read_result


@dataclass(frozen=True)
class Pace:
    """Seconds of an epoch, epochs of a trial, and in words where that was measured."""

    seconds: float
    epochs: float
    source: str


def measured_pace(study: Study) -> Pace | None:
    """By the trials that have ended, else by the last `sweep try`; None where there is neither."""
    from sweep.study.tried import last_try

    results = [read_result(study.paths.trial(number)) for number in study.paths.trial_numbers()]
    took = [(result.duration_s, result.steps) for result in results if result and result.steps and result.duration_s]
    if took:
        each = sum(seconds for seconds, _ in took) / sum(steps for _, steps in took)
        epochs = study.config.trainer.epochs or sum(steps for _, steps in took) / len(took)
        return Pace(each, epochs, f"in the {len(took)} trials that ended")
    tried = last_try(study)
    if tried and tried.epoch_seconds and study.config.trainer.epochs:
        return Pace(tried.epoch_seconds, study.config.trainer.epochs, "in `sweep try`, on this machine")
    return None
