"""Answers POST scripts: harvests trials whose jobs have ended, tells Optuna, and gives lanes their next trials.

One process does this for all POST scripts; a POST script that finds none starts it (dags/harvest.sh.j2). It takes
longer to load Optuna and open the storage than to answer many scripts, so the process stays a few seconds for the next.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.errors import StorageError, StudyError, SweepError
from sweep.nodes import harvest
from sweep.nodes.lanes import trial_of_lane
from sweep.nodes.post_requests import PostReply, PostRequest, waiting_requests, write_reply
from sweep.nodes.script import add_site_packages, defer, run_server
from sweep.nodes.tell import tell_pending
from sweep.paths import StudyPaths
from sweep.system.files import locked, write_text
from sweep.trial.event_log import read_event_log
from sweep.trial.judge import SUBMIT_FAILED
from sweep.workflow.exit_codes import CRASHED, DONE, TRY_AGAIN

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy
    from sweep.study.study import Study

LINGER_SECONDS = 6.0
"""Seconds that the server waits for more requests: more than the 5 s between DAGMan's looks at the log, by default."""

LIFE_SECONDS = 60.0
"""After this time the server exits, and the next POST script starts another."""

POLL_SECONDS = 0.05

BATCH = 8
"""Requests that are answered together. A larger batch lets its first request wait longer."""


def serve(paths: StudyPaths, trials: int | None = None) -> None:
    """Answer POST scripts until no request comes for a while. Return at once if another process answers them.

    In lanes, `trials` is the number of trials that the study has in all. In generations it is None, and the server also
    exits when all proposed trials have a result.

    Raises StorageError, OSError or StudyError if it cannot answer now. The requests then still wait for a reply, and
    another server may answer them.
    """
    with locked(paths.serving_lock, wait=False) as is_ours:
        if is_ours:
            add_site_packages()
            _answer_until_idle(paths, trials)


def _answer_until_idle(paths: StudyPaths, trials: int | None) -> None:
    storage = CachedStorage(paths)
    started = last_request = time.monotonic()
    # None after an answer: checked when no request waits. The server does not leave before its first request.
    all_ended: bool | None = False
    while time.monotonic() < started + LIFE_SECONDS:
        if requests := waiting_requests(paths)[:BATCH]:
            _answer_batch(paths, storage, requests, trials)
            last_request, all_ended = time.monotonic(), None
            continue
        if all_ended is None:
            all_ended = trials is None and _have_all_ended(paths)
        if all_ended or paths.stopped.exists() or time.monotonic() >= last_request + LINGER_SECONDS:
            return
        time.sleep(POLL_SECONDS)


def _answer_batch(
    paths: StudyPaths, storage: CachedStorage, requests: Sequence[PostRequest], trials: int | None
) -> None:
    with storage.locked():
        replies = answer_requests(paths, storage.stored, requests, trials)
    for request, reply in replies.items():
        write_reply(paths, request, reply)


def _have_all_ended(paths: StudyPaths) -> bool:
    """Return whether all proposed trials have a result."""
    # The latest trials first: one of them is likely to run still.
    return all(paths.trial(number).result.exists() for number in reversed(paths.trial_numbers()))


class CachedStorage:
    """A study's storage, which stays open between batches. It is opened again if another process has written to it."""

    def __init__(self, paths: StudyPaths) -> None:
        """Open nothing yet: a batch may need no storage."""
        self._paths = paths
        self._stored: StoredStudy | None = None
        self._is_current = False
        self._fingerprint: object = None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the storage lock, so that no other process writes."""
        with locked(self._paths.storage_lock, wait=True):
            self._is_current = False
            yield
            if self._stored and self._is_current:
                self._fingerprint = file_fingerprint(self._stored.study)

    def stored(self) -> StoredStudy:
        """Return the study as its files are now. Call it under the lock. Raises StorageError and StudyError."""
        from sweep.nodes.agreement import check_agreement
        from sweep.optimizer.stored_study import StoredStudy
        from sweep.study.study import load_study

        if self._stored and self._is_current:
            return self._stored
        study = load_study(self._paths)
        if self._stored and self._fingerprint == file_fingerprint(study):
            self._stored = self._stored.with_study(study)
        else:
            if self._stored:
                self._stored.close()
            self._stored = StoredStudy.open(study, writing=True)
            check_agreement(self._stored)
        self._is_current = True
        return self._stored


def file_fingerprint(study: Study) -> object:
    """Return a value that changes when a storage's file is written or replaced; None for a database server."""
    if study.storage_file is None or not study.storage_file.exists():
        return None
    status = study.storage_file.stat()
    with study.storage_file.open("rb") as handle:
        # SQLite counts the changes of a file in its first 100 bytes (https://www.sqlite.org/fileformat.html).
        head = handle.read(100)
    return status.st_ino, status.st_size, status.st_mtime_ns, head


def answer_requests(
    paths: StudyPaths, opened: Callable[[], StoredStudy], requests: Sequence[PostRequest], trials: int | None
) -> dict[PostRequest, PostReply]:
    """Harvest the trials whose jobs have ended, tell Optuna, and give lanes their next trials. Return all replies.

    `opened` returns the study in its storage; the caller holds the storage lock. If it raises StorageError, the trials
    have been harvested all the same, and are told later. `trials` is the number of trials in all, None in generations.
    """
    replies = {request: _harvest(paths, opened, request) for request in requests}
    stored = opened()
    tell_pending(paths, stored)
    if trials is not None:
        replies |= _continue_lanes(stored, replies, trials)
    return replies


def _harvest(paths: StudyPaths, opened: Callable[[], StoredStudy], request: PostRequest) -> PostReply:
    """Harvest the trial of a job that has ended. The reply's status is DONE if the trial has its result.

    Whatever goes wrong with one trial leaves the others alone. Raises StorageError if the storage fails.
    """
    from sweep.nodes.trial_folder import rewrite_damaged_spec

    is_lane = not request.who.isdigit()
    name = request.who if is_lane else f"trial {request.who}"
    try:
        number = trial_of_lane(paths, request.who) if is_lane else int(request.who)
        if is_lane and not _is_latest_job(paths, number, request):
            return PostReply(TRY_AGAIN, f"{name} runs trial {number}; this was not that trial's latest job")
        rewrite_damaged_spec(paths, opened, number)
        status, message = harvest.harvest_trial(paths, opened, number, request.return_code)
    except StorageError:
        raise
    except SweepError as error:
        return PostReply(CRASHED, f"{name}: {error}")
    except OSError as error:
        # The disk is full, for example: DAGMan runs this trial's POST script again later.
        return PostReply(defer(paths, name, error), f"{name}: {error}")
    return PostReply(status, f"trial {number}: {message}")


def _is_latest_job(paths: StudyPaths, number: int, request: PostRequest) -> bool:
    """Return whether a lane's request is about the latest job of the trial that the lane has now.

    It is not if a killed POST script runs again after its reply, when the lane has its next trial already, or if DAGMan
    ran the lane's node again with the trial before. A job that could not be submitted has no event log.
    """
    if request.return_code == SUBMIT_FAILED:
        return True
    return read_event_log(paths.trial(number).job_log).cluster == request.cluster


def _continue_lanes(
    stored: StoredStudy, replies: Mapping[PostRequest, PostReply], trials: int
) -> dict[PostRequest, PostReply]:
    """Give their next trials to the lanes whose trials have a result; return the new replies to them.

    A lane without a next trial ends. So does one whose job could not be submitted: DAGMan does not run its node again.
    """
    from sweep.nodes.fill_lanes import assign_trials

    free = {
        request: reply.message
        for request, reply in replies.items()
        if reply.status == DONE and request.return_code != SUBMIT_FAILED
    }
    if stored.study.paths.stopped.exists():
        return {request: PostReply(CRASHED, f"{message}; the sweep is stopped") for request, message in free.items()}
    try:
        assigned = assign_trials(stored, [request.who for request in free], trials)
    except StorageError:
        raise
    except StudyError as error:
        write_text(stored.study.paths.stopped, f"no trial can be proposed: {error}. {error.advice}\n")
        return {request: PostReply(CRASHED, f"{message}; {error}") for request, message in free.items()}
    return {
        request: PostReply(TRY_AGAIN, f"{message}; {request.who} runs trial {assigned[request.who]} next")
        if request.who in assigned
        else PostReply(DONE, f"{message}; {request.who} ends")
        for request, message in free.items()
    }


def main(words: list[str]) -> None:
    """Run `serve STUDY`, or `serve STUDY TRIALS` in lanes: a POST script starts it.

    Whatever goes wrong, no job has to run again: the POST scripts wait for the next server.
    """
    folder, *trials = words
    paths = StudyPaths(Path(folder).resolve())
    sys.exit(run_server(paths, lambda: serve(paths, int(trials[0]) if trials else None)))
