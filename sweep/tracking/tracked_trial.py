"""A trial that has ended, as trackers are told of it: from the trial's own files."""

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
    """One trial of a study, ended. `curves` has every number that it reported, by step; `took` its cost. From `started`
    to `ended`, in seconds since 1970, its jobs ran, with breaks if there were several."""

    study: str
    study_id: str
    number: int
    generation: int
    state: str
    reason: str
    params: dict[str, ParamValue]
    curves: dict[int, Values]
    took: dict[str, float]
    started: float
    ended: float

    @property
    def name(self) -> str:
        return f"{self.study} {self.number}"

    @property
    def last(self) -> int:
        """The last step that it reported."""
        return max(self.curves, default=0)

    @property
    def tags(self) -> dict[str, str]:
        """What it is, in words; the study's id and the number are a key that no two runs share."""
        return {
            STUDY: self.study_id,
            TRIAL: str(self.number),
            "sweep.name": self.study,
            "sweep.generation": str(self.generation),
            "sweep.state": self.state,
            **({"sweep.reason": self.reason} if self.reason else {}),
        }

    def points(self) -> Iterator[tuple[str, float, int]]:
        """Name, value and step of each number: its curves, then what it took."""
        for step, values in [*self.curves.items(), (self.last, self.took)]:
            for name, value in values.items():
                yield name, value, step


STUDY, TRIAL = "sweep.study", "sweep.trial"
"""Tags of a run: the study's id, and the trial's number."""


COSTS = ("attempts", "evictions", "duration_s", "lost_s")
"""What a result counts."""


def read_tracked_trial(study: Study, number: int) -> TrackedTrial:
    """A trial that has ended. Raises StudyError when its files are damaged."""
    files = study.paths.trial(number)
    spec, result = read_spec(files), read_result(files)
    assert result is not None  # noqa: S101 - it has ended
    known = files.result.stat().st_mtime
    stays = read_event_log(files.job_log).runs
    return TrackedTrial(
        study=study.config.study.name,
        study_id=study.id,
        number=number,
        generation=spec.generation,
        state=result.state,
        reason=result.reason,
        params=spec.params,
        curves=_curves(spec, read_metrics(files, spec) or ""),
        took={f"sweep/{name}": float(getattr(result, name)) for name in COSTS},
        started=stays[0].start.timestamp() if stays else known,
        ended=stays[-1].end.timestamp() if stays and stays[-1].end else known,
    )


def _curves(spec: TrialSpec, text: str) -> dict[int, Values]:
    """Every number that a trial reported."""
    groups = list(re.compile(spec.metrics_pattern).groupindex)
    wanted = (groups or spec.wanted) if spec.metrics_pattern else []
    return parse_metrics(text, wanted, spec.metrics, spec.metrics_pattern)[0]
