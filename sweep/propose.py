"""PRE script of a generation: asks Optuna for its trials, writes each trial's folder and the generation's DAG.

Keyed by generation and index: run again, it finds the trials it asked for and writes the same files.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweep import harvest, workflow
from sweep.errors import StorageError, SweepError
from sweep.files import locked, write_json, write_text
from sweep.paths import StudyPaths
from sweep.sections import FASHION_MNIST
from sweep.study import Study, load
from sweep.trial import TrialSpec, derived_seed

if TYPE_CHECKING:
    from sweep.search import Proposal


def propose(study: Study, generation: int) -> list[TrialSpec]:
    """Ask for a generation's trials and write all that its nodes need; the DAG file comes last."""
    from sweep.search import Search

    paths = study.paths
    with locked(paths.storage_lock, wait=True):
        search = Search.open(study, writing=True)
        harvest.tell_pending(paths, search)
        proposals = search.propose(generation)
    trials = specs(study, generation, proposals)
    for trial in trials:
        _write_trial(study, trial)
    done = {trial.number for trial in trials if paths.trial(trial.number).result.exists()}
    dag = paths.generation_dag(generation)
    # What an earlier DAGMan of this generation left would be read too; what is done, the DAG itself says.
    for pattern in ("rescue*", "lock", "nodes.log"):
        for stale in dag.parent.glob(f"{dag.name}.{pattern}"):
            stale.unlink()
    write_text(dag, workflow.generation_dag(study.id, study.config.study.name, generation, trials, done))
    return trials


def specs(study: Study, generation: int, proposals: Sequence[Proposal]) -> list[TrialSpec]:
    """What each job of a generation is to do."""
    return [
        TrialSpec(
            number=proposal.number,
            generation=generation,
            index=proposal.index,
            params=proposal.params,
            sampler=proposal.sampler,
            distributions=proposal.distributions,
            metrics=study.config.trainer.metrics_file,
            metrics_pattern=study.config.trainer.metrics_pattern,
            checkpoints=study.config.trainer.has_checkpoints,
            seed=derived_seed(study.config.study.seed, "trial", proposal.number),
            step=0,
            target_step=study.config.trainer.epochs or 0,
            metric=study.config.study.metric,
            data=data_spec(study),
            handover_seconds=study.config.job.interval.seconds,
            handover_epochs=study.config.job.interval.epochs,
            retries=study.config.limits.retries,
            failures_in_a_row=study.config.limits.failures_in_a_row,
            more_memory={
                name: workflow.submit_value(str(value)) for name, value in study.config.job.more_memory().items()
            },
        )
        for proposal in proposals
    ]


def data_spec(study: Study) -> dict[str, Any]:
    """What trial.json says about the data; `path` is its name in the folder where the job starts."""
    trainer = study.config.trainer
    if trainer.command:
        return {"path": file_name(study.data)} if study.data else {}
    return {
        "kind": FASHION_MNIST if trainer.data == FASHION_MNIST else "images",
        "path": file_name(study.data),
        "classes": trainer.classes,
        "image_size": trainer.image_size,
        "split_seed": derived_seed(study.config.study.seed, "split"),
    }


def file_name(place: str) -> str:
    """Name that a file, folder or URL has in the folder where a job starts."""
    return place.split("?")[0].rstrip("/").rpartition("/")[2]


def _write_trial(study: Study, trial: TrialSpec) -> None:
    files = study.paths.trial(trial.number)
    write_json(files.spec, trial.to_json())
    if study.config.trainer.command:
        write_text(files.program_submit, workflow.program_commands(study.config.trainer, study.config.job, trial))
    # The job's outputs exist from the start; what an earlier job left there stays.
    for output in (*files.outputs, files.root / trial.metrics):
        output.touch()


def main() -> None:
    """`propose STUDY GENERATION`, as the DAG's PRE script calls it."""
    folder, generation = sys.argv[1:]
    paths = StudyPaths(Path(folder).resolve())
    try:
        if paths.stopped.exists():
            sys.exit(f"generation {generation}: the sweep is stopped")
        trials = propose(load(paths), int(generation))
    except (StorageError, OSError) as error:
        sys.exit(harvest.defer(paths, f"generation {generation}", error))
    except SweepError as error:
        sys.exit(f"generation {generation}: {error}")
    print(f"generation {generation}: trials {', '.join(str(trial.number) for trial in trials)}")


if __name__ == "__main__":
    main()
