"""The winning trial: printed as TOML, and exported with all that belongs to it."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.errors import StudyError
from sweep.nodes.propose import propose
from sweep.results.best import export_trial, find_trial, params_toml, read_starts
from sweep.results.confirmation import Confirmed
from sweep.results.report import Report, build_report
from sweep.study.study import Study
from sweep.trial.files import read_spec
from tests.samples import row

WORDS = {"lr": 0.012345678901234567, "width": 8, "activation": 'odd "word"\n'}
ROWS = [row(0, "COMPLETE", 0.5), row(1, "COMPLETE", 0.75, params=WORDS), row(2, "FAIL", reason="no")]


@pytest.fixture
def there(study: Study) -> Report:
    propose(study, 0)
    for number in (0, 1):
        study.paths.trial(number).checkpoint.write_text("a model")
    study.paths.trial(1).starts.write_text('{"host": "gpu-4", "torch": "2.9"}\n{"ho')
    return build_report(study, ROWS, [Confirmed(1, [0.7, 0.74], 1)], "test_accuracy")


def leave(kind: str, path: Path) -> None:
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)


def test_its_parameters_are_toml_in_full_precision(there: Report) -> None:
    text = params_toml(there, find_trial(there, None))
    assert tomllib.loads(text) == WORDS
    assert "# trial 1 of tiny: val_accuracy 0.75" in text
    assert "# confirmed with fresh seeds: test_accuracy 0.72 ± 0.028 over 2 seeds" in text
    assert "confirmed" not in params_toml(there, find_trial(there, 0))


def test_only_a_complete_trial_is_a_best_one(study: Study, there: Report) -> None:
    with pytest.raises(StudyError, match="no complete trial 2"):
        find_trial(there, 2)
    with pytest.raises(StudyError, match="study tiny has no complete trial yet"):
        find_trial(build_report(study, []), None)


def test_an_export_has_all_to_use_it_and_to_make_it_again(study: Study, there: Report, tmp_path: Path) -> None:
    into = tmp_path / "a model"
    for _ in range(2):
        lines = export_trial(study, there, find_trial(there, None), into)
    assert (into / "checkpoint").read_text() == "a model"
    assert (into / "trainer" / "__main__.py").is_file()
    assert (into / "trial.json").read_text() == (into / "again" / "trial.json").read_text()
    assert not (into / "again" / "checkpoint").exists()
    assert lines[1].startswith("python -m trainer again/trial.json --data ")
    text = (into / "README.md").read_text()
    for part in (
        "# tiny, trial 1",
        "test_accuracy 0.72 ± 0.028 over 2 seeds",
        str(study.provenance["data_sha256"]),
        str(study.provenance["trainer_sha256"]),
        "host gpu-4, torch 2.9",
        "load_model",
    ):
        assert part in text


@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
@pytest.mark.parametrize("name", ["metrics.jsonl", "checkpoint.previous", "checkpoint.sha256", "starts.jsonl"])
def test_an_export_has_only_regular_files(study: Study, there: Report, tmp_path: Path, name: str, kind: str) -> None:
    (study.paths.trial(1).root / name).unlink(missing_ok=True)
    leave(kind, study.paths.trial(1).root / name)
    export_trial(study, there, find_trial(there, None), tmp_path / "out")
    assert not (tmp_path / "out" / name).exists()
    assert "root:" not in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
def test_a_checkpoint_that_is_no_regular_file_is_not_exported(
    study: Study, there: Report, tmp_path: Path, kind: str
) -> None:
    study.paths.trial(1).checkpoint.unlink()
    leave(kind, study.paths.trial(1).checkpoint)
    # The report may be older than what is there now.
    with pytest.raises(StudyError, match="checkpoint is "):
        export_trial(study, there, find_trial(there, None), tmp_path / "out")
    again = build_report(study, ROWS)
    with pytest.raises(StudyError, match="is no regular file"):
        export_trial(study, again, find_trial(again, None), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_records_of_two_gigabytes_are_not_copied(study: Study, there: Report, tmp_path: Path) -> None:
    for file in (study.paths.trial(1).metrics, study.paths.trial(1).starts):
        with file.open("wb") as handle:
            handle.truncate(2 * 2**30)
    export_trial(study, there, find_trial(there, None), tmp_path / "out")
    assert not (tmp_path / "out" / "metrics.jsonl").exists()
    assert "last start of the program: not recorded" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.usefixtures("there")
def test_starts_are_data(study: Study) -> None:
    start = {"host": "\x1b[31m<b>\nnext", "gpu": 1000 * "x", "nested": {"a": 1}, "torch": 2, "\ud800": "odd"}
    more = {f"name {number}": number for number in range(100)}
    study.paths.trial(1).starts.write_text("\n".join(map(json.dumps, [["a list"], start, more])))
    first, last = read_starts(study.paths.trial(1))
    assert first == {"host": r"\x1b[31m&lt;b&gt;\nnext", "gpu": 200 * "x" + "…", "torch": "2", r"\ud800": "odd"}
    assert len(last) == 20


@pytest.mark.usefixtures("there")
def test_a_checkpoint_that_is_gone_is_not_exported(study: Study, tmp_path: Path) -> None:
    study.paths.trial(1).checkpoint.write_text("")
    again = build_report(study, ROWS)
    with pytest.raises(StudyError, match="the checkpoint of trial 1 is gone"):
        export_trial(study, again, find_trial(again, None), tmp_path / "out")


def test_a_program_of_ones_own_is_exported_with_its_words(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    (study_file.parent / "train.py").write_text("pass\n")
    own = 'command = ["python3", "train.py", "--lr={lr}"]\ninputs = ["train.py"]\nenvironment = {WIDTH = "{width} $x"}'
    study_file.write_text(study_file.read_text().replace('data = "photos"', own))
    study = initialise(study_file, lambda _: None)[0]
    propose(study, 0)
    study.paths.trial(0).checkpoint.write_text("a model")
    report = build_report(study, [row(0, "COMPLETE", 0.5)])
    (line,) = export_trial(study, report, find_trial(report, None), study_file.parent / "out")
    asked = read_spec(study.paths.trial(0)).params
    assert line == f"cd again && env 'WIDTH={asked['width']} $x' python3 train.py --lr={asked['lr']}"
    assert (study_file.parent / "out" / "again" / "train.py").is_file()
