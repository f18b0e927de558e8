"""Tells Optuna the results of trials that have ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sweep.errors import StudyError
from sweep.paths import StudyPaths
from sweep.trial.files import read_reports, read_result, read_spec

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


def trials_to_tell(paths: StudyPaths) -> list[int]:
    """Return the trials with a result that Optuna may not have yet."""
    if not paths.pending.is_dir():
        return []
    numbers = sorted(int(mark.name) for mark in paths.pending.iterdir() if mark.name.isdigit())
    return [number for number in numbers if paths.trial(number).result.exists()]


def tell_pending(paths: StudyPaths, stored: StoredStudy) -> set[int]:
    """Tell Optuna all results that it may not have yet. The caller holds the storage lock.

    Returns the numbers of trials whose files are damaged. They are named on stderr, and do not stop the others.
    """
    damaged = set()
    for number in trials_to_tell(paths):
        files = paths.trial(number)
        try:
            spec, result = read_spec(files), read_result(files)
        except StudyError as error:
            print(f"trial {number}: {error}", file=sys.stderr)
            damaged.add(number)
            continue
        if result:
            stored.tell(result, read_reports(files, spec).intermediate(spec))
            (paths.pending / str(number)).unlink(missing_ok=True)
    paths.waiting.unlink(missing_ok=True)
    return damaged
