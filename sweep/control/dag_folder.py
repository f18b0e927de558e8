"""Writes the folder dag/ of a study: the DAG to submit, the submit description of its trials, the nodes' scripts."""

from __future__ import annotations

import contextlib
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.control.software import job_program
from sweep.errors import PoolError, StudyError
from sweep.nodes.fill_lanes import assign_trials
from sweep.nodes.propose import remove_dagman_files
from sweep.paths import StudyPaths, lane_name
from sweep.pool import schedd
from sweep.pool.connect import connect, is_personal
from sweep.resources import PACKAGE
from sweep.study.generation_plan import GenerationPlan
from sweep.study.study import Study
from sweep.system.files import write_text
from sweep.system.processes import posix_lock_holder
from sweep.workflow.dag import dagman_config, lanes_dag, max_retries, node_script, outer_dag
from sweep.workflow.submit import submit_description

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy

SCRIPTS = ("propose", "harvest", "keep")
"""The PRE, POST and HOLD scripts of the workflow's nodes."""


def write_dag_folder(stored: StoredStudy, plan: GenerationPlan, lanes: int | None) -> None:
    """Write all files of dag/ except the generations' DAGs, which PRE scripts write; assign lanes their first trials.

    The caller holds the storage lock and the serving lock.
    """
    study, paths = stored.study, stored.study.paths
    write_text(paths.dagman_config, dagman_config(paths.dag, study.config.ap))
    write_text(paths.submit, study_submit_description(study))
    for name, text in _scripts().items():
        write_text(paths.dag / name, text, mode=0o755)
    _clear_last_launch(study)
    write_text(paths.planned, f"{plan.generations}\n")
    if lanes is not None:
        trials = plan.generations * study.config.study.trials_per_generation
        lanes = len(assign_trials(stored, [lane_name(number) for number in range(lanes)], trials))
    write_text(paths.outer_dag, dag_to_submit(study, plan, lanes))


def _scripts() -> dict[str, str]:
    """Return the nodes' scripts by name, for this Python and this package."""
    return {name: node_script(name, Path(sys.executable), PACKAGE.parent) for name in SCRIPTS}


def refresh_scripts(paths: StudyPaths) -> bool:
    """Write the scripts of a running sweep again if they differ; return whether they did.

    Their interpreter may be gone. What 0.1.0 launched keeps its scripts, because its DAGs know other exit statuses.
    """
    stale = False
    for name, text in _scripts().items():
        file = paths.dag / name
        written = file.read_text(encoding="utf-8", errors="replace") if file.exists() else "sweep.node"
        if written != text and "sweep.node" in written:
            write_text(file, text, mode=0o755)
            stale = True
    return stale


def _clear_last_launch(study: Study) -> None:
    """Remove the files of the last launch. Its jobs have left the queue: no script waits, and no lane has a trial."""
    paths = study.paths
    _check_no_dagman(paths)
    remove_dagman_files(paths.outer_dag)
    for note in (paths.stopped, paths.waiting, paths.endings):
        note.unlink(missing_ok=True)
    for folder in (paths.posts, paths.lanes):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()


def _check_no_dagman(paths: StudyPaths) -> None:
    """Raise StudyError if a DAGMan of an earlier launch still runs, although its job is gone from the queue."""
    for lock in paths.dag.glob("*.dag.lock"):
        if pid := posix_lock_holder(lock):
            raise StudyError(
                f"a DAGMan of an earlier launch still runs, as process {pid}, and its job is not in the queue",
                f"Run: kill -9 {pid}\nThen launch again. No trial is lost.",
            )


def refresh_submit_description(study: Study) -> None:
    """Update the submit description of a study that was launched, after its study file has changed."""
    if study.paths.submit.exists():
        with contextlib.suppress(PoolError):
            connect()
        write_text(study.paths.submit, study_submit_description(study))


def study_submit_description(study: Study) -> str:
    """Return the submit description that all trials of a study share, on this pool."""
    return submit_description(
        study.id,
        study.config.study.name,
        study.config.trainer,
        study.job,
        job_program(study),
        [place for place in (study.data, *study.weights.values()) if place],
        one_host=is_personal(),
        # On one machine, jobs would wait for each other and gain nothing.
        share_inputs=not is_personal() and schedd.shares_inputs(),
    )


def dag_to_submit(study: Study, plan: GenerationPlan, lanes: int | None) -> str:
    """Return the DAG that `sweep launch` submits: generations, or this number of `lanes`."""
    config, name = study.config, study.config.study.name
    if lanes is None:
        return outer_dag(study.id, name, plan.nodes, plan.done)
    trials = plan.generations * config.study.trials_per_generation
    return lanes_dag(study.id, name, lanes, trials, max_retries(config))
