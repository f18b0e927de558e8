"""Stops a sweep so that it can go on: its trials keep their checkpoints, and none is counted as ended."""

from __future__ import annotations

import time
from collections.abc import Callable

from sweep.errors import PoolError
from sweep.nodes import rescue_checkpoint
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.pool.schedd import JobStatus
from sweep.study.study import Study
from sweep.system.files import write_text

PATIENCE_SECONDS = 900
"""How long to wait for the last job to leave: HTCondor gives a job ten minutes after SIGTERM (MachineMaxVacateTime)."""


def stop_sweep(study: Study, *, now: bool, say: Callable[[str], None]) -> bool:
    """End a sweep's jobs and its DAGMan; False when there were none.

    Unless `now`, running jobs are sent SIGTERM, and their checkpoints come back before they leave. Killed and typed
    again, it goes on. Raises PoolError when jobs do not leave in time.
    """
    connect()
    queue = schedd.queued_jobs(study.id)
    if not queue:
        return False
    # ./harvest and ./propose look for it: a removed job is then no ended trial, and nothing new is asked.
    write_text(study.paths.stopped, "Stopped by `sweep stop`.\n")
    # A job that runs brings its files itself, unless it is removed at once.
    for job in queue:
        if job.trial is not None and (now or job.status != JobStatus.RUNNING):
            rescue_checkpoint.rescue_checkpoint(study.paths, job.trial, job.cluster)
    if now or not schedd.remove_with_outputs(study.id):
        schedd.remove_jobs(study.id)
    began = time.monotonic()
    told = -1
    while queue := schedd.queued_jobs(study.id):
        if len(queue) != told:
            say(f"{len(queue)} jobs are leaving the queue")
            told = len(queue)
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise PoolError(f"{len(queue)} jobs do not leave the queue", "Type `sweep stop --now`.")
        time.sleep(0.5)
    return True
