"""A trial in the Optuna storage: the attributes that sweep sets, and the plain row that it reads back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from sweep.trial.metrics import Values
from sweep.trial.result import Result
from sweep.trial.spec import ParamValue

# User attributes, the key of a trial: a generation has one trial of each index.
GENERATION, INDEX = "generation", "index"


RESULT = "result"
"""User attribute for all of a result.json that Optuna has no field for. One attribute, since each is a transaction."""


SEQUENCES = "sweep:sequences"
"""System attribute: the positions of the study's quasi-random sequences when the trial was proposed."""


TAKEN = "sweep:taken"
"""System attribute: the name of the queued configuration that the trial uses."""


@dataclass(frozen=True)
class TrialRow:
    """A trial as the storage has it. Until the trial has a result, the fields from `attempts` to `steps` are None.

    `values` holds the objectives, then the other metrics of constraints: the final ones of a COMPLETE trial, those of
    the last step of a PRUNED one. `violations` says by how much each constraint is broken (0 or less: it is kept).
    `memory_mb` (MB) and `disk_kb` (KB) are the peaks over the trial's jobs, 0 if unknown. `taken` is the name of the
    queued configuration that the trial uses, '' if there is none.
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
        """The value of the first objective, None if there is none."""
        return next(iter(self.values.values()), None)

    @property
    def is_feasible(self) -> bool:
        """Whether the trial keeps all constraints."""
        return all(violation <= 0 for violation in self.violations.values())


def result_attribute(result: Result, objectives: Sequence[str]) -> dict[str, Any]:
    """Return the attribute RESULT of a trial."""
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
    """Return the row of a trial. `objectives` are the names of the study's metrics, in Optuna's order."""
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
