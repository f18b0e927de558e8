"""Stops a sweep so that it can resume: its trials keep their checkpoints, and none counts as ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sweep.errors import PoolError
from sweep.monitor.progress import STOPPED_BY_USER
from sweep.nodes import rescue_checkpoint
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.pool.schedd import JobStatus
from sweep.study.commands import command_line
from sweep.study.place import find_place, require_no_copy
from sweep.study.study import Study
from sweep.system.files import write_text
from sweep.system.lock_wait import hold_lock
from sweep.units import counted

PATIENCE_SECONDS = 900
"""How long to wait for the last job. HTCondor allows a job ten minutes after SIGTERM (MachineMaxVacateTime)."""


def stop_sweep(study: Study, *, now: bool, say: Callable[[str], None]) -> bool:
    """Remove a sweep's jobs and its DAGMan job from the queue; return False if there were none.

    Unless `now`, running jobs get SIGTERM, and send back a checkpoint before they leave. Killed and run again, it
    continues. Two may run at once: `sweep stop --now` ends what a `sweep stop` waits for. Raises PoolError if jobs do
    not leave in time, StudyError if the study is a copy, or if a lock's holder hangs.
    """
    connect()
    # A launch waits until the queue is empty, so no job that this waits for is a new sweep's.
    with hold_lock(study.paths.launch_lock, say, shared=True):
        queue = schedd.queued_jobs(study.id)
        require_no_copy(study, queue)
        if not queue:
            return False
        # ./harvest and ./propose look for this file: then a removed job does not end its trial, and no trial is
        # proposed.
        write_text(study.paths.stopped, f"{STOPPED_BY_USER}\n")
        moved = find_place(study, queue).kind == "moved"
        # The jobs of a study that was moved cannot send their files to it.
        _remove_jobs(study, queue, at_once=now or moved)
        _wait_for_empty_queue(study, say)
        if moved:
            rescue_checkpoint.restore_checkpoints(study.paths, study.paths.trial_numbers(), moved=True)
        return True


def _remove_jobs(study: Study, queue: Sequence[schedd.Job], *, at_once: bool) -> None:
    """Remove the jobs of a sweep, and rescue the checkpoints of those that send none."""
    for job in queue:
        # A running job sends its files itself, unless it is removed at once.
        if job.trial is not None and (at_once or job.status != JobStatus.RUNNING):
            rescue_checkpoint.rescue_checkpoint(study.paths, job.trial, job.cluster)
    if at_once or not schedd.remove_with_outputs(study.id):
        schedd.remove_jobs(study.id)


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
