"""A trial that has ended, in the form that trackers need. It is read from the trial's own files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sweep.paths import TrialPaths
from sweep.study.study import Study
from sweep.system.received import ReceivedFileError
from sweep.system.time_limit import TooSlowError, cpu_limit
from sweep.trial.event_log import read_event_log
from sweep.trial.files import READ_SECONDS, read_metrics, read_result, read_spec
from sweep.trial.metrics import MetricsError, Values, parse_metrics
from sweep.trial.spec import ParamValue, TrialSpec
from sweep.units import one_line


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


MOST_STEPS, MOST_NAMES, NAME_LENGTH = 10_000, 100, 200
"""Most steps of a trial that are uploaded, most metrics, and most characters of a metric's name."""


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
        reason=one_line(result.reason),
        params=spec.params,
        curves=_curves(files, spec),
        costs={f"sweep/{name}": float(getattr(result, name)) for name in COSTS},
        started=runs[0].start.timestamp() if runs else recorded,
        ended=runs[-1].end.timestamp() if runs and runs[-1].end else recorded,
    )


def _curves(files: TrialPaths, spec: TrialSpec) -> dict[int, Values]:
    """Return the metrics that a trial reported, by step; {} if they cannot be read, which ended the trial as FAIL."""
    groups = list(re.compile(spec.metrics_pattern).groupindex)
    wanted = (groups or spec.wanted) if spec.metrics_pattern else []
    try:
        with cpu_limit(READ_SECONDS):
            text = read_metrics(files, spec) or ""
            return for_trackers(parse_metrics(text, wanted, spec.metrics, spec.metrics_pattern)[0], spec.wanted)
    except (ReceivedFileError, MetricsError, TooSlowError):
        return {}


def for_trackers(values: dict[int, Values], wanted: Sequence[str]) -> dict[int, Values]:
    """Return reports that any tracker can store: with few steps and names, and the names printable and short.

    A trial reports under any names, and as many as it likes. Of too many steps, some are left out evenly; of too many
    names, the last ones, but no `wanted` one.
    """
    steps = list(values)
    if len(steps) > MOST_STEPS:
        steps = [steps[round(at * (len(steps) - 1) / (MOST_STEPS - 1))] for at in range(MOST_STEPS)]
    names = dict.fromkeys([*wanted, *(name for step in steps for name in values[step])])
    short = {name: one_line(name, NAME_LENGTH) or "_" for name in list(names)[: max(MOST_NAMES, len(wanted))]}
    return {step: {short[name]: value for name, value in values[step].items() if name in short} for step in steps}
