"""Where a sweep stands, on one screen: its generations, its running trials, what is held and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from sweep import condor, joblog
from sweep.condor import Job, JobStatus
from sweep.launch import planned_generations
from sweep.metrics import Values
from sweep.progress import Progress, Watcher
from sweep.records import read_metrics, read_spec
from sweep.study import Study
from sweep.trial import reports
from sweep.watch import line


@dataclass(frozen=True)
class Running:
    """A trial whose job is in the queue. `step` and `values` are those of the last report that came back."""

    trial: int
    status: JobStatus
    host: str
    attempts: int
    evictions: int
    step: int
    values: Values
    hold_reason: str


def status(study: Study) -> list[str]:
    """Lines to print. Raises PoolError when HTCondor does not answer."""
    condor.connect()
    queue = condor.jobs(study.id)
    watcher = Watcher(study.paths, study.id, planned_generations(study.paths), study.config.study)
    why = study.paths.stopped.read_text().strip() if study.paths.stopped.exists() else ""
    return lines(study, watcher.look(), condor.dagman(queue), [_running(study, job) for job in queue], why)


def _running(study: Study, job: Job) -> Running | None:
    if job.trial is None:
        return None
    files = study.paths.trial(job.trial)
    history = joblog.read(files.job_log)
    spec = read_spec(files)
    values, _ = reports(spec, read_metrics(files, spec))
    step = max(values, default=0)
    return Running(
        trial=job.trial,
        status=job.status,
        host=history.host,
        attempts=history.attempts,
        evictions=history.evictions,
        step=step,
        values=values.get(step, {}),
        hold_reason=job.hold_reason,
    )


def lines(study: Study, progress: Progress, outer: Job | None, jobs: list[Running | None], why: str) -> list[str]:
    """The screen, as plain lines."""
    name, metric, epochs = study.config.study.name, study.config.study.metric[0], study.config.trainer.epochs
    of = f" of {epochs}" if epochs else ""
    if outer is None:
        state = "is finished" if progress.finished and progress.generations else "is not running"
        state += f": {progress.ended}" if progress.ended else ""
    else:
        state = f"is held (cluster {outer.cluster}): {outer.hold_reason}" if outer.hold_reason else "is running"
        state += f" as cluster {outer.cluster}" if not outer.hold_reason else ""
    text = [f"{name} {state}." + (f" {why}" if why else "")]
    text += [f"It waits, and tries again by itself: {progress.waiting}"] if progress.waiting else []
    text += [line(generation, metric) for generation in progress.generations if generation.has_begun]
    for job in sorted((job for job in jobs if job), key=lambda job: job.trial):
        at = f" on {job.host}" if job.host and job.status == JobStatus.RUNNING else ""
        value = "".join(f", {name} {value:.5g}" for name, value in job.values.items())
        text.append(
            f"trial {job.trial}: {job.status.name.lower()}{at}, epoch {job.step}{of}{value}, "
            f"{job.attempts} starts, {job.evictions} evictions"
        )
        if job.status == JobStatus.HELD:
            text.append(f"  held: {job.hold_reason}")
            text.append(f"  let it go on: condor_release -constraint 'SweepTrial == {job.trial}'; or end it: condor_rm")
    if outer is None and not progress.finished:
        text.append(f"Next: sweep launch --generations {max(1, len(progress.generations))}")
    return text
