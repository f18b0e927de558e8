"""Tells Optuna how trials ended, and gives trials to the lanes that wait: one process at a time does this for all.

Opening Optuna and the storage costs more than many trials do: so it stays a few seconds for those that end next. In
lanes it is a process of its own, which a PRE script starts (sweep/give.py); in generations it is the POST script that
finds nobody else at it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
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
"""How long it stays for trials to end: longer than DAGMan, by its defaults, goes without looking at what has ended."""

LIFE_SECONDS = 60.0
"""After this long another one takes over, however many trials end."""

POLL_SECONDS = 0.1


def tell(paths: StudyPaths) -> None:
    """Tell Optuna of every trial that is ready, and of those that end soon; nothing, where another process does so.

    Raises StorageError where that cannot be done now.
    """
    # Whoever ends while another tells finds the lock taken, and goes; so the other looks again after letting go.
    damaged: set[int] | None = set()
    while damaged is not None and set(harvest.ready(paths)) - damaged:
        damaged = serve(paths)


def serve(paths: StudyPaths, trials: int | None = None) -> set[int] | None:
    """Tell of trials and answer the lanes that wait, until none has come for a while; the study is to have so many
    `trials` in all. Without that number there are no lanes, and it ends with the last trial that has been asked for.

    Gives the numbers of trials whose files are damaged, None where another process serves. Raises StorageError and
    StudyError: those who wait then start another.
    """
    with locked(paths.serving_lock, wait=False) as got:
        if not got:
            return None
        script.full_python()
        began = heard = time.monotonic()
        search, left = None, None
        damaged: set[int] = set()
        while True:
            stopped = paths.stopped.exists()
            waiting = [] if stopped or trials is None else lanes.waiting(paths)
            if waiting or set(harvest.ready(paths)) - damaged:
                with locked(paths.storage_lock, wait=True):
                    search = _open(paths, search, left)
                    damaged |= answer(search, waiting, trials or 0)
                    left = _as_it_is(search.study)
                heard = time.monotonic()
            elif trials is None and _have_ended(paths):
                return damaged
            if stopped or time.monotonic() >= min(heard + LINGER_SECONDS, began + LIFE_SECONDS):
                return damaged
            time.sleep(POLL_SECONDS)


def _have_ended(paths: StudyPaths) -> bool:
    """Whether all trials that have been asked for have a result; the latest ones are looked at first."""
    return all(paths.trial(number).result.exists() for number in reversed(paths.trial_numbers()))


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


def answer(search: Search, waiting: Sequence[str], trials: int) -> set[int]:
    """Tell of all trials that are ready, give trials to the lanes that wait, and take the marks of those for which
    there is none. Gives the numbers of trials whose files are damaged.

    The caller holds the storage lock, and knows who waits from before: the results of those are told first.
    """
    study = search.study
    damaged = harvest.tell_pending(study.paths, search)
    specs = _open_trials(search) if waiting else []
    if len(specs) < len(waiting):
        specs += _more(search, len(waiting) - len(specs), trials)
    for lane, spec in zip(waiting, specs, strict=False):
        _start(study, lane, spec)
    for lane in waiting[len(specs) :]:
        study.paths.lane_waits(lane).unlink()
    return damaged


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
