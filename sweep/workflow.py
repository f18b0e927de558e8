"""The workflow as text: DAG files, submit description, node scripts. Pure: the same study gives the same lines."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sweep import command, submit_language
from sweep.job_section import JobSection
from sweep.paths import HELPER, TrialPaths, generation_name, lane_name, node_name
from sweep.render import render
from sweep.sections import APSection, StudyConfig
from sweep.trainer_section import TrainerSection
from sweep.trial import CRASHED, DEFER, SKIP, STOP, TRY_AGAIN, ParamValue, TrialSpec

PLAIN = " !#&()*+,-./:;<=>?@[]^_`{|}~"
"""Characters besides letters and digits that a job attribute bears as they are; others become %XX.

Left out are the quote, the backslash and the dollar, which the DAG file, the submit language, and ClassAds each
read in their own way.
"""

AVOID_SECONDS = 1200
"""How long a try keeps off the host where the last one failed, before it takes what there is."""

DEFER_SECONDS = 20
"""How long a script that cannot do its work now lets pass before it tries again."""

CLAIM_SECONDS = 30
"""How long a slot is kept for a lane's next trial: three scans of DAGMan's, of 5 s by default, and its script."""

POLLS = 7200
"""How often a POST script looks for its answer, twice a second, before it comes back later: DAGMan has no limit."""

HELD_SECONDS = 15
"""How long a job that HTCondor held stays, so that its checkpoint can be copied, before it is removed."""


@dataclass(frozen=True)
class Node:
    """One trial in a generation's DAG."""

    name: str
    folder: str
    trial: TrialSpec
    variables: str
    done: bool


def outer_dag(study_id: str, study: str, generations: int, done: Collection[int]) -> str:
    """The DAG that `sweep launch` submits: one sub-DAG for each generation, in a row; `done` ones are not run."""
    nodes = [(number, generation_name(number), number in done) for number in range(generations)]
    return render(
        "study.dag.j2", study_id=study_id, study=study, nodes=nodes, skip=SKIP, defer=DEFER, defer_seconds=DEFER_SECONDS
    )


def generation_dag(
    study_id: str, study: str, generation: int, trials: Sequence[TrialSpec], done: Collection[int], runs: int
) -> str:
    """The DAG of one generation: one node for each trial, which is run again so often at most; trials whose numbers are
    in `done` have their result."""
    nodes = [
        Node(node_name(trial.number), f"{trial.number:05d}", trial, variables(trial), trial.number in done)
        for trial in trials
    ]
    return render(
        "generation.dag.j2",
        study_id=study_id,
        study=study,
        generation=generation,
        nodes=nodes,
        tries=runs,
        again=TRY_AGAIN,
        crashed=CRASHED,
        stop=STOP,
        defer=DEFER,
        defer_seconds=DEFER_SECONDS,
    )


def most_runs(config: StudyConfig) -> int:
    """How often a trial may be run again: after failures, and for each slice, which has one step at least."""
    slices = config.trainer.epochs if config.job.slice else 0
    return config.limits.retries + config.job.memory_tries + (slices or 0)


def lanes_dag(study_id: str, study: str, lanes: int, trials: int, runs: int) -> str:
    """The DAG of a study in lanes: `trials` in all, each of which takes so many `runs` at most."""
    return render(
        "lanes.dag.j2",
        study_id=study_id,
        study=study,
        lanes=[lane_name(number) for number in range(lanes)],
        trials=trials,
        # One lane might do all the work.
        tries=min(trials * (runs + 1), 1_000_000),
        again=TRY_AGAIN,
        crashed=CRASHED,
        stop=STOP,
        defer=DEFER,
        defer_seconds=DEFER_SECONDS,
    )


def lane_description(lane: str, trial: TrialSpec, shared: str) -> str:
    """The submit description of a lane's node: the one that all trials share, for this trial."""
    settings = "".join(f"{name} = {value}\n" for name, value in attributes(trial).items())
    head = f"# {lane} runs this trial. Written by `sweep launch`, or for ./harvest.\n"
    return f"{head}{settings}keep_claim_idle = {CLAIM_SECONDS}\n\n{shared}"


def variables(trial: TrialSpec) -> str:
    """The VARS of a trial's node."""
    return " ".join(f'{name}="{_escape(value)}"' for name, value in attributes(trial).items())


def attributes(trial: TrialSpec) -> dict[str, str]:
    """What a submit description has of one trial: its folder, and its parameters as attributes of its job."""
    return {
        "trial": f"{trial.number:05d}",
        "My.SweepTrial": str(trial.number),
        "My.SweepGeneration": str(trial.generation),
        **{f"My.SweepParam_{name}": classad_value(value) for name, value in trial.params.items()},
    }


def classad_value(value: ParamValue) -> str:
    """A parameter's value as a ClassAd literal; `urllib.parse.unquote` gives a string back as it was."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return f'"{quote(value, safe=PLAIN)}"'


def _escape(value: str) -> str:
    """Escapes a value between the quotes of a VARS line."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def submit_value(value: str) -> str:
    """A value as it stands after `name =` in a submit description.

    Raises ValueError for what no submit description can hold.
    """
    if not value.isprintable() or value.endswith("\\"):
        raise ValueError(f"HTCondor's submit language cannot hold {value!r}")
    return command.literal(value)


def through_env(trainer: TrainerSection, job: JobSection) -> bool:
    """Whether a user's program is looked up where the job runs: in its container, or among its inputs."""
    program = (trainer.command or [""])[0]
    return job.container_image is not None or "/" in program


def own_commands(trainer: TrainerSection, job: JobSection, trial: TrialSpec) -> str:
    """The submit commands of one trial alone: what it asks for by its parameters; of a user's program its arguments and
    its environment.

    Raises ValueError for a value that no submit description can hold.
    """
    asks = "".join(f"{name} = {value}\n" for name, value in (job.of_trial(trial.params) | trial.requests).items())
    return asks + (_program_commands(trainer, job, trial) if trainer.command else "")


def _program_commands(trainer: TrainerSection, job: JobSection, trial: TrialSpec) -> str:
    values = command.values(trial)
    words = command.fill_all(trainer.command or [], values)
    variables = {name: command.fill(text, values) for name, text in trainer.environment.items()}
    return (
        f"arguments = {command.arguments(words if through_env(trainer, job) else words[1:])}\n"
        f"environment = {command.environment({k: v for k, v in variables.items() if v is not None})}\n"
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
    in_container = through_env(trainer, job) if trainer.command else job.container_image is not None
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


def dagman_config(folder: Path, ap: APSection) -> str:
    """The configuration of every DAGMan whose DAG lies in `folder`."""
    return render("dagman.config.j2", ap=ap, below_tmp=folder.is_relative_to("/tmp"))  # noqa: S108


def node_script(name: str, python: Path, package_root: Path) -> str:
    """A script that a node runs, `propose`, `harvest` or `keep`; takes the arguments that the DAG file gives."""
    words = {"python": shlex.quote(str(python)), "root": shlex.quote(str(package_root))}
    return render(f"{name}.sh.j2", **words, defer=DEFER, polls=POLLS)
