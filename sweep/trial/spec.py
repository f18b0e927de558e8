"""A trial's trial.json: what its job is to do. Pure; standard library only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from sweep.trial.direction import Direction
from sweep.trial.expression import Expression

ParamValue = bool | int | float | str

Record = TypeVar("Record")


@dataclass(frozen=True)
class TrialSpec:
    """A trial.json: what one job is to do. File names are relative to the folder where the job starts.

    When to hand over: after `handover_seconds` or `handover_epochs`, whichever is set, the trainer exits with 85, and
    HTCondor sends its checkpoint to the access point. After `slice_seconds` or `slice_epochs` it exits with 0, and the
    trial continues as a new job from `step`.

    What to optimise: `objectives` are the metrics that are optimised; `maximize` gives the direction of the first.
    `constraints` are conditions on metrics. If `metrics_pattern` is set, the metrics are its matches in the program's
    output. If a report's step has a cut-off in `cutoffs`, and the best objective so far is worse, the trainer exits
    with 0, and the trial is pruned.

    What follows a failure: a transient failure is retried up to `retries` times; after running out of memory, the
    n-th retry uses the submit commands `more_memory[n - 1]`. If `failures_in_a_row` trials fail in a row, the sweep
    stops. A program without `checkpoints` starts over.

    `requests` are the submit commands that follow from the use of earlier trials. `sampler` holds what the sampler
    stores with the trial. `distributions` say what each parameter was drawn from, as Optuna's JSON, because the ranges
    of a study may change.
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
        """Return the trial of a trial.json. Raises ValueError if `text` is not one."""
        return parse_record(cls, text, "trial.json")

    def to_json(self) -> dict[str, Any]:
        """Return the content of the trial's trial.json."""
        return asdict(self)

    @property
    def direction(self) -> Direction:
        """Direction of the first objective."""
        return Direction.MAXIMIZE if self.maximize else Direction.MINIMIZE

    @property
    def has_slices(self) -> bool:
        """Whether the trial runs as several short jobs."""
        return bool(self.slice_seconds or self.slice_epochs)

    @property
    def wanted(self) -> list[str]:
        """Metrics that each report must have: the objectives, then the others that constraints use."""
        constrained = {name for text in self.constraints for name in Expression.parse(text).names}
        return [*self.objectives, *sorted(constrained - set(self.objectives))]


def parse_record(cls: type[Record], text: str, name: str) -> Record:
    """Return the dataclass `cls` that a JSON text holds. Raises ValueError, with the file's `name`, if it does not."""
    values = json.loads(text)
    kinds = _field_types(cls)  # type: ignore[arg-type]
    if not isinstance(values, dict) or not values.keys() <= kinds.keys():
        raise ValueError(f"not a {name} of this version of sweep")
    if wrong := [key for key, value in values.items() if not _fits(value, kinds[key])]:
        raise ValueError(f"not a {name}: {wrong[0]} is {values[wrong[0]]!r:.100}")
    try:
        return cls(**values)
    except TypeError as error:
        raise ValueError(f"not a {name}: {error}") from None


@cache
def _field_types(cls: type[Any]) -> dict[str, Any]:
    """Return the type of each field of a dataclass."""
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _fits(value: object, kind: Any) -> bool:
    """Return whether a JSON value has a type of these annotations: a plain type, a union, a list, a dict, literals."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin is Literal:
        return value in inner
    if origin is UnionType:
        return any(_fits(value, one) for one in inner)
    if origin is list:
        return isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(one, inner[1]) for one in value.values())
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def derived_seed(seed: int, *path: int | str) -> int:
    """Return a seed in [0, 2**31) that depends on the study's seed and on `path`, the place where it is used."""
    text = "/".join(str(part) for part in (seed, *path))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1
