"""Checks a study's jobs: their program, their submit description, the slots that they match, and their length."""

from __future__ import annotations

from collections.abc import Iterator

from sweep.config.job import Interval
from sweep.config.suggested_job import Usage, job_disk_bytes
from sweep.control.software import check_software, container_note, job_program
from sweep.doctor.finding import Finding, ok, warning
from sweep.doctor.job_length import Work, job_limits, judge_length, judge_usage
from sweep.doctor.rehearsal import Rehearsal
from sweep.doctor.slot_matching import judge_match, match_pool, requested_amount
from sweep.pool import schedd
from sweep.pool.classads import Ad
from sweep.study.commands import study_command
from sweep.study.measured import Pace, measured_pace
from sweep.study.study import Study
from sweep.study.tried import last_try


def check_program(study: Study) -> Iterator[Finding]:
    """Check that the software that the jobs run is there."""
    check_software(study)
    if note := container_note(study):
        yield warning(note, "Set [job] container_image to a container that has what the trials need.")
    else:
        yield ok(f"jobs run {study.job.container_image or job_program(study)}")


def check_description(rehearsal: Rehearsal) -> Iterator[Finding]:
    """Report condor_submit's warnings about the submit description."""
    for line in rehearsal.warnings:
        yield warning(f"condor_submit: {line}", "Check [job] for a typing error.")
    if not rehearsal.warnings:
        yield ok("condor_submit accepts the submit description")


def check_slots(study: Study, job: Ad) -> Iterator[Finding]:
    """Check how many of the jobs fit into the pool at a time."""
    constraints = ['SlotType =!= "Dynamic"']
    if requested_amount(job, "GPUs"):
        constraints.append("(TotalSlotGPUs ?: GPUs) > 0")
    section = study.config.study
    wanted = section.lanes_wanted or section.trials_per_generation
    yield judge_match(match_pool(job, schedd.slot_ads(" && ".join(constraints))), wanted)


def check_work(study: Study, job: Ad) -> Iterator[Finding]:
    """Check that a job is neither too long nor too short, and requests what it uses."""
    pace, tried = measured_pace(study), last_try(study)
    if pace is None:
        yield warning("the time that a trial takes is unknown", f"To measure it, run: {study_command(study, 'try')}")
    else:
        checkpoints = study.config.job.checkpoint_interval if study.config.trainer.has_checkpoints else Interval()
        work = Work(
            pace.seconds * pace.epochs,
            pace.source,
            _interval_seconds(checkpoints, pace),
            _interval_seconds(study.config.job.slice_interval, pace),
        )
        yield from judge_length(work, job_limits(job))
    if tried is not None:
        disk = job_disk_bytes(tried.data_bytes, tried.checkpoint_bytes)
        yield from judge_usage(Usage(tried.memory_bytes, disk, tried.gpu_bytes), job)


def _interval_seconds(interval: Interval, pace: Pace) -> float | None:
    """Return an interval in seconds, None if there is no interval."""
    return interval.seconds or (interval.epochs * pace.seconds if interval.epochs else None)
