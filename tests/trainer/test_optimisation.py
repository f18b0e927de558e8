"""How the weights change: learning rate over the epochs, clipping, precision, and what of it the scores feel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.trainer.actions import measured, saved, train
from trainer import data
from trainer import train as training
from trainer.optimisation import learning_rate_factor, make_optimizer
from trainer.trial import Trial

Job = Callable[..., Path]


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("constant", [1, 1, 1, 1, 1]),
        ("linear", [1, 0.75, 0.5, 0.25, 0]),
        ("step", [1, 1, 0.1, 0.01, 0.01]),
        ("exponential", [1, 0.01**0.25, 0.1, 0.01**0.75, 0.01]),
    ],
)
def test_schedules_run_over_the_epochs_after_the_warm_up(schedule: str, factors: list[float]) -> None:
    assert [learning_rate_factor(schedule, epoch, 4, 0) for epoch in range(5)] == pytest.approx(factors)
    warm = [learning_rate_factor(schedule, epoch, 7, 3) for epoch in range(8)]
    assert warm == pytest.approx([0.25, 0.5, 0.75, *factors])


def test_cosine_is_torch_s() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=7)
    for epoch in range(8):
        assert 0.5 * learning_rate_factor("cosine", epoch, 7, 0) == pytest.approx(schedule.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("warmup", [4, 9])
def test_a_warm_up_that_never_ends_only_rises(warmup: int) -> None:
    rates = [learning_rate_factor("cosine", epoch, 4, warmup) for epoch in range(4)]
    assert rates == sorted(rates)
    assert learning_rate_factor("cosine", 4, 4, warmup) <= 1


@pytest.mark.parametrize("name", ["sgd", "rmsprop"])
def test_momentum_is_the_trial_s(name: str) -> None:
    params = {"lr": 0.1, "weight_decay": 0.2, "momentum": 0.7}
    (group,) = make_optimizer(torch.nn.Linear(1, 1), params | {"optimizer": name}).param_groups
    assert {key: group[key] for key in params} == params


def test_a_checkpoint_has_the_learning_rate_of_the_next_epoch(job: Job) -> None:
    params = {"lr": 0.1, "schedule": "linear", "warmup_epochs": 1, "width": 2}
    folder = job("warm", params=params, target_step=4, slice_epochs=2)
    assert train(folder) == 0
    assert saved(folder)["optimizer"]["param_groups"][0]["lr"] == pytest.approx(0.1 * 2 / 3)


def start(folder: Path) -> training.Training:
    trial = Trial.read(folder / "trial.json")
    return training.Training(trial, data.load(trial.data, trial.folder), torch.device("cpu"))


def batch(run: training.Training) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = zip(*(run.images[position] for position in range(8)), strict=True)
    return torch.stack(images), torch.tensor(labels)


def flat(run: training.Training) -> torch.Tensor:
    return torch.cat([weight.detach().flatten() for weight in run.model.parameters()]).clone()


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_clipped_gradients_move_the_weights_no_further(job: Job, precision: str) -> None:
    step = {"lr": 1.0, "optimizer": "sgd", "momentum": 0.0, "precision": precision, "width": 4}
    for clip, least, most in ((0.001, 0.00099, 0.00101), (1000.0, 0.1, 1000.0), (0.0, 0.1, 1000.0)):
        run = start(job(f"clip-{clip}", params={**step, "gradient_clip": clip}))
        before = flat(run)
        run.step(*batch(run))
        assert least < float((flat(run) - before).norm()) < most


def test_a_step_whose_gradients_overflow_in_float16_is_skipped(job: Job) -> None:
    run = start(job("overflow", params={"precision": "float16", "gradient_clip": 1.0, "width": 4}))
    before, scale = flat(run), run.scaler.get_scale()
    overflow = next(run.model.parameters()).register_hook(lambda gradient: gradient * torch.inf)  # type: ignore[no-untyped-call]
    assert run.step(*batch(run)) > 0
    assert torch.equal(flat(run), before)
    assert run.scaler.get_scale() == scale / 2
    overflow.remove()
    run.step(*batch(run))
    assert not torch.equal(flat(run), before)
    again = start(job("again", params={"precision": "float16", "width": 4}))
    again.restore(run.state())
    assert again.scaler.get_scale() == scale / 2


def test_a_checkpoint_of_a_scaler_that_did_nothing_can_be_gone_on_from(job: Job) -> None:
    run = start(job("apple", params={"precision": "float16", "width": 4}))
    state = run.state() | {"scaler": {}}
    run.restore(state)
    assert run.scaler.is_enabled()


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_lower_precision_changes_the_arithmetic_a_little_and_the_weights_stay_whole(job: Job, precision: str) -> None:
    losses = {}
    for name in ("float32", precision):
        folder = job(name, params={"lr": 0.0, "width": 4, "precision": name}, target_step=1)
        assert train(folder) == 0
        losses[name] = measured(folder)[0]["val_loss"]
        assert {value.dtype for value in saved(folder)["model"].values()} == {torch.float32, torch.int64}
    assert 0 < abs(losses[precision] - losses["float32"]) < 0.02


@pytest.mark.parametrize("change", [{"label_smoothing": 0.5}, {"augmentation": "trivial"}, {"fraction": 0.3}])
def test_what_is_for_training_leaves_the_validation_as_it_is(job: Job, change: dict[str, Any]) -> None:
    """Nothing is learnt, so that the same net is scored."""
    still = {"lr": 0.0, "norm": "none", "width": 4}
    plain, changed = (
        job(name, params=still | params, target_step=1) for name, params in (("plain", {}), ("changed", change))
    )
    assert train(plain) == train(changed) == 0
    before, after = measured(plain)[0], measured(changed)[0]
    assert before.pop("train_loss") != after.pop("train_loss")
    assert after == before


def test_a_fraction_of_the_images_is_trained_on(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(job("fraction", params={"fraction": 0.25, "width": 4}, target_step=1)) == 0
    assert "20 images" in capsys.readouterr().out


def test_batch_normalisation_outlives_a_last_batch_of_one_image(job: Job) -> None:
    params = {"architecture": "mobilenet_v3_small", "batch_size": 79}
    folder = job("alone", params=params, target_step=1)
    assert train(folder) == 0
    assert saved(folder)["epoch"] == 1
