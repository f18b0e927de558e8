"""What a trial has reported so far, read as its trial.json says. Pure; standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from sweep.system.files import json_lines
from sweep.trial.metrics import Values, parse_metrics
from sweep.trial.spec import TrialSpec


@dataclass(frozen=True)
class Reports:
    """A trial's reports: the values of its metrics by step.

    `problem` names what could not be used, '' if nothing. `data_digests` are the SHA-256 of the data that the trial's
    jobs had, where they report it. `is_missing` is true when the trial left no file of metrics at all.
    """

    values: dict[int, Values]
    problem: str
    data_digests: set[str]
    is_missing: bool

    @classmethod
    def parse(cls, spec: TrialSpec, metrics: str | None) -> Reports:
        """Read the text of a trial's metrics; None if there is no such file."""
        text = metrics or ""
        values, problem = parse_metrics(text, spec.wanted, spec.metrics, spec.metrics_pattern)
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
        """Return Optuna's intermediate values: the objective by step; {} for several objectives, which have none."""
        if len(spec.objectives) > 1:
            return {}
        return self.objective_values(spec)

    def objective_values(self, spec: TrialSpec) -> dict[int, float]:
        """Return the first objective by step."""
        return {step: values[spec.objectives[0]] for step, values in self.values.items()}


def _data_digests(text: str) -> set[str]:
    # Parse only the lines that have a digest: most have none, and a file may be long.
    lines = "\n".join(line for line in text.splitlines() if '"data_sha256"' in line)
    return {str(report["data_sha256"]) for report in json_lines(lines) if "data_sha256" in report}
