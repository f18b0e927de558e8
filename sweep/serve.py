"""Gives trials to the lanes that wait: the one process at a time that asks Optuna for them.

Started by the PRE script of a lane (sweep/give.py), it stays a few seconds after its last answer: opening Optuna and
the storage costs more than many trials do.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sweep import harvest, lanes, script
from sweep.errors import StorageError, SweepError
from sweep.files import locked, write_text
from sweep.paths import StudyPaths
from sweep.records import read_spec
from sweep.trial import TrialSpec

if TYPE_CHECKING:
    from sweep.search import Search
    from sweep.study import Study

LINGER_SECONDS = 6.0
"""How long it stays for lanes to come: longer than DAGMan, by its defaults, goes without looking at what has ended."""

LIFE_SECONDS = 60.0
"""After this long another one takes over, with as many lanes as there may be."""

POLL_SECONDS = 0.1


def serve(paths: StudyPaths, trials: int) -> None:
    """Answer the lanes that wait, until none has come for a while; the study is to have so many `trials` in all.

    Does nothing where another process serves. Raises StorageError and StudyError: those who wait then start another.
    """
    with locked(paths.serving_lock, wait=False) as got:
        if not got:
            return
        script.full_python()
        began = heard = time.monotonic()
        search, left = None, None
        while not paths.stopped.exists():
            if lanes.waiting(paths):
                with locked(paths.storage_lock, wait=True):
                    search = _open(paths, search, left)
                    answer(search, trials)
                    left = _as_it_is(search.study)
                heard = time.monotonic()
            if time.monotonic() >= min(heard + LINGER_SECONDS, began + LIFE_SECONDS):
                return
            time.sleep(POLL_SECONDS)


def _open(paths: StudyPaths, search: Search | None, left: object) -> Search:
    """The study as its files are now; its storage is opened anew only where others have written since it was `left`."""
    from sweep.search import Search
    from sweep.study import load

    study = load(paths)
    if search and left == _as_it_is(study):
        return search.of(study)
    if search:
        search.close()
    return Search.open(study, writing=True)


def _as_it_is(study: Study) -> object:
    """What changes when a storage's file is written, or replaced; of a database server nothing need be known."""
    if study.storage_file is None or not study.storage_file.exists():
        return None
    there = study.storage_file.stat()
    return there.st_ino, there.st_size, there.st_mtime_ns


def answer(search: Search, trials: int) -> None:
    """Give trials to the lanes that wait, and take the marks of those for which there is none.

    The caller holds the storage lock.
    """
    study = search.study
    # First who waits, then what is known: the results of those who wait are told before they are given another trial.
    waiting = lanes.waiting(study.paths)
    harvest.tell_pending(study.paths, search)
    specs = _open_trials(search)
    if len(specs) < len(waiting):
        specs += _more(search, len(waiting) - len(specs), trials)
    for lane, spec in zip(waiting, specs, strict=False):
        _start(study, lane, spec)
    for lane in waiting[len(specs) :]:
        study.paths.lane_waits(lane).unlink()


def _open_trials(search: Search) -> list[TrialSpec]:
    """Trials that were asked for, have not ended, and are in no lane."""
    from sweep import propose

    study, paths = search.study, search.study.paths
    taken = {lanes.current(paths, file.stem) for file in paths.lanes.glob("*.trial")}
    proposals = [
        one for one in search.running() if one.number not in taken and not paths.trial(one.number).result.exists()
    ]
    if not proposals:
        return []
    return [
        read_spec(paths.trial(spec.number)) if paths.trial(spec.number).spec.exists() else spec
        for spec in propose.specs(study, proposals, search.cutoffs(), search.used())
    ]


def _more(search: Search, count: int, trials: int) -> list[TrialSpec]:
    """New trials, as many as are wanted and left."""
    from sweep import propose

    count = min(count, trials - search.count())
    if count <= 0 or propose.has_ended(search.study, search):
        return []
    return propose.specs(search.study, search.add(count), search.cutoffs(), search.used())


def _start(study: Study, lane: str, spec: TrialSpec) -> None:
    """Write all that the lane's node needs; the lane has the trial when the last file is there."""
    from sweep import propose, workflow

    paths = study.paths
    propose.write_trial(study, paths.trial(spec.number), spec)
    description = paths.submit.read_text(encoding="utf-8")
    write_text(paths.lane_submit(lane), workflow.lane_description(lane, spec, description))
    write_text(paths.lane_trial(lane), f"{spec.number}\n")
    paths.lane_waits(lane).unlink()


def main() -> None:
    """`serve STUDY TRIALS`, as `give` starts it."""
    folder, trials = sys.argv[1:]
    paths = StudyPaths(Path(folder).resolve())
    script.limit_time()
    try:
        serve(paths, int(trials))
    except (StorageError, OSError) as error:
        sys.exit(script.defer(paths, "asking for trials", error))
    except SweepError as error:
        sys.exit(f"asking for trials: {error}")


if __name__ == "__main__":
    main()
