"""Judges how a trial's job ended, from what the job left behind. Pure; standard library only."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from sweep.trial.cutoffs import is_cut_off
from sweep.trial.expression import Expression
from sweep.trial.metrics import Values
from sweep.trial.reports import reports
from sweep.trial.spec import TrialSpec

STDERR_LINES = 20
"""Lines of stderr that a failed trial's result keeps."""


TRANSIENT, NO_MEMORY = 75, 77
"""Exit statuses of a trainer besides 0, 85 and its own faults: a fault of the machine; too little memory."""


SUBMIT_FAILED, REMOVED = -1001, -1002
"""What DAGMan puts for $RETURN where there is no exit status (its manual, and dag.cpp)."""


HoldCode = tuple[int, int]
"""HTCondor's code and subcode of a hold (condor_holdcodes.h)."""


NO_HOLD: HoldCode = (0, 0)


OUT_OF_MEMORY: set[HoldCode] = {(34, 102), (34, 0), (21, 102)}
"""Holds for more memory than was asked for: by the kernel's limit, in an older HTCondor, by a machine's policy."""


Kind = Literal["complete", "pruned", "slice", "fault", "transient", "memory"]


@dataclass(frozen=True)
class Verdict:
    """How a job ended. A `fault` is the trial's own, and final; `transient` and `memory` may go otherwise elsewhere;
    after a `slice` it goes on, unless the study's pruner says otherwise.

    `values` are the metrics of the last step, of what is `complete`, `pruned` or a `slice`; `violations` by how much
    each constraint on them is not kept (0 or less where it is), of what is `complete`.
    """

    kind: Kind
    reason: str
    steps: int
    values: Values = field(default_factory=dict)
    violations: dict[str, float] = field(default_factory=dict)


def judge(
    spec: TrialSpec,
    return_code: int,
    metrics: str | None,
    stderr: str,
    hold_reason: str = "",
    hold_code: HoldCode = NO_HOLD,
) -> Verdict:
    """How a job ended, by what it left.

    `return_code` is DAGMan's $RETURN: an exit status, minus a signal, SUBMIT_FAILED or REMOVED. `metrics` is the text
    of metrics.jsonl, None when there is none. The hold is the one that the job was removed for, if any. The values are
    those of the last step, which the checkpoint belongs to.
    """
    reported, problem = reports(spec, metrics)
    last = max(reported, default=0)
    if return_code != 0:
        kind, reason = _failure(return_code, stderr, hold_reason, hold_code)
        return Verdict(kind, reason, last)
    values = reported.get(last, {})
    if metrics is None:
        reason = f"the trainer exited with 0 but left no {spec.metrics}"
    elif not values:
        nothing = "nothing in its output matches" if spec.metrics_pattern else f"{spec.metrics} is empty"
        reason = f"no {' and '.join(spec.wanted)} was reported: {problem or nothing}"
    elif odd := next((name for name, value in values.items() if not math.isfinite(value)), None):
        reason = f"{odd} is {values[odd]} at step {last}"
    elif last < spec.target_step:
        cutoff, so_far = spec.cutoffs.get(str(last)), [at[spec.objectives[0]] for at in reported.values()]
        if is_cut_off(cutoff, so_far, spec.maximize):
            return Verdict("pruned", f"not as good as {cutoff:.5g} at step {last}", last, values)
        if (spec.slice_seconds or spec.slice_epochs) and last > spec.step:
            return Verdict("slice", "", last, values)
        reason = f"the trainer exited with 0 at step {last} of {spec.target_step}" + (
            f" ({problem})" if problem else ""
        )
    else:
        try:
            violations = {text: Expression.parse(text).violation(values) for text in spec.constraints}
        except ValueError as error:
            reason = f"[constraints] metrics: {error}"
        else:
            return Verdict("complete", "", last, values, violations)
    return Verdict("fault", reason, last)


def _failure(return_code: int, stderr: str, hold_reason: str, hold_code: HoldCode) -> tuple[Kind, str]:
    if return_code == SUBMIT_FAILED:
        return "fault", "the job could not be submitted: see dag/*.dagman.out"
    if return_code == REMOVED:
        if not hold_reason:
            return "fault", "the job was removed from the queue"
        return "memory" if hold_code in OUT_OF_MEMORY else "transient", f"the job was held: {hold_reason}"
    ended = f"killed by signal {-return_code}" if return_code < 0 else f"exit status {return_code}"
    lines = stderr.strip().splitlines()
    said = f": {lines[-1].strip()[:300]}" if lines else ", nothing on stderr"
    kinds: dict[int, Kind] = {TRANSIENT: "transient", NO_MEMORY: "memory"}
    return "transient" if return_code < 0 else kinds.get(return_code, "fault"), f"the trainer ended with {ended}{said}"
