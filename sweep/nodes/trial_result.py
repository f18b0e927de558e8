"""Writes the result.json of a trial: from then on it has ended. Standard library only."""

from __future__ import annotations

from typing import Literal

from sweep.paths import StudyPaths
from sweep.system.files import write_json
from sweep.trial.event_log import JobHistory, read_event_log
from sweep.trial.judge import Verdict
from sweep.trial.result import Result
from sweep.units import one_line, printable

STATES: dict[str, Literal["COMPLETE", "PRUNED"]] = {"complete": "COMPLETE", "pruned": "PRUNED"}
"""Optuna's states for the verdicts that are not failures."""


def write_result(paths: StudyPaths, number: int, history: JobHistory, verdict: Verdict, stderr: str) -> Result:
    """Write the result of a trial, and return it. `stderr` is the end of its program's."""
    result = Result(
        number=number,
        state=STATES.get(verdict.kind, "FAIL"),
        values=verdict.values,
        violations=verdict.violations,
        reason=verdict.reason,
        steps=verdict.steps,
        attempts=history.attempts,
        evictions=history.evictions,
        duration_s=history.seconds,
        lost_s=history.lost_seconds,
        stderr_tail="" if verdict.kind in STATES else printable(stderr),
        memory_mb=max((run.memory_mb for run in history.runs), default=0.0),
        disk_kb=max((run.disk_kb for run in history.runs), default=0.0),
    )
    # Marked as pending first: if a kill came between the two, a result without the mark would never be told.
    paths.pending.mkdir(parents=True, exist_ok=True)
    (paths.pending / str(number)).touch()
    write_json(paths.trial(number).result, result.to_json())
    return result


def fail_trial(paths: StudyPaths, number: int, reason: str) -> Result:
    """Write the result of a trial that fails for this reason, and return it."""
    history = read_event_log(paths.trial(number).job_log)
    return write_result(paths, number, history, Verdict("fault", one_line(reason), 0), "")
