"""Reads where a sweep stands from its files and the queue; asked again it reads only what has changed."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sweep.errors import StudyError
from sweep.monitor.progress import (
    Progress,
    QueuedTrial,
    best_so_far,
    busy_share,
    count_generations,
    seconds_left,
)
from sweep.nodes.lanes import lane_of_trial
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.pool.schedd import Job, JobStatus
from sweep.study.study import Study, planned_generations
from sweep.system.files import tail
from sweep.trial.event_log import JobHistory, SlotRun, read_event_log
from sweep.trial.files import read_reports, read_result, read_spec
from sweep.trial.metrics import Values
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


class ProgressReader:
    """Of a study that is to have so many generations; keeps what it has read of trials that have ended."""

    def __init__(self, study: Study, generations: int) -> None:
        self._study, self._generations = study, generations
        self._specs: dict[int, TrialSpec] = {}
        self._results: dict[int, Result] = {}
        """By number, in the order of their ends."""
        self._runs: dict[int, list[SlotRun]] = {}
        self._read: dict[Path, tuple[int, Any]] = {}

    def look(self) -> Progress:
        """Raises PoolError when the schedd does not answer, StudyError when a result is damaged."""
        return self.progress(schedd.queued_jobs(self._study.id))

    def progress(self, queue: Sequence[Job]) -> Progress:
        """The same for a queue that is known."""
        paths, section = self._study.paths, self._study.config.study
        jobs = {job.trial: job for job in queue if job.trial is not None}
        self._read_trials()
        in_lanes = lane_of_trial(paths)
        left = [(number, job) for number, job in sorted(jobs.items()) if number not in self._results]
        opened = [self._open(job, number, in_lanes) for number, job in left]
        generations = count_generations(self._specs.values(), self._results, jobs, self._generations, section)
        now, launched = datetime.now(), self._launched()
        runs = [run for there in self._runs.values() for run in there]
        since = sum(
            bool(there) and (there[-1].end or now) > launched for n, there in self._runs.items() if n in self._results
        )
        done, total = sum(one.done for one in generations), sum(one.total for one in generations)
        shares, outer = [one.share for one in opened], schedd.outer_dagman(queue)
        return Progress(
            generations=generations,
            outer=outer,
            open=opened,
            lanes=len(in_lanes),
            left=sum(number not in self._results for number in self._specs),
            best=best_so_far(list(self._results.values()), section),
            evictions=sum(run.ending in ("evicted", "lost") for run in runs),
            busy=busy_share(runs, launched, now),
            seconds_left=seconds_left(total, done, since, shares, (now - launched).total_seconds()),
            waiting=tail(paths.waiting) if outer else "",
            ended=tail(paths.ended),
            stopped="" if outer else tail(paths.stopped),
        )

    def _launched(self) -> datetime:
        """When the sweep was launched last."""
        outer = self._study.paths.outer_dag
        return datetime.fromtimestamp(outer.stat().st_mtime) if outer.exists() else datetime.now()

    def _read_trials(self) -> None:
        """Take up new trials, and those that have ended since."""
        ended = []
        for number in self._study.paths.trial_numbers():
            if number in self._results:
                continue
            files = self._study.paths.trial(number)
            with contextlib.suppress(StudyError):  # ./propose writes it in a moment, or anew
                if number not in self._specs:
                    self._specs[number] = read_spec(files)
            if result := read_result(files):
                ended.append((files.result.stat().st_mtime, number, result))
                self._runs[number] = read_event_log(files.job_log, number).runs
        self._results |= {number: result for _, number, result in sorted(ended, key=lambda one: one[:2])}

    def _open(self, job: Job, number: int, in_lanes: dict[int, str]) -> QueuedTrial:
        files, spec = self._study.paths.trial(number), self._specs.get(number)
        history: JobHistory = self._changed(files.job_log, lambda: read_event_log(files.job_log, number), JobHistory())
        self._runs[number] = history.runs
        step = 0
        values: Values = {}
        if spec:
            metrics = files.stdout if spec.metrics_pattern else files.root / spec.metrics
            reported = self._changed(metrics, lambda: read_reports(files, spec).values, {})
            step, values = max(
                [*((at, values) for at, values in reported.items()), live_report(history.last_message, spec)],
                key=_first,
            )
        last = history.runs[-1] if history.runs else None
        on_slot = last if last and job.status in (JobStatus.RUNNING, JobStatus.TRANSFERRING_OUTPUT) else None
        return QueuedTrial(
            trial=number,
            status=job.status,
            step=step,
            target_step=spec.target_step if spec else 0,
            values=values,
            host=on_slot.host if on_slot else "",
            gpu=on_slot.gpu if on_slot else "",
            since=on_slot.start if on_slot else None,
            lane=in_lanes.get(number, ""),
            attempts=history.attempts,
            evictions=history.evictions,
            hold_reason=job.hold_reason,
        )

    def _changed(self, file: Path, read: Any, default: Any) -> Any:
        """What `read` makes of a file; read again only where the file has grown or shrunk."""
        try:
            size = file.stat().st_size
        except FileNotFoundError:
            return default
        if self._read.get(file, (-1,))[0] != size:
            self._read[file] = (size, read())
        return self._read[file][1]


def _first(pair: tuple[int, Values]) -> int:
    return pair[0]


def live_report(said: str, spec: TrialSpec) -> tuple[int, Values]:
    """Step and values that a running trial had written into its job's log; step 0 where there is nothing to use."""
    try:
        report = json.loads(said)
        values = {name: float(report[name]) for name in spec.wanted if name in report}
        step = int(report["step"])
    except (ValueError, KeyError, TypeError):
        return 0, {}
    return (step, values) if all(math.isfinite(value) for value in values.values()) else (0, {})


def read_progress(study: Study) -> Progress:
    """Raises PoolError when HTCondor does not answer."""
    connect()
    return ProgressReader(study, planned_generations(study.paths)).look()
