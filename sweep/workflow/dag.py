"""The workflow as text: DAG files, submit description, node scripts. Pure: the same study gives the same lines."""

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
from sweep.workflow.exit_codes import CRASHED, DEFER, SKIP, STOP, TRY_AGAIN

DEFER_SECONDS = 20
"""How long a script that cannot do its work now lets pass before it tries again."""


POLLS = 7200
"""How often a POST script looks for its answer, twice a second, before it comes back later: DAGMan has no limit."""


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
        Node(node_name(trial.number), f"{trial.number:05d}", trial, node_vars(trial), trial.number in done)
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


def dagman_config(folder: Path, ap: APSection) -> str:
    """The configuration of every DAGMan whose DAG lies in `folder`."""
    return render("dagman.config.j2", ap=ap, below_tmp=folder.is_relative_to("/tmp"))  # noqa: S108


def node_script(name: str, python: Path, package_root: Path) -> str:
    """A script that a node runs, `propose`, `harvest` or `keep`; takes the arguments that the DAG file gives."""
    words = {"python": shlex.quote(str(python)), "root": shlex.quote(str(package_root))}
    return render(f"{name}.sh.j2", **words, defer=DEFER, polls=POLLS)
