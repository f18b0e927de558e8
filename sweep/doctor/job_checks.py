"""Checks of a study's jobs: what HTCondor makes of them, where they match, whether they are of a good size."""

from __future__ import annotations

from collections.abc import Iterator

from sweep.config.job import Interval
from sweep.config.suggested_job import Usage, job_disk_bytes
from sweep.control.software import check_software, container_note, job_program
from sweep.doctor.finding import Finding, ok, warning
from sweep.doctor.job_length import Work, job_limits, judge_length, judge_use
from sweep.doctor.rehearsal import Rehearsal
from sweep.doctor.slot_matching import judge_match, match_pool, requested
from sweep.pool import schedd
from sweep.pool.classads import Ad
from sweep.study.measured import Pace, measured_pace
from sweep.study.study import Study
from sweep.study.tried import last_try


def check_program(study: Study) -> Iterator[Finding]:
    """Whether there is what the jobs run."""
    check_software(study)
    if note := container_note(study):
        yield warning(note, "Name a container that has what the trials need.")
    else:
        yield ok(f"jobs run {study.job.container_image or job_program(study)}")


def check_description(rehearsal: Rehearsal) -> Iterator[Finding]:
    """What condor_submit says of the submit description."""
    for line in rehearsal.warnings:
        yield warning(f"condor_submit: {line}", "Look at [job]: is there a typing error?")
    if not rehearsal.warnings:
        yield ok("condor_submit takes the submit description")


def check_slots(study: Study, job: Ad) -> Iterator[Finding]:
    """How many slots of the pool a job matches."""
    kinds = ['SlotType =!= "Dynamic"']
    if requested(job, "GPUs"):
        kinds.append("(TotalSlotGPUs ?: GPUs) > 0")
    section = study.config.study
    wanted = section.lanes_wanted or section.trials_per_generation
    yield judge_match(match_pool(job, schedd.slot_ads(" && ".join(kinds))), wanted)


def check_work(study: Study, job: Ad) -> Iterator[Finding]:
    """Whether a job's work is of a good size, and within what it asks for."""
    known, tried = measured_pace(study), last_try(study)
    if known is None:
        yield warning("how long a trial takes is not known", "Type `sweep try`: then this says whether jobs can do it.")
    else:
        handover = study.config.job.interval if study.config.trainer.has_checkpoints else Interval()
        work = Work(
            known.seconds * known.epochs,
            known.source,
            _seconds(handover, known),
            _seconds(study.config.job.each_slice, known),
        )
        yield from judge_length(work, job_limits(job))
    if tried is not None:
        disk = job_disk_bytes(tried.data_bytes, tried.checkpoint_bytes)
        yield from judge_use(Usage(tried.memory_bytes, disk, tried.gpu_bytes), job)


def _seconds(interval: Interval, pace: Pace) -> float | None:
    """An interval in seconds, None where there is none."""
    return interval.seconds or (interval.epochs * pace.seconds if interval.epochs else None)
