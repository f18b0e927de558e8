"""A pool that several processes of a test share: a file for each DAGMan job that was submitted, and nothing runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sweep.pool.schedd import Job, JobStatus

QUEUE = "queue"
"""The folder of the jobs, in the current folder."""


def submit_dag(dag: Path, _: str) -> int:
    """Add a job to the queue, and return its cluster."""
    study = re.search(r'SweepStudy = "(.*)"', dag.read_text())
    assert study
    Path(QUEUE).mkdir(exist_ok=True)
    cluster = 1
    while (Path(QUEUE) / str(cluster)).exists():
        cluster += 1
    (Path(QUEUE) / str(cluster)).write_text(f"{study[1]}\n{dag.parent.resolve()}\n")
    return cluster


def queued_jobs(study_id: str) -> list[Job]:
    """Return a study's jobs in the queue."""
    jobs = {int(file.name): file.read_text().splitlines() for file in Path(QUEUE).glob("*")}
    return [
        Job(cluster, JobStatus.RUNNING, is_outer=True, trial=None, hold_reason="", folder=folder)
        for cluster, (study, folder) in sorted(jobs.items())
        if study == study_id
    ]


def remove_jobs(study_id: str) -> None:
    """Remove a study's jobs from the queue."""
    for job in queued_jobs(study_id):
        (Path(QUEUE) / str(job.cluster)).unlink(missing_ok=True)


def use_fake_pool(replace: Callable[[str, Any], None]) -> None:
    """Have this process use the queue of the current folder; `replace` sets an attribute by its dotted name."""
    for room in ("control.launch", "control.stop", "control.adopt", "control.dag_folder"):
        replace(f"sweep.{room}.connect", lambda: None)
    replace("sweep.pool.schedd.shares_inputs", lambda: False)
    replace("sweep.pool.schedd.remove_with_outputs", lambda _: False)
    for action in (submit_dag, queued_jobs, remove_jobs):
        replace(f"sweep.pool.schedd.{action.__name__}", action)
