"""What a trial has reported so far, read as its trial.json says. Pure; standard library only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sweep.system.files import json_lines
from sweep.trial.metrics import MetricsError, Values, parse_metrics
from sweep.trial.spec import TrialSpec

MAX_STORED = 1000
"""Most intermediate values of a trial in the Optuna storage: each process that opens the storage reads all of them."""


@dataclass(frozen=True)
class Reports:
    """A trial's reports: the values of its metrics by step.

    `problem` names what could not be used, '' if nothing. `data_digests` are the SHA-256 of the data that the trial's
    jobs had, where they report it. `is_missing` is true when the trial left no file of metrics at all.
    """

    values: dict[int, Values] = field(default_factory=dict)
    problem: str = ""
    data_digests: set[str] = field(default_factory=set)
    is_missing: bool = False

    @classmethod
    def parse(cls, spec: TrialSpec, metrics: str | None) -> Reports:
        """Read the text of a trial's metrics; None if there is no such file."""
        text = metrics or ""
        try:
            values, problem = parse_metrics(text, spec.wanted, spec.metrics, spec.metrics_pattern)
        except MetricsError as error:
            return cls(problem=str(error))
        return cls(values, problem, _data_digests(text), metrics is None)

    @property
    def last_step(self) -> int:
        """The last step that was reported, 0 if none was."""
        return max(self.values, default=0)

    @property
    def last_values(self) -> Values:
        """The values of the last step, {} if no step was reported."""
        return self.values.get(self.last_step, {})

    def absence(self, spec: TrialSpec) -> str:
        """Return which metrics were not reported, and why, if no report could be used."""
        pattern = f"nothing in its output matches {spec.metrics_pattern!r}" if spec.metrics_pattern else ""
        return f"no {' and '.join(spec.wanted)} was reported: {self.problem or pattern or f'{spec.metrics} is empty'}"

    def intermediate(self, spec: TrialSpec) -> dict[int, float]:
        """Return Optuna's intermediate values: the objective by step; {} for several objectives, which have none.

        Of more than MAX_STORED values it returns some, at the same steps for all trials that report alike.
        """
        if len(spec.objectives) > 1:
            return {}
        values = self.objective_values(spec)
        return {step: values[step] for step in stored_steps(list(values), spec.target_step)}

    def objective_values(self, spec: TrialSpec) -> dict[int, float]:
        """Return the first objective by step."""
        return {step: values[spec.objectives[0]] for step, values in self.values.items()}


def stored_steps(steps: Sequence[int], target_step: int) -> list[int]:
    """Return the steps, of those reported in order, whose values the storage keeps.

    If the target is known, each of MAX_STORED intervals keeps its first step, so that a slice that ends later leaves
    the choice as it is.
    """
    if target_step:
        width = -(-target_step // MAX_STORED)
        first = {step // width: step for step in reversed(steps)}
        kept = {*list(first.values())[-MAX_STORED:], *({target_step} & set(steps))}
        return [step for step in steps if step in kept]
    stride = 1
    while len(steps) > stride * MAX_STORED:
        # A power of two: what a trial with more reports keeps, one with fewer keeps too.
        stride *= 2
    return [step for position, step in enumerate(steps) if position % stride == 0]


def _data_digests(text: str) -> set[str]:
    # Parse only the lines that have a digest: most have none, and a file may be long.
    lines = "\n".join(re.findall(r'^.*"data_sha256".*$', text, re.MULTILINE))
    return {str(report["data_sha256"]) for report in json_lines(lines) if "data_sha256" in report}
