"""Judges whether a study's jobs suit high-throughput computing: neither too long nor too short, and requesting what
they use. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sweep.config.suggested_job import Usage
from sweep.doctor.classads import KB, MB, number_or_zero
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.pool.classads import Ad
from sweep.units import readable_bytes, readable_time

SHORTEST_JOB = 60
"""Seconds of work. A shorter job costs more than it does: matching, transfers, PRE and POST scripts."""


LONGEST_WITHOUT_CHECKPOINT = 4 * 3600
"""Seconds of work. A longer job without checkpoints loses too much when it is evicted."""


LONGEST_CHECKPOINT_INTERVAL = 5 * 3600
"""Seconds between two checkpoints. The Open Science Pool's advice is 1 to 5 h."""


LENGTHS = {
    # CHTC's guide "Use GPUs": the job's length decides how many GPUs of the GPU Lab a user gets.
    "GPUJobLength": {"short": 12, "medium": 24, "long": 7 * 24},
    # The Open Science Pool's guide "Job duration": a job that saves no checkpoint for so many hours is held.
    "JobDurationCategory": {"medium": 20, "long": 40},
}
"""The hours that a job may run, by the sites' job attributes and their values."""


@dataclass(frozen=True)
class TimeLimit:
    """How long a job may run, in seconds. If `checkpoints` is true, each checkpoint restarts the time."""

    seconds: float
    source: str
    checkpoints: bool


@dataclass(frozen=True)
class Work:
    """The work of a trial, in seconds.

    `source` says in words where it was measured. `checkpoint_interval` is the work between two checkpoints, and `slice`
    the work of one slice; None without checkpoints or slices.
    """

    trial: float
    source: str
    checkpoint_interval: float | None
    slice: float | None

    @property
    def job(self) -> float:
        """The work of one job: a slice, or the whole trial."""
        return min(self.trial, self.slice or self.trial)

    @property
    def at_risk(self) -> float:
        """The most work that an eviction can cost."""
        return min(self.job, self.checkpoint_interval or self.job)


def job_limits(job: Ad) -> list[TimeLimit]:
    """Return the limits on a job's time, from its ad."""
    limits = []
    if seconds := number_or_zero(job.get("AllowedJobDuration")):
        limits.append(TimeLimit(seconds, "allowed_job_duration", False))
    if seconds := number_or_zero(job.get("AllowedExecuteDuration")):
        limits.append(TimeLimit(seconds, "allowed_execute_duration", True))
    for name, hours in LENGTHS.items():
        value = str(job.get(name, ""))
        if value.lower() in hours:
            limits.append(TimeLimit(hours[value.lower()] * 3600, f"{name} {value}", name == "JobDurationCategory"))
    return limits


def judge_length(work: Work, limits: list[TimeLimit]) -> Iterator[Finding]:
    """Judge whether jobs are neither too long nor too short."""
    text = f"a trial takes about {readable_time(work.trial)} {work.source}"
    if work.job < work.trial:
        text += f", in slices of {readable_time(work.job)}"
    problems = [*_over_limits(work, limits), *_long_without_checkpoint(work)]
    if work.job < SHORTEST_JOB:
        advice = "Train for more epochs, or on more data." if work.job == work.trial else "Set a longer [job] slice."
        problems.append(warning(f"a job works only {readable_time(work.job)}: waiting for a slot costs more", advice))
    yield from problems or [ok(text)]


def _over_limits(work: Work, limits: list[TimeLimit]) -> Iterator[Finding]:
    for limit in limits:
        allowed = f"{readable_time(limit.seconds)} ({limit.source})"
        if limit.checkpoints and work.at_risk > limit.seconds:
            yield error(
                f"a job runs for {readable_time(work.at_risk)} without saving a checkpoint, but may run for {allowed}",
                "Set a shorter [job] checkpoint_every, or request a longer job.",
            )
        elif not limit.checkpoints and work.job > limit.seconds:
            advice = f'Set for example [job] slice = "{max(1, int(limit.seconds // 7200))} h", or request a longer job.'
            yield error(f"a job takes about {readable_time(work.job)}, but may run for {allowed}", advice)


def _long_without_checkpoint(work: Work) -> Iterator[Finding]:
    if work.checkpoint_interval is None and work.job > LONGEST_WITHOUT_CHECKPOINT:
        yield warning(
            f"a trial takes about {readable_time(work.job)} {work.source}, and has no checkpoints: "
            "after an eviction it starts from the beginning",
            "Save checkpoints and set [trainer] checkpoints = true, or make trials shorter.",
        )
    elif work.checkpoint_interval is not None and work.at_risk > LONGEST_CHECKPOINT_INTERVAL:
        yield warning(
            f"an eviction can cost {readable_time(work.at_risk)} of work, the time between two checkpoints",
            'Set for example [job] checkpoint_every = "1 h".',
        )


def judge_usage(used: Usage, job: Ad) -> Iterator[Finding]:
    """Judge whether a job requests at least what `sweep try` used."""
    resources = {
        "memory": (used.memory, "request_memory", number_or_zero(job.eval("RequestMemory")) * MB),
        "disk": (used.disk, "request_disk", number_or_zero(job.eval("RequestDisk")) * KB),
        "GPU memory": (used.gpu, "gpus_minimum_memory", number_or_zero(job.get("GPUsMinMemory")) * MB),
    }
    low = [
        warning(
            f"`sweep try` used {readable_bytes(usage)} of {name}, "
            f"but {key} is {readable_bytes(requested) if requested else 'not set'}",
            f"Raise [job] {key} to what `sweep try` suggests. A job that uses more than it requested is held or fails.",
        )
        for name, (usage, key, requested) in resources.items()
        if usage > requested
    ]
    yield from low or [ok("a job requests more than `sweep try` used")]
