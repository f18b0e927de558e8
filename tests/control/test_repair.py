"""The storage made anew from the trials' own files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sweep.control.repair import repair_storage
from sweep.errors import StudyError
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.results.leaderboard import report_json
from sweep.results.report import collect_report
from sweep.study.study import Study
from tests.actions import harvest
from tests.samples import GOOD

pytestmark = pytest.mark.slow


@pytest.fixture
def half_done(study: Study) -> Study:
    """Six trials: two complete, one with a NaN on its way, one failed, two that run."""
    for generation in range(2):
        propose(study, generation)
    for number, (metrics, code) in enumerate([(GOOD, 0), (GOOD.replace("0.5", "NaN"), 0), (GOOD, 0), (GOOD, 1)]):
        study.paths.trial(number).metrics.write_text(metrics)
        harvest(study.paths, number, code)
    return study


def as_json(study: Study) -> str:
    return report_json(collect_report(study))


def interrupt(*_: Any) -> Any:
    raise KeyboardInterrupt


def test_nothing_to_repair_leaves_the_storage_alone(half_done: Study) -> None:
    before = half_done.paths.database.read_bytes()
    assert repair_storage(half_done) == []
    assert half_done.paths.database.read_bytes() == before


@pytest.mark.parametrize("damage", ["removed", "emptied", "torn", "other bytes"])
def test_a_lost_storage_comes_back_byte_for_byte_in_the_report(half_done: Study, damage: str) -> None:
    wanted, database = as_json(half_done), half_done.paths.database
    content = {"removed": b"", "emptied": b"", "torn": database.read_bytes()[:5000], "other bytes": b"x" * 9999}[damage]
    database.unlink() if damage == "removed" else database.write_bytes(content)
    database.with_name("study.db-journal").write_bytes(b"a journal of the old storage")
    with pytest.raises(StudyError) as caught:
        collect_report(half_done)
    assert "sweep repair" in caught.value.advice
    assert len(repair_storage(half_done)) == 1
    assert as_json(half_done) == wanted
    assert repair_storage(half_done) == []
    # It is a storage like any other: the trial that runs can be told, and the search goes on.
    half_done.paths.trial(4).metrics.write_text(GOOD)
    assert harvest(half_done.paths, 4, 0) == 0
    assert [proposal.number for proposal in StoredStudy.open(half_done, writing=True).propose(2)] == [6, 7, 8]


def test_what_the_storage_does_not_know_is_named(half_done: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    half_done.paths.trial(4).metrics.write_text(GOOD)
    with monkeypatch.context() as patch:
        patch.setattr("sweep.nodes.post_server.tell_pending", interrupt)
        with pytest.raises(KeyboardInterrupt):
            harvest(half_done.paths, 4, 0)
    (line,) = repair_storage(half_done)
    assert line.startswith("trial 4: state was 'RUNNING', is 'COMPLETE', values was {}, is {'val_accuracy': 0.75}")
    assert list(half_done.paths.pending.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("nth", [1, 2])
def test_killed_at_any_rename_and_typed_again_it_ends_the_same(
    half_done: Study, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    wanted, replace, renames = as_json(half_done), Path.replace, []
    half_done.paths.database.write_bytes(b"torn")

    def rename(source: Path, target: Path) -> Path:
        renames.append(target)
        return interrupt() if len(renames) == nth else replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", rename)
        with pytest.raises(KeyboardInterrupt):
            repair_storage(half_done)
    repair_storage(half_done)
    assert as_json(half_done) == wanted


def test_a_missing_folder_is_named(half_done: Study) -> None:
    wanted = as_json(half_done)
    half_done.paths.trial(1).root.rename(half_done.paths.root / "aside")
    with pytest.raises(StudyError, match="the folder of trial 1 is missing"):
        repair_storage(half_done)
    (half_done.paths.root / "aside").rename(half_done.paths.trial(1).root)
    assert as_json(half_done) == wanted


def test_folders_that_a_killed_script_left_without_trial_json_are_no_trials(half_done: Study) -> None:
    for number in (6, 7):
        half_done.paths.trial(number).root.mkdir()
    (half_done.paths.trial(6).root / ".trial.json.99.tmp").write_text("{")
    wanted = as_json(half_done)
    half_done.paths.database.unlink()
    assert len(repair_storage(half_done)) == 1
    assert as_json(half_done) == wanted


def test_a_trial_that_had_a_job_and_has_no_trial_json_is_named(half_done: Study) -> None:
    files = half_done.paths.trial(5)
    files.job_log.touch()
    files.spec.unlink()
    with pytest.raises(StudyError, match=r"00005/trial\.json cannot be read"):
        repair_storage(half_done)
