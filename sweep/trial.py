"""What a trial's files mean: trial.json, metrics.jsonl, result.json. Pure, and standard library only, since every
POST script loads it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

ParamValue = bool | int | float | str

STDERR_LINES = 20
"""Lines of stderr that a failed trial's result keeps."""

DAGMAN_RETURNS = {
    -1001: "the job could not be submitted",
    -1002: "the job was removed from the queue",
    -1004: "the job was skipped",
}
"""What DAGMan puts for $RETURN where there is no exit status (its manual, and dag.cpp)."""


@dataclass(frozen=True)
class TrialSpec:
    """A trial.json: what one job is to do. File names are relative to the folder that the job starts in.

    After `handover_seconds` or `handover_epochs`, whichever is given, the trainer exits with 85, so that its checkpoint
    reaches the access point.
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

    @classmethod
    def from_json(cls, text: str) -> TrialSpec:
        """Raises ValueError when `text` is no trial.json."""
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"not a trial.json: {error}") from None

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
    duration_s: float
    stderr_tail: str

    @classmethod
    def from_json(cls, text: str) -> Result:
        """Raises ValueError when `text` is no result.json."""
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"not a result.json: {error}") from None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def derived_seed(seed: int, *path: int | str) -> int:
    """A seed in [0, 2**31) that depends on the study's seed and on where in the study it is used."""
    text = "/".join(str(part) for part in (seed, *path))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def parse_metrics(text: str, metric: str) -> tuple[dict[int, float], str]:
    """Value of `metric` by step, in order of steps, and what of the text could not be used ('' if nothing).

    A later report of a step replaces an earlier one. A line that is torn or no report is left out and named.
    """
    values: dict[int, float] = {}
    problem = ""
    for position, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            step, value = _parse_report(line, metric)
        except ValueError as error:
            problem = f"line {position} of metrics.jsonl: {error}"
            continue
        values[step] = value
    return dict(sorted(values.items())), problem


def _parse_report(line: str, metric: str) -> tuple[int, float]:
    try:
        report = json.loads(line)
    except ValueError:
        raise ValueError("torn, or not JSON") from None
    if not isinstance(report, dict):
        raise ValueError("not a JSON object")
    step, value = report.get("step"), report.get(metric)
    if isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise ValueError(f"step is {step!r}, not a whole number")
    if metric not in report:
        raise ValueError(f"has no {metric}; it has {', '.join(map(str, report))}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{metric} is {value!r}, not a number")
    return step, float(value)


def judge(spec: TrialSpec, return_code: int, metrics: str | None, stderr: str) -> tuple[float | None, str, int]:
    """How a trial ended: its value (None when it failed), the reason of a failure, the last step reported.

    `return_code` is DAGMan's $RETURN: an exit status, minus a signal, or one of DAGMAN_RETURNS. `metrics` is the text
    of metrics.jsonl, None when there is none. The value is that of the last step, which the checkpoint belongs to.
    """
    values, problem = parse_metrics(metrics or "", spec.metric)
    last = max(values, default=0)
    if return_code != 0:
        return None, _failure(return_code, stderr), last
    if metrics is None:
        return None, "the trainer exited with 0 but left no metrics.jsonl", last
    if not values:
        return None, f"no {spec.metric} was reported: {problem or 'metrics.jsonl is empty'}", last
    if last < spec.target_step:
        note = f" ({problem})" if problem else ""
        return None, f"the trainer exited with 0 at step {last} of {spec.target_step}{note}", last
    value = values[last]
    if not math.isfinite(value):
        return None, f"{spec.metric} is {value} at step {last}", last
    return value, "", last


def _failure(return_code: int, stderr: str) -> str:
    if return_code in DAGMAN_RETURNS:
        return DAGMAN_RETURNS[return_code]
    ended = f"killed by signal {-return_code}" if return_code < 0 else f"exit status {return_code}"
    lines = stderr.strip().splitlines()
    return f"the trainer ended with {ended}" + (f": {lines[-1].strip()[:300]}" if lines else ", nothing on stderr")
