"""All checks, in the order in which they are told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from sweep.doctor import job_checks, machine_checks, study_checks
from sweep.doctor.finding import Finding, Level, error, warning
from sweep.doctor.rehearsal import rehearse
from sweep.errors import SweepError
from sweep.study.study import Study

MACHINE = "access point"


def all_checks(study: Study | None) -> Iterator[tuple[str, Finding]]:
    """What every check finds, each under a heading; without a study only this machine's."""
    pool = list(_under(MACHINE, machine_checks.check_pool))
    yield from pool
    has_pool = all(finding.level != Level.ERROR for _, finding in pool)
    if has_pool:
        lanes = bool(study and study.config.study.lanes_wanted)
        yield from _under(
            MACHINE,
            machine_checks.check_versions,
            machine_checks.check_dagman,
            partial(machine_checks.check_hand_off, lanes),
        )
    if study is not None:
        checks = [
            partial(check, study)
            for check in (study_checks.check_folder, study_checks.check_room, study_checks.check_scripts)
        ]
        yield from _under(f"study {study.config.study.name}", *checks)
        if has_pool:
            yield from _jobs(study)
    elif has_pool:
        yield from _under(MACHINE, machine_checks.check_submission)


def _jobs(study: Study) -> Iterator[tuple[str, Finding]]:
    """What becomes of the study's jobs."""
    title = "its jobs"
    with contextlib.ExitStack() as stack:
        try:
            rehearsal = stack.enter_context(rehearse(study))
        except Exception as problem:
            yield title, _finding(rehearse, problem)
            return
        yield from _under(
            title,
            partial(job_checks.check_program, study),
            partial(job_checks.check_description, rehearsal),
            partial(machine_checks.check_submission, rehearsal.description, rehearsal.folder),
            partial(study_checks.check_inputs, rehearsal.ad),
            partial(job_checks.check_slots, study, rehearsal.ad),
            partial(job_checks.check_work, study, rehearsal.ad),
        )


def _under(title: str, *checks: Callable[[], Iterable[Finding]]) -> Iterator[tuple[str, Finding]]:
    """What checks find; one that breaks does not keep the others from being made."""
    for check in checks:
        try:
            for finding in check():
                yield title, finding
        except Exception as problem:
            yield title, _finding(check, problem)


def _finding(check: Callable[..., object], problem: Exception) -> Finding:
    """What it says of a study that a check of it could not be made."""
    if isinstance(problem, SweepError):
        return error(str(problem), problem.advice)
    name = getattr(check, "func", check).__name__
    return warning(f"could not be checked ({name}): {type(problem).__name__}: {problem}", "Look at it yourself.")
