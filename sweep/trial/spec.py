"""What a trial's files mean: trial.json, metrics.jsonl, result.json. Pure, and standard library only, since every
POST script loads it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, TypeVar

from sweep.trial.direction import Direction
from sweep.trial.expression import Expression

ParamValue = bool | int | float | str


Record = TypeVar("Record")


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
        return parse_record(cls, text, "trial.json")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def direction(self) -> Direction:
        """Direction of the objective."""
        return Direction.MAXIMIZE if self.maximize else Direction.MINIMIZE

    @property
    def has_slices(self) -> bool:
        """Whether the trial is cut into several jobs on purpose."""
        return bool(self.slice_seconds or self.slice_epochs)

    @property
    def wanted(self) -> list[str]:
        """Metrics that each report is to have: the objectives, then those that constraints look at."""
        looked_at = {name for text in self.constraints for name in Expression.parse(text).names}
        return [*self.objectives, *sorted(looked_at - set(self.objectives))]


def parse_record(cls: type[Record], text: str, name: str) -> Record:
    values = json.loads(text)
    wanted = {entry.name for entry in fields(cls)}  # type: ignore[arg-type]
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
