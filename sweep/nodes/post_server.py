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

from sweep.errors import StorageError, SweepError
from sweep.nodes import harvest
from sweep.nodes.lanes import trial_of_lane
from sweep.nodes.post_requests import PostReply, PostRequest, waiting_requests, write_reply
from sweep.nodes.script import add_site_packages, defer, limit_time
from sweep.nodes.tell import tell_pending
from sweep.paths import StudyPaths
from sweep.system.files import locked
from sweep.trial.event_log import read_event_log
from sweep.trial.judge import SUBMIT_FAILED
from sweep.workflow.exit_codes import CRASHED, DONE, TRY_AGAIN

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy
    from sweep.study.study import Study


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
        add_site_packages()
        began = heard = time.monotonic()
        storage = CachedStorage(paths)
        ended: bool | None = False
        while time.monotonic() < began + LIFE_SECONDS:
            if asked := waiting_requests(paths)[:AT_ONCE]:
                with storage.held():
                    found = answer_requests(paths, storage.search, asked, trials)
                for post, given in found.items():
                    write_reply(paths, post, given)
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


class CachedStorage:
    """A study's storage, which stays open; it is opened when it is wanted first, and anew where others have written."""

    def __init__(self, paths: StudyPaths) -> None:
        self._paths = paths
        self._search: StoredStudy | None = None
        self._is_current = False
        self._left: object = None

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the storage lock: nobody else writes."""
        with locked(self._paths.storage_lock, wait=True):
            self._is_current = False
            yield
            if self._search and self._is_current:
                self._left = file_fingerprint(self._search.study)

    def search(self) -> StoredStudy:
        """The study as its files are now; the lock is held. Raises StorageError and StudyError."""
        from sweep.optimizer.stored_study import StoredStudy
        from sweep.study.study import load_study

        if self._search and self._is_current:
            return self._search
        study = load_study(self._paths)
        if self._search and self._left == file_fingerprint(study):
            self._search = self._search.with_study(study)
        else:
            if self._search:
                self._search.close()
            self._search = StoredStudy.open(study, writing=True)
        self._is_current = True
        return self._search


def file_fingerprint(study: Study) -> object:
    """What changes when a storage's file is written, or replaced; of a database server nothing need be known."""
    if study.storage_file is None or not study.storage_file.exists():
        return None
    there = study.storage_file.stat()
    return there.st_ino, there.st_size, there.st_mtime_ns


def answer_requests(
    paths: StudyPaths, opened: Callable[[], StoredStudy], asked: Sequence[PostRequest], trials: int | None
) -> dict[PostRequest, PostReply]:
    """Judge trials, tell Optuna of them, and give lanes the next ones: an answer for each that was asked.

    `opened` gives the study in its storage, whose lock the caller holds. Without it trials are judged still.
    """
    found = {post: _judged(paths, opened, post) for post in asked}
    search = opened()
    tell_pending(paths, search)
    if trials is not None:
        # DAGMan runs no node again whose job could not be submitted.
        goes_on = {p: one for p, one in found.items() if one.status == DONE and p.return_code != SUBMIT_FAILED}
        found |= _next(search, goes_on, trials)
    return found


def _judged(paths: StudyPaths, opened: Callable[[], StoredStudy], post: PostRequest) -> PostReply:
    """What became of the trial of a job that has ended; DONE where it has a result."""
    name = f"trial {post.who}" if post.who.isdigit() else post.who
    try:
        if post.who.isdigit():
            number = int(post.who)
        else:
            number = trial_of_lane(paths, post.who)
            # A script that was killed may be run again when its answer was given, or its node with the job before.
            if (
                post.return_code != SUBMIT_FAILED
                and read_event_log(paths.trial(number).job_log).cluster != post.cluster
            ):
                return PostReply(TRY_AGAIN, f"{name} has trial {number}, of which this was not the latest job")
        status, what = harvest.harvest_trial(paths, opened, number, post.return_code)
    except StorageError:
        raise
    except SweepError as error:
        return PostReply(CRASHED, f"{name}: {error}")
    return PostReply(status, f"trial {number}: {what}")


def _next(search: StoredStudy, done: dict[PostRequest, PostReply], trials: int) -> dict[PostRequest, PostReply]:
    """What lanes do whose trials have ended: go on with the next one, or end, as all have been asked for."""
    from sweep.nodes.fill_lanes import assign_trials

    if search.study.paths.stopped.exists():
        return {post: PostReply(CRASHED, f"{one.said}; the sweep is stopped") for post, one in done.items()}
    given = assign_trials(search, [post.who for post in done], trials)
    return {
        post: PostReply(TRY_AGAIN, f"{one.said}; {post.who} goes on with trial {given[post.who]}")
        if post.who in given
        else PostReply(DONE, f"{one.said}; {post.who} ends")
        for post, one in done.items()
    }


def main(words: list[str]) -> None:
    """`serve STUDY`, or in lanes `serve STUDY TRIALS`, as a POST script starts it."""
    folder, *trials = words
    paths = StudyPaths(Path(folder).resolve())
    limit_time()
    try:
        serve(paths, int(trials[0]) if trials else None)
    except (StorageError, OSError) as error:
        sys.exit(defer(paths, "harvest", error))
    except SweepError as error:
        print(f"harvest: {error}", file=sys.stderr)
        sys.exit(CRASHED)
