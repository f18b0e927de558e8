"""What a trial's files mean: trial.json, metrics.jsonl, result.json. Pure, and standard library only, since every
POST script loads it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar

from sweep.metrics import parse

ParamValue = bool | int | float | str

STDERR_LINES = 20
"""Lines of stderr that a failed trial's result keeps."""

DONE, CRASHED, STOP, DEFER, TRY_AGAIN = 0, 1, 66, 69, 75
"""Exit statuses of PRE and POST scripts as the DAGs read them: RETRY UNLESS-EXIT, ABORT-DAG-ON, SCRIPT DEFER."""

MEMORY_TRIES = 1
"""How often a trial that ran out of memory is tried again, where the study allows more."""

TRANSIENT, OUT_OF_MEMORY = 75, 77
"""Exit statuses of a trainer besides 0, 85 and its own faults: a fault of the machine; too little memory."""

SUBMIT_FAILED, REMOVED = -1001, -1002
"""What DAGMan puts for $RETURN where there is no exit status (its manual, and dag.cpp)."""

OUT_OF_RESOURCES = 34
"""HTCondor's code of a hold for memory or disk beyond what was asked (condor_holdcodes.h)."""

Record = TypeVar("Record", "TrialSpec", "Result")
Kind = Literal["complete", "fault", "transient", "memory"]


@dataclass(frozen=True)
class Verdict:
    """How a job ended. A `fault` is the trial's own, and final; `transient` and `memory` may go otherwise elsewhere."""

    kind: Kind
    value: float | None
    reason: str
    steps: int


@dataclass(frozen=True)
class TrialSpec:
    """A trial.json: what one job is to do. File names are relative to the folder that the job starts in.

    After `handover_seconds` or `handover_epochs`, whichever is given, the trainer exits with 85, so that its checkpoint
    reaches the access point. `retries` is how often a transient failure is tried again;
    `failures_in_a_row` of different trials stop the sweep; `more_memory` holds the submit commands for the next try of
    one that ran out of memory. `sampler` is what the sampler that proposed the trial keeps with it,
    `distributions` from what each parameter was drawn, as Optuna writes it, since a study's ranges may change.
    With a `metrics_pattern` the metrics are what its output has of it. A program without `checkpoints` starts over.
    """

    number: int
    generation: int
    index: int
    params: dict[str, ParamValue]
    seed: int
    step: int
    target_step: int
    metric: str
    data: dict[str, Any]
    metrics: str = "metrics.jsonl"
    checkpoint: str = "checkpoint"
    handover_seconds: float | None = None
    handover_epochs: int | None = None
    retries: int = 3
    failures_in_a_row: int = 10
    more_memory: dict[str, str] = field(default_factory=dict)
    sampler: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, str] = field(default_factory=dict)
    metrics_pattern: str = ""
    checkpoints: bool = True

    @classmethod
    def from_json(cls, text: str) -> TrialSpec:
        """Raises ValueError when `text` is no trial.json."""
        return _from_json(cls, text, "trial.json")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Result:
    """A result.json: how a trial ended. `reason` is '' for a COMPLETE trial; `steps` is the last step reported."""

    number: int
    state: Literal["COMPLETE", "FAIL"]
    value: float | None
    reason: str
    steps: int
    attempts: int
    evictions: int
    duration_s: float
    lost_s: float
    stderr_tail: str

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Raises ValueError when `text` is no result.json."""
        return _from_json(cls, text, "result.json")

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


def reports(spec: TrialSpec, metrics: str | None) -> tuple[dict[int, float], str]:
    """Values of a trial's metric by step, and what of the text of its metrics could not be used."""
    return parse(metrics or "", spec.metric, spec.metrics, spec.metrics_pattern)


def judge(
    spec: TrialSpec, return_code: int, metrics: str | None, stderr: str, hold_reason: str = "", hold_code: int = 0
) -> Verdict:
    """How a job ended, by what it left.

    `return_code` is DAGMan's $RETURN: an exit status, minus a signal, SUBMIT_FAILED or REMOVED. `metrics` is the text
    of metrics.jsonl, None when there is none. The hold is the one that the job was removed for, if any. The value is
    that of the last step, which the checkpoint belongs to.
    """
    values, problem = reports(spec, metrics)
    last = max(values, default=0)
    if return_code != 0:
        kind, reason = _failure(return_code, stderr, hold_reason, hold_code)
        return Verdict(kind, None, reason, last)
    value = values.get(last)
    if metrics is None:
        reason = f"the trainer exited with 0 but left no {spec.metrics}"
    elif value is None:
        nothing = "nothing in its output matches" if spec.metrics_pattern else f"{spec.metrics} is empty"
        reason = f"no {spec.metric} was reported: {problem or nothing}"
    elif last < spec.target_step:
        reason = f"the trainer exited with 0 at step {last} of {spec.target_step}" + (
            f" ({problem})" if problem else ""
        )
    elif not math.isfinite(value):
        reason = f"{spec.metric} is {value} at step {last}"
    else:
        return Verdict("complete", value, "", last)
    return Verdict("fault", None, reason, last)


def _failure(return_code: int, stderr: str, hold_reason: str, hold_code: int) -> tuple[Kind, str]:
    if return_code == SUBMIT_FAILED:
        return "fault", "the job could not be submitted: see dag/*.dagman.out"
    if return_code == REMOVED:
        if not hold_reason:
            return "fault", "the job was removed from the queue"
        return "memory" if hold_code == OUT_OF_RESOURCES else "transient", f"the job was held: {hold_reason}"
    ended = f"killed by signal {-return_code}" if return_code < 0 else f"exit status {return_code}"
    lines = stderr.strip().splitlines()
    said = f": {lines[-1].strip()[:300]}" if lines else ", nothing on stderr"
    kinds: dict[int, Kind] = {TRANSIENT: "transient", OUT_OF_MEMORY: "memory"}
    return "transient" if return_code < 0 else kinds.get(return_code, "fault"), f"the trainer ended with {ended}{said}"
