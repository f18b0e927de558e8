"""PRE script of a generation: asks Optuna for its trials, and writes their folders and the generation's DAG.

Optuna's storage keys trials by generation and index. So a second run finds the same trials and writes the same files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sweep.nodes.agreement import check_agreement
from sweep.nodes.ending import check_limits
from sweep.nodes.script import run_pre_script
from sweep.nodes.tell import tell_pending
from sweep.nodes.trial_folder import trial_specs, write_trial
from sweep.paths import StudyPaths
from sweep.study.study import Study, load_study, planned_generations
from sweep.system.files import locked, tail, write_text
from sweep.trial.spec import TrialSpec
from sweep.workflow.dag import generation_dag, max_retries
from sweep.workflow.exit_codes import DONE, PRE_FAILED, SKIP


def propose(study: Study, generation: int) -> list[TrialSpec]:
    """Return a generation's trials, and write all files that its nodes need. The DAG file is the last.

    Returns [] if the study has all of its trials, or has ended early; dag/ended.txt then has the reason. Raises
    StorageError if the storage fails, or does not agree with the trials' files.
    """
    from sweep.optimizer.stored_study import StoredStudy

    # Held until all files are there: `sweep repair` rebuilds the storage from the folders that it finds.
    with locked(study.paths.storage_lock, wait=True):
        stored = StoredStudy.open(study, writing=True)
        check_agreement(stored)
        tell_pending(study.paths, stored)
        if not stored.generation(generation) and check_limits(study, stored):
            return []
        limit = planned_generations(study.paths) * study.config.study.trials_per_generation
        trials = trial_specs(study, stored.propose(generation, limit or None), stored.cutoffs(), stored.peak_usage())
        for trial in trials:
            write_trial(study, study.paths.trial(trial.number), trial)
        # A trial that cannot have a job has failed by now.
        tell_pending(study.paths, stored)
        if trials:
            _write_dag(study, generation, trials)
    return trials


def _write_dag(study: Study, generation: int, trials: list[TrialSpec]) -> None:
    paths = study.paths
    done = {trial.number for trial in trials if paths.trial(trial.number).result.exists()}
    dag = paths.generation_dag(generation)
    remove_dagman_files(dag)
    name, retries = study.config.study.name, max_retries(study.config)
    write_text(dag, generation_dag(study.id, name, generation, trials, done, retries))


def remove_dagman_files(dag: Path) -> None:
    """Remove what an earlier DAGMan has left of a DAG, so that the next one begins anew: the DAG says what is done.

    DAGMan would continue with jobs that are gone, or that are by now the jobs of others: a schedd that has lost its
    queue counts its clusters from 1 again.
    """
    for pattern in ("rescue*", "lock", "nodes.log"):
        for stale in dag.parent.glob(f"{dag.name}.{pattern}"):
            stale.unlink()


def main(words: list[str]) -> None:
    """Run `propose STUDY GENERATION`: the PRE script of a generation."""
    folder, generation = words
    paths = StudyPaths(Path(folder).resolve())
    sys.exit(run_pre_script(paths, f"generation {generation}", lambda: _run(paths, int(generation))))


def _run(paths: StudyPaths, generation: int) -> int:
    """Propose a generation, say what was proposed, and return the script's exit status."""
    if paths.stopped.exists():
        print(f"generation {generation}: the sweep is stopped", file=sys.stderr)
        return PRE_FAILED
    trials = propose(load_study(paths), generation)
    if not trials:
        why = f"has ended: {tail(paths.ended)}" if paths.ended.exists() else "has all of its trials"
        print(f"generation {generation}: not proposed, because the study {why}")
        return SKIP
    print(f"generation {generation}: trials {', '.join(str(trial.number) for trial in trials)}")
    return DONE
