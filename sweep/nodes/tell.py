"""Tells Optuna the results of trials that have ended."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from sweep.errors import StorageError, StudyError
from sweep.nodes.trial_result import fail_trial
from sweep.paths import StudyPaths
from sweep.trial.files import read_intermediate_values, read_result, read_spec
from sweep.units import first_line

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

    A result that the storage cannot hold becomes a FAIL with the reason. Returns the numbers of trials whose files are
    damaged. They are named on stderr, and do not stop the others. Raises StorageError if the storage fails.
    """
    damaged = set()
    for number in trials_to_tell(paths):
        try:
            _tell(paths, stored, number)
        except (StorageError, OSError):
            raise
        except StudyError as error:
            print(f"trial {number}: {error}", file=sys.stderr)
            damaged.add(number)
        except Exception as error:
            traceback.print_exc()
            reason = f"Optuna refuses its result: {type(error).__name__}: {first_line(error)}"
            stored.tell(fail_trial(paths, number, reason), {})
            (paths.pending / str(number)).unlink(missing_ok=True)
    paths.waiting.unlink(missing_ok=True)
    return damaged


def _tell(paths: StudyPaths, stored: StoredStudy, number: int) -> None:
    files = paths.trial(number)
    spec, result = read_spec(files), read_result(files)
    if result:
        stored.tell(result, read_intermediate_values(files, spec, result))
        (paths.pending / str(number)).unlink(missing_ok=True)
