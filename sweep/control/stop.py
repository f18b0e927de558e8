"""Stops a sweep so that it can resume: its trials keep their checkpoints, and none counts as ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from sweep.errors import PoolError
from sweep.monitor.progress import STOPPED_BY_USER
from sweep.nodes import rescue_checkpoint
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.pool.schedd import JobStatus
from sweep.study.commands import command_line
from sweep.study.study import Study
from sweep.system.files import write_text
from sweep.units import counted

PATIENCE_SECONDS = 900
"""How long to wait for the last job. HTCondor allows a job ten minutes after SIGTERM (MachineMaxVacateTime)."""


def stop_sweep(study: Study, *, now: bool, say: Callable[[str], None]) -> bool:
    """Remove a sweep's jobs and its DAGMan job from the queue; return False if there were none.

    Unless `now`, running jobs get SIGTERM, and send back a checkpoint before they leave. Killed and run again, it
    continues. Raises PoolError if jobs do not leave in time.
    """
    connect()
    queue = schedd.queued_jobs(study.id)
    if not queue:
        return False
    # ./harvest and ./propose look for this file: then a removed job does not end its trial, and no trial is proposed.
    write_text(study.paths.stopped, f"{STOPPED_BY_USER}\n")
    # A running job sends its files itself, unless it is removed at once.
    for job in queue:
        if job.trial is not None and (now or job.status != JobStatus.RUNNING):
            rescue_checkpoint.rescue_checkpoint(study.paths, job.trial, job.cluster)
    if now or not schedd.remove_with_outputs(study.id):
        schedd.remove_jobs(study.id)
    _wait_for_empty_queue(study, say)
    return True


def _wait_for_empty_queue(study: Study, say: Callable[[str], None]) -> None:
    """Wait until no job of the study is in the queue. Raises PoolError after PATIENCE_SECONDS."""
    began, last_count = time.monotonic(), 0
    while queue := schedd.queued_jobs(study.id):
        if len(queue) != last_count:
            say(f"{counted(len(queue), 'job')} still in the queue")
            last_count = len(queue)
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise PoolError(
                f"{counted(len(queue), 'job')} did not leave the queue in {PATIENCE_SECONDS} s",
                f"To remove them at once, run: {command_line('stop --now', study.config.study.name)}",
            )
        time.sleep(0.5)
