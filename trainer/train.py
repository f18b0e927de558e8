"""Trains one trial epoch by epoch, so that a run broken off anywhere and resumed ends as an unbroken one."""

from __future__ import annotations

import json
import math
import os
import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader

from trainer import data
from trainer.model import ConvNet, make_optimizer, make_schedule
from trainer.trial import CONTINUE, Handover, Termination, Trial


def choose_device() -> torch.device:
    """cuda, mps or cpu, whichever is there, in this order."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def complete_params(params: dict[str, Any]) -> dict[str, Any]:
    """A trial's parameters, with interface.json's defaults for those that the study does not search.

    A parameter that may be repeated keeps the names that the study gives it, width_1, width_2, … Raises ValueError for
    a name that the trainer does not know.
    """
    interface = json.loads((Path(__file__).parent / "interface.json").read_text(encoding="utf-8"))["parameters"]
    repeated = {name for name in params if "repeat" in interface.get(re.sub(r"_[0-9]+$", "", name), {})}
    if unknown := sorted(set(params) - set(interface) - repeated):
        raise ValueError(f"unknown parameter {unknown[0]!r}; known are {', '.join(interface)}")
    known = {name: params.get(name, entry["default"]) for name, entry in interface.items()}
    return known | {name: params[name] for name in sorted(repeated)}


class Training:
    """Everything that a checkpoint holds: model, optimiser, schedule, random states, and how far the run is."""

    def __init__(self, trial: Trial, splits: data.Splits, device: torch.device) -> None:
        self.params = complete_params(trial.params)
        self.device = device
        channels, size, _ = splits.train[0][0].shape
        torch.manual_seed(trial.seed)
        self.model = ConvNet(channels, size, len(splits.classes), self.params).to(device)
        self.optimizer = make_optimizer(self.model, self.params)
        self.schedule = make_schedule(self.optimizer, self.params, trial.target_step)
        self.epoch = 0
        """Epochs finished and reported."""
        self.batch = 0
        """Batches finished of the epoch after those."""
        self.loss_sum = 0.0
        self.seconds = 0.0

    def state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": self.epoch,
            "batch": self.batch,
            "loss_sum": self.loss_sum,
            "seconds": self.seconds,
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if self.device.type == "cuda" else [],
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.epoch, self.batch = state["epoch"], state["batch"]
        self.loss_sum, self.seconds = state["loss_sum"], state["seconds"]
        torch.set_rng_state(state["torch_rng"])
        # The next machine may have another number of GPUs, or none.
        if self.device.type == "cuda" and len(state["cuda_rng"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["cuda_rng"])


def train(trial: Trial) -> int:
    """Train from the checkpoint, or from the start, to the target step.

    Returns 0 when the target is reached, CONTINUE when a checkpoint is written to go on from: SIGTERM came, or it is
    time to hand one over to the pool.
    Raises ValueError when the training loss is no longer finite.
    """
    terminated = Termination()
    device = choose_device()
    splits = data.load(trial.data, trial.folder)
    run = Training(trial, splits, device)
    if (state := trial.load()) is not None:
        run.restore(state)
        print(f"resumed at epoch {run.epoch}, batch {run.batch}", flush=True)
    trial.mend()
    print(f"trial {trial.number} on {device}: {len(splits.train)} images, {run.params}", flush=True)

    handover = Handover(trial.handover_seconds, trial.handover_epochs)
    while run.epoch < trial.target_step:
        scores = None
        if not handover and _train_epoch(run, splits.train, trial.seed, lambda: bool(terminated or handover)):
            scores = evaluate(run.model, splits.validation, device, terminated)
        if scores is None:
            trial.save(run.state())
            why = "SIGTERM" if terminated else "handing over"
            print(f"{why}: checkpoint written at epoch {run.epoch}, batch {run.batch}", flush=True)
            return CONTINUE
        _end_epoch(trial, run, len(splits.train), scores)
        handover.count_epoch()
    return 0


def _train_epoch(run: Training, images: data.Selection, seed: int, broken_off: Callable[[], bool]) -> bool:
    """Train on the rest of the current epoch; False when broken off, between two batches."""
    size: int = run.params["batch_size"]
    # The order depends on seed and epoch alone, so that a resumed epoch goes on where it stopped.
    order_seed = (seed * 1_000_003 + run.epoch) % 2**63
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(order_seed)).tolist()
    criterion = nn.CrossEntropyLoss()
    run.model.train()
    started, before = time.monotonic(), run.seconds
    for inputs, labels in _loader(images, size, order[run.batch * size :]):
        if broken_off():
            break
        loss = criterion(run.model(inputs.to(run.device)), labels.to(run.device))
        run.optimizer.zero_grad()
        loss.backward()
        run.optimizer.step()
        value = float(loss.detach())
        run.loss_sum += value * len(labels)
        run.batch += 1
        run.seconds = before + time.monotonic() - started
        if not math.isfinite(value):
            raise ValueError(f"training loss is {value} in epoch {run.epoch + 1}, batch {run.batch}")
    return run.batch * size >= len(images)


def _end_epoch(trial: Trial, run: Training, images: int, scores: dict[str, float]) -> None:
    """Report, then checkpoint: killed in between, the resumed run takes the report back and makes it again."""
    report = {
        "train_loss": run.loss_sum / images,
        **scores,
        "seconds": round(run.seconds, 3),
        "images_per_second": round(images / max(run.seconds, 1e-9), 1),
    }
    with warnings.catch_warnings():
        # Resumed after an epoch's last batch, this process has made no optimiser step; torch takes that for a mistake.
        warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
        run.schedule.step()
    run.epoch, run.batch, run.loss_sum, run.seconds = run.epoch + 1, 0, 0.0, 0.0
    trial.report(run.epoch, **report)
    trial.save(run.state())
    print(f"epoch {run.epoch}: {report}", flush=True)


@torch.no_grad()
def evaluate(
    model: nn.Module, images: data.Selection, device: torch.device, terminated: Termination | None = None
) -> dict[str, float] | None:
    """Mean loss and accuracy over a set; None when broken off by SIGTERM."""
    model.eval()
    criterion = nn.CrossEntropyLoss(reduction="sum")
    loss, right = 0.0, 0
    for inputs, labels in _loader(images, 256, list(range(len(images)))):
        if terminated:
            return None
        logits = model(inputs.to(device)).cpu()
        loss += float(criterion(logits, labels))
        right += int((logits.argmax(dim=1) == labels).sum())
    return {"val_loss": loss / len(images), "val_accuracy": right / len(images)}


def test(trial: Trial) -> dict[str, float]:
    """Score a trial's checkpoint on the test set.

    Raises ValueError when there is no checkpoint.
    """
    state = trial.load()
    if state is None:
        raise ValueError(f"{trial.checkpoint}: no checkpoint to score")
    device = choose_device()
    splits = data.load(trial.data, trial.folder)
    run = Training(trial, splits, device)
    run.restore(state)
    scores = evaluate(run.model, splits.test, device) or {}
    return {name.replace("val_", "test_"): value for name, value in scores.items()}


def _loader(images: data.Selection, batch_size: int, order: list[int]) -> DataLoader[Any]:
    # HTCondor sets OMP_NUM_THREADS to the cores of the slot; one of them does the training.
    workers = min(8, int(os.environ.get("OMP_NUM_THREADS", "1")) - 1)
    return DataLoader(
        images,
        batch_size=batch_size,
        sampler=order,
        num_workers=workers,
        # A generator of its own: an iterator draws a seed when it is made, which must not move dropout's.
        generator=torch.Generator().manual_seed(0),
    )
