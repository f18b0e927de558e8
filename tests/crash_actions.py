"""Actions that a process of its own can run: it gets them by pickle, from here.

This file imports no pytest, so that the small process that the others are forked from needs none.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sweep.control import launch
from sweep.control.adopt import adopt
from sweep.control.dag_folder import write_dag_folder
from sweep.control.initialise import initialise
from sweep.control.repair import repair_storage
from sweep.control.stop import stop_sweep
from sweep.nodes import post_server, propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.study.enqueued import queue_configuration
from sweep.study.generation_plan import GenerationPlan
from sweep.study.study import Study, load_study, open_current
from sweep.system.files import locked
from sweep.workflow.exit_codes import DEFER
from tests.fake_pool import use_fake_pool

Action = Callable[[], int]


@dataclass(frozen=True)
class Script:
    """Run a node's script as DAGMan does, and return its exit status."""

    main: Callable[[list[str]], None]
    words: tuple[str, ...]

    def __call__(self) -> int:
        try:
            self.main(list(self.words))
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        return 0


def script(main: Callable[[list[str]], None], root: Path, *words: str) -> Script:
    """Return the script of a node with the study's folder before its other arguments."""
    return Script(main, (str(root), *words))


def repaired(root: Path) -> int:
    """Repair the study's storage, and return how many trials that restored."""
    return len(repair_storage(load_study(StudyPaths(root))))


def adopted(root: Path) -> int:
    """Make a copy of a study a study of its own."""
    adopt(load_study(StudyPaths(root)), lambda _: None)
    return 0


@dataclass(frozen=True)
class Posts:
    """Do what POST scripts do, and serve them in this process; returns the exit status that they all have."""

    root: Path
    names: tuple[str, ...]
    trials: tuple[str, ...] = ()

    def __call__(self) -> int:
        files = [StudyPaths(self.root).posts / name for name in self.names]
        try:
            for file in files:
                file.parent.mkdir(exist_ok=True)
                file.touch()
        except OSError:  # no room
            return DEFER
        if status := Script(post_server.main, (str(self.root), *self.trials))():
            return status
        (status,) = {int(file.read_text().split()[0]) for file in files}
        for file in files:
            file.unlink()
        return status


def lanes_launched(root: Path) -> int:
    """Write what a launch in two lanes writes."""
    study = load_study(StudyPaths(root))
    with locked(study.paths.storage_lock, wait=True):
        write_dag_folder(StoredStudy.open(study, writing=True), GenerationPlan(2, 2), 2)
    return 0


def initialised(study_file: Path) -> int:
    """Initialise a study, as `sweep init` does."""
    initialise(study_file, lambda _: None)
    return 0


@dataclass(frozen=True)
class OnFakePool:
    """Do something with a study in this folder, on the queue of tests/fake_pool.py."""

    action: Callable[[Study], object]

    def __call__(self) -> int:
        use_fake_pool(_set_attribute)
        self.action(open_current(None))
        return 0


def _set_attribute(dotted: str, value: object) -> None:
    """Set an attribute by its dotted name, in this process for good."""
    module, _, name = dotted.rpartition(".")
    setattr(importlib.import_module(module), name, value)


def launch_two(study: Study) -> launch.LaunchResult:
    """Launch two generations."""
    return launch.launch_sweep(study, 2)


def stop_now(study: Study) -> bool:
    """Stop the sweep."""
    return stop_sweep(study, now=True, say=lambda _: None)


def repair(study: Study) -> list[str]:
    """Repair the storage."""
    return repair_storage(study)


def enqueue(study: Study) -> bool:
    """Queue a configuration."""
    return queue_configuration(study, str(os.getpid()), {"lr": 0.01})


def init(study: Study) -> str:
    """Type `sweep init study.toml`."""
    return initialise(study.paths.root.parents[1] / "study.toml", lambda _: None)[1]


def propose_first(study: Study) -> object:
    """Run the PRE script of the first generation."""
    return propose.propose(study, 0)


def launched_on_pool(there: Study) -> int:
    """Launch one generation; one write more follows the submission, so that a kill can come between."""
    submit = schedd.submit_dag

    def submit_and_write(dag: Path, batch_name: str) -> int:
        cluster = submit(dag, batch_name)
        os.utime(dag)  # a write more, to be killed at
        return cluster

    schedd.submit_dag = submit_and_write
    launch.launch_sweep(there, 1)
    return 0
