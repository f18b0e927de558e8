"""What a job runs where it asks for no container."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

from sweep.errors import StudyError
from sweep.pool.connect import is_personal
from sweep.study.study import Study
from sweep.workflow.submit import runs_through_env


def container_note(study: Study) -> str:
    """What a sweep without a container needs of a pool that is not this machine; '' where there is nothing to say."""
    if study.config.job.container_image or is_personal():
        return ""
    return f"No [job] container_image: the jobs run {job_program(study)}, which must be there on every execute point."


def job_program(study: Study) -> Path:
    """The program of a job. Raises StudyError when this machine has no such program."""
    trainer = study.config.trainer
    if not trainer.command or runs_through_env(trainer, study.config.job):
        return Path(sys.executable)
    found = shutil.which(str(trainer.command[0]))
    if found is None:
        raise StudyError(
            f"[trainer] command: there is no {trainer.command[0]} on this machine",
            "Name a container that has it, [job] container_image, or write ./NAME for one of your inputs.",
        )
    return Path(found).absolute()


def check_software(study: Study) -> None:
    """Raises StudyError when the trials could not run on machines like this one, and no container is named."""
    job_program(study)
    has_own_software = study.config.job.container_image is not None or study.config.trainer.command
    if not has_own_software and importlib.util.find_spec("torch") is None:
        raise StudyError(
            f"trials would run with {sys.executable}, which has no torch",
            "Name a container in study.toml, [job] container_image, or: pip install 'htcondor-sweep[trainer]'.",
        )
