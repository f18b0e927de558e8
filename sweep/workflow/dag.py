"""Writes the workflow as text: DAG files, DAGMan's configuration, node scripts. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sweep.config.sections import APSection, StudyConfig
from sweep.paths import generation_name, lane_name, node_name
from sweep.templates import render
from sweep.trial.spec import TrialSpec
from sweep.workflow.attributes import node_vars
from sweep.workflow.exit_codes import CRASHED, DEFER, DONE, PRE_FAILED, SKIP, STOP, TRY_AGAIN

DEFER_SECONDS = 20
"""Seconds until DAGMan runs a script again that could not do its work."""

CONTINUATIONS = 1000
"""Jobs of a trial that HTCondor may hold for many starts or hand-overs, and that go on because they made progress."""

POLLS = 7200
"""How often a POST script looks for its reply before it gives up: about an hour. DAGMan itself sets no limit."""

KILLS = 3
"""How often a signal may kill the server of a POST script before the script says so and makes way for others."""


@dataclass(frozen=True)
class Node:
    """A trial's node in the DAG of a generation. `done` means that the trial has its result."""

    name: str
    folder: str
    trial: TrialSpec
    variables: str
    done: bool


def outer_dag(study_id: str, study: str, generations: int, done: Collection[int]) -> str:
    """Return the DAG that `sweep launch` submits: one sub-DAG for each generation, one after another.

    `study_id` is the job attribute that marks the study's jobs. DAGMan does not run the generations in `done`.
    """
    nodes = [(number, generation_name(number), number in done) for number in range(generations)]
    return render(
        "study.dag.j2", study_id=study_id, study=study, nodes=nodes, skip=SKIP, defer=DEFER, defer_seconds=DEFER_SECONDS
    )


def generation_dag(
    study_id: str, study: str, generation: int, trials: Sequence[TrialSpec], done: Collection[int], retries: int
) -> str:
    """Return the DAG of one generation: one node for each trial, which DAGMan runs again at most `retries` times.

    `done` are the numbers of the trials that have a result already.
    """
    nodes = [
        Node(node_name(trial.number), f"{trial.number:05d}", trial, node_vars(trial), trial.number in done)
        for trial in trials
    ]
    return render(
        "generation.dag.j2",
        study_id=study_id,
        study=study,
        generation=generation,
        nodes=nodes,
        retries=retries,
        again=TRY_AGAIN,
        crashed=CRASHED,
        stop=STOP,
        defer=DEFER,
        defer_seconds=DEFER_SECONDS,
    )


def max_retries(config: StudyConfig) -> int:
    """Return how often DAGMan may run a trial's node again: after failures, slices, and holds that saw progress.

    A slice has at least one epoch, so a trial has at most as many slices as epochs.
    """
    slices = config.trainer.epochs if config.job.slice else 0
    continued = CONTINUATIONS if config.trainer.has_checkpoints else 0
    return config.limits.retries + config.job.memory_retries + (slices or 0) + continued


def lanes_dag(study_id: str, study: str, lanes: int, trials: int, retries: int) -> str:
    """Return the DAG of a study in lanes: `trials` trials in all, each with at most `retries` retries."""
    return render(
        "lanes.dag.j2",
        study_id=study_id,
        study=study,
        lanes=[lane_name(number) for number in range(lanes)],
        trials=trials,
        # A lane's node runs again for each trial, and one lane may run all of them.
        retries=min(trials * (retries + 1), 1_000_000),
        again=TRY_AGAIN,
        crashed=CRASHED,
        stop=STOP,
        defer=DEFER,
        defer_seconds=DEFER_SECONDS,
    )


def dagman_config(folder: Path, ap: APSection) -> str:
    """Return the configuration of the DAGMan processes whose DAGs are in `folder`."""
    return render("dagman.config.j2", ap=ap, below_tmp=folder.is_relative_to("/tmp"))  # noqa: S108


def node_script(name: str, python: Path, package_root: Path) -> str:
    """Return the text of a node's script: `propose`, `harvest` or `keep`.

    `python` runs it; `package_root` is the folder that contains the package `sweep`.
    """
    quoted = {"python": shlex.quote(str(python)), "root": shlex.quote(str(package_root))}
    statuses = {"done": DONE, "crashed": CRASHED, "stop": STOP, "skip": SKIP, "defer": DEFER, "again": TRY_AGAIN}
    return render(f"{name}.sh.j2", **quoted, **statuses, failed=PRE_FAILED, polls=POLLS, kills=KILLS)
