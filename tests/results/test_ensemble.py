"""Scores of averaged models; how they are computed is tests/trainer/test_predict.py."""

from __future__ import annotations

import importlib.util
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from sweep.control.initialise import initialise
from sweep.errors import StudyError
from sweep.results.ensemble import ensemble_table, score_ensemble
from sweep.results.report import build_report
from sweep.study.study import Study
from tests.samples import row

ROWS = [row(0, "COMPLETE", 0.5), row(1, "COMPLETE", 0.75), row(2, "FAIL")]


def test_two_checkpoints_are_needed(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    study.paths.trial(0).root.mkdir(parents=True)
    study.paths.trial(0).checkpoint.write_text("a model")
    with pytest.raises(StudyError, match="needs two complete trials with checkpoints"):
        score_ensemble(study, build_report(study, ROWS), 5)


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint.previous", "checkpoint.sha256"])
def test_a_model_with_something_else_than_regular_files_is_left_out(
    study: Study, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    for number in (0, 1):
        study.paths.trial(number).root.mkdir(parents=True)
        study.paths.trial(number).checkpoint.write_text("a model")
    (study.paths.trial(1).root / name).unlink(missing_ok=True)
    os.mkfifo(study.paths.trial(1).root / name)
    with pytest.raises(StudyError, match="the study has 1 of the best 5"):
        score_ensemble(study, build_report(study, ROWS), 5)


def test_models_of_another_program_cannot_be_averaged(study_file: Path) -> None:
    program = 'command = ["python", "train.py"]'
    study_file.write_text(study_file.read_text().replace('epochs = 2\ndata = "photos"', program))
    study = initialise(study_file, lambda _: None)[0]
    with pytest.raises(StudyError, match="shipped trainer"):
        score_ensemble(study, build_report(study, [replace(one, steps=0) for one in ROWS]), 5)


def test_without_torch_it_says_what_to_install(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(StudyError, match="no torch") as caught:
        score_ensemble(study, build_report(study, ROWS), 5)
    assert "htcondor-sweep[trainer]" in caught.value.advice


def test_the_scores_are_a_table() -> None:
    out = io.StringIO()
    scores = {"1": {"test_accuracy": 0.75, "test_loss": 0.5}, "ensemble": {"test_accuracy": 0.8, "test_loss": 0.25}}
    Console(file=out, width=80).print(ensemble_table(scores))
    lines = [line.split() for line in out.getvalue().splitlines()]
    assert ["trial", "test_accuracy", "test_loss"] in lines
    assert ["ensemble", "0.8", "0.25"] in lines
