"""A trial that has ended, as trackers are told of it: from the trial's own files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sweep import metrics
from sweep.metrics import Values
from sweep.records import read_metrics, read_result, read_spec
from sweep.study import Study
from sweep.trial import ParamValue, TrialSpec


@dataclass(frozen=True)
class Run:
    """One trial of a study, ended. `curves` has every number it reported, by step; `summary` its final values, and
    what it took. `started` and `ended` are seconds since 1970; where a trial had several attempts, or was evicted,
    `started` counts back from its end by the time that it was on slots."""

    study: str
    study_id: str
    number: int
    generation: int
    state: str
    reason: str
    params: dict[str, ParamValue]
    curves: dict[int, Values]
    summary: dict[str, float]
    started: float
    ended: float

    @property
    def name(self) -> str:
        return f"{self.study} {self.number:05d}"

    @property
    def tags(self) -> dict[str, str]:
        """What it is, in words; study's id and number are the key that no two runs share."""
        return {
            "sweep.study": self.study,
            "sweep.study_id": self.study_id,
            "sweep.trial": str(self.number),
            "sweep.generation": str(self.generation),
            "sweep.state": self.state,
            **({"sweep.reason": self.reason} if self.reason else {}),
        }


def ended(study: Study) -> list[int]:
    """Numbers of the trials that have ended."""
    return [number for number in study.paths.trial_numbers() if study.paths.trial(number).result.exists()]


def read(study: Study, number: int) -> Run:
    """A trial that has ended. Raises StudyError when its files are damaged."""
    files = study.paths.trial(number)
    spec, result = read_spec(files), read_result(files)
    assert result is not None  # noqa: S101 - it has ended
    at = files.result.stat().st_mtime
    took = {"attempts": result.attempts, "evictions": result.evictions, "lost_s": result.lost_s}
    return Run(
        study=study.config.study.name,
        study_id=study.id,
        number=number,
        generation=spec.generation,
        state=result.state,
        reason=result.reason,
        params=spec.params,
        curves=_curves(spec, read_metrics(files, spec) or ""),
        summary={**result.values, "duration_s": result.duration_s, **took},
        started=at - result.duration_s,
        ended=at,
    )


def _curves(spec: TrialSpec, text: str) -> dict[int, Values]:
    """Every number that a trial reported."""
    groups = list(re.compile(spec.metrics_pattern).groupindex)
    named = (groups or spec.wanted) if spec.metrics_pattern else []
    return metrics.parse(text, named, spec.metrics, spec.metrics_pattern)[0]


def points(run: Run) -> Iterator[tuple[str, float, int]]:
    """Name, value and step of each number on a run's curves."""
    for step, values in run.curves.items():
        for name, value in values.items():
            yield name, value, step
