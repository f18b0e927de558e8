"""What a trial reported, in each form that a program may leave it in. Pure, and standard library only, since every
POST script loads it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from typing import Any

STEPS = ("step", "epoch")
"""Names that the step of a report may have in a JSON or CSV file."""


Values = dict[str, float]
"""Metrics of one report, by name."""


def parse_metrics(
    text: str, metrics: Sequence[str], name: str = "metrics.jsonl", pattern: str = ""
) -> tuple[dict[int, Values], str]:
    """Values of the `metrics` by step, in order of steps, and what of the text could not be used ('' if nothing).

    A report that lacks one of them is not used; where none are named, all numbers of a report are. `name` is the
    file's, whose ending tells its form: .jsonl, .json or .csv; with a `pattern` the text is searched for its matches,
    whose groups of the metrics' names, or whose only group, are the values. A later report of a step replaces an
    earlier one.
    """
    if pattern:
        return _matches(text, metrics, pattern)
    if name.endswith(".csv"):
        return _table(text, metrics, name)
    if name.endswith(".json"):
        return _document(text, metrics, name)
    values: dict[int, Values] = {}
    problem = ""
    for position, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            step, value = _line(line, metrics)
        except ValueError as error:
            problem = f"line {position} of {name}: {error}"
            continue
        values[step] = value
    return dict(sorted(values.items())), problem


def _line(line: str, metrics: Sequence[str]) -> tuple[int, Values]:
    report = _json(line)
    if not isinstance(report, dict):
        raise ValueError("not a JSON object")
    return _report(report, metrics, ("step",))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("torn, or not JSON") from None


def _report(
    report: dict[str, object], metrics: Sequence[str], steps: tuple[str, ...], count: int | None = None
) -> tuple[int, Values]:
    """Step and values of one report; a report without a step has the number `count`, where one is given."""
    step = next((report[name] for name in steps if name in report), count)
    if isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise ValueError(f"step is {step!r}, not a whole number")
    if lacking := next((metric for metric in metrics if metric not in report), None):
        raise ValueError(f"has no {lacking}; it has {', '.join(map(str, report))}")
    wanted = metrics or [name for name, value in report.items() if name not in STEPS and _is_number(value)]
    return step, {metric: _real(metric, report[metric]) for metric in wanted}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _real(metric: str, value: object) -> float:
    if not _is_number(value):
        raise ValueError(f"{metric} is {value!r}, not a number")
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        raise ValueError(f"{metric} is greater than any float") from None


def _document(text: str, metrics: Sequence[str], name: str) -> tuple[dict[int, Values], str]:
    """A JSON file: one report, or a list of them."""
    if not text.strip():
        return {}, ""
    try:
        content = _json(text)
    except ValueError as error:
        return {}, f"{name}: {error}"
    reports = content if isinstance(content, list) else [content]
    values: dict[int, Values] = {}
    problem = ""
    for position, report in enumerate(reports, start=1):
        try:
            if not isinstance(report, dict):
                raise ValueError("not a JSON object")
            step, values_at = _report(report, metrics, STEPS, position)
        except ValueError as error:
            problem = f"report {position} of {name}: {error}"
            continue
        values[step] = values_at
    return dict(sorted(values.items())), problem


def _table(text: str, metrics: Sequence[str], name: str) -> tuple[dict[int, Values], str]:
    """A CSV file with a heading; a table without a step counts its rows."""
    values: dict[int, Values] = {}
    problem = ""
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True))
    except csv.Error as error:
        return {}, f"{name}: {error}"
    for position, row in enumerate(rows, start=1):
        try:
            step, value = _report({key: _number(cell) for key, cell in row.items() if key}, metrics, STEPS, position)
        except ValueError as error:
            problem = f"row {position} of {name}: {error}"
            continue
        values[step] = value
    return dict(sorted(values.items())), problem


def _number(cell: object) -> object:
    for kind in (int, float):
        try:
            return kind(str(cell))
        except ValueError:
            continue
    return cell


def _matches(text: str, metrics: Sequence[str], pattern: str) -> tuple[dict[int, Values], str]:
    values: dict[int, Values] = {}
    problem = ""
    for position, match in enumerate(re.finditer(pattern, text, re.MULTILINE), start=1):
        groups = match.groupdict() or {metrics[0]: match[1]}
        try:
            _, values[position] = _report({key: _number(group) for key, group in groups.items()}, metrics, (), position)
        except ValueError as error:
            problem = f"match {position} in the output: {error}"
    return values, problem
