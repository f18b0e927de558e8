"""A study in its own folder, in a copy, and in a folder that was moved."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from sweep.errors import StudyError
from sweep.paths import StudyPaths
from sweep.pool.schedd import Job, JobStatus
from sweep.study.place import (
    FOLDER,
    Place,
    copy_note,
    find_place,
    moved_note,
    moved_part,
    own_jobs,
    place_note,
    record_folder,
    require_no_copy,
)
from sweep.study.study import Study, load_study


def outer(root: Path) -> Job:
    """Return the DAGMan job of a sweep that was launched from a study's folder."""
    return Job(7, JobStatus.RUNNING, is_outer=True, trial=None, hold_reason="", folder=str(root / "dag"))


@pytest.fixture
def project(study: Study) -> Path:
    """The folder in which the study's runs/ is, moved or copied by the tests."""
    return study.paths.root.parents[1]


def at(project: Path) -> Study:
    return load_study(StudyPaths(project / "runs" / "tiny"))


def copied(project: Path, name: str = "copy") -> Study:
    shutil.copytree(project / "runs", project / name / "runs")
    return at(project / name)


def without_record(study: Study) -> Study:
    """Return the study as 0.1.0 would have initialised it."""
    provenance = {key: value for key, value in study.provenance.items() if key != FOLDER}
    study.paths.provenance.write_text(json.dumps(provenance))
    return load_study(study.paths)


def test_a_new_study_is_in_its_own_folder(study: Study) -> None:
    assert find_place(study) == Place()
    assert study.id.startswith("tiny-")
    assert find_place(study, [outer(study.paths.root)]) == Place()
    require_no_copy(study)


def test_a_folder_that_is_reached_by_a_symbolic_link_is_the_same(study: Study, project: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(project)
    assert find_place(at(tmp_path / "link")) == Place()
    assert find_place(study) == Place()


def test_a_copy_names_its_original_and_the_command(study: Study, project: Path) -> None:
    copy = copied(project)
    again = copied(copy.paths.root.parents[1], "again")
    for one in (copy, again):
        assert find_place(one) == Place("copy", study.paths.root)
        assert copy_note(one).startswith(f"{one.paths.root} is a copy of the study in {study.paths.root}. To make it")
        with pytest.raises(StudyError) as caught:
            require_no_copy(one)
        assert "run: sweep adopt" in caught.value.advice
    assert find_place(study) == Place()


def test_a_copy_has_no_jobs(study: Study, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = copied(project)
    monkeypatch.setattr("sweep.pool.schedd.queued_jobs", lambda _: [outer(study.paths.root)])
    assert own_jobs(copy) == []
    assert own_jobs(study) == [outer(study.paths.root)]
    # A study of 0.1.0 has no record: the queue says which folder was launched.
    assert own_jobs(without_record(copy)) == []
    assert own_jobs(without_record(study)) == [outer(study.paths.root)]


def test_a_study_of_0_1_0_without_a_sweep_is_in_its_own_folder(study: Study) -> None:
    old = without_record(study)
    assert find_place(old) == Place()
    assert record_folder(old).provenance == study.provenance
    assert load_study(study.paths).provenance == study.provenance


def test_a_moved_study_works_where_it_is_unless_its_sweep_runs(study: Study, project: Path, tmp_path: Path) -> None:
    (tmp_path / "parent").mkdir()
    (project / "runs").rename(tmp_path / "parent" / "runs")
    moved = at(tmp_path / "parent")
    assert find_place(moved) == Place("moved", study.paths.root)
    require_no_copy(moved)
    assert moved_note(moved, []) == ""
    queue = [outer(study.paths.root)]
    assert find_place(moved, queue) == Place("moved", study.paths.root)
    assert "sweep stop --now" in moved_note(moved, queue)
    assert moved_note(record_folder(moved), []) == ""
    assert find_place(record_folder(moved)) == Place()


def test_a_symbolic_link_at_the_old_place_makes_the_old_folder_work(study: Study, project: Path) -> None:
    (project / "runs").rename(project / "elsewhere")
    (project / "runs").symlink_to(project / "elsewhere")
    assert find_place(load_study(study.paths), [outer(study.paths.root)]) == Place()


def test_a_move_can_be_undone_unless_something_is_at_the_old_place(study: Study, project: Path) -> None:
    (project / "runs").rename(project / "b runs")
    moved = load_study(StudyPaths(project / "b runs" / "tiny"))
    queue = [outer(study.paths.root)]
    assert f"To move it back, run: mv '{project}/b runs' {project}/runs\n" in moved_note(moved, queue)
    # HTCondor may write a log there.
    study.paths.trial(0).root.mkdir(parents=True)
    note = moved_note(moved, queue)
    assert "mv " not in note
    assert "To stop the sweep, run: sweep stop --now" in note


def test_the_moved_part_of_a_path() -> None:
    assert moved_part(Path("/w/a/runs/x"), Path("/w/b/runs/x")) == (Path("/w/a"), Path("/w/b"))
    assert moved_part(Path("/w/a/runs/x"), Path("/w/a/runs/y")) == (Path("/w/a/runs/x"), Path("/w/a/runs/y"))
    assert moved_part(Path("/a/x"), Path("/x")) == (Path("/a"), Path("/"))


def test_a_copy_of_another_user_s_study_is_a_copy_also_if_that_may_not_be_read(
    study: Study, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = copied(project)

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", refuse)
    assert find_place(copy) == Place("copy", study.paths.root)


def test_a_moved_copy_whose_original_was_launched_is_a_copy(study: Study, project: Path) -> None:
    """The original has moved too, so that only the queue shows where it is."""
    copy = copied(project)
    (project / "runs").rename(project / "moved")
    moved = StudyPaths(project / "moved" / "tiny")
    assert find_place(copy).kind == "copy", "the folder has another number than the one that was initialised"
    assert find_place(load_study(moved)).kind == "moved"
    assert find_place(copy, [outer(moved.root)]) == Place("copy", moved.root)
    assert find_place(load_study(moved), [outer(moved.root)]) == Place()
    assert os.path.lexists(study.paths.root) is False


def test_status_says_that_a_study_was_moved_or_copied(
    study: Study, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue: list[Job] = []
    monkeypatch.setattr("sweep.pool.schedd.queued_jobs", lambda _: queue)
    assert place_note(study) == ""
    assert "is a copy of the study in" in place_note(copied(project))
    (project / "runs").rename(project / "moved")
    moved = load_study(StudyPaths(project / "moved" / "tiny"))
    assert place_note(moved) == f"The study was moved here from {study.paths.root}. The next launch records that."
    queue.append(outer(study.paths.root))
    assert "while its sweep runs" in place_note(moved)
