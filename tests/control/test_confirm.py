"""Confirmations: the study that they are, and which differences they call real."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sweep.config.load import parse_config
from sweep.control import confirm
from sweep.control.initialise import initialise
from sweep.errors import ConfigError, StudyError
from sweep.nodes.trial_folder import trial_specs
from sweep.optimizer.stored_study import StoredStudy
from sweep.results.confirmation import read_confirmation, score_name
from sweep.results.report import build_report
from sweep.study.enqueued import queued_configurations
from sweep.study.study import Study, open_current
from tests.samples import row

ROWS = [
    row(number, "COMPLETE", value, params={"lr": 0.01 * (number + 1), "width": 8, "activation": "relu"})
    for number, value in enumerate((0.5, 0.75, 0.25))
]


def test_the_best_are_trained_again_once_for_each_seed(study: Study) -> None:
    there, count = confirm.prepare_confirmation(study, build_report(study, ROWS), 2, 3, lambda _: None)
    assert count == 6
    assert (there.config.study.name, there.config.study.metric) == ("tiny-confirm", ["test_accuracy"])
    assert [name for name, _ in queued_configurations(there)] == [
        f"trial {n}, seed {seed}" for seed in range(3) for n in (1, 0)
    ]
    # It is not what commands without --study mean.
    assert open_current(None).config.study.name == "tiny"
    asked = trial_specs(there, StoredStudy.open(there, writing=True).add(count), {})
    assert [spec.params["lr"] for spec in asked] == [0.02, 0.01] * 3
    # The same split of the data, and seeds that no trial had.
    before = trial_specs(study, StoredStudy.open(study, writing=True).add(count), {})
    assert asked[0].data["split_seed"] == before[0].data["split_seed"]
    assert not {spec.seed for spec in asked} & {spec.seed for spec in before}
    assert len({spec.seed for spec in asked}) == 6


def test_typed_again_it_adds_what_is_missing(study: Study) -> None:
    confirm.prepare_confirmation(study, build_report(study, ROWS), 2, 2, lambda _: None)
    assert confirm.prepare_confirmation(study, build_report(study, ROWS), 2, 2, lambda _: None)[1] == 4
    there, count = confirm.prepare_confirmation(study, build_report(study, ROWS), 3, 3, lambda _: None)
    assert count == 9
    assert [name for name, _ in queued_configurations(there)][4:] == [
        "trial 2, seed 0",
        "trial 2, seed 1",
        "trial 1, seed 2",
        "trial 0, seed 2",
        "trial 2, seed 2",
    ]


def test_nothing_is_confirmed_before_a_trial_is_complete(study: Study) -> None:
    with pytest.raises(StudyError, match="no trial is complete yet"):
        confirm.prepare_confirmation(study, build_report(study, []), 5, 5, lambda _: None)
    assert read_confirmation(study) == []


def test_a_search_by_the_test_set_is_refused(study_file: Path) -> None:
    text = study_file.read_text()
    with pytest.raises(ConfigError, match="which is for `sweep confirm` alone"):
        parse_config(text.replace('"val_accuracy"', '"test_accuracy"'), "study.toml")


def test_a_program_of_ones_own_names_its_test_metric_or_is_judged_by_the_objective(
    study_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    (study_file.parent / "train.py").write_text("pass\n")
    text = study_file.read_text().replace('data = "photos"', 'command = ["python3", "train.py"]\ninputs = ["train.py"]')
    study_file.write_text(text)
    study = initialise(study_file, lambda _: None)[0]
    assert score_name(study) == "val_accuracy"
    study_file.write_text(text.replace("[study]", '[study]\ntest_metric = "final"'))
    study = initialise(study_file, lambda _: None)[0]
    made = confirm.confirmation_table(study)
    assert made["study"]["metric"] == "final"
    assert made["trainer"]["inputs"] == [str(study.paths.inputs / "train.py")]
    there, _ = confirm.prepare_confirmation(study, build_report(study, ROWS), 1, 1, lambda _: None)
    assert (there.paths.inputs / "train.py").read_text() == "pass\n"
    assert tomllib.loads(there.paths.config.read_text()) == made


def test_a_confirmation_finds_what_lies_beside_the_study_file(
    study_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    (study_file.parent / "torch.sif").write_text("an image")
    (study_file.parent / "cellar.toml").write_text('name = "the cellar"\n[job.attributes]\nCellar = "deep"\n')
    study_file.write_text(study_file.read_text() + 'site = "cellar.toml"\ncontainer_image = "torch.sif"\n')
    study = initialise(study_file, lambda _: None)[0]
    there, _ = confirm.prepare_confirmation(study, build_report(study, ROWS), 1, 1, lambda _: None)
    assert there.job.container_image == str(study_file.parent / "torch.sif")
    assert there.config.job.attributes == {"Cellar": "deep"}
