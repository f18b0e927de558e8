"""Writes the workflow of a study and submits it; nothing of sweep stays running."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sweep import condor, harvest, resources, software, spool, workflow
from sweep.errors import PoolError, StudyError
from sweep.files import locked, write_text
from sweep.give import give
from sweep.paths import StudyPaths, lane_name
from sweep.propose import has_ended
from sweep.records import read_result, read_spec
from sweep.study import Study

if TYPE_CHECKING:
    from sweep.search import Search


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
    from sweep import house_rules
    from sweep.search import Search

    condor.connect()
    with locked(study.paths.launch_lock, wait=True):
        done = finished_generations(study.paths, study.config.study.trials_per_generation)
        # The queue is the truth: were the cluster kept in a file, a crash after the submission would lose it.
        queue = condor.jobs(study.id)
        if running := condor.dagman(queue):
            if running.status == condor.JobStatus.HELD:
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
            search = Search.open(study, writing=True)
            harvest.tell_pending(study.paths, search)
            study.paths.ended.unlink(missing_ok=True)
            if set(range(generations)) <= done:
                return Launched(None, False, generations)
            if not search.running() and has_ended(study, search):
                return Launched(None, False, generations, study.paths.ended.read_text().strip())
        software.check(study)
        house_rules.check(study)
        spool.put_in_place(study.paths, study.paths.trial_numbers())
        # Whoever answered POST scripts may stay a moment longer than these.
        with locked(study.paths.serving_lock, wait=True), locked(study.paths.storage_lock, wait=True):
            write_workflow(search.of(study), generations, done, lanes or study.config.study.lanes_wanted)
        cluster = condor.submit_dag(study.paths.outer_dag, f"sweep {study.config.study.name}")
        return Launched(cluster, False, generations)


def planned_generations(paths: StudyPaths) -> int:
    """Generations of the last launch, 0 where there was none."""
    return int(paths.planned.read_text()) if paths.planned.exists() else 0


def finished_generations(paths: StudyPaths, trials_per_generation: int) -> set[int]:
    """Generations all of whose trials have their result, by the trials' own files."""
    finished: Counter[int] = Counter()
    for number in paths.trial_numbers():
        if read_result(paths.trial(number)):
            with contextlib.suppress(StudyError):  # not finished then: ./propose writes the trial.json anew
                finished[read_spec(paths.trial(number)).generation] += 1
    return {generation for generation, count in finished.items() if count >= trials_per_generation}


def write_workflow(search: Search, generations: int, done: set[int], lanes: int | None) -> None:
    """Write the folder dag/, lanes with their first trials; but for the generations' own DAGs, which PRE scripts write.

    The caller holds the locks of the storage, and of the process that answers POST scripts.
    """
    study, paths, python = search.study, search.study.paths, Path(sys.executable)
    write_text(paths.dag / "dagman.config", workflow.dagman_config(paths.dag, study.config.ap))
    write_text(paths.submit, submit_description(study))
    for script in ("propose", "harvest", "keep"):
        write_text(paths.dag / script, workflow.node_script(script, python, resources.PACKAGE.parent), mode=0o755)
    for note in (paths.stopped, paths.waiting):
        note.unlink(missing_ok=True)
    # No job of an earlier launch is left: nobody waits for an answer, and trials that have not ended are in no lane.
    for folder in (paths.posts, paths.lanes):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    write_text(paths.planned, f"{generations}\n")
    if lanes is not None:
        trials = generations * study.config.study.trials_per_generation
        lanes = len(give(search, [lane_name(number) for number in range(lanes)], trials))
    write_text(paths.outer_dag, outer_dag(study, generations, done, lanes))


def refresh(study: Study) -> None:
    """Have a sweep that was launched ask for what its study file says now."""
    if study.paths.submit.exists():
        with contextlib.suppress(PoolError):
            condor.connect()
        write_text(study.paths.submit, submit_description(study))


def submit_description(study: Study) -> str:
    """What all trials' jobs have in common, on this pool."""
    return workflow.submit_description(
        study.id,
        study.config.study.name,
        study.config.trainer,
        study.job,
        software.program(study),
        [place for place in (study.data, *study.weights.values()) if place],
        one_host=condor.is_personal(),
        # On one machine there is nothing to gain, and jobs would wait for each other.
        shares=not condor.is_personal() and condor.shares_inputs(),
    )


def outer_dag(study: Study, generations: int, done: set[int], lanes: int | None) -> str:
    """The DAG to submit, of generations or of so many `lanes`."""
    config, name = study.config, study.config.study.name
    if lanes is None:
        return workflow.outer_dag(study.id, name, generations, done)
    trials = generations * config.study.trials_per_generation
    return workflow.lanes_dag(study.id, name, lanes, trials, workflow.most_runs(config))


def python_note(study: Study) -> str:
    """What a sweep without a container needs of a pool that is not this machine; '' where there is nothing to say."""
    if study.config.job.container_image or condor.is_personal():
        return ""
    return (
        f"No [job] container_image: the jobs run {software.program(study)}, which must be there on every execute point."
    )
