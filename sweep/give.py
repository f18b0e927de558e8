"""PRE script of a lane: gives it its next trial, and writes the submit description of the lane's node.

Standard library only until Optuna is to be asked. One script at a time asks, for all lanes that wait; the others find
that they have been served. A lane goes on with its trial until that has a result; a trial that is in no lane, because
something died, is taken before a new one is asked for.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sweep import harvest
from sweep.errors import StorageError, SweepError
from sweep.files import locked, write_text
from sweep.lanes import current, is_busy, waits
from sweep.paths import StudyPaths
from sweep.records import read_spec
from sweep.trial import DONE, SKIP, TrialSpec

if TYPE_CHECKING:
    from sweep.search import Search
    from sweep.study import Study


def give(paths: StudyPaths, lane: str, trials: int) -> int:
    """See that a lane has a trial to run; SKIP where there is none for it: all of so many `trials` are asked for."""
    if is_busy(paths, lane):
        paths.lane_waits(lane).unlink(missing_ok=True)
        return DONE
    waits(paths, lane)
    with locked(paths.storage_lock, wait=True):
        if not is_busy(paths, lane):
            _serve(paths, trials)
        # Under the lock: where there is no trial the lane's node ends here, and nobody may give it one any more.
        paths.lane_waits(lane).unlink(missing_ok=True)
        return DONE if is_busy(paths, lane) else SKIP


def _serve(paths: StudyPaths, trials: int) -> None:
    """Give trials to the lanes that wait, as far as there are any. The caller holds the storage lock."""
    harvest.full_python()
    from sweep.search import Search
    from sweep.study import load

    study = load(paths)
    search = Search.open(study, writing=True)
    harvest.tell_pending(paths, search)
    # One that has its trial bears the mark still where the script that gave it was killed.
    waiting = sorted(file.stem for file in paths.lanes.glob("*.waits") if not is_busy(paths, file.stem))
    specs = _open_trials(study, search)
    if len(specs) < len(waiting):
        specs += _more(study, search, len(waiting) - len(specs), trials)
    for lane, spec in zip(waiting, specs, strict=False):
        _start(study, lane, spec)


def _open_trials(study: Study, search: Search) -> list[TrialSpec]:
    """Trials that were asked for, have not ended, and are in no lane."""
    from sweep import propose

    paths = study.paths
    taken = {current(paths, file.stem) for file in paths.lanes.glob("*.trial")}
    proposals = [one for one in search.running() if one.number not in taken]
    return [
        read_spec(paths.trial(spec.number)) if paths.trial(spec.number).spec.exists() else spec
        for spec in propose.specs(study, proposals, search.cutoffs(), search.used())
        if not paths.trial(spec.number).result.exists()
    ]


def _more(study: Study, search: Search, count: int, trials: int) -> list[TrialSpec]:
    """New trials, as many as are wanted and left."""
    from sweep import propose

    count = min(count, trials - search.count())
    if count <= 0 or propose.has_ended(study, search):
        return []
    return propose.specs(study, search.add(count), search.cutoffs(), search.used())


def _start(study: Study, lane: str, spec: TrialSpec) -> None:
    """Write all that the lane's node needs; the lane has the trial when the last file is there."""
    from sweep import propose, workflow

    paths = study.paths
    propose.write_trial(study, paths.trial(spec.number), spec)
    description = paths.submit.read_text(encoding="utf-8")
    write_text(paths.lane_submit(lane), workflow.lane_description(lane, spec, description))
    write_text(paths.lane_trial(lane), f"{spec.number}\n")
    paths.lane_waits(lane).unlink()
    print(f"{lane}: trial {spec.number}")


def main() -> None:
    """`give STUDY LANE TRIALS`, as the DAG's PRE script calls it."""
    folder, lane, trials = sys.argv[1:]
    paths = StudyPaths(Path(folder).resolve())
    harvest.limit_time()
    try:
        if paths.stopped.exists():
            sys.exit(f"{lane}: the sweep is stopped")
        sys.exit(give(paths, lane, int(trials)))
    except (StorageError, OSError) as error:
        sys.exit(harvest.defer(paths, lane, error))
    except SweepError as error:
        sys.exit(f"{lane}: {error}")


if __name__ == "__main__":
    main()
