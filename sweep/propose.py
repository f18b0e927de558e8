"""PRE script of a generation: asks Optuna for its trials, writes each trial's folder and the generation's DAG.

Keyed by generation and index: run again, it finds the trials it asked for and writes the same files.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweep import harvest, script, suggest, workflow
from sweep.ending import reason
from sweep.errors import StorageError, SweepError
from sweep.files import locked, write_json, write_text
from sweep.paths import StudyPaths, TrialPaths
from sweep.study import Study, load
from sweep.trainer_section import FASHION_MNIST, file_name
from sweep.trial import SKIP, TrialSpec, derived_seed

if TYPE_CHECKING:
    from sweep.search import Proposal, Search


def propose(study: Study, generation: int) -> list[TrialSpec]:
    """Ask for a generation's trials and write all that its nodes need; the DAG file comes last.

    None where the study has ended early: its reason is in dag/ended.txt.
    """
    from sweep.search import Search

    paths = study.paths
    with locked(paths.storage_lock, wait=True):
        search = Search.open(study, writing=True)
        harvest.tell_pending(paths, search)
        if not search.generation(generation) and has_ended(study, search):
            return []
        trials = specs(study, search.propose(generation), search.cutoffs(), search.used())
    for trial in trials:
        write_trial(study, paths.trial(trial.number), trial)
    done = {trial.number for trial in trials if paths.trial(trial.number).result.exists()}
    dag = paths.generation_dag(generation)
    # What an earlier DAGMan of this generation left would be read too; what is done, the DAG itself says.
    for pattern in ("rescue*", "lock", "nodes.log"):
        for stale in dag.parent.glob(f"{dag.name}.{pattern}"):
            stale.unlink()
    runs = workflow.most_runs(study.config)
    text = workflow.generation_dag(study.id, study.config.study.name, generation, trials, done, runs)
    write_text(dag, text)
    return trials


def specs(
    study: Study,
    proposals: Sequence[Proposal],
    cutoffs: Mapping[str, float],
    used: Sequence[tuple[float, float]] = (),
) -> list[TrialSpec]:
    """What the job of each trial is to do. `used` is what trials so far used, as `suggest.automatic` takes it."""
    each = study.config.job.each_slice
    requests = suggest.automatic(used, study.config.study.trials_per_generation)
    kind = "confirm" if study.config.study.confirms else "trial"
    return [
        TrialSpec(
            number=proposal.number,
            generation=proposal.generation,
            index=proposal.index,
            params=proposal.params,
            sampler=proposal.sampler,
            distributions=proposal.distributions,
            metrics=study.config.trainer.metrics_file,
            metrics_pattern=study.config.trainer.metrics_pattern,
            checkpoints=study.config.trainer.has_checkpoints,
            seed=derived_seed(study.config.study.seed, kind, proposal.number),
            step=0,
            target_step=study.config.trainer.epochs or 0,
            objectives=study.config.study.metric,
            constraints=study.config.constraints.metrics,
            data=data_spec(study),
            handover_seconds=study.config.job.interval.seconds,
            handover_epochs=study.config.job.interval.epochs,
            slice_seconds=each.seconds,
            slice_epochs=each.epochs,
            cutoffs=dict(cutoffs),
            maximize=study.config.study.direction[0] == "maximize",
            retries=study.config.limits.retries,
            failures_in_a_row=study.config.limits.failures_in_a_row,
            requests=requests,
            more_memory=_more_memory(study, proposal, requests),
        )
        for proposal in proposals
    ]


def _more_memory(study: Study, proposal: Proposal, requests: Mapping[str, str]) -> list[dict[str, str]]:
    """What a trial that ran out of memory is tried again with: what the study says, or twice what it had by use."""
    listed = study.config.job.more_memory(proposal.params)
    if "request_memory" not in requests:
        return listed
    return [{**more, "request_memory": str(2 * int(requests["request_memory"]))} for more in listed[:1] or [{}]]


def has_ended(study: Study, search: Search) -> bool:
    """Whether no more trials are to be asked for; the reason is then written to dag/ended.txt."""
    why = ""
    if study.config.limits.may_end:
        why = reason(study.config, search.rows(), datetime.now().astimezone())
    if not why and not search.configurations_left(1):
        why = "all configurations that there are have been tried"
    if why:
        write_text(study.paths.ended, why + "\n")
    return bool(why)


def data_spec(study: Study) -> dict[str, Any]:
    """What trial.json says about the data; `path` is its name in the folder where the job starts."""
    trainer = study.config.trainer
    if trainer.command:
        return {"path": file_name(study.data), "sha256": data_digest(study)} if study.data else {}
    return {
        "kind": FASHION_MNIST if trainer.data == FASHION_MNIST else "images",
        "path": file_name(study.data),
        "sha256": data_digest(study),
        "classes": trainer.classes,
        "image_size": trainer.image_size,
        "split_seed": derived_seed(study.config.study.seed, "split"),
        "weights": {architecture: file_name(place) for architecture, place in study.weights.items()},
    }


def data_digest(study: Study) -> str:
    """What the data of all trials is known to have, '' where nothing is known."""
    recorded = study.paths.data_sha256
    known = study.config.trainer.data_sha256 or study.provenance["file_sha256"]
    return known or (recorded.read_text().strip() if recorded.exists() else "")


def write_trial(study: Study, files: TrialPaths, trial: TrialSpec) -> None:
    """Write what the job of a trial starts from, into the folder of `files`."""
    write_json(files.spec, trial.to_json())
    write_text(files.own_submit, workflow.own_commands(study.config.trainer, study.config.job, trial))
    # The job's outputs exist from the start; what an earlier job left there stays.
    for output in (*files.outputs(checkpoints=trial.checkpoints), files.root / trial.metrics):
        output.touch()
    for folder in study.config.trainer.outputs:
        (files.root / folder).mkdir(exist_ok=True)


def main() -> None:
    """`propose STUDY GENERATION`, as the DAG's PRE script calls it."""
    folder, generation = sys.argv[1:]
    paths = StudyPaths(Path(folder).resolve())
    script.limit_time()
    try:
        if paths.stopped.exists():
            sys.exit(f"generation {generation}: the sweep is stopped")
        trials = propose(load(paths), int(generation))
        if not trials:
            print(f"generation {generation}: not asked for, {paths.ended.read_text().strip()}")
            sys.exit(SKIP)
    except (StorageError, OSError) as error:
        sys.exit(script.defer(paths, f"generation {generation}", error))
    except SweepError as error:
        sys.exit(f"generation {generation}: {error}")
    print(f"generation {generation}: trials {', '.join(str(trial.number) for trial in trials)}")


if __name__ == "__main__":
    main()
