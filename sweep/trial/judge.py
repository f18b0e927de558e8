"""Judges how a trial's job ended, from what the job left behind. Pure; standard library only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from sweep.trial.cutoffs import is_cut_off
from sweep.trial.expression import Expression
from sweep.trial.metrics import Values
from sweep.trial.reports import Reports
from sweep.trial.spec import TrialSpec

STDERR_LINES = 20
"""Lines of stderr that a failed trial's result keeps."""

TRANSIENT, NO_MEMORY = 75, 77
"""A trainer's exit statuses for a fault of the machine, and for too little memory."""

SUBMIT_FAILED, REMOVED = -1001, -1002
"""DAGMan's $RETURN for a job that could not be submitted, and for one that was removed (its manual, and dag.cpp)."""

HoldCode = tuple[int, int]
"""HTCondor's code and subcode of a hold (condor_holdcodes.h)."""

NO_HOLD: HoldCode = (0, 0)

OUT_OF_MEMORY: set[HoldCode] = {(34, 102), (34, 0), (21, 102)}
"""Holds of jobs that used more memory than they asked for: by the kernel's limit, by an older HTCondor, by a machine's
policy."""

TOO_MANY_HANDOVERS: HoldCode = (3, 8585)
"""The hold of a job that handed over its checkpoint too often: see periodic_hold in dags/trial.sub.j2."""

TOO_MANY_STARTS: HoldCode = (3, 8586)
"""The hold of a job that started again and again and never ended."""

HANDOVER = 85
"""Exit status of a program that hands over its checkpoint: `checkpoint_exit_code` in dags/trial.sub.j2."""

RESUME = "After each start it must resume from its checkpoint, and after its last step it must exit with 0"

NO_CHECKPOINTS = (
    "the trainer ended with exit status 85, which hands over a checkpoint, but the study has no checkpoints: "
    "set [trainer] checkpoints = true"
)

Kind = Literal["complete", "pruned", "slice", "fault", "transient", "memory"]


@dataclass(frozen=True)
class Verdict:
    """How a job ended.

    A `fault` is the trial's own, and final. `transient` and `memory` failures may succeed on another machine or with
    more memory. After a `slice` the trial continues in another job, unless the study's pruner stops it.

    `values` are the metrics of the last step, for `complete`, `pruned` and `slice`. `violations` say by how much each
    constraint on metrics is broken (0 or less: it is kept), for `complete`.
    """

    kind: Kind
    reason: str
    steps: int
    values: Values = field(default_factory=dict)
    violations: dict[str, float] = field(default_factory=dict)


def judge(
    spec: TrialSpec,
    return_code: int,
    reports: Reports,
    stderr: str,
    hold_reason: str = "",
    hold_code: HoldCode = NO_HOLD,
) -> Verdict:
    """Return how a job ended.

    `return_code` is DAGMan's $RETURN: an exit status, minus a signal, SUBMIT_FAILED or REMOVED. The hold is the one for
    which the job was removed, if any.
    """
    if return_code == REMOVED and hold_code in (TOO_MANY_HANDOVERS, TOO_MANY_STARTS):
        return _judge_progress(spec, reports, hold_reason)
    if return_code == HANDOVER and not spec.checkpoints:
        # HTCondor restarts the program of a study with checkpoints, so its jobs do not end with this status.
        return Verdict("fault", NO_CHECKPOINTS, reports.last_step)
    if return_code != 0:
        kind, reason = _failure(return_code, stderr, hold_reason, hold_code)
        return Verdict(kind, reason, reports.last_step)
    if fault := _fault_in_reports(spec, reports):
        return Verdict("fault", fault, reports.last_step)
    if reports.last_step < spec.target_step:
        return _judge_early_end(spec, reports)
    return _judge_complete(spec, reports)


def _judge_progress(spec: TrialSpec, reports: Reports, hold_reason: str) -> Verdict:
    """Judge a job that was held to see whether it makes progress: a slice if the trial got further, else a fault."""
    step, is_last = reports.last_step, 0 < spec.target_step <= reports.last_step
    if spec.checkpoints and step > spec.step and not is_last:
        fault = _fault_in_reports(spec, reports)
        return Verdict("fault", fault, step) if fault else Verdict("slice", hold_reason, step, reports.last_values)
    target = f" of {spec.target_step}" if spec.target_step else ""
    return Verdict("fault", f"{hold_reason} and reached step {step}{target}: it makes no progress. {RESUME}", step)


def _failure(return_code: int, stderr: str, hold_reason: str, hold_code: HoldCode) -> tuple[Kind, str]:
    """Return kind and reason of a job that did not exit with 0."""
    if return_code == SUBMIT_FAILED:
        return "fault", "the job could not be submitted: see dag/*.dagman.out"
    if return_code == REMOVED:
        if not hold_reason:
            return "fault", "the job was removed from the queue"
        return "memory" if hold_code in OUT_OF_MEMORY else "transient", f"the job was held: {hold_reason}"
    status = f"was killed by signal {-return_code}" if return_code < 0 else f"ended with exit status {return_code}"
    lines = stderr.strip().splitlines()
    last = f": {lines[-1].strip()[:300]}" if lines else " and printed nothing on stderr"
    kinds: dict[int, Kind] = {TRANSIENT: "transient", NO_MEMORY: "memory"}
    return "transient" if return_code < 0 else kinds.get(return_code, "fault"), f"the trainer {status}{last}"


def _fault_in_reports(spec: TrialSpec, reports: Reports) -> str:
    """Return why the reports of a job that exited with 0 cannot be used, '' if they can."""
    if reports.is_missing:
        return f"the trainer exited with 0 but left no {spec.metrics}"
    if not reports.last_values:
        return reports.absence(spec)
    for name, value in reports.last_values.items():
        if not math.isfinite(value):
            return f"{name} is {value} at step {reports.last_step}"
    return ""


def _judge_early_end(spec: TrialSpec, reports: Reports) -> Verdict:
    """Judge a job that ended before its last step: pruned at a cut-off, the end of a slice, or a fault."""
    step, values = reports.last_step, reports.last_values
    cutoff = spec.cutoffs.get(str(step))
    if is_cut_off(cutoff, list(reports.objective_values(spec).values()), spec.direction):
        return Verdict("pruned", f"not as good as {cutoff:.5g} at step {step}", step, values)
    if spec.has_slices and step > spec.step:
        return Verdict("slice", "", step, values)
    problem = f" ({reports.problem})" if reports.problem else ""
    return Verdict("fault", f"the trainer exited with 0 at step {step} of {spec.target_step}{problem}", step)


def _judge_complete(spec: TrialSpec, reports: Reports) -> Verdict:
    step, values = reports.last_step, reports.last_values
    try:
        violations = {text: Expression.parse(text).violation(values) for text in spec.constraints}
    except ValueError as error:
        return Verdict("fault", f"[constraints] metrics: {error}", step)
    return Verdict("complete", "", step, values, violations)
