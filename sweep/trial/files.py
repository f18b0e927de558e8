"""Reads a trial's own files. Standard library only."""

from __future__ import annotations

from sweep.errors import StudyError
from sweep.paths import TrialPaths
from sweep.trial.reports import Reports
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


def read_spec(files: TrialPaths) -> TrialSpec:
    """A trial's trial.json. Raises StudyError naming the file when it is missing or damaged."""
    try:
        return TrialSpec.from_json(files.spec.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{files.spec} cannot be read: {error}",
            "Type `sweep launch` again: an unfinished generation writes it anew.",
        ) from None


def read_result(files: TrialPaths) -> Result | None:
    """A trial's result.json, None when there is none. Raises StudyError naming the file when it is damaged."""
    try:
        return Result.from_json(files.result.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{files.result} cannot be read: {error}",
            "Remove it and type `sweep launch` again: the trial goes on from its checkpoint, and is judged anew.",
        ) from None


def read_reports(files: TrialPaths, spec: TrialSpec) -> Reports:
    """Return what a trial has reported so far."""
    return Reports.parse(spec, read_metrics(files, spec))


def read_metrics(files: TrialPaths, spec: TrialSpec) -> str | None:
    """Return the text of a trial's metrics, None if there is none.

    That is its file of metrics, or, for a program that prints them, the output of all its attempts.
    """
    if not spec.metrics_pattern:
        places = [files.root / spec.metrics]
    elif spec.checkpoints:
        places = [*files.earlier(files.stdout), files.stdout]
    else:
        places = [files.stdout]
    texts = [place.read_text(encoding="utf-8", errors="replace") for place in places if place.exists()]
    return "".join(texts) if texts else None
