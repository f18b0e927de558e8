"""A copy of a study, made a study of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sweep.control.adopt import adopt
from sweep.control.launch import launch_sweep
from sweep.control.repair import repair_storage
from sweep.control.stop import stop_sweep
from sweep.errors import StudyError
from sweep.nodes.propose import propose
from sweep.paths import StudyPaths
from sweep.results.leaderboard import report_json
from sweep.results.report import collect_report
from sweep.study.place import find_place
from sweep.study.study import Study, load_study
from tests.actions import harvest, launched, rows
from tests.cli.commands import commands_to_type, output_of
from tests.crash_actions import adopted
from tests.crashes import in_a_process, replace, run_and_kill
from tests.samples import GOOD


def say(_: str) -> None:
    pass


@pytest.fixture
def copy(study: Study, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A copy of a study that has run: one trial is complete, two have no result. The current folder is the copy's."""
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    harvest(study.paths, 0, 0)
    launched(study)
    for leftover in ("study.dag.nodes.log", "study.dag.lock", "study.dag.rescue001", "posts/1.0.7"):
        (study.paths.dag / leftover).write_text("of the original's jobs")
    shutil.copytree(folder / "runs", folder / "copy" / "runs")
    monkeypatch.chdir(folder / "copy")
    return load_study(StudyPaths.named("tiny"))


def test_a_copy_gets_an_id_and_keeps_its_trials(study: Study, copy: Study) -> None:
    wanted = rows(study)
    text = output_of("adopt")
    assert commands_to_type(text) == ["sweep launch --generations 9 --lanes 3"]
    own = load_study(copy.paths)
    assert find_place(own).kind == "own"
    assert own.id != study.id
    assert own.provenance["copied_from"] == {"id": study.id, "folder": str(study.paths.root)}
    assert rows(own) == wanted
    left = {file.name for file in own.paths.dag.iterdir()}
    assert left == {"generations.txt", "lanes"}
    assert load_study(study.paths).id == study.id
    with pytest.raises(StudyError, match="no copy"):
        raise_not_connected(adopt, own)


def raise_not_connected(action: Callable[..., object], study: Study) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.control.adopt.connect", lambda: None)
        patch.setattr("sweep.pool.schedd.queued_jobs", lambda _: [])
        action(study, say)


def test_a_copy_with_a_torn_storage_is_rebuilt_from_its_files(copy: Study) -> None:
    wanted = rows(copy)
    copy.paths.database.write_bytes(copy.paths.database.read_bytes()[:5000])
    own, different = adopt(copy, say)
    assert len(different) == 1
    assert rows(own) == wanted


def test_commands_in_a_copy_leave_the_original_alone(
    study: Study, copy: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ("launch", "stop"):
        monkeypatch.setattr(f"sweep.control.{room}.connect", lambda: None)
    monkeypatch.setattr("sweep.pool.schedd.queued_jobs", lambda _: [])
    commands: list[Callable[[], object]] = [
        partial(launch_sweep, copy, 1),
        partial(stop_sweep, copy, now=True, say=say),
        partial(repair_storage, copy),
        *(partial(output_of, *words) for words in (("confirm",), ("sync",), ("enqueue", "lr=0.01"))),
    ]
    for command in commands:
        with pytest.raises(StudyError, match=f"is a copy of the study in {study.paths.root}") as caught:
            command()
        assert commands_to_type(caught.value.advice) == ["sweep adopt"]
    assert not study.paths.stopped.exists()
    assert '"COMPLETE"' in report_json(collect_report(copy))


@pytest.mark.processes
@pytest.mark.usefixtures("hasty")
def test_killed_at_every_third_write_and_typed_again_it_ends_the_same(copy: Study, tmp_path: Path) -> None:
    root = copy.paths.root
    copy.paths.database.unlink()
    ended, killed = run_and_kill(partial(adopted, root), root, tmp_path / "killed", stride=3)
    assert ended == 0
    assert len(killed) > 5
    for left in killed:
        replace(root, left)
        assert find_place(load_study(copy.paths)).kind in ("copy", "own")
        if find_place(load_study(copy.paths)).kind == "copy":
            assert in_a_process(partial(adopted, root)) == 0
        own = load_study(copy.paths)
        assert find_place(own).kind == "own"
        assert [row.state for row in rows(own)] == ["COMPLETE", "RUNNING", "RUNNING", "RUNNING"]
