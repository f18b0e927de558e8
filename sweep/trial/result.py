"""A trial's result.json: how the trial ended. Pure; standard library only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from sweep.trial.metrics import Values
from sweep.trial.spec import parse_record


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
        return parse_record(cls, text, "result.json")

    @property
    def is_feasible(self) -> bool:
        """Whether it keeps the study's constraints on metrics."""
        return all(violation <= 0 for violation in self.violations.values())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
