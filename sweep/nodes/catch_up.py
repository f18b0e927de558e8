"""Brings a study up to date before a launch: damaged trial.json files, and jobs that ended while no script ran."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sweep.errors import StorageError, StudyError
from sweep.nodes.harvest import harvest_trial
from sweep.nodes.trial_folder import rewrite_damaged_spec
from sweep.trial.event_log import read_event_log

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


def rewrite_damaged_specs(stored: StoredStudy) -> None:
    """Write each trial.json again that is missing or damaged, also of trials that have ended."""
    for number in stored.study.paths.trial_numbers():
        rewrite_damaged_spec(stored.study.paths, lambda: stored, number)


def judge_ended_jobs(stored: StoredStudy) -> list[int]:
    """Judge each trial without a result whose last job ended by itself, so that it is not trained again.

    Returns the numbers of the trials that have ended by that. No job of the study is in the queue, and the caller holds
    the storage lock. Raises StorageError and OSError as `harvest_trial` does.
    """
    paths, ended = stored.study.paths, []
    for number in paths.trial_numbers():
        files = paths.trial(number)
        if files.result.exists():
            continue
        return_code = read_event_log(files.job_log).return_code
        if return_code is None:
            continue
        try:
            harvest_trial(paths, lambda: stored, number, return_code)
        except StorageError:
            raise
        except StudyError as error:
            # The trial's node runs again, and its PRE or POST script writes what is damaged.
            print(f"trial {number}: {error}", file=sys.stderr)
        if files.result.exists():
            ended.append(number)
    return ended
