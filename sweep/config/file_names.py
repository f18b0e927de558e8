"""The names of all files in the folder of a job, and of a trial: none may have the name of another. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sweep.config.job import JobSection
from sweep.config.trainer import TrainerSection, file_name
from sweep.paths import HELPER, TrialPaths

HTCONDOR = re.compile(
    r"_condor_.*|\.condor_.*|condor_exec\..*|docker_stderror|\.docker.*|\.chirp\.config|\.(job|machine|update)\.ad"
    r"|\.execution_overlay\.ad|\.job_wrapper_failure|\.singularity.*",
    re.IGNORECASE,
)
"""Names of HTCondor's own files in the folder where a job starts."""

OWN = {getattr(TrialPaths(Path()), name).name for name, kind in vars(TrialPaths).items() if isinstance(kind, property)}
"""Names of sweep's own files in a trial's folder."""

COPIES = re.compile(r"(checkpoint|checkpoint\.previous)(\.previous|\.sha256|\.new|\.\d+)|(out|err)\.\d+")
"""Names of copies of them."""


def name_mistakes(trainer: TrainerSection, job: JobSection) -> list[str]:
    """Return which files and folders have the name of another one, each as `[section] key: what is wrong`."""
    taken: dict[str, str] = {}
    found = []
    for key, name in _named_files(trainer, job):
        if other := taken.get(name) or _reserved_for(key, name, trainer):
            found.append(
                f"{key}: {name!r} is also the name of {'another entry' if other == key else other}; choose another name"
            )
        taken.setdefault(name, key)
    return found


def _named_files(trainer: TrainerSection, job: JobSection) -> Iterator[tuple[str, str]]:
    """Yield all that a study file names in the folder of a job, after its key."""
    if trainer.command:
        yield "[trainer] metrics", trainer.metrics_file
    for entry in trainer.inputs:
        yield "[trainer] inputs", file_name(entry)
    for folder in trainer.outputs:
        yield "[trainer] outputs", folder
    if data := job.data or trainer.data:
        yield f"[{'job' if job.data else 'trainer'}] data", file_name(data)
    for architecture, weights in trainer.weights.items():
        yield f"[trainer] weights.{architecture}", file_name(weights)
    if job.container_image and not re.match(r"(docker|oras)://", job.container_image):
        yield "[job] container_image", file_name(job.container_image)


def _reserved_for(key: str, name: str, trainer: TrainerSection) -> str:
    """Return whose file has this name anyway, '' if nobody's."""
    if HTCONDOR.fullmatch(name):
        return "HTCondor's own file"
    is_own = name in OWN or name == (HELPER if trainer.command else "trainer")
    is_copy = COPIES.fullmatch(name) or re.fullmatch(rf"{re.escape(trainer.metrics_file)}\.\d+", name)
    # metrics.jsonl is where sweep looks anyway.
    is_meant = key == "[trainer] metrics" and name == TrialPaths(Path()).metrics.name
    return "sweep's own file" if (is_own or is_copy) and not is_meant else ""
