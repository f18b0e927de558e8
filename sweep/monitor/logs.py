"""Prints a trial's output and HTCondor's events, of all its jobs in order."""

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
from sweep.study.commands import study_command
from sweep.study.study import Study
from sweep.system.files import json_lines
from sweep.trial.event_log import ENDINGS, EVENT, EXECUTE, GENERIC, IMAGE_SIZE, SLOT, SUBMIT

HIDDEN_EVENTS = {IMAGE_SIZE}


@dataclass(frozen=True)
class JobOutput:
    """One job of a trial: its events, a line each, and its output, None if that is not on this machine."""

    cluster: int
    events: list[str]
    stdout: str | None = None
    stderr: str | None = None


def trial_jobs(files: TrialPaths) -> list[JobOutput]:
    """Return all jobs of a trial, in the order of their submission."""
    log = _text(files.job_log) or ""
    attempts = {cluster: number for number, cluster in reversed(list(enumerate(_retried_clusters(files), start=1)))}
    jobs = []
    clusters = list(dict.fromkeys(int(match["cluster"]) for match in EVENT.finditer(log)))
    for cluster in clusters:
        outputs = [files.stdout, files.stderr]
        if attempt := attempts.get(cluster):
            outputs = [files.attempt_output(output, attempt) for output in outputs]
        # A later job has overwritten the output of a job that was not retried.
        is_overwritten = attempt is None and cluster != clusters[-1]
        stdout, stderr = (None if is_overwritten else _text(output) for output in outputs)
        jobs.append(JobOutput(cluster, event_lines(log, cluster), stdout, stderr))
    return jobs


def _retried_clusters(files: TrialPaths) -> list[int]:
    """Return the clusters of the jobs after which the trial was retried, in order: their outputs are out.1, out.2, …"""
    return [ending["cluster"] for ending in json_lines(_text(files.endings) or "")]


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def event_lines(log: str, cluster: int) -> list[str]:
    """Return a line for each event of a job in HTCondor's event log, but for `HIDDEN_EVENTS`."""
    lines = []
    for match in EVENT.finditer(log):
        if int(match["cluster"]) != cluster or match["code"] in HIDDEN_EVENTS:
            continue
        body = log[match.end() : log.find("\n...", match.end()) % (len(log) + 1)]
        event = match["text"].rstrip(".")
        if match["code"] in (SUBMIT, EXECUTE):
            # The address of a daemon says nothing to a user.
            event = event.partition(" from host")[0].partition(" on host")[0]
        if match["code"] == EXECUTE and (slot := SLOT.search(body)):
            event += f" on {slot[1]}"
        elif match["code"] in (*ENDINGS, GENERIC) and body.strip():
            event += f": {body.strip().splitlines()[0].strip()}"
        lines.append(f"{match['when']}  {event}")
    return lines


class LogPrinter:
    """Prints a trial's logs. Each call of `print_new` prints only the lines that no call before has printed.

    While `is_running` is set, the output of the last job is fetched from the machine where the job runs.
    """

    is_running = False

    def __init__(self, study: Study, trial: int) -> None:
        """Raises StudyError if the study has no such trial."""
        self._files = study.paths.trial(trial)
        self._printed: dict[str, int] = {}
        """Lines printed so far, by the title of their section."""
        self._section = ""
        if not self._files.root.is_dir():
            raise StudyError(
                f"study {study.config.study.name} has no trial {trial}",
                f"To list its trials, run: {study_command(study, 'report')}",
            )

    def print_new(self, say: Callable[[str], None]) -> None:
        """Pass each new line to `say`; a title comes before each section."""
        jobs = trial_jobs(self._files)
        if jobs and self.is_running:
            stdout, stderr = tail_output(jobs[-1].cluster)
            jobs[-1] = replace(jobs[-1], stdout=stdout or jobs[-1].stdout, stderr=stderr or jobs[-1].stderr)
        for job in jobs:
            self._print_section(f"job {job.cluster}", job.events, say)
            self._print_section(f"stdout of job {job.cluster}", (job.stdout or "").splitlines(), say)
            self._print_section(f"stderr of job {job.cluster}", (job.stderr or "").splitlines(), say)
        if not jobs and not self._printed:
            self._print_section("no job yet", ["The trial has had no job yet."], say)

    def _print_section(self, title: str, lines: Sequence[str], say: Callable[[str], None]) -> None:
        new = lines[self._printed.get(title, 0) :]
        if new and title != self._section:
            say(f"── {title} ──")
            self._section = title
        for line in new:
            say(line)
        self._printed[title] = max(len(lines), self._printed.get(title, 0))


def show_logs(study: Study, trial: int, say: Callable[[str], None]) -> None:
    """Print a trial's logs. If HTCondor does not answer, print what is on this machine."""
    logs = LogPrinter(study, trial)
    with contextlib.suppress(PoolError):
        connect()
        logs.is_running = _job_status(study, trial) == JobStatus.RUNNING
    logs.print_new(say)


def follow_logs(study: Study, trial: int, say: Callable[[str], None]) -> None:
    """Print a trial's logs as they grow, until the trial or its sweep ends.

    Raises StudyError if the study has no such trial, PoolError if HTCondor does not answer.
    """
    connect()
    logs = LogPrinter(study, trial)
    while True:
        has_ended = study.paths.trial(trial).result.exists() or not schedd.queued_jobs(study.id)
        logs.is_running = _job_status(study, trial) == JobStatus.RUNNING
        logs.print_new(say)
        if has_ended:
            return
        time.sleep(poll_seconds())


def _job_status(study: Study, trial: int) -> JobStatus | None:
    return next((job.status for job in schedd.queued_jobs(study.id) if job.trial == trial), None)
