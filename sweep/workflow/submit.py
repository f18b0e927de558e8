"""Writes the submit descriptions of trials. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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
from sweep.trial.judge import TOO_MANY_HANDOVERS, TOO_MANY_STARTS
from sweep.trial.spec import TrialSpec
from sweep.workflow.attributes import trial_attributes

AVOID_SECONDS = 1200
"""Seconds that a retry avoids the host of the last failure; then it takes any host."""

CLAIM_SECONDS = 30
"""Seconds that a slot stays claimed for a lane's next trial: three log scans of DAGMan (5 s each by default), and the
POST script."""

HELD_SECONDS = 15
"""Seconds before HTCondor removes a held job: time to copy its checkpoint."""

STARTS = 50
"""Starts of a job, evictions included, before HTCondor holds it: does the trial make progress?"""

SPARE_HANDOVERS = 10
"""Hand-overs of a job, beyond those that the study explains, before HTCondor holds it: does the trial make progress?"""

HANDOVER_PACE = 60
"""Seconds for one more hand-over, for a program that hands over by its own schedule."""

SLOW_HANDOVERS = 50
"""Most hand-overs that the time explains. A program that hands over seldom is then held seldom, but not never."""

UNKNOWN_HANDOVERS = 100
"""Hand-overs that a job may need if it hands over every few epochs, but the study does not say how many there are."""

HOLD_COMMANDS = ("periodic_hold", "periodic_hold_reason", "periodic_hold_subcode")
"""Submit commands that a study may set, and that sweep adds its own conditions to."""


def lane_description(lane: str, trial: TrialSpec, shared: str) -> str:
    """Return the submit description of a lane's node for one trial. `shared` is the one that all trials share."""
    settings = "".join(f"{name} = {value}\n" for name, value in trial_attributes(trial).items())
    head = f"# {lane} runs this trial. Written by `sweep launch`, or for ./harvest.\n"
    return f"{head}{settings}keep_claim_idle = {CLAIM_SECONDS}\n\n{shared}"


def submit_value(value: str) -> str:
    """Return a value as it stands after `name =` in a submit description.

    Raises ValueError if no submit description can hold it.
    """
    if not value.isprintable() or value.endswith("\\"):
        raise ValueError(f"HTCondor's submit language cannot hold {value!r}")
    return escape_macros(value)


def runs_through_env(trainer: TrainerSection, job: JobSection) -> bool:
    """Return whether the job itself looks up the user's program: in its container, or among its input files."""
    program = (trainer.command or [""])[0]
    return job.container_image is not None or "/" in program


def trial_commands(trainer: TrainerSection, job: JobSection, trial: TrialSpec) -> str:
    """Return the submit commands of one trial alone: the resources that depend on its parameters, and the arguments and
    environment of a user's program.

    Raises ValueError if no submit description can hold a value.
    """
    resources = job.trial_requests(trial.params) | trial.requests
    text = "".join(f"{name} = {value}\n" for name, value in resources.items())
    return text + (_program_commands(trainer, job, trial) if trainer.command else "")


def _program_commands(trainer: TrainerSection, job: JobSection, trial: TrialSpec) -> str:
    values = placeholder_values(trial)
    words = fill_command(trainer.command or [], values)
    filled = {name: fill_placeholders(text, values) for name, text in trainer.environment.items()}
    environment = {name: value for name, value in filled.items() if value is not None}
    return (
        f"arguments = {arguments_value(words if runs_through_env(trainer, job) else words[1:])}\n"
        f"environment = {environment_value(environment)}\n"
    )


def submit_description(
    study_id: str,
    study: str,
    trainer: TrainerSection,
    job: JobSection,
    program: Path,
    common_inputs: Sequence[str],
    *,
    one_host: bool = False,
    share_inputs: bool = False,
) -> str:
    """Return the submit description that all trials share.

    `program` is what a job without a container runs: Python for the shipped trainer, or the user's own program.
    `common_inputs` are the paths and URLs that all trials need, such as the data; with `share_inputs`, HTCondor sends
    them to each machine once. On a pool of `one_host`, a retry may run on the host where the trial failed.

    Raises ValueError if no submit description can hold a value.
    """
    in_container = runs_through_env(trainer, job) if trainer.command else job.container_image is not None
    common = [submit_value(entry) for entry in common_inputs]
    commands = {name: submit_language.command_value(value) for name, value in job.submit.items()}
    holds = {name.lower(): value for name, value in commands.items() if name.lower() in HOLD_COMMANDS}
    return render(
        "trial.sub.j2",
        study_id=study_id,
        study=study,
        # A container has its own Python, at a place that only its PATH knows.
        executable="/usr/bin/env" if in_container else submit_value(str(program)),
        arguments="python3 -u -m trainer trial.json" if in_container else "-u -m trainer trial.json",
        has_command=trainer.command is not None,
        checkpoints=trainer.has_checkpoints,
        inputs=[*([] if share_inputs else common), *map(submit_value, _own_inputs(trainer))],
        common=common if share_inputs else [],
        held_seconds=HELD_SECONDS,
        handovers=SPARE_HANDOVERS + 2 * _expected_handovers(trainer, job),
        # A decimal point, because ClassAds divide integers without remainder.
        handover_pace=float(min(HANDOVER_PACE, job.checkpoint_interval.seconds or HANDOVER_PACE)),
        slow_handovers=SLOW_HANDOVERS,
        starts=STARTS,
        avoid_seconds=0 if one_host else AVOID_SECONDS,
        outputs=_outputs(trainer),
        requests={
            name: submit_value(str(size)) for name, size in job.requests().items() if name not in job.trial_dependent
        },
        requirements=submit_value(job.requirements) if job.requirements else "",
        extra={name: value for name, value in commands.items() if name.lower() not in HOLD_COMMANDS},
        holds=_hold_commands(holds, checkpoints=trainer.has_checkpoints),
        attributes={name: submit_language.attribute_value(value) for name, value in job.attributes.items()},
    )


def _expected_handovers(trainer: TrainerSection, job: JobSection) -> int:
    """Return how many hand-overs a job needs that hands over every few epochs, 0 if it hands over by the clock."""
    interval = job.checkpoint_interval.epochs
    if not interval:
        return 0
    return math.ceil(trainer.epochs / interval) if trainer.epochs else UNKNOWN_HANDOVERS


def _hold_commands(users: Mapping[str, str], *, checkpoints: bool) -> dict[str, str]:
    """Return the commands that hold a job for its starts or hand-overs, or for the conditions in the study file."""
    condition, reason, subcode = (users.get(name, "undefined") for name in HOLD_COMMANDS)
    holds = [("SweepTooManyStarts", TOO_MANY_STARTS[1], 'strcat("it was started ", NumShadowStarts, " times")')]
    if checkpoints:
        said = (
            'strcat("its program handed over its checkpoint (exit status 85) ", SweepHandovers, " times in ", '
            'SweepSeconds, " s")'
        )
        holds.append(("SweepTooManyHandovers", TOO_MANY_HANDOVERS[1], said))
    condition = " || ".join([f"({condition})", *(attribute for attribute, *_ in holds)])
    for attribute, code, said in holds:
        reason, subcode = f"ifThenElse({attribute}, {said}, {reason})", f"ifThenElse({attribute}, {code}, {subcode})"
    return dict(zip(HOLD_COMMANDS, (condition, reason, subcode), strict=True))


def _own_inputs(trainer: TrainerSection) -> list[str]:
    """Return the program's files, relative to a trial's folder: the shipped trainer, or the user's own inputs."""
    if not trainer.command:
        return ["../../trainer"]
    entries = [entry if "://" in entry else f"../../inputs/{Path(entry).name}" for entry in trainer.inputs]
    return [f"../../inputs/{HELPER}", *entries]


def _outputs(trainer: TrainerSection) -> list[str]:
    """Return the files and folders that a job sends back."""
    outputs = [file.name for file in TrialPaths(Path()).outputs(checkpoints=trainer.has_checkpoints)]
    if trainer.metrics_file not in outputs:
        outputs.append(trainer.metrics_file)
    return [*outputs, *trainer.outputs]
