"""Submits a study's workflow. After that HTCondor does everything, and nothing of sweep stays running."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweep.control.dag_folder import write_dag_folder
from sweep.control.software import check_software
from sweep.errors import PoolError, StudyError
from sweep.nodes.ending import check_limits
from sweep.nodes.rescue_checkpoint import restore_checkpoints
from sweep.nodes.tell import tell_pending
from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.study.site_rules import check_site_rules
from sweep.study.study import Study, planned_generations
from sweep.system.files import locked
from sweep.trial.files import read_result, read_spec

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


@dataclass(frozen=True)
class LaunchResult:
    """What `launch_sweep` did.

    `cluster` is the outer DAGMan job, None if there was nothing to submit; `was_running` tells whether it was in the
    queue already. `generations` is the number that the sweep will have when it ends. `ended` says why the study ended
    early, '' if it did not.
    """

    cluster: int | None
    was_running: bool
    generations: int
    ended: str = ""


def launch_sweep(study: Study, generations: int, lanes: int | None = None) -> LaunchResult:
    """Submit the generations that have not ended; `generations` is the study's total, `lanes` how many lanes run them.

    Called again while the sweep runs, or after it has finished, it submits nothing. Raises PoolError if HTCondor does
    not answer or refuses, StudyError if the trials could not run here, StorageError if the storage cannot be used.
    """
    connect()
    with locked(study.paths.launch_lock, wait=True):
        if running := _running_sweep(study):
            return LaunchResult(running.cluster, True, planned_generations(study.paths))
        done = finished_generations(study.paths, study.config.study.trials_per_generation)
        stored = _reconcile_storage(study)
        if set(range(generations)) <= done:
            return LaunchResult(None, False, generations)
        if reason := _reason_to_end(stored):
            return LaunchResult(None, False, generations, reason)
        check_software(study)
        check_site_rules(study)
        restore_checkpoints(study.paths, study.paths.trial_numbers())
        # The process that answers POST scripts may outlive them by a moment: wait for its lock.
        with locked(study.paths.serving_lock, wait=True), locked(study.paths.storage_lock, wait=True):
            write_dag_folder(stored.with_study(study), generations, done, lanes or study.config.study.lanes_wanted)
        cluster = schedd.submit_dag(study.paths.outer_dag, f"sweep {study.config.study.name}")
        return LaunchResult(cluster, False, generations)


def _running_sweep(study: Study) -> schedd.Job | None:
    """Return the study's outer DAGMan job, None if no job of the study is in the queue.

    The queue is the truth: a cluster kept in a file would be lost by a crash right after the submission. Raises
    PoolError if that job is held, or if jobs of an earlier launch are still leaving the queue.
    """
    queue = schedd.queued_jobs(study.id)
    outer = schedd.outer_dagman(queue)
    if outer and outer.status == schedd.JobStatus.HELD:
        raise PoolError(
            f"the sweep is held, as cluster {outer.cluster}: {outer.hold_reason}",
            f"Fix the reason, then run: condor_release {outer.cluster}",
        )
    if queue and outer is None:
        raise PoolError(
            f"{len(queue)} jobs of an earlier launch are still leaving the queue",
            "Try again in a minute. If they stay, run: condor_rm " + " ".join(str(job.cluster) for job in queue),
        )
    return outer


def _reconcile_storage(study: Study) -> StoredStudy:
    """Tell Optuna all results that it lacks, and return the study in its storage.

    Done even if nothing is left to submit: the script that should have told them may have been removed with its DAG.
    """
    from sweep.optimizer.stored_study import StoredStudy

    with locked(study.paths.storage_lock, wait=True):
        stored = StoredStudy.open(study, writing=True)
        tell_pending(study.paths, stored)
        study.paths.ended.unlink(missing_ok=True)
    return stored


def _reason_to_end(stored: StoredStudy) -> str:
    """Return why the study ends early by its `[limits]`, '' if it goes on or has trials that have not ended."""
    paths = stored.study.paths
    with locked(paths.storage_lock, wait=True):
        if stored.running() or not check_limits(stored.study, stored):
            return ""
    return paths.ended.read_text(encoding="utf-8").strip()


def finished_generations(paths: StudyPaths, trials_per_generation: int) -> set[int]:
    """Return the generations all of whose trials have a result, by the trials' own files."""
    finished: Counter[int] = Counter()
    for number in paths.trial_numbers():
        if read_result(paths.trial(number)):
            # A generation with a damaged trial.json is not finished: its PRE script writes the file again.
            with contextlib.suppress(StudyError):
                finished[read_spec(paths.trial(number)).generation] += 1
    return {generation for generation, count in finished.items() if count >= trials_per_generation}
