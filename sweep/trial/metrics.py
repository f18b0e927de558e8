"""Reads what a trial reported, in each form in which a program may leave it. Pure; standard library only."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

STEP_NAMES = ("step", "epoch")
"""Names of a report's step in a JSON or CSV file."""

MAX_REPORTS = 100_000
"""Most reports of a trial that are read."""

MAX_JSON = 4 * 2**20
"""Longest .json file, in characters: Python needs many times its size to read it."""

MAX_LINE = 2**20
"""Longest line of a metrics file, in characters."""

MAX_STEP = 2**31 - 1
"""Largest step of a report: PostgreSQL's integer, which Optuna's tables use for it."""

Values = dict[str, float]
"""Metrics of one report, by name."""

Parsed = tuple[dict[int, Values], str]
"""Values by step, in order of steps, and why a report could not be used ('' if all could)."""


class MetricsError(ValueError):
    """Nothing of a trial's metrics can be used."""


def parse_metrics(text: str, metrics: Sequence[str], name: str = "metrics.jsonl", pattern: str = "") -> Parsed:
    """Return the values of `metrics` by step, in order of steps, and why a report could not be used ('' if all could).

    A report is used only if it has all of `metrics`; if `metrics` is empty, all its numbers are read. A later report of
    a step replaces an earlier one. If several reports cannot be used, the last one is named.

    The suffix of the file's `name` gives the form: .jsonl, .json or .csv. With a `pattern`, the text is a program's
    output, and each match is a report: its groups with the metrics' names, or its only group, are the values.

    Raises MetricsError if there are more than MAX_REPORTS reports.
    """
    text = text.removeprefix("\ufeff")  # a byte order mark
    if pattern:
        return _parse_output(text, metrics, pattern)
    if name.endswith(".csv"):
        return _parse_csv(text, metrics, name)
    if name.endswith(".json"):
        return _parse_json(text, metrics, name)
    return _parse_json_lines(text, metrics, name)


def _parse_json_lines(text: str, metrics: Sequence[str], name: str) -> Parsed:
    lines = ((position, line) for position, line in enumerate(_lines(text), start=1) if line.strip())
    return _collect(lines, lambda _, line: _report(_json(_checked(line)), metrics, ("step",)), "line", f"of {name}")


def _parse_json(text: str, metrics: Sequence[str], name: str) -> Parsed:
    """Parse a JSON file: one report, or a list of them. A report without a step has its position as step."""
    if not text.strip():
        return {}, ""
    if len(text) > MAX_JSON:
        return (
            {},
            f"{name}: is larger than {MAX_JSON / 2**20:g} MB, the most that sweep reads of a .json file; use .jsonl",
        )
    try:
        content = _json(text)
    except ValueError as error:
        return {}, f"{name}: {error}"
    numbered = enumerate(content if isinstance(content, list) else [content], start=1)
    return _collect(numbered, lambda at, report: _report(report, metrics, STEP_NAMES, at), "report", f"of {name}")


def _parse_csv(text: str, metrics: Sequence[str], name: str) -> Parsed:
    """Parse a CSV file with a header. A row without a step has its position as step."""
    lines = csv.reader(map(_checked, _lines(text)), skipinitialspace=True)
    try:
        header = next(filter(None, lines), [])
        # Only what is used is kept: a file may have many columns.
        columns = [at for at, column in enumerate(header) if not metrics or column in (*metrics, *STEP_NAMES)]
        # One row more than is read, so that _collect sees that there are too many.
        rows = islice(filter(None, lines), MAX_REPORTS + 1)
        reports = [{header[at]: _number(row[at]) if at < len(row) else None for at in columns} for row in rows]
    except (csv.Error, ValueError) as error:
        return {}, f"{name}: {error}"
    if missing := next((metric for metric in metrics if metric not in header), None):
        return {}, f"{name}: has no {missing}; it has {', '.join(header)}" if reports else ""
    numbered = enumerate(reports, start=1)
    return _collect(numbered, lambda at, report: _report(report, metrics, STEP_NAMES, at), "row", f"of {name}")


def _parse_output(text: str, metrics: Sequence[str], pattern: str) -> Parsed:
    """Parse a program's output. The matches of `pattern` are counted, and the count is the step."""
    groups = (match.groupdict() or {metrics[0]: match[1]} for match in re.finditer(pattern, text, re.MULTILINE))
    reports = ({name: _number(value) for name, value in group.items()} for group in groups)
    numbered = enumerate(reports, start=1)
    return _collect(numbered, lambda at, report: _report(report, metrics, (), at), "match", "in the output")


def _lines(text: str) -> Iterator[str]:
    """Yield the lines of a text, one at a time: a list of short lines would take many times the memory of the text."""
    if "\n" not in text:
        text = text.replace("\r", "\n")
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _checked(line: str) -> str:
    """Return a line as it is. Raises ValueError if it is too long."""
    if len(line) > MAX_LINE:
        raise ValueError(f"a line has more than {MAX_LINE:,} characters")
    return line


def _collect(
    records: Iterable[tuple[int, Any]], read: Callable[[int, Any], tuple[int, Values]], kind: str, where: str
) -> Parsed:
    """Return what `read` makes of each (position, record); records for which it raises ValueError are left out."""
    values: dict[int, Values] = {}
    problem = ""
    for count, (position, record) in enumerate(records):
        if count == MAX_REPORTS:
            raise MetricsError(f"there are more than {MAX_REPORTS:,} reports {where}; report less often")
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
    if step > MAX_STEP:
        raise ValueError(f"step is {step}, more than {MAX_STEP}")
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
    # Python would read 1_000 as a number, and no other program does.
    for kind in (int, float) if "_" not in str(cell) else ():
        try:
            return kind(str(cell))
        except ValueError:
            continue
    return cell
