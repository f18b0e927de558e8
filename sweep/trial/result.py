"""A trial's result.json: how the trial ended. Pure; standard library only."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from sweep.trial.metrics import Values
from sweep.trial.spec import parse_record


@dataclass(frozen=True)
class Result:
    """A result.json: how a trial ended.

    `reason` is '' for a COMPLETE trial. `steps` is the last step that was reported. `values` and `violations` are those
    of its `Verdict`. `attempts` counts the starts of its jobs. `duration_s` are the seconds that its program ran;
    `lost_s` are those after the last checkpoint before an eviction. `memory_mb` and `disk_kb` are the peak use of its
    jobs.
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
        """Return the result of a result.json. Raises ValueError if `text` is not one."""
        result = parse_record(cls, text, "result.json")
        if result.state == "COMPLETE" and not result.values:
            raise ValueError("not a result.json: COMPLETE without values")
        return result

    @property
    def is_feasible(self) -> bool:
        """Whether the trial satisfies the study's constraints on metrics."""
        return all(violation <= 0 for violation in self.violations.values())

    def to_json(self) -> dict[str, Any]:
        """Return the content of the trial's result.json."""
        return asdict(self)
