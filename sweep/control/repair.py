"""Makes the Optuna storage of a study anew from the trials' own files, which are the truth."""

from __future__ import annotations

from collections.abc import Callable

from sweep.errors import StorageError
from sweep.nodes.tell import trials_to_tell
from sweep.optimizer.stored_study import StoredStudy
from sweep.optimizer.trial_row import TrialRow
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.trial.files import read_reports, read_result, read_spec
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


def repair_storage(study: Study, say: Callable[[str], None] = lambda _: None) -> list[str]:
    """Rebuild a study's storage and put it in place; gives what differed, a line for each trial, [] for nothing.

    With many trials it is said from time to time how far it is. A storage file that was there is kept beside it. Killed
    at any point and run again, it ends the same. Raises StudyError when the folder of a trial is missing, StorageError
    when the new storage cannot be written.
    """
    with locked(study.paths.storage_lock, wait=True):
        before = _rows(study)
        included = trials_to_tell(study.paths)  # a trial that ends from here on keeps its mark
        rebuilt = StoredStudy.in_memory(study)
        for number in study.paths.trial_numbers():
            rebuilt.restore(*_files(study, number))
        different = [before] if isinstance(before, str) else compare_rows(before, rebuilt.rows())
        if different:
            rebuilt.replace_storage(say)
        for number in included:
            (study.paths.pending / str(number)).unlink()
    return different


def _rows(study: Study) -> list[TrialRow] | str:
    """What the storage has, or why it cannot be read."""
    try:
        there = StoredStudy.open(study, writing=True)
        rows = there.rows()
        there.close()
    except StorageError as error:
        return str(error)
    return rows


def _files(study: Study, number: int) -> tuple[TrialSpec, Result | None, dict[int, float]]:
    files = study.paths.trial(number)
    spec = read_spec(files)
    return spec, read_result(files), read_reports(files, spec).intermediate(spec)


def compare_rows(before: list[TrialRow], after: list[TrialRow]) -> list[str]:
    """What two lists of trials, by number, do not agree about, a line for each trial."""
    old, new = ({row.number: vars(row) for row in rows} for rows in (before, after))
    lines = []
    for number in sorted(old.keys() | new.keys()):
        if number not in old:
            lines.append(f"trial {number}: was not in the storage, is {new[number]['state']}")
        elif number not in new:
            lines.append(f"trial {number}: was {old[number]['state']} in the storage, has no files")
        else:
            # In print, since NaN differs from itself.
            pairs = {name: (repr(old[number][name]), repr(value)) for name, value in new[number].items()}
            changes = [f"{name} was {was}, is {now}" for name, (was, now) in pairs.items() if was != now]
            lines += [f"trial {number}: {', '.join(changes)}"] if changes else []
    return lines
