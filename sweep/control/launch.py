"""Writes the workflow of a study and submits it; nothing of sweep stays running."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sweep import resources
from sweep.control.software import check_software, job_program
from sweep.errors import PoolError, StudyError
from sweep.nodes import rescue_checkpoint
from sweep.nodes.ending import check_limits
from sweep.nodes.fill_lanes import assign_trials
from sweep.nodes.tell import tell_pending
from sweep.paths import StudyPaths, lane_name
from sweep.pool import schedd
from sweep.pool.connect import connect, is_personal
from sweep.study.study import Study, planned_generations
from sweep.system.files import locked, write_text
from sweep.trial.files import read_result, read_spec
from sweep.workflow.dag import dagman_config, lanes_dag, most_runs, node_script, outer_dag
from sweep.workflow.submit import submit_description

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


@dataclass(frozen=True)
class Launched:
    """What `launch` did: the cluster of the DAGMan job, None when there was nothing to do; whether it was there
    before; the generations that the sweep will have when it ends; why it has ended before, if it has."""

    cluster: int | None
    was_running: bool
    generations: int
    ended: str = ""


def launch(study: Study, generations: int, lanes: int | None = None) -> Launched:
    """Submit the generations that are not finished; `generations` is the study's total, in so many `lanes` where given.

    Typed again while the sweep runs, or when it is finished, it submits nothing. Raises PoolError when HTCondor does
    not answer or refuses, StudyError when the trials could not run here, StorageError when the storage is not to be
    had.
    """
    from sweep.optimizer.stored_study import StoredStudy
    from sweep.study.site_rules import check_site_rules

    connect()
    with locked(study.paths.launch_lock, wait=True):
        done = finished_generations(study.paths, study.config.study.trials_per_generation)
        # The queue is the truth: were the cluster kept in a file, a crash after the submission would lose it.
        queue = schedd.queued_jobs(study.id)
        if running := schedd.outer_dagman(queue):
            if running.status == schedd.JobStatus.HELD:
                raise PoolError(
                    f"the sweep is held, as cluster {running.cluster}: {running.hold_reason}",
                    f"Mend what it says, then: condor_release {running.cluster}",
                )
            return Launched(running.cluster, True, planned_generations(study.paths))
        if queue:
            raise PoolError(
                f"{len(queue)} jobs of an earlier launch are still leaving the queue",
                "Type it again in a minute; if they stay: condor_rm " + " ".join(str(job.cluster) for job in queue),
            )
        # Also where there is nothing to submit: the script that was to tell them may have been removed with its DAG.
        with locked(study.paths.storage_lock, wait=True):
            search = StoredStudy.open(study, writing=True)
            tell_pending(study.paths, search)
            study.paths.ended.unlink(missing_ok=True)
            if set(range(generations)) <= done:
                return Launched(None, False, generations)
            if not search.running() and check_limits(study, search):
                return Launched(None, False, generations, study.paths.ended.read_text().strip())
        check_software(study)
        check_site_rules(study)
        rescue_checkpoint.restore_checkpoints(study.paths, study.paths.trial_numbers())
        # Whoever answered POST scripts may stay a moment longer than these.
        with locked(study.paths.serving_lock, wait=True), locked(study.paths.storage_lock, wait=True):
            write_workflow(search.with_study(study), generations, done, lanes or study.config.study.lanes_wanted)
        cluster = schedd.submit_dag(study.paths.outer_dag, f"sweep {study.config.study.name}")
        return Launched(cluster, False, generations)


def finished_generations(paths: StudyPaths, trials_per_generation: int) -> set[int]:
    """Generations all of whose trials have their result, by the trials' own files."""
    finished: Counter[int] = Counter()
    for number in paths.trial_numbers():
        if read_result(paths.trial(number)):
            with contextlib.suppress(StudyError):  # not finished then: ./propose writes the trial.json anew
                finished[read_spec(paths.trial(number)).generation] += 1
    return {generation for generation, count in finished.items() if count >= trials_per_generation}


def write_workflow(search: StoredStudy, generations: int, done: set[int], lanes: int | None) -> None:
    """Write the folder dag/, lanes with their first trials; but for the generations' own DAGs, which PRE scripts write.

    The caller holds the locks of the storage, and of the process that answers POST scripts.
    """
    study, paths, python = search.study, search.study.paths, Path(sys.executable)
    write_text(paths.dag / "dagman.config", dagman_config(paths.dag, study.config.ap))
    write_text(paths.submit, study_submit_description(study))
    for script in ("propose", "harvest", "keep"):
        write_text(paths.dag / script, node_script(script, python, resources.PACKAGE.parent), mode=0o755)
    for note in (paths.stopped, paths.waiting):
        note.unlink(missing_ok=True)
    # No job of an earlier launch is left: nobody waits for an answer, and trials that have not ended are in no lane.
    for folder in (paths.posts, paths.lanes):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    write_text(paths.planned, f"{generations}\n")
    if lanes is not None:
        trials = generations * study.config.study.trials_per_generation
        lanes = len(assign_trials(search, [lane_name(number) for number in range(lanes)], trials))
    write_text(paths.outer_dag, dag_to_submit(study, generations, done, lanes))


def refresh_submit_description(study: Study) -> None:
    """Have a sweep that was launched ask for what its study file says now."""
    if study.paths.submit.exists():
        with contextlib.suppress(PoolError):
            connect()
        write_text(study.paths.submit, study_submit_description(study))


def study_submit_description(study: Study) -> str:
    """What all trials' jobs have in common, on this pool."""
    return submit_description(
        study.id,
        study.config.study.name,
        study.config.trainer,
        study.job,
        job_program(study),
        [place for place in (study.data, *study.weights.values()) if place],
        one_host=is_personal(),
        # On one machine there is nothing to gain, and jobs would wait for each other.
        shares=not is_personal() and schedd.shares_inputs(),
    )


def dag_to_submit(study: Study, generations: int, done: set[int], lanes: int | None) -> str:
    """The DAG to submit, of generations or of so many `lanes`."""
    config, name = study.config, study.config.study.name
    if lanes is None:
        return outer_dag(study.id, name, generations, done)
    trials = generations * config.study.trials_per_generation
    return lanes_dag(study.id, name, lanes, trials, most_runs(config))
