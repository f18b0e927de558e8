"""Exports are whole, and destroy nothing that they did not write."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sweep.errors import StudyError
from sweep.results import export_folder
from sweep.results.export_folder import RECORD

ORIGIN = {"study": "tiny", "trial": 3}


def export(into: Path, **files: str) -> None:
    with export_folder.export_folder(into, ORIGIN) as folder:
        for name, text in files.items():
            file = folder / name.replace("__", "/")
            file.parent.mkdir(exist_ok=True)
            file.write_text(text)


def content(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file() and file.name != RECORD]
    return {str(file.relative_to(folder)): file.read_text() for file in files}


@pytest.mark.parametrize("exists", [False, True])
def test_a_new_or_empty_folder(tmp_path: Path, exists: bool) -> None:
    into = tmp_path / "models" / "winner"
    if exists:
        into.mkdir(parents=True)
    export(into, README="a card", again__trial="{}")
    assert content(into) == {"README": "a card", "again/trial": "{}"}
    assert json.loads((into / RECORD).read_text()) == {**ORIGIN, "files": ["README", "again/trial"]}
    assert [entry.name for entry in into.parent.iterdir()] == ["winner"]


def test_an_earlier_export_is_replaced(tmp_path: Path) -> None:
    export(tmp_path / "winner", README="old", gone="old", again__trial="old")
    (tmp_path / "winner" / "trainer" / "__pycache__").mkdir(parents=True)
    (tmp_path / "winner" / "trainer" / "__pycache__" / "a.pyc").write_text("")
    export(tmp_path / "winner", README="new", again__trial="new", fresh__file="new")
    assert set(content(tmp_path / "winner").values()) == {"new", ""}
    assert not (tmp_path / "winner" / "gone").exists()


@pytest.mark.parametrize("name", ["README.md", ".hidden", "a folder/"])
def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, name: str) -> None:
    into = tmp_path / "my work"
    into.mkdir()
    if name.endswith("/"):
        (into / name).mkdir()
    else:
        (into / name).write_text("mine")
    (tmp_path / "my work-2").mkdir()
    with pytest.raises(StudyError, match=f"my work is not empty: it has {name.rstrip('/')}, which") as caught:
        export(into, README="a card")
    assert caught.value.advice.endswith(f"run: sweep best --trial 3 --export '{into}-3'")
    assert [entry.name for entry in into.iterdir()] == [name.rstrip("/")]


def test_what_was_trained_in_an_earlier_export_is_left_alone(tmp_path: Path) -> None:
    export(tmp_path / "winner", again__trial="{}")
    (tmp_path / "winner" / "again" / "checkpoint").write_text("hours of work")
    with pytest.raises(StudyError, match="it has again/checkpoint, which"):
        export(tmp_path / "winner", README="new")
    assert (tmp_path / "winner" / "again" / "checkpoint").read_text() == "hours of work"


@pytest.mark.parametrize("record", ["{", "[]", '{"files": 1}', "{}"])
def test_a_record_that_is_none(tmp_path: Path, record: str) -> None:
    (tmp_path / RECORD).write_text(record)
    with pytest.raises(StudyError, match=f"it has {RECORD}, which"):
        export(tmp_path, README="new")


def test_a_file_and_a_dangling_link_are_no_folders(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(StudyError, match=f"{name} is no folder"):
            export(tmp_path / name, README="new")
    assert (tmp_path / "file").read_text() == "mine"


def test_an_export_that_dies_leaves_nothing(tmp_path: Path) -> None:
    def half() -> None:
        with export_folder.export_folder(tmp_path / "winner", ORIGIN) as folder:
            (folder / "README").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", range(5))
def test_an_export_that_is_killed_while_it_replaces_another_can_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    export(tmp_path / "winner", README="old", gone="old", checkpoint="old")
    left = [step]

    def killed(before: Path, after: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return rename(before, after)

    rename = Path.replace
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(KeyboardInterrupt):
            export(tmp_path / "winner", README="new", checkpoint="new", fresh="new")
    export(tmp_path / "winner", README="new", checkpoint="new", fresh="new")
    assert content(tmp_path / "winner") == {"README": "new", "checkpoint": "new", "fresh": "new"}
