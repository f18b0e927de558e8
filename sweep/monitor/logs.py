"""What a trial said, and what HTCondor says of it: all its tries, in order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sweep.errors import PoolError, StudyError
from sweep.paths import TrialPaths
from sweep.pool import schedd
from sweep.pool.connect import connect, poll_seconds
from sweep.pool.schedd import JobStatus, tail_output
from sweep.study.study import Study
from sweep.system.files import json_lines
from sweep.trial.event_log import ENDINGS, EVENT, EXECUTE, GENERIC, IMAGE_SIZE, SLOT, SUBMIT

QUIET = {IMAGE_SIZE}
"""Events that are not shown."""


@dataclass(frozen=True)
class JobOutput:
    """One job of a trial: its events, by line, and what it left as output; None where that is not home."""

    cluster: int
    events: list[str]
    stdout: str | None = None
    stderr: str | None = None


def trial_jobs(files: TrialPaths) -> list[JobOutput]:
    """All jobs of a trial, in order."""
    log = _text(files.job_log) or ""
    kept = dict(enumerate(_ended(files), start=1))
    found = []
    clusters = list(dict.fromkeys(int(match["cluster"]) for match in EVENT.finditer(log)))
    for cluster in clusters:
        number = next((number for number, one in kept.items() if one == cluster), None)
        outputs = [files.stdout, files.stderr]
        if number is not None:
            outputs = [output.with_name(f"{output.name}.{number}") for output in outputs]
        # What a later job of the same name has written over is gone.
        gone = number is None and cluster != clusters[-1]
        stdout, stderr = (None if gone else _text(output) for output in outputs)
        found.append(JobOutput(cluster, event_lines(log, cluster), stdout, stderr))
    return found


def _ended(files: TrialPaths) -> list[int]:
    """Clusters of the jobs after which the trial was tried again, in order: their outputs are out.1, out.2, …"""
    return [ending["cluster"] for ending in json_lines(_text(files.endings) or "")]


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def event_lines(log: str, cluster: int) -> list[str]:
    """What HTCondor's event log tells of a job, a line for each event."""
    lines = []
    for match in EVENT.finditer(log):
        if int(match["cluster"]) != cluster or match["code"] in QUIET:
            continue
        body = log[match.end() : log.find("\n...", match.end()) % (len(log) + 1)]
        what = match["text"].rstrip(".")
        if match["code"] in (SUBMIT, EXECUTE):
            # In place of the daemon's address.
            what = what.partition(" from host")[0].partition(" on host")[0]
        if match["code"] == EXECUTE and (slot := SLOT.search(body)):
            what += f" on {slot[1]}"
        elif match["code"] in (*ENDINGS, GENERIC) and body.strip():
            what += f": {body.strip().splitlines()[0].strip()}"
        lines.append(f"{match['when']}  {what}")
    return lines


class Logs:
    """A trial's logs, said part by part; said again, only what is new. Of a job that `is_running` the output is fetched
    from where it runs."""

    is_running = False

    def __init__(self, study: Study, trial: int) -> None:
        """Raises StudyError where the study has no such trial."""
        self._files = study.paths.trial(trial)
        self._said: dict[str, int] = {}
        self._part = ""
        if not self._files.root.is_dir():
            raise StudyError(f"the study has no trial {trial}", "`sweep report` lists them.")

    def say(self, say: Callable[[str], None]) -> None:
        there = trial_jobs(self._files)
        if there and self.is_running:
            stdout, stderr = tail_output(there[-1].cluster)
            there[-1] = replace(there[-1], stdout=stdout or there[-1].stdout, stderr=stderr or there[-1].stderr)
        for one in there:
            self._say_new(f"job {one.cluster}", one.events, say)
            self._say_new(f"stdout of job {one.cluster}", (one.stdout or "").splitlines(), say)
            self._say_new(f"stderr of job {one.cluster}", (one.stderr or "").splitlines(), say)
        if not there and not self._said:
            self._say_new("no job yet", ["The trial has had no job yet."], say)

    def _say_new(self, part: str, lines: Sequence[str], say: Callable[[str], None]) -> None:
        fresh = lines[self._said.get(part, 0) :]
        if fresh and part != self._part:
            say(f"── {part} ──")
            self._part = part
        for line in fresh:
            say(line)
        self._said[part] = max(len(lines), self._said.get(part, 0))


def show_logs(study: Study, trial: int, say: Callable[[str], None]) -> None:
    """Say all there is of a trial. Where HTCondor does not answer, that is what is on this machine."""
    logs = Logs(study, trial)
    with contextlib.suppress(PoolError):
        connect()
        logs.is_running = _status(study, trial) == JobStatus.RUNNING
    logs.say(say)


def follow_logs(study: Study, trial: int, say: Callable[[str], None]) -> None:
    """Go on saying what is new of a trial, until it has ended or its sweep has. Raises PoolError."""
    connect()
    logs = Logs(study, trial)
    while True:
        over = study.paths.trial(trial).result.exists() or not schedd.queued_jobs(study.id)
        logs.is_running = _status(study, trial) == JobStatus.RUNNING
        logs.say(say)
        if over:
            return
        time.sleep(poll_seconds())


def _status(study: Study, trial: int) -> JobStatus | None:
    return next((job.status for job in schedd.queued_jobs(study.id) if job.trial == trial), None)
