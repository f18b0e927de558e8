"""Reads a trial's own files. Standard library only."""

from __future__ import annotations

import shlex

from sweep.errors import StudyError
from sweep.paths import TrialPaths
from sweep.trial.reports import Reports
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


def read_spec(files: TrialPaths) -> TrialSpec:
    """Return a trial's trial.json. Raises StudyError, which names the file, if it is missing or damaged."""
    try:
        return TrialSpec.from_json(files.spec.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{files.spec} cannot be read: {error}",
            "Launch the sweep again, which rewrites the file. To see how, run: sweep status",
        ) from None


def read_result(files: TrialPaths) -> Result | None:
    """Return a trial's result.json, None if there is none.

    Raises StudyError, which names the file, if it is damaged.
    """
    try:
        return Result.from_json(files.result.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{files.result} cannot be read: {error}",
            "Launch the sweep again without the file: the trial continues from its checkpoint. Run: "
            f"rm {shlex.quote(str(files.result))} && sweep status",
        ) from None


def read_reports(files: TrialPaths, spec: TrialSpec) -> Reports:
    """Return what a trial has reported so far."""
    return Reports.parse(spec, read_metrics(files, spec))


def read_metrics(files: TrialPaths, spec: TrialSpec) -> str | None:
    """Return the text of a trial's metrics, None if there is none.

    That is its metrics file, or, for a program that prints its metrics, the output of all its attempts.
    """
    if not spec.metrics_pattern:
        sources = [files.root / spec.metrics]
    elif spec.checkpoints:
        sources = [*files.attempt_outputs(files.stdout), files.stdout]
    else:
        sources = [files.stdout]
    texts = [source.read_text(encoding="utf-8", errors="replace") for source in sources if source.exists()]
    return "".join(texts) if texts else None
