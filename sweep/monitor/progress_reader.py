"""Reads a sweep's progress from its files and the queue; a second reading opens only the files that have changed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sweep.errors import StudyError
from sweep.monitor.early_end import early_end
from sweep.monitor.progress import (
    Progress,
    QueuedTrial,
    best_so_far,
    busy_share,
    count_generations,
    seconds_left,
)
from sweep.monitor.trouble import find_troubles
from sweep.monitor.trouble_reader import read_facts
from sweep.nodes.lanes import lane_of_trial
from sweep.paths import TrialPaths
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.pool.schedd import Job, JobStatus
from sweep.study.place import own_jobs
from sweep.study.study import Study, planned_generations
from sweep.system.files import tail
from sweep.trial.event_log import JobHistory, SlotRun, read_event_log
from sweep.trial.files import read_reports, read_result, read_spec
from sweep.trial.metrics import Values
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


class ProgressReader:
    """Reads the progress of a study with `generations` planned; remembers the trials that have ended."""

    def __init__(self, study: Study, generations: int) -> None:
        self._study, self._generations = study, generations
        self._specs: dict[int, TrialSpec] = {}
        self._results: dict[int, Result] = {}
        """By trial number, in the order of ending."""
        self._runs: dict[int, list[SlotRun]] = {}
        self._cache: dict[Path, tuple[int, Any]] = {}
        """Size of each file when it was read, and its content."""

    def read(self) -> Progress:
        """Return the progress. Raises PoolError if the schedd does not answer, StudyError if a result is damaged."""
        return self.progress(own_jobs(self._study))

    def progress(self, queue: Sequence[Job]) -> Progress:
        """Return the progress; `queue` has all of the study's jobs. Raises StudyError if a result is damaged."""
        paths, section = self._study.paths, self._study.config.study
        jobs = {job.trial: job for job in queue if job.trial is not None}
        self._read_trials()
        lanes = lane_of_trial(paths)
        unfinished = [(number, job) for number, job in sorted(jobs.items()) if number not in self._results]
        queued = [self._queued_trial(job, number, lanes) for number, job in unfinished]
        generations = count_generations(self._specs.values(), self._results, jobs, self._generations, section)
        planned = self._generations * section.trials_per_generation
        now, launched, outer = datetime.now(), self._launched(), schedd.outer_dagman(queue)
        runs = [run for of_trial in self._runs.values() for run in of_trial]
        progress = Progress(
            generations=generations,
            outer=outer,
            queued=queued,
            planned=planned,
            lanes=len(lanes),
            unfinished=sum(number not in self._results for number in self._specs),
            best=best_so_far(list(self._results.values()), section),
            evictions=sum(run.ending in ("evicted", "lost") for run in runs),
            busy=busy_share(runs, launched, now),
            seconds_left=seconds_left(
                total=planned,
                done=sum(generation.done for generation in generations),
                done_since=self._ended_since(launched, now),
                unfinished_shares=[trial.done_share for trial in queued],
                elapsed=(now - launched).total_seconds(),
            ),
            waiting=tail(paths.waiting) if outer else "",
            ended=tail(paths.ended),
            stopped="" if outer else tail(paths.stopped),
            troubles=self._troubles(queue, jobs, launched, now),
        )
        return progress if outer or progress.finished else replace(progress, stopped=early_end(paths))

    def _troubles(self, queue: Sequence[Job], jobs: Mapping[int, Job], launched: datetime, now: datetime) -> list[str]:
        """Return what hangs or is gone while the study has jobs in the queue."""
        if not queue:
            return []
        jobless = self._specs.keys() - self._results.keys() - jobs.keys()
        return find_troubles(queue, read_facts(self._study, sorted(jobless), launched, now))

    def _launched(self) -> datetime:
        """Return the time of the last launch, now if there was none."""
        outer = self._study.paths.outer_dag
        return datetime.fromtimestamp(outer.stat().st_mtime) if outer.exists() else datetime.now()

    def _ended_since(self, launched: datetime, now: datetime) -> int:
        """Return the number of trials whose last job ended after the launch."""
        lasts = [runs[-1] for number, runs in self._runs.items() if runs and number in self._results]
        return sum((last.end or now) > launched for last in lasts)

    def _read_trials(self) -> None:
        """Read the trials that are new, and the results that are new."""
        ended = []
        for number in self._study.paths.trial_numbers():
            if number in self._results:
                continue
            files = self._study.paths.trial(number)
            # The script ./propose may be about to write trial.json.
            with contextlib.suppress(StudyError):
                if number not in self._specs:
                    self._specs[number] = read_spec(files)
            if result := read_result(files):
                ended.append((files.result.stat().st_mtime, number, result))
                self._runs[number] = read_event_log(files.job_log, number).runs
        self._results |= {number: result for _, number, result in sorted(ended, key=lambda entry: entry[:2])}

    def _queued_trial(self, job: Job, number: int, lanes: dict[int, str]) -> QueuedTrial:
        files, spec = self._study.paths.trial(number), self._specs.get(number)
        history: JobHistory = self._cached(files.job_log, lambda: read_event_log(files.job_log, number), JobHistory())
        self._runs[number] = history.runs
        step, values = self._latest_report(files, spec, job) if spec else (0, {})
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
            lane=lanes.get(number, ""),
            attempts=history.attempts,
            evictions=history.evictions,
            hold_reason=job.hold_reason,
        )

    def _latest_report(self, files: TrialPaths, spec: TrialSpec, job: Job) -> tuple[int, Values]:
        """Return step and values of the latest report, from the files that came home or from the running job."""
        metrics = files.stdout if spec.metrics_pattern else files.root / spec.metrics
        reported: dict[int, Values] = self._cached(metrics, lambda: read_reports(files, spec).values, {})
        live = (job.live_step, dict(zip(spec.objectives, job.live_values, strict=False)))
        return max([*reported.items(), live], key=lambda report: report[0])

    def _cached(self, file: Path, read: Callable[[], Any], default: Any) -> Any:
        """Return what `read` returns for a file, `default` if there is no file. Read again only if its size changed."""
        try:
            size = file.stat().st_size
        except FileNotFoundError:
            return default
        if self._cache.get(file, (-1,))[0] != size:
            self._cache[file] = (size, read())
        return self._cache[file][1]


def read_progress(study: Study) -> Progress:
    """Return a study's progress. Raises PoolError if HTCondor does not answer, StudyError if a result is damaged."""
    connect()
    return ProgressReader(study, planned_generations(study.paths)).read()
