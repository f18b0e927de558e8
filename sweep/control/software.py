"""The software of a job that requests no container."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from sweep.errors import StudyError
from sweep.pool.connect import is_personal
from sweep.resources import PACKAGE
from sweep.study.study import Study
from sweep.workflow.submit import runs_through_env


def container_note(study: Study) -> str:
    """Return what the execute points of a pool must have if the study names no container, '' if nothing."""
    if study.config.job.container_image or is_personal():
        return ""
    return f"No [job] container_image: every execute point must have {job_program(study)}, which the jobs run."


def job_program(study: Study) -> Path:
    """Return the path of the program that a job runs. Raises StudyError if this machine does not have it."""
    trainer = study.config.trainer
    if not trainer.command or runs_through_env(trainer, study.config.job):
        return Path(sys.executable)
    found = shutil.which(str(trainer.command[0]))
    if found is None:
        raise StudyError(
            f"[trainer] command: there is no {trainer.command[0]} on this machine",
            "Name a container that has it ([job] container_image), or write ./NAME for one of your [trainer] inputs.",
        )
    return Path(found).absolute()


def program_mistake(program: Path, packages: Path) -> str:
    """Return why jobs cannot run this program, or scripts cannot import sweep from `packages`; '' if they can."""
    if not str(program).isprintable() or str(program).endswith((" ", "\\")):
        return f"HTCondor's submit language cannot hold the path {str(program)!r}"
    # PYTHONPATH is a list with colons.
    return f"Python finds no package in {str(packages)!r}, because the path has a colon" if ":" in str(packages) else ""


def check_software(study: Study) -> None:
    """Raise StudyError if the scripts of the workflow could not run with this Python, or if the study names no
    container and its trials could not run on a machine like this one."""
    if mistake := program_mistake(job_program(study), PACKAGE.parent):
        raise StudyError(mistake, "Create a virtual environment in another folder, and install htcondor-sweep there.")
    has_own_software = study.config.job.container_image is not None or study.config.trainer.command
    if not has_own_software and importlib.util.find_spec("torch") is None:
        raise StudyError(
            f"trials would run with {sys.executable}, which has no torch",
            "Name a container in study.toml ([job] container_image), or run: pip install 'htcondor-sweep[trainer]'",
        )
