"""What a page is about: a study's trials, what their jobs cost, and its parameters as axes of a figure."""

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

LABEL = 24
"""Characters of a word in a figure."""


FENCE = 3
"""So many interquartile ranges beyond the quartiles a value is left outside of a figure's axis."""


AnyValue = TypeVar("AnyValue")


@dataclass(frozen=True)
class Axis:
    """A parameter on an axis. `choices` are its categories, in order; a number has none, but a range."""

    name: str
    choices: list[ParamValue] = field(default_factory=list)
    low: float = 0.0
    high: float = 1.0
    log: bool = False

    @property
    def labels(self) -> list[str]:
        return [label(choice) for choice in self.choices]

    def position(self, value: ParamValue) -> float:
        """Where a value is on the axis: a category at its number."""
        if not self.choices:
            return float(value)
        return float(next(place for place, choice in enumerate(self.choices) if choice == value))

    def share(self, value: ParamValue) -> float:
        """The same from 0 at the axis's one end to 1 at its other."""
        low, high, here = self.low, self.high, self.position(value)
        if self.choices:
            low, high = 0.0, float(len(self.choices) - 1)
        if self.log:
            low, high, here = math.log(low), math.log(high), math.log(here)
        return (here - low) / (high - low) if high > low else 0.5


@dataclass(frozen=True)
class PageData:
    """`rows` and the report's trials are by number."""

    report: Report
    rows: list[TrialRow]
    costs: Accounting
    axes: list[Axis]
    provenance: dict[str, Any]

    @property
    def objectives(self) -> dict[str, Direction]:
        """Directions by metric."""
        return {metric: Direction(direction) for metric, direction in self.report.study["objectives"].items()}

    @property
    def complete(self) -> list[TrialRow]:
        """Those with all objectives."""
        return [row for row in self.rows if row.state == "COMPLETE"]

    @property
    def best_first(self) -> list[TrialRow]:
        """The ranked ones."""
        return [self.rows[trial["number"]] for trial in self.report.ranked]

    @property
    def best(self) -> list[TrialRow]:
        """The best trial; of several objectives the front."""
        return [self.rows[trial["number"]] for trial in self.report.best]


def collect_page_data(study: Study) -> PageData:
    """Read a study's storage, once, and all its job logs."""
    from sweep.optimizer.stored_study import StoredStudy

    rows = StoredStudy.open(study, writing=False).rows()
    # They stay to the end: the garbage collector need not look through them.
    gc.freeze()
    report = build_report(study, rows, read_confirmation(study), score_name(study))
    asked = [one for one in expand_parameters(study.config.search) if not one.is_fixed]
    axes = [parameter_axis(one, rows) for one in asked]
    return PageData(report, rows, collect_accounting(study, report), axes, study.provenance)


def parameter_axis(one: TrialParameter, rows: Iterable[TrialRow]) -> Axis:
    """A parameter's axis, wide enough for what trials had before its range was changed."""
    parameter, values = one.parameter, [row.params[one.name] for row in rows if one.name in row.params]
    if isinstance(parameter, FloatParameter | IntParameter):
        numbers = [parameter.low, parameter.high, *(float(value) for value in values)]
        return Axis(one.name, low=min(numbers), high=max(numbers), log=parameter.log and min(numbers) > 0)
    return Axis(one.name, choices=list(dict.fromkeys([*(values_of(parameter) or []), *values])))


def label(value: Any) -> str:
    """A user's word for a figure: printable, and short."""
    text = "".join(char if char.isprintable() else "?" for char in short_text(value))
    return text if len(text) <= LABEL else text[: LABEL - 1] + "…"


def thinned(values: Sequence[AnyValue], most: int) -> list[AnyValue]:
    """So many of them at the most, evenly spaced, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(place * (len(values) - 1) / (most - 1))] for place in range(most)]


def axis_limits(values: Iterable[float], direction: Direction) -> tuple[float, float]:
    """Ends of an axis that has all values but those that are far off at the worse end."""
    known = sorted(value for value in values if math.isfinite(value))
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


def outside(values: Iterable[float], ends: tuple[float, float]) -> str:
    """A sentence on the values that an axis leaves out, '' where there are none."""
    count = sum(not ends[0] <= value <= ends[1] for value in values)
    lie = "value lies" if count == 1 else "values lie"
    return f" {count:,} {lie} outside, far off at the worse end." if count else ""
