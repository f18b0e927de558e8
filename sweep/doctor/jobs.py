"""Checks of a study's jobs: what HTCondor makes of them, where they match, whether they are of a good size."""

from __future__ import annotations

from collections.abc import Iterator

from sweep import condor, software, suggest, tryout
from sweep.doctor import fitness, matching
from sweep.doctor.classads import Ad
from sweep.doctor.finding import Finding, ok, warning
from sweep.doctor.rehearsal import Rehearsal
from sweep.job_section import Interval
from sweep.launch import python_note
from sweep.pace import Pace, measured
from sweep.study import Study


def program(study: Study) -> Iterator[Finding]:
    """Whether there is what the jobs run."""
    software.check(study)
    if note := python_note(study):
        yield warning(note, "Name a container that has what the trials need.")
    else:
        yield ok(f"jobs run {study.job.container_image or software.program(study)}")


def description(rehearsal: Rehearsal) -> Iterator[Finding]:
    """What condor_submit says of the submit description."""
    for line in rehearsal.warnings:
        yield warning(f"condor_submit: {line}", "Look at [job]: is there a typing error?")
    if not rehearsal.warnings:
        yield ok("condor_submit takes the submit description")


def slots(study: Study, job: Ad) -> Iterator[Finding]:
    """How many slots of the pool a job matches."""
    kinds = ['SlotType =!= "Dynamic"']
    if matching.asked(job, "GPUs"):
        kinds.append("(TotalSlotGPUs ?: GPUs) > 0")
    section = study.config.study
    wanted = section.lanes_wanted or section.trials_per_generation
    yield matching.judge(matching.match(job, condor.slot_ads(" && ".join(kinds))), wanted)


def work(study: Study, job: Ad) -> Iterator[Finding]:
    """Whether a job's work is of a good size, and within what it asks for."""
    known, tried = measured(study), tryout.last(study)
    if known is None:
        yield warning("how long a trial takes is not known", "Type `sweep try`: then this says whether jobs can do it.")
    else:
        handover = study.config.job.interval if study.config.trainer.has_checkpoints else Interval()
        work = fitness.Work(
            known.seconds * known.epochs,
            known.source,
            _seconds(handover, known),
            _seconds(study.config.job.each_slice, known),
        )
        yield from fitness.judge_length(work, fitness.limits(job))
    if tried is not None:
        disk = suggest.disk_of(tried.data_bytes, tried.checkpoint_bytes)
        yield from fitness.judge_use(suggest.Used(tried.memory_bytes, disk, tried.gpu_bytes), job)


def _seconds(interval: Interval, pace: Pace) -> float | None:
    """An interval in seconds, None where there is none."""
    return interval.seconds or (interval.epochs * pace.seconds if interval.epochs else None)
