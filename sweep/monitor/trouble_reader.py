"""Reads from the machine and a study's files what `sweep.monitor.trouble` decides from."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sweep.monitor.trouble import EndedJob, Facts, Lock
from sweep.paths import StudyPaths
from sweep.study.commands import next_launch, study_command
from sweep.study.study import Study
from sweep.system.files import json_lines, tail
from sweep.system.lock_wait import Holder
from sweep.system.processes import Process, find_process, is_flock_held, posix_lock_holder, processes_in
from sweep.trial.event_log import ABORTED, EVENT, EXECUTE, SUBMIT, TERMINATED

SCRIPT = re.compile(r"\./(propose|harvest) |-m sweep\.\w+ ")
"""In the command line of a PRE or POST script, and of the Python that it has started."""

LOG_LINES, LOG_BYTES = 100_000, 1 << 22
"""How much of the end of a log is searched for a job."""


def read_facts(study: Study, jobless: Iterable[int], launched: datetime, now: datetime) -> Facts:
    """Return what the machine and the study's files tell about the sweep that was `launched` then.

    `jobless` are the unfinished trials without a job in the queue.
    """
    paths = study.paths
    return Facts(
        waiting_s=_waiting_seconds(paths),
        serving=_held_lock(paths.serving_lock),
        storage=_held_lock(paths.storage_lock),
        last_line=tail(paths.serve_log, 1),
        is_explained=paths.waiting.exists(),
        dagmans=_dagmans(paths.dag),
        scripts=[process for process in processes_in(paths.dag.resolve()) if SCRIPT.search(process.command)],
        ended=_ended_jobs(paths, jobless, launched, now),
        commands=(study_command(study, "stop --now"), next_launch(study)),
    )


def _waiting_seconds(paths: StudyPaths) -> list[float]:
    """Return how long each request of a POST script has waited, by the clock of its file system."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for entry in paths.posts.iterdir():
            with contextlib.suppress(FileNotFoundError):
                status = entry.stat()
                if status.st_size == 0:
                    found.append(time.time() - status.st_mtime)
    return found


def _held_lock(file: Path) -> Lock | None:
    """Return a lock that a process holds, None if none does. Its holder has written into the file who it is."""
    if not is_flock_held(file):
        return None
    holder = Holder.read(file)
    if holder is None:
        return Lock(file.name, None, "", None)
    return Lock(file.name, holder.pid, holder.host, find_process(holder.pid) if holder.is_here else None)


def _dagmans(dag: Path) -> dict[int, Process | None]:
    """Return, by cluster, the process of each DAGMan that has a lock file; DAGMan writes its cluster into it."""
    found: dict[int, Process | None] = {}
    for file in dag.glob("*.dag.lock"):
        cluster, pid = tail(file, 1), posix_lock_holder(file)
        process = find_process(pid) if pid else None
        if cluster.isdecimal() and (process or not pid):
            found[int(cluster)] = process
    return found


def _ended_jobs(paths: StudyPaths, trials: Iterable[int], launched: datetime, now: datetime) -> list[EndedJob]:
    """Return the last jobs of these trials, of those that have been in the queue since the launch."""
    found = []
    for number in trials:
        last = _last_event(tail(paths.trial(number).job_log, LOG_LINES, LOG_BYTES))
        if last and last.when > launched:
            silent, ended = (now - last.when).total_seconds(), last.code in (TERMINATED, ABORTED)
            found.append(EndedJob(number, last.cluster, silent, ended, _is_noticed(paths, number, last.cluster)))
    return found


class _Event(NamedTuple):
    code: str
    cluster: int
    when: datetime


def _last_event(log: str) -> _Event | None:
    """Return the last submission, start or end in a job's event log, None if there is none."""
    found = None
    for event in EVENT.finditer(log):
        # Releases before 9.0 write times in other forms.
        with contextlib.suppress(ValueError):
            if event["code"] in (SUBMIT, EXECUTE, TERMINATED, ABORTED):
                found = _Event(event["code"], int(event["cluster"]), datetime.fromisoformat(event["when"]))
    return found


def _is_noticed(paths: StudyPaths, number: int, cluster: int) -> bool:
    """Return whether a job's POST script waits, has been run, or has had the job's end noted."""
    with contextlib.suppress(FileNotFoundError):
        if any(file.name.endswith(f".{cluster}") for file in paths.posts.iterdir()):
            return True
    endings = tail(paths.trial(number).endings, LOG_LINES, LOG_BYTES)
    if any(ending.get("cluster") == cluster for ending in json_lines(endings)):
        return True
    # DAGMan's log of scripts has the words of each script that has ended: TRIAL or LANE, $RETURN, $CLUSTERID.
    log = tail(paths.harvest_log, LOG_LINES, LOG_BYTES)
    return re.search(rf"Type=POST .* Cmd='\S+ \S+ \S+ {cluster}[ ']", log) is not None
