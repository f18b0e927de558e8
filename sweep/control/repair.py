"""Rebuilds the Optuna storage of a study from the trials' own files, which are the truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sweep.errors import StorageError
from sweep.nodes.tell import trials_to_tell
from sweep.optimizer.stored_study import StoredStudy
from sweep.optimizer.trial_row import TrialRow
from sweep.study.place import require_no_copy
from sweep.study.study import Study, load_study
from sweep.system.lock_wait import hold_lock
from sweep.trial.files import read_intermediate_values, read_result, read_spec
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


def repair_storage(study: Study, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Rebuild a study's storage if it differs from the trials' files; return a line for each trial that differed.

    `say` gets the progress. The old storage file is kept: see `replaced_storage`. Killed at any point and run again, it
    ends the same. Raises StudyError if the folder of a trial is missing, if the study is a copy, or if a lock's holder
    hangs; StorageError if the new storage cannot be written.
    """
    require_no_copy(study)
    # A launch has the storage open while it holds the launch lock, and would go on with the old one.
    with hold_lock(study.paths.launch_lock, say), hold_lock(study.paths.storage_lock, say):
        return rebuild_storage(load_study(study.paths), say)


def rebuild_storage(study: Study, say: Callable[[str], None]) -> list[str]:
    """Do what `repair_storage` does. The caller holds the launch lock and the storage lock."""
    before = _stored_rows(study)
    # A trial that ends from here on keeps its mark, so Optuna gets its result later.
    included = trials_to_tell(study.paths)
    rebuilt = StoredStudy.in_memory(study)
    for number in _proposed_trials(study):
        rebuilt.restore(*_read_trial(study, number))
    different = [before] if isinstance(before, str) else compare_rows(before, rebuilt.rows())
    if different:
        rebuilt.replace_storage(say)
    for number in included:
        (study.paths.pending / str(number)).unlink()
    return different


def _proposed_trials(study: Study) -> list[int]:
    """Return the numbers of all trials. Empty folders at the end are left by scripts that were killed."""
    numbers = study.paths.trial_numbers()
    while numbers and not any(file.exists() for file in _kept_files(study, numbers[-1])):
        numbers.pop()
    return numbers


def _kept_files(study: Study, number: int) -> list[Path]:
    """Return the files of which a trial has one if it was ever proposed."""
    files = study.paths.trial(number)
    return [files.spec, files.result, files.job_log]


def _stored_rows(study: Study) -> list[TrialRow] | str:
    """Return the trials in the storage, or why it cannot be read."""
    try:
        stored = StoredStudy.open(study, writing=True)
        rows = stored.rows()
        stored.close()
    except StorageError as error:
        return str(error)
    return rows


def _read_trial(study: Study, number: int) -> tuple[TrialSpec, Result | None, dict[int, float]]:
    """Return a trial's spec, its result (None if it has not ended), and its intermediate values by step."""
    files = study.paths.trial(number)
    spec = read_spec(files)
    result = read_result(files)
    return spec, result, read_intermediate_values(files, spec, result)


def compare_rows(before: list[TrialRow], after: list[TrialRow]) -> list[str]:
    """Return how two lists of trials differ, a line for each trial."""
    old, new = ({row.number: vars(row) for row in rows} for rows in (before, after))
    lines = []
    for number in sorted(old.keys() | new.keys()):
        if number not in old:
            lines.append(f"trial {number}: was not in the storage, is {new[number]['state']}")
        elif number not in new:
            lines.append(f"trial {number}: was {old[number]['state']} in the storage, has no files")
        else:
            # Compared as text, since NaN differs from itself.
            pairs = {name: (_text(old[number][name]), _text(value)) for name, value in new[number].items()}
            changes = [f"{name} was {was}, is {now}" for name, (was, now) in pairs.items() if was != now]
            lines += [f"trial {number}: {', '.join(changes)}"] if changes else []
    return lines


def _text(value: object) -> str:
    """Return a value as text; -0.0 is 0.0, because a database gives no sign back."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_text(item)}" for key, item in value.items()) + "}"
    return repr(value + 0.0 if isinstance(value, float) else value)
