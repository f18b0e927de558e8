"""The data of a page: a study's trials, the costs of their jobs, and the parameters as axes of figures."""

from __future__ import annotations

import gc
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sweep.config.conditions import TrialParameter, expand_parameters
from sweep.config.parameters import FloatParameter, IntParameter, values_of
from sweep.optimizer.trial_row import TrialRow
from sweep.results.accounting import Accounting, collect_accounting
from sweep.results.confirmation import read_confirmation, score_name
from sweep.results.report import Report, build_report
from sweep.results.table import short_text
from sweep.study.study import Study
from sweep.trial.direction import Direction
from sweep.trial.spec import ParamValue

LABEL_LENGTH = 24
"""Most characters of a label in a figure."""


FENCE = 3
"""A value this many interquartile ranges beyond the quartiles is an outlier, and may lie outside a figure's axis."""


LARGEST_DRAWN = 1e100
"""Largest value in a figure: the differences of larger ones may be infinite."""


AnyValue = TypeVar("AnyValue")


@dataclass(frozen=True)
class Axis:
    """A parameter on an axis: a categorical one has `choices`, in order; a number has `low`, `high` and `log`."""

    name: str
    choices: list[ParamValue] = field(default_factory=list)
    low: float = 0.0
    high: float = 1.0
    log: bool = False

    @property
    def labels(self) -> list[str]:
        return [short_label(choice) for choice in self.choices]

    def position(self, value: ParamValue) -> float:
        """Return the value's coordinate on the axis; a category's is its index."""
        if not self.choices:
            return float(value)
        return float(next(index for index, choice in enumerate(self.choices) if choice == value))

    def fraction(self, value: ParamValue) -> float:
        """Return where on the axis the value is, from 0 at the lower end to 1 at the upper end."""
        low, high, position = self.low, self.high, self.position(value)
        if self.choices:
            low, high = 0.0, float(len(self.choices) - 1)
        if self.log:
            low, high, position = math.log(low), math.log(high), math.log(position)
        return (position - low) / (high - low) if high > low else 0.5


@dataclass(frozen=True)
class PageData:
    """The data of a page; `rows` and the report's trials are in the order of their numbers."""

    report: Report
    rows: list[TrialRow]
    costs: Accounting
    axes: list[Axis]
    provenance: dict[str, Any]

    @property
    def objectives(self) -> dict[str, Direction]:
        """The direction of each objective, by metric."""
        return {metric: Direction(direction) for metric, direction in self.report.study["objectives"].items()}

    @property
    def complete(self) -> list[TrialRow]:
        """The complete trials, by number."""
        return [row for row in self.rows if row.state == "COMPLETE"]

    @property
    def best_first(self) -> list[TrialRow]:
        """The ranked trials, the best first."""
        return [self.rows[trial["number"]] for trial in self.report.ranked]

    @property
    def best(self) -> list[TrialRow]:
        """The best trial, or the trials on the Pareto front."""
        return [self.rows[trial["number"]] for trial in self.report.best]


def collect_page_data(study: Study) -> PageData:
    """Return the data of a study's page, from its storage and the event logs of its jobs.

    Raises StorageError if the storage cannot be read.
    """
    from sweep.optimizer.stored_study import StoredStudy

    rows = StoredStudy.open(study, writing=False).rows()
    # The rows stay until the end, so the garbage collector need not visit them again and again.
    gc.freeze()
    report = build_report(study, rows, read_confirmation(study), score_name(study))
    searched = [parameter for parameter in expand_parameters(study.config.search) if not parameter.is_fixed]
    axes = [parameter_axis(parameter, rows) for parameter in searched]
    return PageData(report, rows, collect_accounting(study, report), axes, study.provenance)


def parameter_axis(trial_parameter: TrialParameter, rows: Iterable[TrialRow]) -> Axis:
    """Return a parameter's axis. It covers its range and all trials, also those from before a change of the range."""
    name, parameter = trial_parameter.name, trial_parameter.parameter
    values = [row.params[name] for row in rows if name in row.params]
    if isinstance(parameter, FloatParameter | IntParameter):
        numbers = [parameter.low, parameter.high, *(float(value) for value in values)]
        return Axis(name, low=min(numbers), high=max(numbers), log=parameter.log and min(numbers) > 0)
    return Axis(name, choices=list(dict.fromkeys([*(values_of(parameter) or []), *values])))


def short_label(value: Any) -> str:
    """Return a value as a label for a figure: only printable characters, and at most `LABEL_LENGTH`."""
    text = short_text(value)
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"


def sample_evenly(values: Sequence[AnyValue], limit: int) -> list[AnyValue]:
    """Return at most `limit` of the values, evenly spaced, with the first and the last."""
    if len(values) <= limit:
        return list(values)
    return [values[round(index * (len(values) - 1) / (limit - 1))] for index in range(limit)]


def axis_limits(values: Iterable[float], direction: Direction) -> tuple[float, float]:
    """Return the ends of an axis for all values within `LARGEST_DRAWN`, but for outliers at the worse end."""
    known = sorted(value for value in values if abs(value) <= LARGEST_DRAWN)
    if not known:
        return 0.0, 1.0
    first, third = known[len(known) // 4], known[(3 * len(known)) // 4]
    fence = FENCE * (third - first) or math.inf
    low, high = known[0], known[-1]
    if direction == Direction.MAXIMIZE:
        low = max(low, first - fence)
    else:
        high = min(high, third + fence)
    margin = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def outlier_note(values: Iterable[float], ends: tuple[float, float]) -> str:
    """Return a sentence about the values outside the axis, to end a caption; '' if there are none."""
    count = sum(not ends[0] <= value <= ends[1] for value in values)
    values_are = "value is" if count == 1 else "values are"
    return f" {count:,} far worse {values_are} outside the figure." if count else ""
