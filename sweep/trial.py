"""What a trial's files mean: trial.json, metrics.jsonl, result.json. Pure, and standard library only, since every
POST script loads it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

from sweep.cutoffs import is_cut_off
from sweep.expression import Expression
from sweep.metrics import Values, parse

ParamValue = bool | int | float | str

STDERR_LINES = 20
"""Lines of stderr that a failed trial's result keeps."""

DONE, CRASHED, STOP, SKIP, DEFER, TRY_AGAIN = 0, 1, 66, 67, 69, 75
"""Exit statuses of PRE and POST scripts as the DAGs read them: RETRY UNLESS-EXIT, ABORT-DAG-ON, PRE_SKIP, SCRIPT
DEFER."""

TRANSIENT, NO_MEMORY = 75, 77
"""Exit statuses of a trainer besides 0, 85 and its own faults: a fault of the machine; too little memory."""

SUBMIT_FAILED, REMOVED = -1001, -1002
"""What DAGMan puts for $RETURN where there is no exit status (its manual, and dag.cpp)."""

Hold = tuple[int, int]
"""HTCondor's code and subcode of a hold (condor_holdcodes.h)."""

NO_HOLD: Hold = (0, 0)
OUT_OF_MEMORY: set[Hold] = {(34, 102), (34, 0), (21, 102)}
"""Holds for more memory than was asked for: by the kernel's limit, in an older HTCondor, by a machine's policy."""

Record = TypeVar("Record", "TrialSpec", "Result")
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


@dataclass(frozen=True)
class TrialSpec:
    """A trial.json: what one job is to do. File names are relative to the folder that the job starts in.

    After `handover_seconds` or `handover_epochs`, whichever is given, the trainer exits with 85, so that its checkpoint
    reaches the access point; after `slice_seconds` or `slice_epochs` with 0, and the trial goes on as a new job, from
    `step`. At a step that has one of the `cutoffs`, the trainer ends with 0 where the best value of its objective so
    far is worse than that; `maximize` says which is better. `retries` is how often a transient failure is tried again;
    `failures_in_a_row` of different trials stop the sweep; `requests` holds what it asks for by what trials before it
    used; `more_memory` holds the submit commands for each next try
    of one that ran out of memory. `sampler` is what the sampler that proposed the trial keeps with it,
    `distributions` from what each parameter was drawn, as Optuna writes it, since a study's ranges may change.
    `objectives` are the metrics that are optimised, `constraints` expressions that they and other metrics should keep.
    With a `metrics_pattern` the metrics are what its output has of it. A program without `checkpoints` starts over.
    """

    number: int
    generation: int
    index: int
    params: dict[str, ParamValue]
    seed: int
    step: int
    target_step: int
    objectives: list[str]
    data: dict[str, Any]
    metrics: str = "metrics.jsonl"
    checkpoint: str = "checkpoint"
    handover_seconds: float | None = None
    handover_epochs: int | None = None
    slice_seconds: float | None = None
    slice_epochs: int | None = None
    cutoffs: dict[str, float] = field(default_factory=dict)
    maximize: bool = False
    retries: int = 3
    failures_in_a_row: int = 10
    requests: dict[str, str] = field(default_factory=dict)
    more_memory: list[dict[str, str]] = field(default_factory=list)
    sampler: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, str] = field(default_factory=dict)
    metrics_pattern: str = ""
    constraints: list[str] = field(default_factory=list)
    checkpoints: bool = True

    @classmethod
    def from_json(cls, text: str) -> TrialSpec:
        """Raises ValueError when `text` is no trial.json."""
        return _from_json(cls, text, "trial.json")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def wanted(self) -> list[str]:
        """Metrics that each report is to have: the objectives, then those that constraints look at."""
        looked_at = {name for text in self.constraints for name in Expression.parse(text).names}
        return [*self.objectives, *sorted(looked_at - set(self.objectives))]


@dataclass(frozen=True)
class Result:
    """A result.json: how a trial ended. `reason` is '' for a COMPLETE trial; `steps` is the last step reported.

    `values` and `violations` are those of its `Verdict`; `memory_mb` and `disk_kb` the most that a job of it used.
    """

    number: int
    state: Literal["COMPLETE", "PRUNED", "FAIL"]
    values: Values
    violations: dict[str, float]
    reason: str
    steps: int
    attempts: int
    evictions: int
    duration_s: float
    lost_s: float
    stderr_tail: str
    memory_mb: float = 0.0
    disk_kb: float = 0.0

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Raises ValueError when `text` is no result.json."""
        return _from_json(cls, text, "result.json")

    @property
    def is_feasible(self) -> bool:
        """Whether it keeps the study's constraints on metrics."""
        return all(violation <= 0 for violation in self.violations.values())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def _from_json(cls: type[Record], text: str, name: str) -> Record:
    values = json.loads(text)
    wanted = {entry.name for entry in fields(cls)}
    if not isinstance(values, dict) or not set(values) <= wanted:
        raise ValueError(f"not a {name} of this version of sweep")
    try:
        return cls(**values)
    except TypeError as error:
        raise ValueError(f"not a {name}: {error}") from None


def derived_seed(seed: int, *path: int | str) -> int:
    """A seed in [0, 2**31) that depends on the study's seed and on where in the study it is used."""
    text = "/".join(str(part) for part in (seed, *path))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def reports(spec: TrialSpec, metrics: str | None) -> tuple[dict[int, Values], str]:
    """Values of a trial's metrics by step, and what of their text could not be used."""
    return parse(metrics or "", spec.wanted, spec.metrics, spec.metrics_pattern)


def data_digests(metrics: str | None) -> set[str]:
    """Digests of the data that a trial's jobs had, by their reports; none where they do not say."""
    found = set()
    for line in (metrics or "").splitlines():
        if '"data_sha256"' in line:
            with contextlib.suppress(ValueError, TypeError, KeyError):  # torn by a kill
                found.add(str(json.loads(line)["data_sha256"]))
    return found


def intermediate(spec: TrialSpec, metrics: str | None) -> dict[int, float]:
    """What Optuna calls intermediate values: the objective by step. None where there are several: it has no such."""
    if len(spec.objectives) > 1:
        return {}
    return {step: values[spec.objectives[0]] for step, values in reports(spec, metrics)[0].items()}


def judge(
    spec: TrialSpec,
    return_code: int,
    metrics: str | None,
    stderr: str,
    hold_reason: str = "",
    hold_code: Hold = NO_HOLD,
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


def _failure(return_code: int, stderr: str, hold_reason: str, hold_code: Hold) -> tuple[Kind, str]:
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
