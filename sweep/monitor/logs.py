"""Prints a trial's output and HTCondor's events, of all its jobs in order."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sweep.errors import PoolError, StudyError
from sweep.paths import TrialPaths
from sweep.pool.connect import connect, poll_seconds
from sweep.pool.schedd import TAIL_BYTES, JobStatus, tail_output
from sweep.study.commands import study_command
from sweep.study.place import own_jobs
from sweep.study.study import Study
from sweep.system.files import json_lines
from sweep.system.received import ReceivedFileError, read_end
from sweep.trial.event_log import ENDINGS, EVENT, EXECUTE, IMAGE_SIZE, SLOT, SUBMIT
from sweep.units import readable_bytes

HIDDEN_EVENTS = {IMAGE_SIZE}


ANCHOR = 1000
"""Characters by which a text that was cut at its beginning is found again in a later one."""


@dataclass(frozen=True)
class Output:
    """What is known of an output of a job: its end, and a note on what is missing, '' if nothing is."""

    text: str = ""
    note: str = ""


@dataclass(frozen=True)
class JobOutput:
    """One job of a trial: its events, a line each, and its outputs, empty if they are not on this machine."""

    cluster: int
    events: list[str]
    stdout: Output = Output()
    stderr: Output = Output()


def trial_jobs(files: TrialPaths) -> list[JobOutput]:
    """Return all jobs of a trial, in the order of their submission."""
    log = read_output(files.job_log).text
    attempts = {cluster: number for number, cluster in reversed(list(enumerate(_retried_clusters(files), start=1)))}
    jobs = []
    clusters = list(dict.fromkeys(int(match["cluster"]) for match in EVENT.finditer(log)))
    for cluster in clusters:
        outputs = [files.stdout, files.stderr]
        if attempt := attempts.get(cluster):
            outputs = [files.attempt_output(output, attempt) for output in outputs]
        # A later job has overwritten the output of a job that was not retried.
        is_overwritten = attempt is None and cluster != clusters[-1]
        stdout, stderr = (Output() if is_overwritten else read_output(output) for output in outputs)
        jobs.append(JobOutput(cluster, event_lines(log, cluster), stdout, stderr))
    return jobs


def _retried_clusters(files: TrialPaths) -> list[int]:
    """Return the clusters of the jobs after which the trial was retried, in order: their outputs are out.1, out.2, …"""
    return [ending["cluster"] for ending in json_lines(read_output(files.endings).text)]


def read_output(file: Path) -> Output:
    """Return the last `TAIL_BYTES` of a file that a job may have left, from a line's beginning if it has lines."""
    try:
        text, before = read_end(file, TAIL_BYTES)
    except FileNotFoundError:
        return Output()
    except ReceivedFileError as error:
        return Output(note=f"[{error}]")
    if not before:
        return Output(text)
    return _cut(text, f"[The first {readable_bytes(before)} are left out. The whole output is in {file}]")


def _tailed(text: str) -> Output:
    """Return the end of a running job's output."""
    if len(text.encode(errors="replace")) < TAIL_BYTES:
        return Output(text)
    return _cut(text, "[The beginning is left out.]")


def _cut(text: str, note: str) -> Output:
    _, _, lines = text.partition("\n")
    return Output(lines or text, note)


def new_part(before: str, now: str) -> str:
    """Return what a growing text has after `before`, which was seen earlier. Both may lack their beginnings."""
    if now.startswith(before):
        return now[len(before) :]
    if before.startswith(now):
        return ""
    anchor = before[-ANCHOR:]
    found = now.rfind(anchor)
    if found >= 0:
        return now[found + len(anchor) :]
    # What a job sent back when it handed over is older than what was fetched from it while it ran.
    return "" if now[-ANCHOR:] in before else now


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
        elif match["code"] in ENDINGS and body.strip():
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
        self._printed: dict[str, str] = {}
        """The text printed so far, or its end, by the title of its section."""
        self._noted: set[str] = set()
        """Titles of the sections whose note was printed."""
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
            jobs[-1] = replace(
                jobs[-1],
                stdout=_tailed(stdout) if stdout else jobs[-1].stdout,
                stderr=_tailed(stderr) if stderr else jobs[-1].stderr,
            )
        for job in jobs:
            grows = self.is_running and job is jobs[-1]
            self._print_section(f"job {job.cluster}", Output("".join(f"{line}\n" for line in job.events)), say)
            self._print_section(f"stdout of job {job.cluster}", job.stdout, say, grows=grows)
            self._print_section(f"stderr of job {job.cluster}", job.stderr, say, grows=grows)
        if not jobs and not self._printed:
            self._print_section("no job yet", Output("The trial has had no job yet."), say)

    def _print_section(self, title: str, output: Output, say: Callable[[str], None], *, grows: bool = False) -> None:
        """Print what is new. The last line of an output that `grows` waits until it is whole."""
        text = output.text
        if grows:
            text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
        before = self._printed.get(title, "")
        new = new_part(before, text)
        lines = new.splitlines()
        if output.note and not before and title not in self._noted:
            self._noted.add(title)
            lines.insert(0, output.note)
        if lines and title != self._section:
            say(f"── {title} ──")
            self._section = title
        for line in lines:
            say(line)
        if new:
            self._printed[title] = (before + new)[-2 * TAIL_BYTES :]


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
        has_ended = study.paths.trial(trial).result.exists() or not own_jobs(study)
        logs.is_running = _job_status(study, trial) == JobStatus.RUNNING
        logs.print_new(say)
        if has_ended:
            return
        time.sleep(poll_seconds())


def _job_status(study: Study, trial: int) -> JobStatus | None:
    return next((job.status for job in own_jobs(study) if job.trial == trial), None)
