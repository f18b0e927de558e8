"""Whether a study's work suits high-throughput computing: many jobs, neither too long nor too short, within what they
ask for. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sweep.config.suggested_job import Usage
from sweep.doctor.classads import KB, MB, number_or_zero
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.pool.classads import Ad
from sweep.units import readable_bytes, readable_time

SHORTEST = 60
"""Seconds of work below which a job costs more than it does: to be matched, its transfers, PRE and POST."""


UNSAFE = 4 * 3600
"""Seconds that are much to lose, where a job has no checkpoints."""


RARE = 5 * 3600
"""Seconds between two checkpoints at the most: the Open Science Pool's advice is 1 to 5 h."""


LENGTHS = {
    # CHTC's guide "Use GPUs": by how long a job says that it runs it gets a share of the GPU Lab.
    "GPUJobLength": {"short": 12, "medium": 24, "long": 7 * 24},
    # The Open Science Pool's guide "Job duration": hours after which a job is held that handed no checkpoint over.
    "JobDurationCategory": {"medium": 20, "long": 40},
}
"""Hours that a job may run, by attributes that sites have for it."""


@dataclass(frozen=True)
class Limit:
    """How long a job may run; where `checkpoints` begin it anew, from one to the next."""

    seconds: float
    source: str
    checkpoints: bool


@dataclass(frozen=True)
class Work:
    """A trial's work in seconds, where it was measured, and after how many a job hands a checkpoint over, or ends for
    the next slice; None where it does not."""

    trial: float
    source: str
    handover: float | None
    slice: float | None

    @property
    def job(self) -> float:
        return min(self.trial, self.slice or self.trial)

    @property
    def at_risk(self) -> float:
        """The longest stretch of work that a kill may cost."""
        return min(self.job, self.handover or self.job)


def job_limits(job: Ad) -> list[Limit]:
    """How long the job of this ad may run."""
    found = []
    if seconds := number_or_zero(job.get("AllowedJobDuration")):
        found.append(Limit(seconds, "allowed_job_duration", False))
    if seconds := number_or_zero(job.get("AllowedExecuteDuration")):
        found.append(Limit(seconds, "allowed_execute_duration", True))
    for name, hours in LENGTHS.items():
        value = str(job.get(name, ""))
        if value.lower() in hours:
            found.append(Limit(hours[value.lower()] * 3600, f"{name} {value}", name == "JobDurationCategory"))
    return found


def judge_length(work: Work, limits: list[Limit]) -> Iterator[Finding]:
    """Whether jobs are neither too long nor too short."""
    text = f"a trial takes about {readable_time(work.trial)} {work.source}"
    if work.job < work.trial:
        text += f", in slices of {readable_time(work.job)}"
    wrong = [*_too_long(work, limits), *_too_risky(work)]
    if work.job < SHORTEST:
        advice = "Train for more epochs, or on more data." if work.job == work.trial else "Set a longer [job] slice."
        wrong.append(
            warning(f"a job does only {readable_time(work.job)} of work: waiting for a slot costs more", advice)
        )
    yield from wrong or [ok(text)]


def _too_long(work: Work, limits: list[Limit]) -> Iterator[Finding]:
    for limit in limits:
        span_of_limit = f"{readable_time(limit.seconds)} ({limit.source})"
        if limit.checkpoints and work.at_risk > limit.seconds:
            yield error(
                f"a job runs for {readable_time(work.at_risk)} before it hands a checkpoint over, "
                f"but may for {span_of_limit}",
                "Set a shorter [job] checkpoint_every, or ask for longer jobs.",
            )
        elif not limit.checkpoints and work.job > limit.seconds:
            advice = f'Set [job] slice = "{max(1, int(limit.seconds // 7200))} h", or so; or ask for longer jobs.'
            yield error(f"a job takes about {readable_time(work.job)}, but may run for {span_of_limit}", advice)


def _too_risky(work: Work) -> Iterator[Finding]:
    if work.handover is None and work.job > UNSAFE:
        yield warning(
            f"a trial takes about {readable_time(work.job)} {work.source}, "
            "without checkpoints: evicted, it starts over",
            "Write checkpoints ([trainer] checkpoints = true), or keep trials short.",
        )
    elif work.handover is not None and work.at_risk > RARE:
        yield warning(
            f"a kill may cost {readable_time(work.at_risk)} of work, the time between two checkpoints",
            'Set [job] checkpoint_every = "1 h", or so.',
        )


def judge_use(used: Usage, job: Ad) -> Iterator[Finding]:
    """Whether a job asks for what a trial was seen to use."""
    asked = {
        "memory": (used.memory, "request_memory", number_or_zero(job.eval("RequestMemory")) * MB),
        "disk": (used.disk, "request_disk", number_or_zero(job.eval("RequestDisk")) * KB),
        "GPU memory": (used.gpu, "gpus_minimum_memory", number_or_zero(job.get("GPUsMinMemory")) * MB),
    }
    low = [
        warning(
            f"`sweep try` used {readable_bytes(has)} of {name}, "
            f"and {key} is {readable_bytes(wanted) if wanted else 'not set'}",
            f"Raise [job] {key}: `sweep try` suggests one. A job that needs more than it has is held, or fails.",
        )
        for name, (has, key, wanted) in asked.items()
        if has > wanted
    ]
    yield from low or [ok("a job asks for more than `sweep try` used")]
