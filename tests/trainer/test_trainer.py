"""The trial contract, kept by the real trainer: trial.json in, metrics.jsonl and a checkpoint out."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sweep.config.trainer_interface import trainer_interface
from sweep.paths import TrialPaths
from sweep.trial.judge import judge
from sweep.trial.reports import Reports
from sweep.trial.spec import TrialSpec
from tests.trainer.actions import command, environment, measured, run, saved, train
from trainer import __main__ as program
from trainer import train as training
from trainer.trial import CONTINUE

pytestmark = pytest.mark.processes

Job = Callable[..., Path]


def test_the_contract(job: Job) -> None:
    folder = job("contract")
    done = run(folder)
    assert done.returncode == 0, done.stderr
    spec = TrialSpec.from_json((folder / "trial.json").read_text())
    verdict = judge(spec, done.returncode, Reports.parse(spec, (folder / "metrics.jsonl").read_text()), done.stderr)
    assert (verdict.kind, verdict.reason, verdict.steps) == ("complete", "", 3)
    assert verdict.values["val_accuracy"] > 0.8
    reports = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [report.pop("step") for report in reports] == [1, 2, 3]
    assert all(set(report) == set(trainer_interface()["metrics"]) for report in reports)
    weights = (4 * 3 * 9 + 4) + 8 + (4 * 4 * 9 + 4) + 8 + (2 * 4 * 3 * 3 + 2)
    assert reports[0]["parameters"] == weights
    # Two batch normalisations have 8 means and variances of 4 bytes each, and a count of 8 bytes.
    assert reports[0]["model_mb"] * 1e6 == pytest.approx(4 * weights + 2 * (8 * 4 + 8))
    state = saved(folder)
    assert {"model", "optimizer", "schedule", "scaler", "epoch", "torch_rng"} <= set(state)
    assert state["epoch"] == 3


@pytest.fixture
def undisturbed(job: Job) -> list[dict[str, float]]:
    """Reports of a run that nothing broke off."""
    folder = job("undisturbed")
    assert train(folder) == 0
    return measured(folder)


def test_the_same_trial_gives_the_same_metrics_and_another_seed_does_not(
    job: Job, undisturbed: list[dict[str, float]]
) -> None:
    again, other = job("again"), job("other", seed=6)
    assert run(again).returncode == 0
    assert train(other) == 0
    assert measured(again) == undisturbed
    assert measured(other) != undisturbed


def test_sigterm_leaves_a_checkpoint_that_is_gone_on_from(job: Job, undisturbed: list[dict[str, float]]) -> None:
    folder = job("broken")
    with subprocess.Popen(command(), cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("epoch 1:" in line for line in iter(process.stdout.readline, ""))
        process.terminate()
        assert "SIGTERM: checkpoint written at epoch" in process.stdout.read()
    assert process.returncode == 85
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert "resumed at epoch" in done.stdout
    assert measured(folder) == undisturbed


class Notice:
    """Stands for SIGTERM: comes at the nth look."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __bool__(self) -> bool:
        self.looks -= 1
        return self.looks < 0


HALF_PRECISION = {
    "lr": 0.001, "width": 4, "dropout": 0.3, "batch_size": 16, "precision": "float16", "gradient_clip": 0.5,
    "optimizer": "rmsprop", "augmentation": "randaugment", "schedule": "exponential", "warmup_epochs": 1,
    "fraction": 0.5,
}  # fmt: skip
MOBILENET = {
    "lr": 0.01, "architecture": "mobilenet_v3_small", "dropout": 0.3, "batch_size": 20, "precision": "bfloat16",
    "optimizer": "sgd", "augmentation": "crop_flip", "schedule": "linear", "label_smoothing": 0.1, "fraction": 0.5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "batches"),
    [
        # In each epoch 5 batches, or 3 or 2 of half the images, and one of validation.
        ({}, 3 * (5 + 1)),
        ({"params": HALF_PRECISION, "target_step": 2}, 2 * (3 + 1)),
        ({"params": MOBILENET, "target_step": 2}, 2 * (2 + 1)),
    ],
    ids=["defaults", "half precision", "mobilenet"],
)
def test_broken_off_between_any_two_batches_it_ends_as_if_unbroken(
    job: Job, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], batches: int
) -> None:
    unbroken = job("unbroken", **changes)
    assert train(unbroken) == 0
    looks, broken = 0, True
    while broken:
        folder = job(f"broken-{looks}", **changes)
        monkeypatch.setattr(training, "Termination", lambda looks=looks: Notice(looks))
        broken = train(folder) == CONTINUE
        # Broken off again, a little later, and then let go.
        monkeypatch.setattr(training, "Termination", lambda: Notice(3))
        train(folder)
        monkeypatch.setattr(training, "Termination", lambda: Notice(10_000))
        assert train(folder) == 0
        assert measured(folder) == measured(unbroken), f"broken off at look {looks}"
        assert same(saved(folder)["model"], saved(unbroken)["model"])
        looks += 1
    assert looks - 1 == batches


def same(weights: dict[str, torch.Tensor], others: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(weight, other) for weight, other in zip(weights.values(), others.values(), strict=True))


def test_processes_that_load_images_change_nothing(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"augmentation": "trivial", "width": 4, "dropout": 0.3, "batch_size": 16}
    alone, helped = (job(name, params=params, target_step=2) for name in ("alone", "helped"))
    assert train(alone) == 0
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert train(helped) == 0
    assert measured(helped) == measured(alone)


def test_killed_between_report_and_checkpoint_it_ends_as_if_unbroken(
    job: Job, undisturbed: list[dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = job("torn")
    monkeypatch.setattr(training, "Termination", lambda: Notice(8))
    assert train(folder) == CONTINUE
    with (folder / "metrics.jsonl").open("a") as handle:
        handle.write('{"step": 2, "val_accuracy": 0.0}\n{"step": 3, "val_acc')
    monkeypatch.setattr(training, "Termination", lambda: Notice(10_000))
    assert train(folder) == 0
    assert measured(folder) == undisturbed


class Killed(BaseException):
    """Stands for a process that dies here."""


def test_killed_at_any_step_of_writing_a_checkpoint_it_ends_as_if_unbroken(
    job: Job, undisturbed: list[dict[str, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [(torch, "save"), (os, "fsync"), (os, "link"), (Path, "replace"), (Path, "write_text")]
    nth, killed = 0, True
    while killed:
        nth += 1
        folder = job(f"killed-{nth}")
        count = 0

        def dying(original: Any, nth: int = nth) -> Any:
            def call(*arguments: Any, **options: Any) -> Any:
                nonlocal count
                count += 1
                if count == nth:
                    raise Killed
                return original(*arguments, **options)

            return call

        with monkeypatch.context() as patch:
            for owner, name in steps:
                patch.setattr(owner, name, dying(getattr(owner, name)))
            try:
                train(folder)
                killed = False
            except Killed:
                pass
        assert all(output.exists() for output in TrialPaths(folder).outputs(checkpoints=True))
        assert train(folder) == 0
        assert measured(folder) == undisturbed, f"killed at step {nth}"
    assert nth - 1 == 3 * (1 + 8), "in each epoch a report, and a checkpoint: save, sync, digests (3), link, 2 renames"


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (["checkpoint"], ["checkpoint is damaged", "resumed at epoch 2, batch 0"]),
        (["checkpoint", "checkpoint.previous"], ["checkpoint is damaged", "checkpoint.previous is damaged"]),
        (["checkpoint.sha256"], ["checkpoint is damaged", "checkpoint.previous is damaged"]),
    ],
)
@pytest.mark.parametrize("damage", [lambda content: content[:-100], lambda content: b"x" * len(content)])
def test_a_damaged_checkpoint_falls_back_and_says_so(
    job: Job,
    undisturbed: list[dict[str, float]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    damaged: list[str],
    said: list[str],
    damage: Callable[[bytes], bytes],
) -> None:
    folder = job("damaged")
    monkeypatch.setattr(training, "Termination", lambda: Notice(2 * 6 + 3))
    assert train(folder) == CONTINUE
    for name in damaged:
        (folder / name).write_bytes(damage((folder / name).read_bytes()))
    monkeypatch.setattr(training, "Termination", lambda: Notice(10_000))
    capsys.readouterr()
    assert train(folder) == 0
    out = capsys.readouterr().out
    assert all(words in out for words in said)
    assert ("resumed" in out) == ("resumed" in said[1])
    assert measured(folder) == undisturbed


@pytest.mark.parametrize(
    ("handover", "restarts"), [({"handover_epochs": 1}, 2), ({"handover_epochs": 2}, 1), ({"handover_seconds": 0.0}, 0)]
)
def test_checkpoints_are_handed_over_when_due(
    job: Job, undisturbed: list[dict[str, float]], handover: dict[str, Any], restarts: int
) -> None:
    folder = job("handover", **handover)
    if restarts == 0:  # due at once: nothing is trained, yet the checkpoint is whole
        assert train(folder) == CONTINUE
        assert train(folder) == CONTINUE
        assert measured(folder) == []
        return
    statuses = [train(folder)]
    while statuses[-1] != 0:
        statuses.append(train(folder))
    assert statuses == [CONTINUE] * restarts + [0]
    assert measured(folder) == undisturbed


def test_the_test_set_scores_the_checkpoint(job: Job) -> None:
    folder = job("score")
    assert train(folder) == 0
    before = (folder / "metrics.jsonl").read_text()
    done = run(folder, "--test")
    scores = json.loads(done.stdout)
    assert set(scores) == {"test_loss", "test_accuracy"}
    assert scores["test_accuracy"] > 0.7
    assert (folder / "metrics.jsonl").read_text() == before


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"params": {"learning_rate": 0.1}}, "unknown parameter 'learning_rate'"),
        ({"params": {"lr": 1e30, "optimizer": "sgd", "norm": "none"}}, "training loss is"),
        ({"data": {"classes": ["left", "up"]}}, "the data has no class 'up'; it has left, right"),
        ({"data": {"path": "nowhere"}}, "nowhere"),
        ({"params": {"lr_1": 0.1}}, "unknown parameter 'lr_1'"),
        ({"params": {"kernel_size_1": 4}}, "kernel_size_1 is 4; it must be one of 1, 3, 5, 7, 9"),
        ({"params": {"architecture": "vit_b_16"}}, "a multiple of 16, not 12: set image_size = 16 in [trainer]"),
        ({"params": {"architecture": "convnext_tiny"}}, "at least 32 pixels, not 12: set image_size = 32 in [trainer]"),
        ({"data": {"weights": {"convnet": "lost.pth"}}}, "lost.pth, which [trainer] weights names"),
    ],
)
def test_a_trial_that_cannot_train_fails_and_says_why(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], said: str
) -> None:
    monkeypatch.setattr("sys.argv", ["trainer", str(job("bad", **changes) / "trial.json")])
    assert program.main() == 1
    assert said in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("optimizer", trainer_interface()["parameters"]["optimizer"]["choices"])
@pytest.mark.parametrize("activation", trainer_interface()["parameters"]["activation"]["choices"][:2])
def test_architectures_train(job: Job, optimizer: str, activation: str) -> None:
    params = {
        "optimizer": optimizer, "activation": activation, "norm": "none", "n_blocks": 4, "kernel_size": 5,
        "schedule": "constant", "weight_decay": 1e-4, "width": 3,
    }  # fmt: skip
    folder = job("architecture", params=params, target_step=1)
    assert train(folder) == 0
    assert measured(folder)[0]["train_loss"] > 0


def test_a_repeated_parameter_has_a_value_for_each_block(job: Job) -> None:
    params = {"lr": 0.01, "width": 4, "n_blocks": 3, "width_1": 6, "width_2": 8, "width_3": 2, "kernel_size_2": 1}
    folder = job("blocks", params=params, target_step=1)
    assert train(folder) == 0
    state = saved(folder)["model"]
    shapes = [tuple(value.shape) for name, value in state.items() if name.endswith("weight") and value.dim() == 4]
    assert shapes == [(6, 3, 3, 3), (8, 6, 1, 1), (2, 8, 3, 3)]
