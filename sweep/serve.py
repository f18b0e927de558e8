"""Answers POST scripts: judges trials whose jobs have ended, tells Optuna, and gives lanes their next trials.

One process does this for all, started by a POST script that finds none (dags/harvest.sh.j2). Opening Optuna and the
storage costs more than many trials do: so it stays a few seconds for those that end next.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweep import harvest, joblog, lanes, posts, script
from sweep.errors import StorageError, SweepError
from sweep.files import locked
from sweep.paths import StudyPaths
from sweep.posts import Answer, Post
from sweep.trial import CRASHED, DONE, SUBMIT_FAILED, TRY_AGAIN

if TYPE_CHECKING:
    from sweep.search import Search
    from sweep.study import Study

LINGER_SECONDS = 6.0
"""How long it stays for trials to end: longer than DAGMan, by its defaults, goes without looking at what has ended."""

LIFE_SECONDS = 60.0
"""After this long another one takes over, however many trials end."""

POLL_SECONDS = 0.05

AT_ONCE = 8
"""So many are answered together, so that the first need not wait for the last."""


def serve(paths: StudyPaths, trials: int | None = None) -> None:
    """Answer all that POST scripts ask, until none has asked for a while, or another process does so.

    In lanes the study is to have so many `trials` in all; in generations, without the number, it ends with the last
    trial that has been asked for. Raises StorageError, OSError and StudyError where it cannot answer now: then nobody
    has been answered, and it may be done again.
    """
    with locked(paths.serving_lock, wait=False) as got:
        if not got:
            return
        script.full_python()
        began = heard = time.monotonic()
        storage = Storage(paths)
        ended: bool | None = False
        while time.monotonic() < began + LIFE_SECONDS:
            if asked := posts.unanswered(paths)[:AT_ONCE]:
                with storage.held():
                    found = answers(paths, storage.search, asked, trials)
                for post, given in found.items():
                    posts.answer(paths, post, given)
                heard, ended = time.monotonic(), None
                continue
            if ended is None:
                ended = trials is None and _have_ended(paths)
            if ended or paths.stopped.exists() or time.monotonic() >= heard + LINGER_SECONDS:
                return
            time.sleep(POLL_SECONDS)


def _have_ended(paths: StudyPaths) -> bool:
    """Whether all trials that have been asked for have a result; the latest ones are looked at first."""
    return all(paths.trial(number).result.exists() for number in reversed(paths.trial_numbers()))


class Storage:
    """A study's storage, which stays open; it is opened when it is wanted first, and anew where others have written."""

    def __init__(self, paths: StudyPaths) -> None:
        self._paths = paths
        self._search: Search | None = None
        self._is_current = False
        self._left: object = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the storage lock: nobody else writes."""
        with locked(self._paths.storage_lock, wait=True):
            self._is_current = False
            yield
            if self._search and self._is_current:
                self._left = _as_it_is(self._search.study)

    def search(self) -> Search:
        """The study as its files are now; the lock is held. Raises StorageError and StudyError."""
        from sweep.search import Search
        from sweep.study import load

        if self._search and self._is_current:
            return self._search
        study = load(self._paths)
        if self._search and self._left == _as_it_is(study):
            self._search = self._search.of(study)
        else:
            if self._search:
                self._search.close()
            self._search = Search.open(study, writing=True)
        self._is_current = True
        return self._search


def _as_it_is(study: Study) -> object:
    """What changes when a storage's file is written, or replaced; of a database server nothing need be known."""
    if study.storage_file is None or not study.storage_file.exists():
        return None
    there = study.storage_file.stat()
    return there.st_ino, there.st_size, there.st_mtime_ns


def answers(
    paths: StudyPaths, opened: Callable[[], Search], asked: Sequence[Post], trials: int | None
) -> dict[Post, Answer]:
    """Judge trials, tell Optuna of them, and give lanes the next ones: an answer for each that was asked.

    `opened` gives the study in its storage, whose lock the caller holds. Without it trials are judged still.
    """
    found = {post: _judged(paths, opened, post) for post in asked}
    search = opened()
    harvest.tell_pending(paths, search)
    if trials is not None:
        # DAGMan runs no node again whose job could not be submitted.
        goes_on = {p: one for p, one in found.items() if one.status == DONE and p.return_code != SUBMIT_FAILED}
        found |= _next(search, goes_on, trials)
    return found


def _judged(paths: StudyPaths, opened: Callable[[], Search], post: Post) -> Answer:
    """What became of the trial of a job that has ended; DONE where it has a result."""
    name = f"trial {post.who}" if post.who.isdigit() else post.who
    try:
        if post.who.isdigit():
            number = int(post.who)
        else:
            number = lanes.current(paths, post.who)
            # A script that was killed may be run again when its answer was given, or its node with the job before.
            if post.return_code != SUBMIT_FAILED and joblog.read(paths.trial(number).job_log).cluster != post.cluster:
                return Answer(TRY_AGAIN, f"{name} has trial {number}, of which this was not the latest job")
        status, what = harvest.harvest(paths, opened, number, post.return_code)
    except StorageError:
        raise
    except SweepError as error:
        return Answer(CRASHED, f"{name}: {error}")
    return Answer(status, f"trial {number}: {what}")


def _next(search: Search, done: dict[Post, Answer], trials: int) -> dict[Post, Answer]:
    """What lanes do whose trials have ended: go on with the next one, or end, as all have been asked for."""
    from sweep.give import give

    if search.study.paths.stopped.exists():
        return {post: Answer(CRASHED, f"{one.said}; the sweep is stopped") for post, one in done.items()}
    given = give(search, [post.who for post in done], trials)
    return {
        post: Answer(TRY_AGAIN, f"{one.said}; {post.who} goes on with trial {given[post.who]}")
        if post.who in given
        else Answer(DONE, f"{one.said}; {post.who} ends")
        for post, one in done.items()
    }


def main() -> None:
    """`serve STUDY`, or in lanes `serve STUDY TRIALS`, as a POST script starts it."""
    folder, *trials = sys.argv[1:]
    paths = StudyPaths(Path(folder).resolve())
    script.limit_time()
    try:
        serve(paths, int(trials[0]) if trials else None)
    except (StorageError, OSError) as error:
        sys.exit(script.defer(paths, "harvest", error))
    except SweepError as error:
        print(f"harvest: {error}", file=sys.stderr)
        sys.exit(CRASHED)


if __name__ == "__main__":
    main()
