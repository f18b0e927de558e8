"""PRE script of a generation: asks Optuna for its trials, and writes their folders and the generation's DAG.

Optuna's storage keys trials by generation and index. So a second run finds the same trials and writes the same files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sweep.errors import StorageError, SweepError
from sweep.nodes.ending import check_limits
from sweep.nodes.script import defer, limit_time
from sweep.nodes.tell import tell_pending
from sweep.nodes.trial_folder import trial_specs, write_trial
from sweep.paths import StudyPaths
from sweep.study.study import Study, load_study
from sweep.system.files import locked, write_text
from sweep.trial.spec import TrialSpec
from sweep.workflow.dag import generation_dag, max_retries
from sweep.workflow.exit_codes import SKIP


def propose(study: Study, generation: int) -> list[TrialSpec]:
    """Return a generation's trials, and write all files that its nodes need. The DAG file is the last.

    Returns [] if the study has ended early; dag/ended.txt then has the reason. Raises StorageError if the storage
    fails.
    """
    trials = _ask(study, generation)
    if trials:
        for trial in trials:
            write_trial(study, study.paths.trial(trial.number), trial)
        _write_dag(study, generation, trials)
    return trials


def _ask(study: Study, generation: int) -> list[TrialSpec]:
    """Tell Optuna the results that it does not have yet, then ask it for the generation's trials."""
    from sweep.optimizer.stored_study import StoredStudy

    with locked(study.paths.storage_lock, wait=True):
        stored = StoredStudy.open(study, writing=True)
        tell_pending(study.paths, stored)
        if not stored.generation(generation) and check_limits(study, stored):
            return []
        return trial_specs(study, stored.propose(generation), stored.cutoffs(), stored.peak_usage())


def _write_dag(study: Study, generation: int, trials: list[TrialSpec]) -> None:
    paths = study.paths
    done = {trial.number for trial in trials if paths.trial(trial.number).result.exists()}
    dag = paths.generation_dag(generation)
    # DAGMan would read what an earlier run of this DAG left. It need not: the DAG says which nodes are done.
    for pattern in ("rescue*", "lock", "nodes.log"):
        for stale in dag.parent.glob(f"{dag.name}.{pattern}"):
            stale.unlink()
    name, retries = study.config.study.name, max_retries(study.config)
    write_text(dag, generation_dag(study.id, name, generation, trials, done, retries))


def main(words: list[str]) -> None:
    """Run `propose STUDY GENERATION`: the PRE script of a generation."""
    folder, generation = words
    paths = StudyPaths(Path(folder).resolve())
    limit_time()
    try:
        if paths.stopped.exists():
            sys.exit(f"generation {generation}: the sweep is stopped")
        trials = propose(load_study(paths), int(generation))
        if not trials:
            print(
                f"generation {generation}: not proposed, because the study has ended: {paths.ended.read_text().strip()}"
            )
            sys.exit(SKIP)
    except (StorageError, OSError) as error:
        sys.exit(defer(paths, f"generation {generation}", error))
    except SweepError as error:
        sys.exit(f"generation {generation}: {error}")
    print(f"generation {generation}: trials {', '.join(str(trial.number) for trial in trials)}")
