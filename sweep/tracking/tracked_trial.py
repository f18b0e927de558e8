"""A trial that has ended, in the form that trackers need. It is read from the trial's own files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sweep.study.study import Study
from sweep.trial.event_log import read_event_log
from sweep.trial.files import read_metrics, read_result, read_spec
from sweep.trial.metrics import Values, parse_metrics
from sweep.trial.spec import ParamValue, TrialSpec


@dataclass(frozen=True)
class TrackedTrial:
    """One trial of a study that has ended.

    `curves` has all reported metrics, by step; `costs` what the trial took. Its first job started at `started` and its
    last job ended at `ended`, both in seconds since 1970.
    """

    study: str
    study_id: str
    number: int
    generation: int
    state: str
    reason: str
    params: dict[str, ParamValue]
    curves: dict[int, Values]
    costs: dict[str, float]
    started: float
    ended: float

    @property
    def name(self) -> str:
        return f"{self.study} {self.number}"

    @property
    def last_step(self) -> int:
        """The last step that the trial reported."""
        return max(self.curves, default=0)

    @property
    def tags(self) -> dict[str, str]:
        """Tags that describe the trial; no other trial has the same study's id and number."""
        return {
            STUDY: self.study_id,
            TRIAL: str(self.number),
            "sweep.name": self.study,
            "sweep.generation": str(self.generation),
            "sweep.state": self.state,
            **({"sweep.reason": self.reason} if self.reason else {}),
        }

    def points(self) -> Iterator[tuple[str, float, int]]:
        """Yield name, value and step of each number: of the curves, then of the costs."""
        for step, values in [*self.curves.items(), (self.last_step, self.costs)]:
            for name, value in values.items():
                yield name, value, step


STUDY, TRIAL = "sweep.study", "sweep.trial"
"""Tags for the study's id and for the trial's number."""


COSTS = ("attempts", "evictions", "duration_s", "lost_s")
"""The costs among the fields of a Result."""


def read_tracked_trial(study: Study, number: int) -> TrackedTrial:
    """Return a trial that has ended. Raises StudyError if its files are damaged."""
    files = study.paths.trial(number)
    spec, result = read_spec(files), read_result(files)
    assert result is not None  # noqa: S101 - the trial has ended
    recorded = files.result.stat().st_mtime
    runs = read_event_log(files.job_log).runs
    return TrackedTrial(
        study=study.config.study.name,
        study_id=study.id,
        number=number,
        generation=spec.generation,
        state=result.state,
        reason=result.reason,
        params=spec.params,
        curves=_curves(spec, read_metrics(files, spec) or ""),
        costs={f"sweep/{name}": float(getattr(result, name)) for name in COSTS},
        started=runs[0].start.timestamp() if runs else recorded,
        ended=runs[-1].end.timestamp() if runs and runs[-1].end else recorded,
    )


def _curves(spec: TrialSpec, text: str) -> dict[int, Values]:
    """Return all metrics that a trial reported, by step."""
    groups = list(re.compile(spec.metrics_pattern).groupindex)
    wanted = (groups or spec.wanted) if spec.metrics_pattern else []
    return parse_metrics(text, wanted, spec.metrics, spec.metrics_pattern)[0]
