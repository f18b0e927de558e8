"""Writes the folder that a trial's job starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sweep.config.suggested_job import automatic_requests
from sweep.config.trainer import FASHION_MNIST, file_name
from sweep.paths import TrialPaths
from sweep.study.study import Study
from sweep.system.files import write_json, write_text
from sweep.trial.spec import TrialSpec, derived_seed
from sweep.workflow.submit import trial_commands

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import Proposal


def trial_specs(
    study: Study,
    proposals: Sequence[Proposal],
    cutoffs: Mapping[str, float],
    used: Sequence[tuple[float, float]] = (),
) -> list[TrialSpec]:
    """What the job of each trial is to do. `used` is what trials so far used, as `suggest.automatic` takes it."""
    each = study.config.job.each_slice
    requests = automatic_requests(used, study.config.study.trials_per_generation)
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
    write_text(files.own_submit, trial_commands(study.config.trainer, study.config.job, trial))
    # The job's outputs exist from the start; what an earlier job left there stays.
    for output in (*files.outputs(checkpoints=trial.checkpoints), files.root / trial.metrics):
        output.touch()
    for folder in study.config.trainer.outputs:
        (files.root / folder).mkdir(exist_ok=True)
