"""Checks that the Optuna storage agrees with the trials' files, which are the truth.

It does not if the storage was restored from a backup, belongs to another study, or was written by another program.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from sweep.errors import DisagreementError, StudyError
from sweep.study.commands import study_command
from sweep.study.study import Study
from sweep.trial.files import read_result, read_spec
from sweep.trial.metrics import Values
from sweep.trial.spec import ParamValue, TrialSpec

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy
    from sweep.optimizer.trial_row import TrialRow


def check_agreement(stored: StoredStudy, *, whole: bool = False) -> None:
    """Raise DisagreementError if the storage does not agree with the trials' files.

    It compares the numbers of the trials, and the latest trial; `whole`: all trials with all of their files. Results
    that the storage lacks are no disagreement: they are marked, and `tell_pending` tells them.
    """
    study, rows = stored.study, stored.rows()
    # A kill may have left the empty folder of a trial that nobody has seen.
    folders = [n for n in study.paths.trial_numbers() if n < len(rows) or any(study.paths.trial(n).root.iterdir())]
    if reason := numbers_disagree(rows, folders):
        raise _disagreement(study, reason)
    for number in folders if whole else folders[-1:]:
        _check_trial(study, rows[number], whole=whole)
    _mark_untold(study, rows)


def numbers_disagree(rows: Iterable[TrialRow], folders: Collection[int]) -> str:
    """Return why these trials of the storage, by number, cannot be those of the folders; '' if they can be."""
    by_number = {row.number: row for row in rows}
    if missing := sorted(set(folders) - by_number.keys()):
        return f"trial {missing[0]} has a folder, and is not in the storage"
    foreign = [row for row in by_number.values() if row.generation is None or row.index is None]
    if foreign:
        return f"trial {foreign[0].number} in the storage was added by another program"
    ended = [row for row in by_number.values() if row.state != "RUNNING" and row.number not in set(folders)]
    if ended:
        return f"trial {ended[0].number} is {ended[0].state} in the storage, and has no folder"
    return ""


def _check_trial(study: Study, row: TrialRow, *, whole: bool) -> None:
    """Raise DisagreementError if a trial in the storage is not the one in its folder."""
    files = study.paths.trial(row.number)
    try:
        spec = read_spec(files)
        result = read_result(files) if whole else None
    except StudyError:
        # Damaged, or not written yet. PRE and POST scripts write trial.json again.
        return
    check_same_trial(study, spec, row.params, spec.distributions)
    if not whole or row.state == "RUNNING":
        return
    in_files = (result.state, result.values if result.state == "COMPLETE" else {}) if result else ("not ended", {})
    in_storage = (row.state, row.values if row.state == "COMPLETE" else {})
    if in_files != in_storage:
        raise _disagreement(
            study, f"trial {row.number} is {_state(*in_storage)} in the storage, and {_state(*in_files)} by its files"
        )


def _state(state: str, values: Values) -> str:
    return state + "".join(f", {name} {value:g}" for name, value in values.items())


def check_same_trial(
    study: Study, written: TrialSpec, params: Mapping[str, ParamValue], searched: Collection[str]
) -> None:
    """Raise DisagreementError if a trial.json has other values of the `searched` parameters than the storage."""
    for name in searched:
        if name not in written.params or name not in params or written.params[name] != params[name]:
            raise _disagreement(
                study,
                f"trial {written.number} has {name} = {params.get(name)} in the storage, and "
                f"{written.params.get(name)} in its trial.json",
            )


def _mark_untold(study: Study, rows: Iterable[TrialRow]) -> None:
    """Mark the results that the storage lacks, so that it gets them."""
    for row in rows:
        if row.state == "RUNNING" and study.paths.trial(row.number).result.exists():
            study.paths.pending.mkdir(exist_ok=True)
            (study.paths.pending / str(row.number)).touch()


def _disagreement(study: Study, reason: str) -> DisagreementError:
    return DisagreementError(
        f"the Optuna storage {study.storage_place} does not agree with the trials' files: {reason}",
        f"The files are right. To rebuild the storage from them, run: {study_command(study, 'repair')}",
    )
