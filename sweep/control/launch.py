"""Submits a study's workflow. After that HTCondor does everything, and nothing of sweep stays running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweep.control.dag_folder import refresh_scripts, write_dag_folder
from sweep.control.software import check_software
from sweep.errors import PoolError, StudyError
from sweep.nodes.agreement import check_agreement
from sweep.nodes.catch_up import judge_ended_jobs, rewrite_damaged_specs
from sweep.nodes.ending import check_limits
from sweep.nodes.rescue_checkpoint import restore_checkpoints
from sweep.nodes.tell import tell_pending
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.study.generation_plan import study_plan
from sweep.study.place import moved_note, record_folder, require_no_copy
from sweep.study.site_rules import check_site_rules
from sweep.study.study import Study, load_study, planned_generations
from sweep.system.lock_wait import hold_lock

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


@dataclass(frozen=True)
class LaunchResult:
    """What `launch_sweep` did.

    `cluster` is the outer DAGMan job, None if there was nothing to submit; `was_running` tells whether it was in the
    queue already. `generations` is the number that the sweep will have when it ends. `ended` says why the study ended
    early, '' if it did not. `refreshed` tells whether the scripts of a running sweep were written again.
    """

    cluster: int | None
    was_running: bool
    generations: int
    ended: str = ""
    refreshed: bool = False


def launch_sweep(
    study: Study, generations: int, lanes: int | None = None, say: Callable[[str], None] = lambda _: None
) -> LaunchResult:
    """Submit the generations that have not ended; `generations` is the study's total, `lanes` how many lanes run them.

    Called again while the sweep runs, or after it has finished, it submits nothing. `say` gets what it waits for.
    Raises PoolError if HTCondor does not answer or refuses, StudyError if the trials could not run here, if the study
    is a copy, or if a lock's holder hangs, StorageError if the storage cannot be used.
    """
    connect()
    with hold_lock(study.paths.launch_lock, say):
        # `sweep init` may have changed the study before it released the lock.
        study = load_study(study.paths)
        if running := _running_sweep(study):
            refreshed = refresh_scripts(study.paths)
            return LaunchResult(running.cluster, True, planned_generations(study.paths), refreshed=refreshed)
        study = record_folder(study)
        stored = _reconcile_storage(study, say)
        plan = study_plan(study.paths, generations, study.config.study.trials_per_generation)
        if plan.is_finished:
            return LaunchResult(None, False, generations)
        if reason := _reason_to_end(stored, say):
            return LaunchResult(None, False, generations, reason)
        check_software(study)
        check_site_rules(study)
        restore_checkpoints(study.paths, study.paths.trial_numbers())
        # The process that answers POST scripts may outlive them by a moment: wait for its lock.
        with hold_lock(study.paths.serving_lock, say), hold_lock(study.paths.storage_lock, say):
            write_dag_folder(stored.with_study(study), plan, lanes or study.config.study.lanes_wanted)
        cluster = schedd.submit_dag(study.paths.outer_dag, f"sweep {study.config.study.name}")
        return LaunchResult(cluster, False, generations)


def _running_sweep(study: Study) -> schedd.Job | None:
    """Return the study's outer DAGMan job, None if no job of the study is in the queue.

    The queue is the truth: a cluster kept in a file would be lost by a crash right after the submission. Raises
    PoolError if that job is held, or if jobs of an earlier launch are still leaving the queue; StudyError if the jobs
    are those of another folder.
    """
    queue = schedd.queued_jobs(study.id)
    require_no_copy(study, queue)
    if note := moved_note(study, queue):
        raise StudyError(note)
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


def _reconcile_storage(study: Study, say: Callable[[str], None]) -> StoredStudy:
    """Judge the jobs that have ended, tell Optuna all results that it lacks, and return the study in its storage.

    Done even if nothing is left to submit: the script that should have told them may have been removed with its DAG.
    """
    from sweep.optimizer.stored_study import StoredStudy

    with hold_lock(study.paths.storage_lock, say):
        stored = StoredStudy.open(study, writing=True)
        check_agreement(stored, whole=True)
        rewrite_damaged_specs(stored)
        judge_ended_jobs(stored)
        tell_pending(study.paths, stored)
        study.paths.ended.unlink(missing_ok=True)
    return stored


def _reason_to_end(stored: StoredStudy, say: Callable[[str], None]) -> str:
    """Return why the study ends early by its `[limits]`, '' if it goes on or has trials that have not ended."""
    paths = stored.study.paths
    with hold_lock(paths.storage_lock, say):
        if stored.running() or not check_limits(stored.study, stored):
            return ""
    return paths.ended.read_text(encoding="utf-8").strip()
