"""What `sweep init` says of a study."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.study.summary import IGNORES_CONSTRAINTS, NO_CHECKPOINTS, goal, requests, summary


def test_what_is_searched_by_how_many_trials_on_what(study_file: Path) -> None:
    study = initialise(study_file, lambda _: None)[0]
    text = "\n".join(summary(study))
    assert "maximize val_accuracy over 3 parameters" in text
    assert [line.split()[0] for line in summary(study)[1:4]] == ["lr", "width", "activation"]
    assert "3 trials a generation, 2 epochs each" in text
    assert str(study_file.parent / "photos") in text
    assert requests(study) in text
    assert "memory 512 MB" in requests(study)
    assert NO_CHECKPOINTS not in text


def test_what_is_to_be_heeded_is_said(study_file: Path) -> None:
    program = 'command = ["python", "train.py"]\ncheckpoints = false\n'
    text = study_file.read_text().replace('epochs = 2\ndata = "photos"', program)
    study_file.write_text(
        text.replace("[job]", "[constraints]\nmetrics = ['mb <= 5']\n[sampler]\nname = 'random'\n[job]")
    )
    lines = summary(initialise(study_file, lambda _: None)[0])
    assert lines[-2:] == [IGNORES_CONSTRAINTS.format("random"), NO_CHECKPOINTS]
    assert not any("epochs" in line or line.startswith("data") for line in lines)


@pytest.mark.parametrize(
    ("objectives", "constraints", "text"),
    [
        ({"acc": "maximize"}, [], "maximize acc"),
        ({"acc": "maximize", "mb": "minimize"}, [], "maximize acc and minimize mb"),
        ({"acc": "maximize"}, ["mb <= 5", "ms < 3"], "maximize acc, with mb <= 5 and ms < 3,"),
    ],
)
def test_objectives_and_constraints_in_words(objectives: dict[str, str], constraints: list[str], text: str) -> None:
    assert goal(objectives, constraints) == text
