"""Two commands or scripts at once. One is held at its worst moment; the other comes, and the study is right afterwards.

The table of all pairs, with the lock that protects each, is in docs/promises.md.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sweep.control.adopt import adopt
from sweep.control.initialise import initialise
from sweep.control.launch import launch_sweep
from sweep.control.repair import repair_storage
from sweep.control.stop import stop_sweep
from sweep.errors import StudyError
from sweep.nodes.agreement import check_agreement
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.study.enqueued import queue_configuration, queued_configurations
from sweep.study.study import Study, load_study, open_current
from sweep.system import lock_wait
from tests import crash_actions
from tests.crash_actions import OnFakePool, initialised
from tests.crashes import held
from tests.fake_pool import use_fake_pool
from tests.samples import STUDY

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("hasty", "fake_pool")]

Say = Callable[[str], None]


@pytest.fixture
def fake_pool(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:  # noqa: ARG001
    """The queue of the current folder, here and in other processes. Who waits for a lock says so at once."""
    use_fake_pool(monkeypatch.setattr)
    monkeypatch.setattr(lock_wait, "SAY_SECONDS", 0.0)


def check(study: Study, queued: int) -> None:
    """Check that the storage agrees with the trials' files, and that so many sweeps are in the queue."""
    study = load_study(study.paths)
    check_agreement(StoredStudy.open(study, writing=False), whole=True)
    assert repair_storage(study) == []
    assert len(schedd.queued_jobs(study.id)) == queued


def after(first: OnFakePool, text: str, second: Callable[[Study, Say], object]) -> list[str]:
    """Hold `first` before it writes `text`, run `second`, which lets `first` continue when it waits for it.

    Return what `second` said that it waits for.
    """
    said: list[str] = []
    study = open_current(None)
    with held(first, text) as resume:

        def say(line: str) -> None:
            said.append(line)
            resume()

        second(study, say)
    return said


def name(value: object) -> str:
    """Return the name of a command, for the name of a test."""
    return getattr(value, "__name__", str(value))


def launch(study: Study, say: Say) -> object:
    return launch_sweep(study, 2, say=say)


def stop(study: Study, say: Say) -> object:
    return stop_sweep(study, now=True, say=say)


def repair(study: Study, say: Say) -> object:
    return repair_storage(study, say)


def enqueue(study: Study, say: Say) -> object:
    return queue_configuration(study, "second", {"lr": 0.02}, say)


def init(study: Study, say: Say) -> object:
    return initialise(study.paths.root.parents[1] / "study.toml", say)


def change(file: Path) -> None:
    """Change the study file, so that `sweep init` updates the study."""
    file.write_text(STUDY.replace("high = 64", "high = 32"))


LAUNCH = OnFakePool(crash_actions.launch_two)
WRITES_OF_LAUNCH = ["provenance.json", "study.dag"]


@pytest.mark.parametrize("text", WRITES_OF_LAUNCH)
@pytest.mark.parametrize(("second", "queued"), [(launch, 1), (stop, 0), (repair, 1), (enqueue, 1), (init, 1)], ids=name)
def test_a_launch_that_is_held_and_another_command(
    study: Study, study_file: Path, text: str, second: Callable[[Study, Say], object], queued: int
) -> None:
    study.paths.provenance.write_text(study.paths.provenance.read_text().replace('"folder"', '"before"'))
    change(study_file)
    said = after(LAUNCH, text, second)
    assert len(said) == 1
    assert said[0].startswith("waiting for process")
    check(study, queued)


@pytest.mark.parametrize("text", ["stopped.txt", f"os.remove {Path('queue')}"])
@pytest.mark.parametrize(("second", "queued"), [(launch, 1), (stop, 0), (repair, 0)], ids=name)
def test_a_stop_that_is_held_and_another_command(
    study: Study, text: str, second: Callable[[Study, Say], object], queued: int
) -> None:
    launch(study, print)
    said = after(OnFakePool(crash_actions.stop_now), text, second)
    # Two stops do not wait for each other: `sweep stop --now` ends what a `sweep stop` waits for.
    assert len(said) == (0 if second is stop else 1)
    check(study, queued)


@pytest.mark.parametrize("text", ["trial.json", "generation-0000.dag"])
@pytest.mark.parametrize("second", [repair, init, enqueue, stop], ids=name)
def test_a_pre_script_that_is_held_and_a_command(
    study: Study, study_file: Path, text: str, second: Callable[[Study, Say], object]
) -> None:
    launch(study, print)
    change(study_file)
    after(OnFakePool(crash_actions.propose_first), text, second)
    check(study, 0 if second is stop else 1)
    assert len(study.paths.trial_numbers()) == 3


@pytest.mark.parametrize("second", [launch, enqueue, init], ids=name)
def test_a_repair_that_is_held_before_it_replaces_the_storage_and_a_command(
    study: Study, study_file: Path, second: Callable[[Study, Say], object]
) -> None:
    crash_actions.propose_first(study)
    study.paths.database.write_bytes(b"no database")
    change(study_file)
    assert len(after(OnFakePool(crash_actions.repair), "os.rename", second)) == 1
    check(study, 1 if second is launch else 0)


@pytest.mark.parametrize("second", [launch, enqueue], ids=name)
def test_an_enqueue_that_is_held_and_a_command(study: Study, second: Callable[[Study, Say], object]) -> None:
    after(OnFakePool(crash_actions.enqueue), "enqueued.jsonl", second)
    assert len(queued_configurations(study)) == (2 if second is enqueue else 1)


FIRST_INIT = ["launch.lock", "trainer", "study.toml", "sql COMMIT", "provenance.json", "current"]


@pytest.mark.parametrize("text", FIRST_INIT)
def test_the_first_init_that_is_held_and_a_second(study_file: Path, text: str) -> None:
    with held(partial(initialised, study_file), text) as resume:
        study, state = initialise(study_file, lambda _: resume())
    # The first may have had nothing but the lock's file.
    assert state in ("is unchanged", "is initialised")
    check(study, 0)
    assert load_study(study.paths) == open_current(None)


@pytest.mark.parametrize("text", ["inputs", "study.toml", "provenance.json"])
def test_an_init_that_creates_the_study_again_and_the_first_launch(study: Study, study_file: Path, text: str) -> None:
    change(study_file)
    said = after(OnFakePool(crash_actions.init), text, launch)
    assert len(said) == 1
    again = load_study(study.paths)
    assert again.id != study.id
    assert again.config.search["width"].model_dump()["high"] == 32
    assert schedd.queued_jobs(study.id) == []
    check(again, 1)


def test_a_command_does_not_wait_for_a_process_that_is_suspended(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_wait, "SUSPENDED_SECONDS", 0.0)
    launch(study, print)
    with held(OnFakePool(crash_actions.propose_first), "trial.json"), pytest.raises(StudyError, match="is suspended"):
        repair_storage(study)
    check(study, 1)
    assert os.path.lexists(study.paths.generation_dag(0))


def test_two_copies_of_a_study_that_are_adopted_at_once(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    crash_actions.propose_first(study)
    shutil.copytree("runs", "copy/runs")
    monkeypatch.chdir("copy")
    copy = load_study(StudyPaths.named("tiny"))
    first = partial(crash_actions.adopted, copy.paths.root)
    with held(first, "provenance.json") as resume, pytest.raises(StudyError, match="no copy"):
        adopt(copy, lambda _: resume())
    check(copy, 0)
