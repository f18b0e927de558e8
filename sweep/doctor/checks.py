"""Runs all checks, in the order in which `sweep doctor` shows them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from sweep.doctor import job_checks, machine_checks, script_checks, study_checks
from sweep.doctor.finding import Finding, Level, error, warning
from sweep.doctor.rehearsal import rehearse
from sweep.errors import SweepError
from sweep.study.study import Study

MACHINE = "access point"


def all_checks(study: Study | None) -> Iterator[tuple[str, Finding]]:
    """Yield each finding with its heading. Without a study, check only this machine."""
    pool = list(_run_checks(MACHINE, machine_checks.check_pool))
    yield from pool
    yield from _run_checks(MACHINE, script_checks.check_programs)
    has_pool = all(finding.level != Level.ERROR for _, finding in pool)
    if has_pool:
        lanes = bool(study and study.config.study.lanes_wanted)
        yield from _run_checks(
            MACHINE,
            machine_checks.check_versions,
            machine_checks.check_dagman,
            partial(machine_checks.check_hand_off, lanes),
        )
    if study is not None:
        yield from _run_checks(
            f"study {study.config.study.name}",
            *([partial(study_checks.check_place, study)] if has_pool else []),
            partial(study_checks.check_folder, study),
            partial(study_checks.check_disk_space, study),
            partial(script_checks.check_scripts, study),
            partial(script_checks.check_launched_scripts, study),
        )
        if has_pool:
            yield from _check_jobs(study)
    elif has_pool:
        yield from _run_checks(MACHINE, machine_checks.check_submission)


def _check_jobs(study: Study) -> Iterator[tuple[str, Finding]]:
    title = "its jobs"
    with contextlib.ExitStack() as stack:
        try:
            rehearsal = stack.enter_context(rehearse(study))
        except Exception as problem:
            yield title, _finding_of_exception(rehearse, problem)
            return
        yield from _run_checks(
            title,
            partial(job_checks.check_program, study),
            partial(job_checks.check_description, rehearsal),
            partial(machine_checks.check_submission, rehearsal.description, rehearsal.folder),
            partial(study_checks.check_inputs, rehearsal.ad),
            partial(job_checks.check_slots, study, rehearsal.ad),
            partial(job_checks.check_work, study, rehearsal.ad),
        )


def _run_checks(title: str, *checks: Callable[[], Iterable[Finding]]) -> Iterator[tuple[str, Finding]]:
    """Yield the findings of all checks. If a check raises, the others still run."""
    for check in checks:
        try:
            for finding in check():
                yield title, finding
        except Exception as problem:
            yield title, _finding_of_exception(check, problem)


def _finding_of_exception(check: Callable[..., object], problem: Exception) -> Finding:
    """Return an error for what the user can fix, and a warning if the check itself failed."""
    if isinstance(problem, SweepError):
        return error(str(problem), problem.advice)
    name = getattr(check, "func", check).__name__
    return warning(f"the check {name} failed: {type(problem).__name__}: {problem}", "Check this yourself.")
