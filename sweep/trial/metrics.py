"""Reads what a trial reported, in each form in which a program may leave it. Pure; standard library only."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

STEP_NAMES = ("step", "epoch")
"""Names of a report's step in a JSON or CSV file."""

Values = dict[str, float]
"""Metrics of one report, by name."""

Parsed = tuple[dict[int, Values], str]
"""Values by step, in order of steps, and why a report could not be used ('' if all could)."""


def parse_metrics(text: str, metrics: Sequence[str], name: str = "metrics.jsonl", pattern: str = "") -> Parsed:
    """Return the values of `metrics` by step, in order of steps, and why a report could not be used ('' if all could).

    A report is used only if it has all of `metrics`; if `metrics` is empty, all its numbers are read. A later report of
    a step replaces an earlier one. If several reports cannot be used, the last one is named.

    The suffix of the file's `name` gives the form: .jsonl, .json or .csv. With a `pattern`, the text is a program's
    output, and each match is a report: its groups with the metrics' names, or its only group, are the values.
    """
    if pattern:
        return _parse_output(text, metrics, pattern)
    if name.endswith(".csv"):
        return _parse_csv(text, metrics, name)
    if name.endswith(".json"):
        return _parse_json(text, metrics, name)
    return _parse_json_lines(text, metrics, name)


def _parse_json_lines(text: str, metrics: Sequence[str], name: str) -> Parsed:
    lines = ((position, line) for position, line in enumerate(text.splitlines(), start=1) if line.strip())
    return _collect(lines, lambda _, line: _report(_json(line), metrics, ("step",)), "line", f"of {name}")


def _parse_json(text: str, metrics: Sequence[str], name: str) -> Parsed:
    """Parse a JSON file: one report, or a list of them. A report without a step has its position as step."""
    if not text.strip():
        return {}, ""
    try:
        content = _json(text)
    except ValueError as error:
        return {}, f"{name}: {error}"
    numbered = enumerate(content if isinstance(content, list) else [content], start=1)
    return _collect(numbered, lambda at, report: _report(report, metrics, STEP_NAMES, at), "report", f"of {name}")


def _parse_csv(text: str, metrics: Sequence[str], name: str) -> Parsed:
    """Parse a CSV file with a header. A row without a step has its position as step."""
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True))
    except csv.Error as error:
        return {}, f"{name}: {error}"
    # A row that is longer than the header has its other cells under None.
    reports = [{column: _number(cell) for column, cell in row.items() if column} for row in rows]
    numbered = enumerate(reports, start=1)
    return _collect(numbered, lambda at, report: _report(report, metrics, STEP_NAMES, at), "row", f"of {name}")


def _parse_output(text: str, metrics: Sequence[str], pattern: str) -> Parsed:
    """Parse a program's output. The matches of `pattern` are counted, and the count is the step."""
    groups = (match.groupdict() or {metrics[0]: match[1]} for match in re.finditer(pattern, text, re.MULTILINE))
    reports = ({name: _number(value) for name, value in group.items()} for group in groups)
    numbered = enumerate(reports, start=1)
    return _collect(numbered, lambda at, report: _report(report, metrics, (), at), "match", "in the output")


def _collect(
    records: Iterable[tuple[int, Any]], read: Callable[[int, Any], tuple[int, Values]], kind: str, where: str
) -> Parsed:
    """Return what `read` makes of each (position, record); records for which it raises ValueError are left out."""
    values: dict[int, Values] = {}
    problem = ""
    for position, record in records:
        try:
            step, values_at_step = read(position, record)
        except ValueError as error:
            problem = f"{kind} {position} {where}: {error}"
        else:
            values[step] = values_at_step
    return dict(sorted(values.items())), problem


def _report(
    report: Any, metrics: Sequence[str], step_names: tuple[str, ...], position: int | None = None
) -> tuple[int, Values]:
    """Return step and values of one report; the step is `position` if the report has none."""
    if not isinstance(report, dict):
        raise ValueError("not a JSON object")
    step = next((report[name] for name in step_names if name in report), position)
    if isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise ValueError(f"step is {step!r}, not a whole number")
    if missing := next((metric for metric in metrics if metric not in report), None):
        raise ValueError(f"has no {missing}; it has {', '.join(map(str, report))}")
    used = metrics or [name for name, value in report.items() if name not in STEP_NAMES and _is_number(value)]
    return step, {metric: _float(metric, report[metric]) for metric in used}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("incomplete, or not JSON") from None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _float(metric: str, value: Any) -> float:
    if not _is_number(value):
        raise ValueError(f"{metric} is {value!r}, not a number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{metric} is too large for a float") from None


def _number(cell: object) -> object:
    """Return a cell of text as an int or a float, as it is if it is neither."""
    for kind in (int, float):
        try:
            return kind(str(cell))
        except ValueError:
            continue
    return cell
