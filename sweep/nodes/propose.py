"""PRE script of a generation: asks Optuna for its trials, writes each trial's folder and the generation's DAG.

Keyed by generation and index: run again, it finds the trials it asked for and writes the same files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    pass


def propose(study: Study, generation: int) -> list[TrialSpec]:
    """Ask for a generation's trials and write all that its nodes need; the DAG file comes last.

    None where the study has ended early: its reason is in dag/ended.txt.
    """
    from sweep.optimizer.stored_study import StoredStudy

    paths = study.paths
    with locked(paths.storage_lock, wait=True):
        search = StoredStudy.open(study, writing=True)
        tell_pending(paths, search)
        if not search.generation(generation) and check_limits(study, search):
            return []
        trials = trial_specs(study, search.propose(generation), search.cutoffs(), search.peak_usage())
    for trial in trials:
        write_trial(study, paths.trial(trial.number), trial)
    done = {trial.number for trial in trials if paths.trial(trial.number).result.exists()}
    dag = paths.generation_dag(generation)
    # What an earlier DAGMan of this generation left would be read too; what is done, the DAG itself says.
    for pattern in ("rescue*", "lock", "nodes.log"):
        for stale in dag.parent.glob(f"{dag.name}.{pattern}"):
            stale.unlink()
    runs = max_retries(study.config)
    text = generation_dag(study.id, study.config.study.name, generation, trials, done, runs)
    write_text(dag, text)
    return trials


def main(words: list[str]) -> None:
    """`propose STUDY GENERATION`, as the DAG's PRE script calls it."""
    folder, generation = words
    paths = StudyPaths(Path(folder).resolve())
    limit_time()
    try:
        if paths.stopped.exists():
            sys.exit(f"generation {generation}: the sweep is stopped")
        trials = propose(load_study(paths), int(generation))
        if not trials:
            print(f"generation {generation}: not asked for, {paths.ended.read_text().strip()}")
            sys.exit(SKIP)
    except (StorageError, OSError) as error:
        sys.exit(defer(paths, f"generation {generation}", error))
    except SweepError as error:
        sys.exit(f"generation {generation}: {error}")
    print(f"generation {generation}: trials {', '.join(str(trial.number) for trial in trials)}")
