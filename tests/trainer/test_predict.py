"""A model loaded by itself, several averaged, and the score on the test set that a confirmation goes by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.trainer.actions import measured, train
from trainer import data, predict
from trainer.train import score
from trainer.trial import Trial

Job = Callable[..., Path]


def test_a_confirmation_scores_the_test_set_after_its_last_epoch_alone(job: Job) -> None:
    folder = job("confirm", objectives=["test_accuracy"])
    assert train(folder) == 0
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert ["test_accuracy" in line for line in lines] == [False, False, True]
    assert lines[-1]["test_accuracy"] == score(Trial.read(folder / "trial.json"))["test_accuracy"]
    plain = job("plain")
    assert train(plain) == 0
    assert measured(plain) == [
        {name: value for name, value in line.items() if not name.startswith("test_")} for line in measured(folder)
    ]


def test_each_start_says_where_and_with_what(job: Job) -> None:
    folder = job("starts", target_step=1, handover_epochs=1)
    train(folder)
    train(folder)
    starts = [json.loads(line) for line in (folder / "starts.jsonl").read_text().splitlines()]
    assert len(starts) == 2
    assert starts[0]["torch"] == torch.__version__
    assert len(starts[0]["trainer_sha256"]) == 64
    assert {"when", "host", "python", "torchvision", "device"} <= starts[0].keys()


def test_a_model_is_loaded_by_itself(job: Job) -> None:
    folder = job("one")
    assert train(folder) == 0
    trial = Trial.read(folder / "trial.json")
    model, classes = predict.load_model(folder)
    assert classes == ["left", "right"]
    images = data.load(trial.data, folder).test
    right = sum(int(model(image[None]).argmax()) == label for image, label in (images[n] for n in range(len(images))))
    assert right / len(images) == pytest.approx(score(trial)["test_accuracy"])


def test_the_average_of_several_is_scored_beside_each(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [job(f"member {seed}", number=seed, seed=seed, target_step=1) for seed in (1, 2, 3)]
    for folder in folders:
        assert train(folder) == 0
    monkeypatch.setattr("sys.argv", ["predict", *(str(folder / "trial.json") for folder in folders)])
    capsys.readouterr()
    predict.main()
    scores = json.loads(capsys.readouterr().out)
    assert list(scores) == ["1", "2", "3", "ensemble"]
    for number, folder in enumerate(folders, start=1):
        alone = score(Trial.read(folder / "trial.json"))
        assert scores[str(number)]["test_loss"] == pytest.approx(alone["test_loss"], rel=1e-4)
    # The average of probabilities is never worse than the worst of them, by this loss.
    assert scores["ensemble"]["test_loss"] <= max(scores[number]["test_loss"] for number in "123")


def test_without_a_checkpoint_there_is_nothing_to_predict_with(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = job("empty")
    monkeypatch.setattr("sys.argv", ["predict", str(folder / "trial.json")])
    with pytest.raises(SystemExit, match="is missing or damaged"):
        predict.main()
    with pytest.raises(ValueError, match="is missing or damaged"):
        predict.load_model(folder)
