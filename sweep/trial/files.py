"""Reads a trial's own files. Standard library only."""

from __future__ import annotations

import contextlib
import shlex

from sweep.errors import StudyError
from sweep.paths import TrialPaths
from sweep.system.received import MAX_BYTES, ReceivedFileError, read_received
from sweep.system.time_limit import TooSlowError, cpu_limit
from sweep.trial.reports import Reports
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec

READ_SECONDS = 10.0
"""Processor time in which one trial's reports must be read. A regular expression may take time without end."""


def read_spec(files: TrialPaths) -> TrialSpec:
    """Return a trial's trial.json. Raises StudyError, which names the file, if it is missing or damaged."""
    try:
        spec = TrialSpec.from_json(files.spec.read_text(encoding="utf-8"))
        _check_number(files, spec.number)
        return spec
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
        result = Result.from_json(files.result.read_text(encoding="utf-8"))
        _check_number(files, result.number)
        return result
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{files.result} cannot be read: {error}",
            "Launch the sweep again without the file: the trial continues from its checkpoint. Run: "
            f"rm -r {shlex.quote(str(files.result))} && sweep status",
        ) from None


def _check_number(files: TrialPaths, number: int) -> None:
    """Raise ValueError if the folder of a trial has a file of another trial: it was copied or renamed."""
    if files.root.name.isdecimal() and int(files.root.name) != number:
        raise ValueError(f"it is the file of trial {number}; move the folder {files.root.name} away")


def read_reports(files: TrialPaths, spec: TrialSpec) -> Reports:
    """Return what a trial has reported so far.

    If its job left something that cannot be read, or only in more than READ_SECONDS, there are no reports, and their
    `problem` is the reason.
    """
    try:
        with cpu_limit(READ_SECONDS):
            return Reports.parse(spec, read_metrics(files, spec))
    except ReceivedFileError as error:
        return Reports(problem=str(error))
    except TooSlowError as error:
        what = f"the search for {spec.metrics_pattern!r} in its output" if spec.metrics_pattern else spec.metrics
        return Reports(problem=f"{what} {error}")


def read_intermediate_values(files: TrialPaths, spec: TrialSpec, result: Result | None) -> dict[int, float]:
    """Return Optuna's intermediate values of a trial, by step. One that failed without any report has none."""
    # It may have failed because its reports take too long to read.
    if result and result.state == "FAIL" and result.steps == 0:
        return {}
    return read_reports(files, spec).intermediate(spec)


def read_metrics(files: TrialPaths, spec: TrialSpec) -> str | None:
    """Return the text of a trial's metrics, None if there is none.

    That is its metrics file, or, for a program that prints its metrics, the output of all its attempts. Raises
    ReceivedFileError if one of these files cannot be read, or all together are too large.
    """
    if not spec.metrics_pattern:
        sources = [files.root / spec.metrics]
    elif spec.checkpoints:
        sources = [*files.attempt_outputs(files.stdout), files.stdout]
    else:
        sources = [files.stdout]
    texts: list[str] = []
    for source in sources:
        with contextlib.suppress(FileNotFoundError):
            texts.append(read_received(source))
        if sum(map(len, texts)) > MAX_BYTES:
            raise ReceivedFileError(f"its outputs have more than {MAX_BYTES / 2**20:g} MB, the most that sweep reads")
    return "".join(texts) if texts else None
