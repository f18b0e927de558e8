"""Initialising a study."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sweep.control.initialise import initialise as initialise_study
from sweep.control.repair import repair_storage
from sweep.errors import ConfigError, DataError, StudyError
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import StudyPaths
from sweep.study.study import Study, load_study, open_current


@pytest.fixture(autouse=True)
def _no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)


def initialise(file: Path) -> tuple[Study, str]:
    return initialise_study(file, lambda _: None)


def test_init_makes_the_folder_and_the_optuna_study(study_file: Path) -> None:
    there, said = initialise(study_file)
    assert said == "is initialised"
    assert there.paths.config.read_text() == study_file.read_text()
    assert (there.paths.trainer / "train.py").exists()
    assert there.data == str(study_file.parent / "photos")
    assert StoredStudy.open(there, writing=False).rows() == []
    assert open_current(None) == there


def test_init_again_says_that_it_is_there(study_file: Path) -> None:
    first, _ = initialise(study_file)
    study_file.write_text(study_file.read_text() + "\n# a remark\n")
    assert initialise(study_file) == (first, "is unchanged")


def test_init_with_another_file_starts_over_as_long_as_nothing_was_launched(study_file: Path) -> None:
    first, _ = initialise(study_file)
    study_file.write_text(study_file.read_text().replace("maximize", "minimize"))
    second, said = initialise(study_file)
    assert said == "is initialised"
    assert second.config.study.direction == ["minimize"]
    assert second.id != first.id
    assert StoredStudy.open(second, writing=False).rows() == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("epochs = 2", "epochs = 9", "[trainer] epochs may not change: the trials so far were trained"),
        ("maximize", "minimize", "[study] direction may not change: the trials so far were scored"),
        ("val_accuracy", "val_loss", "[study] metric may not change"),
        ("seed = 7", "seed = 8", "[study] seed may not change"),
        ("[study]", '[study]\nstorage = "journal"', "[study] storage may not change: the trials so far are in the old"),
        ('type = "int", low = 8, high = 64, step = 8', 'type = "categorical", choices = [8, 16]', "it has type int in"),
        ('"relu", "gelu", "silu"', '"relu", "gelu"', "[search] activation may not change: Optuna keeps one list"),
    ],
)
def test_what_may_not_change_after_a_launch_is_refused_with_the_reason(
    study_file: Path, old: str, new: str, said: str
) -> None:
    first, _ = initialise(study_file)
    first.paths.dag.mkdir()
    assert old in study_file.read_text()
    study_file.write_text(study_file.read_text().replace(old, new).replace("high = 64", "high = 32"))
    with pytest.raises(ConfigError) as caught:
        initialise(study_file)
    assert said in str(caught.value)
    assert open_current(None) == first


CHANGED = (
    ("high = 1e-1, log = true", "high = 1.0, log = true"),
    ("trials_per_generation = 3", "trials_per_generation = 4"),
    ('"512 MB"', '"1 GB"'),
    ("[trainer]", 'dropout = { type = "float", low = 0.0, high = 0.5 }\n[[trials]]\nwidth = 8\n[trainer]'),
)


def test_what_may_change_is_taken_up_at_the_next_proposal_and_recorded(study_file: Path) -> None:
    study, _ = initialise(study_file)
    first = propose(study, 0)
    before = study_file.read_text()
    after = before
    for old, new in CHANGED:
        assert old in after
        after = after.replace(old, new)
    study_file.write_text(after)
    keys = ["[search] lr", "[search] dropout", "[study] trials_per_generation", "[job] request_memory", "[[trials]]"]
    study, said = initialise(study_file)
    assert said == f"is updated ({', '.join(keys)})"
    (change,) = study.provenance["changes"]
    assert (change["keys"], change["before"]) == (keys, before)
    assert initialise(study_file) == (study, "is unchanged")

    # What was proposed stays; the generation has a trial more, the one that was listed.
    again = propose(study, 0)
    assert [trial.params for trial in again[:3]] == [trial.params for trial in first]
    assert again[3].params["width"] == 8
    assert "dropout" in again[3].params
    assert all("dropout" in trial.params for trial in propose(study, 1))


def test_after_a_range_is_narrowed_and_a_parameter_dropped_the_storage_can_still_be_made_anew(study_file: Path) -> None:
    study, _ = initialise(study_file)
    first = propose(study, 0)
    text = study_file.read_text().replace("low = 8, high = 64", "low = 48, high = 64")
    study_file.write_text("".join(line for line in text.splitlines(keepends=True) if not line.startswith("lr ")))
    study, _ = initialise(study_file)
    assert repair_storage(study) == []
    study.paths.database.unlink()
    assert repair_storage(study)
    rows = StoredStudy.open(study, writing=False).rows()
    assert [row.params for row in rows] == [trial.params for trial in first]
    assert [trial.params for trial in propose(study, 0)] == [trial.params for trial in first]
    assert repair_storage(study) == []
    assert {trial.params["width"] for trial in propose(study, 1)} <= {48, 56, 64}


def test_a_change_killed_at_any_write_and_typed_again_is_recorded_once(
    study_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, _ = initialise(study_file)
    study.paths.dag.mkdir()
    study_file.write_text(study_file.read_text().replace("high = 64", "high = 32"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for step in ("write_json", "write_text"):
        with monkeypatch.context() as patch:
            patch.setattr(f"sweep.control.initialise.{step}", die)
            with pytest.raises(KeyboardInterrupt):
                initialise(study_file)
    study, _ = initialise(study_file)
    assert [change["keys"] for change in study.provenance["changes"]] == [["[search] width"]]
    assert study.config.search["width"].model_dump()["high"] == 32


@pytest.mark.parametrize("step", ["write_json", "write_text", "tree_sha256"])
def test_init_killed_and_typed_again_ends_the_same(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"sweep.control.initialise.{step}", die)
        with pytest.raises(KeyboardInterrupt):
            initialise(study_file)
    if step != "write_text":
        with pytest.raises(StudyError, match="not an initialised study"):
            load_study(StudyPaths.named("tiny"))
    there, _ = initialise(study_file)
    assert there.config.study.name == "tiny"
    assert StoredStudy.open(there, writing=False).rows() == []


def test_data_that_is_not_there_names_file_and_key(study_file: Path) -> None:
    study_file.write_text(study_file.read_text().replace('"photos"', '"fotos"'))
    with pytest.raises(DataError, match=r"study\.toml: \[trainer\] data: there is no .*fotos"):
        initialise(study_file)
    assert not StudyPaths.named("tiny").root.exists()


def test_missing_fashion_mnist_says_what_to_type(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(study_file.parent / "cache"))
    study_file.write_text(study_file.read_text().replace('"photos"', '"fashion-mnist"'))
    with pytest.raises(DataError) as caught:
        initialise(study_file)
    assert "sweep data fashion-mnist" in caught.value.advice


def test_a_file_that_is_no_zip_is_refused(study_file: Path) -> None:
    study_file.write_text(study_file.read_text().replace('"photos"', '"study.toml"'))
    with pytest.raises(DataError, match="neither a folder nor a zip"):
        initialise(study_file)


def test_a_url_is_taken_as_it_is(study_file: Path) -> None:
    study_file.write_text(study_file.read_text().replace('"photos"', '"osdf:///ospool/me/cats.zip"'))
    there, _ = initialise(study_file)
    assert there.data == "osdf:///ospool/me/cats.zip"
    assert json.loads(there.paths.provenance.read_text())["data_sha256"] is None


def test_a_study_without_provenance_that_has_trials_is_not_created_again(study_file: Path) -> None:
    there, _ = initialise(study_file)
    propose(there, 0)
    there.paths.provenance.unlink()
    before = there.paths.trial(0).spec.read_text()
    with pytest.raises(StudyError, match="has trials, but its provenance"):
        initialise(study_file)
    assert there.paths.trial(0).spec.read_text() == before
    assert there.paths.database.exists()


def test_a_copy_of_a_study_that_was_never_launched_is_created_again(
    study_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = initialise(study_file)
    shutil.copytree(study_file.parent, study_file.parent.with_name(f"{study_file.parent.name}-copy"))
    monkeypatch.chdir(study_file.parent.with_name(f"{study_file.parent.name}-copy"))
    second, said = initialise(Path("study.toml"))
    assert said == "is initialised"
    assert second.id != first.id
    assert second.provenance["folder"] == str(second.paths.root)


def test_a_copy_of_a_study_that_was_launched_is_not_updated(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = initialise(study_file)
    first.paths.dag.mkdir()
    shutil.copytree(study_file.parent, study_file.parent.with_name(f"{study_file.parent.name}-copy"))
    monkeypatch.chdir(study_file.parent.with_name(f"{study_file.parent.name}-copy"))
    with pytest.raises(StudyError, match=f"is a copy of the study in {first.paths.root}") as caught:
        initialise(Path("study.toml"))
    assert caught.value.advice == "To make it a study of its own, run: sweep adopt"


@pytest.mark.parametrize("name", ["$(HOME)x", "hash#tag", "tab\tbed"])
def test_a_folder_that_htcondor_cannot_hold_gets_no_study(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = study_file.parent / name
    folder.mkdir()
    monkeypatch.chdir(folder)
    with pytest.raises(ConfigError, match="HTCondor cannot work with the folder"):
        initialise(study_file)
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named_with_the_line_to_type(study_file: Path) -> None:
    runs = study_file.parent / "runs"
    runs.symlink_to(study_file.parent / "other disk")
    with pytest.raises(StudyError, match=f"{runs} is a symbolic link to a folder that does not exist") as caught:
        initialise(study_file)
    assert f"run: mkdir -p '{study_file.parent}/other disk'" in caught.value.advice
    (study_file.parent / "other disk").mkdir()
    (runs / "tiny").write_text("")
    with pytest.raises(StudyError, match=f"{runs}/tiny is a file, where sweep needs a folder"):
        initialise(study_file)
    (runs / "tiny").unlink()
    assert initialise(study_file)[1] == "is initialised"
    assert (study_file.parent / "other disk" / "tiny" / "provenance.json").exists()
