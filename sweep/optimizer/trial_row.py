"""A trial in the Optuna storage: the attributes that sweep gives it, and the plain row it is read back as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from sweep.trial.metrics import Values
from sweep.trial.result import Result
from sweep.trial.spec import ParamValue

# User attributes. The first two are the key: a generation has one trial of each index.
GENERATION, INDEX = "generation", "index"


RESULT = "result"
"""What Optuna has no place for of a result.json: in one attribute, since each is a transaction of its own."""


SEQUENCES = "sweep:sequences"
"""System attribute of a trial: how far the quasi-random sequences of the study were when it was asked."""


TAKEN = "sweep:taken"
"""System attribute of a trial that was listed in the study file, or enqueued: under which name."""


@dataclass(frozen=True)
class TrialRow:
    """A trial as the storage has it. What its result counts (attempts to steps) is None until it is told.

    `values` has the objectives, then the metrics that constraints look at: of a COMPLETE trial, and of a PRUNED one
    those of its last step. `violations` has by how much it does not keep each constraint, 0 or less where it does.
    `memory_mb` and `disk_kb` are the most that a job of it used, 0 where that is not known.
    `taken` names the listed or enqueued configuration that it tries.
    """

    number: int
    state: str
    values: Values
    violations: dict[str, float]
    params: dict[str, ParamValue]
    generation: int | None
    index: int | None
    intermediate: dict[int, float]
    attempts: int | None
    evictions: int | None
    duration_s: float | None
    lost_s: float | None
    steps: int | None
    reason: str
    taken: str = ""
    memory_mb: float = 0.0
    disk_kb: float = 0.0

    @property
    def value(self) -> float | None:
        """Of the first objective."""
        return next(iter(self.values.values()), None)

    @property
    def is_feasible(self) -> bool:
        return all(violation <= 0 for violation in self.violations.values())


def result_attribute(result: Result, objectives: Sequence[str]) -> dict[str, Any]:
    """The attribute RESULT of a trial that is told."""
    return {
        "reason": result.reason,
        "attempts": result.attempts,
        "evictions": result.evictions,
        "duration_s": result.duration_s,
        "lost_s": result.lost_s,
        "steps": result.steps,
        "memory_mb": result.memory_mb,
        "disk_kb": result.disk_kb,
        "measured": {name: value for name, value in result.values.items() if name not in objectives},
    }


def trial_row(trial: FrozenTrial, objectives: Sequence[str]) -> TrialRow:
    """A trial of a study with these objectives."""
    attributes, result = trial.user_attrs, trial.user_attrs.get(RESULT, {})
    started, ended = trial.datetime_start, trial.datetime_complete
    has_value = trial.state in (TrialState.COMPLETE, TrialState.PRUNED) and trial.values is not None
    return TrialRow(
        number=trial.number,
        state=trial.state.name,
        values=dict(zip(objectives, trial.values, strict=True)) | result.get("measured", {}) if has_value else {},
        violations=dict(trial.constraints),
        params=dict(trial.params),
        generation=attributes.get(GENERATION),
        index=attributes.get(INDEX),
        intermediate=dict(trial.intermediate_values),
        attempts=result.get("attempts"),
        evictions=result.get("evictions"),
        lost_s=result.get("lost_s"),
        duration_s=result.get("duration_s", _seconds(started, ended)),
        steps=result.get("steps"),
        reason=result.get("reason", ""),
        taken=trial.system_attrs.get(TAKEN, ""),
        memory_mb=result.get("memory_mb", 0.0),
        disk_kb=result.get("disk_kb", 0.0),
    )


def _seconds(started: datetime | None, ended: datetime | None) -> float | None:
    return (ended - started).total_seconds() if started and ended else None
