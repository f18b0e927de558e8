"""Writes the submit descriptions of trials. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sweep.config import submit_language
from sweep.config.command import (
    arguments_value,
    environment_value,
    escape_macros,
    fill_command,
    fill_placeholders,
    placeholder_values,
)
from sweep.config.job import JobSection
from sweep.config.trainer import TrainerSection
from sweep.paths import HELPER, TrialPaths
from sweep.templates import render
from sweep.trial.spec import TrialSpec
from sweep.workflow.attributes import trial_attributes

AVOID_SECONDS = 1200
"""How long a try keeps off the host where the last one failed, before it takes what there is."""


CLAIM_SECONDS = 30
"""How long a slot is kept for a lane's next trial: three scans of DAGMan's, of 5 s by default, and its script."""


HELD_SECONDS = 15
"""How long a job that HTCondor held stays, so that its checkpoint can be copied, before it is removed."""


def lane_description(lane: str, trial: TrialSpec, shared: str) -> str:
    """The submit description of a lane's node: the one that all trials share, for this trial."""
    settings = "".join(f"{name} = {value}\n" for name, value in trial_attributes(trial).items())
    head = f"# {lane} runs this trial. Written by `sweep launch`, or for ./harvest.\n"
    return f"{head}{settings}keep_claim_idle = {CLAIM_SECONDS}\n\n{shared}"


def submit_value(value: str) -> str:
    """A value as it stands after `name =` in a submit description.

    Raises ValueError for what no submit description can hold.
    """
    if not value.isprintable() or value.endswith("\\"):
        raise ValueError(f"HTCondor's submit language cannot hold {value!r}")
    return escape_macros(value)


def runs_through_env(trainer: TrainerSection, job: JobSection) -> bool:
    """Whether a user's program is looked up where the job runs: in its container, or among its inputs."""
    program = (trainer.command or [""])[0]
    return job.container_image is not None or "/" in program


def trial_commands(trainer: TrainerSection, job: JobSection, trial: TrialSpec) -> str:
    """The submit commands of one trial alone: what it asks for by its parameters; of a user's program its arguments and
    its environment.

    Raises ValueError for a value that no submit description can hold.
    """
    asks = "".join(f"{name} = {value}\n" for name, value in (job.of_trial(trial.params) | trial.requests).items())
    return asks + (_program_commands(trainer, job, trial) if trainer.command else "")


def _program_commands(trainer: TrainerSection, job: JobSection, trial: TrialSpec) -> str:
    values = placeholder_values(trial)
    words = fill_command(trainer.command or [], values)
    variables = {name: fill_placeholders(text, values) for name, text in trainer.environment.items()}
    return (
        f"arguments = {arguments_value(words if runs_through_env(trainer, job) else words[1:])}\n"
        f"environment = {environment_value({k: v for k, v in variables.items() if v is not None})}\n"
    )


def submit_description(
    study_id: str,
    study: str,
    trainer: TrainerSection,
    job: JobSection,
    program: Path,
    carried: Sequence[str],
    *,
    one_host: bool = False,
    shares: bool = False,
) -> str:
    """The submit description that all trials share.

    `program` is what runs where the job asks for no container: Python for the shipped trainer, or the user's own;
    `carried` are paths and URLs that travel along, such as the data; where HTCondor `shares` them, to each machine
    once. On a pool of `one_host` a trial that failed is tried again where it was.
    """
    in_container = runs_through_env(trainer, job) if trainer.command else job.container_image is not None
    own = [f"../../inputs/{HELPER}"]
    own += [entry if "://" in entry else f"../../inputs/{Path(entry).name}" for entry in trainer.inputs]
    common = [submit_value(entry) for entry in carried]
    outputs = [file.name for file in TrialPaths(Path()).outputs(checkpoints=trainer.has_checkpoints)]
    outputs += [trainer.metrics_file] if trainer.metrics_file not in outputs else []
    outputs += trainer.outputs
    return render(
        "trial.sub.j2",
        study_id=study_id,
        study=study,
        # In a container the image's own Python is used, wherever it is there.
        executable="/usr/bin/env" if in_container else submit_value(str(program)),
        arguments="python3 -u -m trainer trial.json" if in_container else "-u -m trainer trial.json",
        has_command=trainer.command is not None,
        checkpoints=trainer.has_checkpoints,
        inputs=[*([] if shares else common), *map(submit_value, own if trainer.command else ["../../trainer"])],
        common=common if shares else [],
        held_seconds=HELD_SECONDS,
        avoid_seconds=0 if one_host else AVOID_SECONDS,
        outputs=outputs,
        requests={name: submit_value(str(job.requests()[name])) for name in job.requests() if name not in job.depends},
        requirements=submit_value(job.requirements) if job.requirements else "",
        extra={name: submit_language.command_value(value) for name, value in job.submit.items()},
        attributes={name: submit_language.attribute_value(value) for name, value in job.attributes.items()},
    )
