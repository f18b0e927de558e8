"""Writes the folder that a trial's job starts from."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sweep.config.suggested_job import automatic_requests
from sweep.config.trainer import FASHION_MNIST, file_name
from sweep.errors import StudyError
from sweep.nodes.agreement import check_same_trial
from sweep.nodes.data_digests import known_digest
from sweep.nodes.trial_result import fail_trial
from sweep.paths import StudyPaths, TrialPaths
from sweep.study.study import Study
from sweep.system.files import create_empty, write_json, write_text
from sweep.trial.direction import Direction
from sweep.trial.files import read_spec
from sweep.trial.spec import TrialSpec, derived_seed
from sweep.workflow.submit import trial_commands

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import Proposal, StoredStudy


def trial_specs(
    study: Study,
    proposals: Sequence[Proposal],
    cutoffs: Mapping[str, float],
    usage: Sequence[tuple[float, float]] = (),
) -> list[TrialSpec]:
    """Return what the job of each trial is to do.

    `cutoffs` are those of a trial that starts now, by step. `usage` is the peak (MB of memory, KB of disk) of each
    trial so far, for studies that size their jobs by it.
    """
    requests = automatic_requests(usage, study.config.study.trials_per_generation)
    template = replace(_template(study), cutoffs=dict(cutoffs), requests=requests)
    return [_spec(study, template, proposal) for proposal in proposals]


def _template(study: Study) -> TrialSpec:
    """Return what all trials of a study have in common, as a trial without number and parameters."""
    section, trainer, job, limits = study.config.study, study.config.trainer, study.config.job, study.config.limits
    return TrialSpec(
        number=0,
        generation=0,
        index=0,
        params={},
        seed=0,
        step=0,
        target_step=trainer.epochs or 0,
        objectives=section.metric,
        maximize=section.first_direction == Direction.MAXIMIZE,
        constraints=study.config.constraints.metrics,
        data=data_spec(study),
        metrics=trainer.metrics_file,
        metrics_pattern=trainer.metrics_pattern,
        checkpoints=trainer.has_checkpoints,
        handover_seconds=job.checkpoint_interval.seconds,
        handover_epochs=job.checkpoint_interval.epochs,
        slice_seconds=job.slice_interval.seconds,
        slice_epochs=job.slice_interval.epochs,
        retries=limits.retries,
        failures_in_a_row=limits.failures_in_a_row,
    )


def _spec(study: Study, template: TrialSpec, proposal: Proposal) -> TrialSpec:
    kind = "confirm" if study.config.study.confirms else "trial"
    return replace(
        template,
        number=proposal.number,
        generation=proposal.generation,
        index=proposal.index,
        params=proposal.params,
        sampler=proposal.sampler,
        distributions=proposal.distributions,
        seed=derived_seed(study.config.study.seed, kind, proposal.number),
        more_memory=_more_memory(study, proposal, template.requests),
    )


def _more_memory(study: Study, proposal: Proposal, requests: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the submit commands for each retry of a trial that ran out of memory: those of the study file, or, if its
    jobs are sized by use, twice the memory. There are none if they cannot be computed."""
    try:
        listed = study.config.job.more_memory(proposal.params)
    except ValueError:
        listed = []
    if "request_memory" not in requests:
        return listed
    return [{**more, "request_memory": str(2 * int(requests["request_memory"]))} for more in listed[:1] or [{}]]


def data_spec(study: Study) -> dict[str, Any]:
    """Return what trial.json says about the data; `path` is its name in the folder where the job starts."""
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
    """Return the SHA-256 that the data of all trials must have, '' if it is not known yet."""
    return study.config.trainer.data_sha256 or study.provenance["file_sha256"] or known_digest(study.paths)


def write_trial(study: Study, files: TrialPaths, trial: TrialSpec) -> bool:
    """Write the files that a trial's job starts from; return False if the trial fails, since it cannot have them.

    A trial that has run before keeps the step that it reached. Raises DisagreementError if the folder has another trial
    of this number.
    """
    trial = _continued(study, files, trial)
    write_json(files.spec, trial.to_json())
    try:
        own = trial_commands(study.config.trainer, study.config.job, trial)
    except ValueError as error:
        fail_trial(study.paths, trial.number, f"its job cannot be described: {error}")
        return False
    write_text(files.own_submit, own)
    # HTCondor holds a job whose outputs are missing, so they exist from the start. What an earlier job left stays.
    for output in (*files.outputs(checkpoints=trial.checkpoints), files.root / trial.metrics):
        create_empty(output)
    for folder in study.config.trainer.outputs:
        with contextlib.suppress(FileExistsError):
            (files.root / folder).mkdir()
    return True


def _continued(study: Study, files: TrialPaths, trial: TrialSpec) -> TrialSpec:
    """Return the trial with the step that its trial.json has, if there is one."""
    if not files.spec.exists():
        return trial
    try:
        written = read_spec(files)
    except StudyError:
        return trial
    check_same_trial(study, written, trial.params, trial.distributions)
    return replace(trial, step=written.step)


def rewrite_damaged_spec(paths: StudyPaths, opened: Callable[[], StoredStudy], number: int) -> None:
    """Write the trial.json of a trial again, as the storage has the trial, if the file is missing or damaged."""
    try:
        read_spec(paths.trial(number))
    except StudyError as error:
        print(f"trial {number}: {error}", file=sys.stderr)
        stored = opened()
        proposals = [proposal] if (proposal := stored.proposal(number)) else []
        for spec in trial_specs(stored.study, proposals, stored.cutoffs(), stored.peak_usage()):
            write_json(paths.trial(number).spec, spec.to_json())
