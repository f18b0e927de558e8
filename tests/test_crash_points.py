"""All that writes to a study, killed at every write that it makes, and run again: the same study comes out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sweep.control.initialise import initialise
from sweep.nodes import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study, open_current
from sweep.workflow.exit_codes import DEFER, DONE, TRY_AGAIN
from tests.actions import submit
from tests.crash_actions import Action, Posts, initialised, lanes_launched, repaired, script
from tests.crashes import each_full_disk, in_a_process, replace, run_and_kill
from tests.samples import GOOD, STUDY

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("hasty")]


JOB_LOG = """\
000 ({0:03}.000.000) 2026-11-23 05:58:04 Job submitted
...
001 ({0:03}.000.000) 2026-11-23 05:58:05 Job executing
\tSlotName: slot1@gpu-{0}.example.edu
...
"""


def state(study: Study) -> tuple[dict[str, str], Any]:
    """All that a study consists of: its files but for locks and leftovers of the killed, and what its storage says."""
    leftover = ("study.db", "study.journal", "study.before", "study.new", ".")
    files = {
        str(file.relative_to(study.paths.root)): file.read_text()
        for file in sorted(study.paths.root.rglob("*"))
        if file.is_file() and not file.name.startswith(leftover) and file.suffix != ".lock"
    }
    return files, StoredStudy.open(study, writing=True).rows()


def stride(study: Study) -> int:
    """With SQLite a kill at every write; with a journal, whose other writes are the same, at every third."""
    return 1 if study.config.study.storage == "sqlite" else 3


@pytest.fixture(params=["sqlite", "journal"])
def study(request: pytest.FixtureRequest, study_file: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    text = STUDY.replace("[study]", f'[study]\nstorage = "{request.param}"').replace("generation = 3", "generation = 2")
    study_file.write_text(text)
    return initialise(study_file, lambda _: None)[0]


def steps(study: Study) -> list[tuple[str, Callable[[], object], Action, int]]:
    """A small sweep: what the job before a script leaves, the script, and its exit status."""
    root, metrics = study.paths.root, study.paths.trial(0).metrics

    def broke(cluster: int) -> None:
        """A job of trial 1 has run and failed."""
        study.paths.trial(1).job_log.open("a").write(JOB_LOG.format(cluster))
        study.paths.trial(1).stderr.write_text("ValueError: no photos\n")

    def damage() -> None:
        assert study.storage_file
        study.storage_file.write_bytes(b"not a storage\n")

    return [
        ("propose 0", lambda: None, script(propose.main, root, "0"), 0),
        ("harvest 0", lambda: metrics.write_text(GOOD), Posts(root, ("0.0.10",)), DONE),
        ("try 1 again", lambda: broke(11), Posts(root, ("1.75.11",)), TRY_AGAIN),
        ("harvest 1", lambda: broke(12), Posts(root, ("1.1.12",)), DONE),
        ("propose 1", lambda: None, script(propose.main, root, "1"), 0),
        ("repair", damage, partial(repaired, root), 1),
    ]


def lane_steps(study: Study) -> list[tuple[str, Callable[[], object], Action, int]]:
    """The same in two lanes, of four trials in all."""
    root = study.paths.root

    def ended(**clusters: int) -> None:
        for lane, cluster in clusters.items():
            study.paths.trial(submit(study.paths, lane.replace("_", "-"), cluster)).metrics.write_text(GOOD)

    both = ("lane-0000.0.13", "lane-0001.0.14")
    return [
        ("launch", lambda: None, partial(lanes_launched, root), 0),
        ("go on", lambda: ended(lane_0000=11), Posts(root, ("lane-0000.0.11",), ("4",)), TRY_AGAIN),
        ("the other", lambda: ended(lane_0001=12), Posts(root, ("lane-0001.0.12",), ("4",)), TRY_AGAIN),
        ("end", lambda: ended(lane_0000=13, lane_0001=14), Posts(root, both, ("4",)), DONE),
    ]


@pytest.mark.parametrize("steps", [steps, lane_steps], ids=["generations", "lanes"])
def test_killed_at_every_write_and_run_again_the_study_is_the_same(
    study: Study, tmp_path: Path, steps: Callable[[Study], list[tuple[str, Callable[[], object], Action, int]]]
) -> None:
    root = study.paths.root
    for name, prepare, action, status in steps(study):
        prepare()
        ended, killed = run_and_kill(action, root, tmp_path / name, stride(study))
        assert ended == status
        assert len(killed) >= 3
        undisturbed = state(study)
        for left in killed:
            replace(root, left)
            # What repair was killed after putting in place is not to be repaired again.
            assert in_a_process(action) in ((status, 0) if name == "repair" else (status,)), left
            assert state(study) == undisturbed, left


def test_a_disk_that_is_full_from_any_write_on_is_waited_for(study: Study, tmp_path: Path) -> None:
    root, before = study.paths.root, tmp_path / "before"

    def restore() -> None:
        shutil.rmtree(root)
        shutil.copytree(before, root)

    for name, prepare, action, status in steps(study)[:-2]:
        prepare()
        shutil.copytree(root, before)
        assert in_a_process(action) == status
        undisturbed = state(study)
        for nth, said in each_full_disk(restore, action, tmp_path / "reached"):
            assert said == DEFER, f"{name}, full from write {nth}"
            assert in_a_process(action) == status, f"{name}, full from write {nth}"
            assert state(study) == undisturbed, f"{name}, full from write {nth}"
        shutil.rmtree(before)


@pytest.mark.parametrize("storage", ["sqlite", "journal"])
def test_init_killed_at_every_write_and_typed_again_ends_the_same(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, storage: str
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(STUDY.replace("[study]", f'[study]\nstorage = "{storage}"'))

    init = partial(initialised, study_file)

    def shape() -> tuple[set[str], Any]:
        study = open_current(None)
        files, rows = state(study)
        assert json.loads(files["provenance.json"]).keys() >= {"id", "data", "trainer_sha256"}
        return set(files), rows

    runs = study_file.parent / "runs"
    ended, killed = run_and_kill(init, runs, study_file.parent / "killed", 1 if storage == "sqlite" else 3)
    assert ended == 0
    assert len(killed) > 10
    undisturbed = shape()
    for left in killed:
        replace(runs, left)
        assert in_a_process(init) == 0, left
        assert shape() == undisturbed, left
