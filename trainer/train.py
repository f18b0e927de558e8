"""Trains one trial epoch by epoch, so that a run broken off anywhere and resumed ends as an unbroken one."""

from __future__ import annotations

import hashlib
import math
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn
from torch.utils.data import DataLoader

from trainer import architectures, data
from trainer.augment import Augmentation
from trainer.optimisation import autocast, make_optimizer, make_scaler, make_schedule
from trainer.params import complete_params
from trainer.trial import CONTINUE, Termination, Trial


def choose_device() -> torch.device:
    """cuda, mps or cpu, whichever is there, in this order."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def software(device: torch.device) -> dict[str, str]:
    """What a result may depend on besides the trial: versions, this program's own code, the GPU."""
    code = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        code.update(file.name.encode() + b"\0" + file.read_bytes())
    return {
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "trainer_sha256": code.hexdigest(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
    }


class Training:
    """Everything that a checkpoint holds: model, optimiser, schedule, random states, and how far the run is."""

    def __init__(self, trial: Trial, splits: data.Splits, device: torch.device) -> None:
        self.params = complete_params(trial.params)
        self.device = device
        self.seed = trial.seed
        self.images = splits.train.share(self.params["fraction"])
        # Batch normalisation cannot train on one image: one that is left over at the end sits the epoch out.
        left_over: int = len(self.images) % self.params["batch_size"]
        self.images_per_epoch = len(self.images) - (left_over == 1 < len(self.images))
        self.channels, self.size, _ = self.images[0][0].shape
        self.classes = splits.classes
        torch.manual_seed(trial.seed)
        self.model = architectures.build(self.channels, self.size, len(self.classes), self.params).to(device)
        self.optimizer = make_optimizer(self.model, self.params)
        self.schedule = make_schedule(self.optimizer, self.params, trial.target_step)
        self.scaler = make_scaler(self.params["precision"], device)
        self.epoch = 0
        """Epochs finished and reported."""
        self.batch = 0
        """Batches finished of the epoch after those."""
        self.loss_sum = 0.0
        self.seconds = 0.0

    def state(self) -> dict[str, Any]:
        return {
            # For who loads the model alone, without the data.
            "input": [self.channels, self.size],
            "classes": self.classes,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "scaler": self.scaler.state_dict(),
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
        # Empty where the scaler did nothing.
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.batch = state["epoch"], state["batch"]
        self.loss_sum, self.seconds = state["loss_sum"], state["seconds"]
        torch.set_rng_state(state["torch_rng"])
        # The next machine may have another number of GPUs, or none.
        if self.device.type == "cuda" and len(state["cuda_rng"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["cuda_rng"])

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """What the model makes of a batch, in float32 whatever the precision it computes in."""
        with autocast(self.params["precision"], self.device):
            logits: torch.Tensor = self.model(images.to(self.device))
        return logits.float()

    def step(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        """Train on a batch; gives its mean loss."""
        criterion = nn.CrossEntropyLoss(label_smoothing=self.params["label_smoothing"])
        loss = criterion(self.logits(images), labels.to(self.device))
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        if self.params["gradient_clip"]:
            self.scaler.unscale_(self.optimizer)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.params["gradient_clip"])
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return float(loss.detach())

    def sizes(self) -> dict[str, float]:
        """How big the model is: trained weights, megabytes of its state, megabytes of GPU memory that torch took."""
        state = self.model.state_dict().values()
        gpu = torch.cuda.max_memory_reserved(self.device) if self.device.type == "cuda" else 0
        return {
            "parameters": sum(weight.numel() for weight in self.model.parameters()),
            "model_mb": sum(value.numel() * value.element_size() for value in state) / 1e6,
            "gpu_memory_mb": gpu / 1e6,
        }


def train(trial: Trial) -> int:
    """Train from the checkpoint, or from the start, to the target step.

    Returns 0 when the target is reached, CONTINUE when a checkpoint is written to go on from: SIGTERM came, or it is
    time to hand one over to the pool.
    Raises ValueError when the training loss is no longer finite, or the trial does not fit the data or its file of
    pretrained weights, or the data is not the study's; OSError when a file is missing.
    """
    terminated = Termination()
    if trial.data_sha256:
        print(f"the data has the SHA-256 {trial.data_sha256}", flush=True)
    splits = data.load(trial.data, trial.folder)
    run = Training(trial, splits, choose_device())
    if (state := trial.load()) is not None:
        run.restore(state)
        print(f"resumed at epoch {run.epoch}, batch {run.batch}", flush=True)
    elif run.params["pretrained"] and (file := trial.data.get("weights", {}).get(run.params["architecture"])):
        architectures.load_weights(run.model, trial.folder / file)
        print(f"the weights are those of {file} at first", flush=True)
    trial.mend()
    trial.note_start(**software(run.device))
    print(f"trial {trial.number} on {run.device}: {len(run.images)} images, {run.params}", flush=True)

    handover, slice_end = trial.handover(), trial.slice_end()
    while run.epoch < trial.target_step:
        if slice_end or (run.epoch and trial.is_cut_off(run.epoch)):
            print(f"{'a slice ends' if slice_end else 'cut off'} at epoch {run.epoch}", flush=True)
            return 0
        scores = None
        if not handover and _train_epoch(run, lambda: bool(terminated or handover)):
            began = time.monotonic()
            scores = evaluate(run, splits.validation, terminated)
            val_seconds = round(time.monotonic() - began, 3)
            if scores is not None and trial.objective.startswith("test_") and run.epoch + 1 == trial.target_step:
                # A confirmation: see `sweep confirm`.
                tested = evaluate(run, splits.test, terminated)
                scores = None if tested is None else scores | _as_test(tested)
        if scores is None:
            trial.save(run.state())
            why = "SIGTERM" if terminated else "handing over"
            print(f"{why}: checkpoint written at epoch {run.epoch}, batch {run.batch}", flush=True)
            return CONTINUE
        _end_epoch(trial, run, {**scores, "val_seconds": val_seconds})
        handover.count_epoch()
        slice_end.count_epoch()
    return 0


def _train_epoch(run: Training, broken_off: Callable[[], bool]) -> bool:
    """Train on the rest of the current epoch; False when broken off, between two batches."""
    size: int = run.params["batch_size"]
    # The order depends on seed and epoch alone, so that a resumed epoch goes on where it stopped.
    order_seed = (run.seed * 1_000_003 + run.epoch) % 2**63
    order = torch.randperm(len(run.images), generator=torch.Generator().manual_seed(order_seed)).tolist()
    images = run.images
    if (name := run.params["augmentation"]) != "none":
        images = images.changed(Augmentation(name, run.size, run.seed, run.epoch))
    run.model.train()
    started, before = time.monotonic(), run.seconds
    for inputs, labels in _loader(images, size, order[run.batch * size : run.images_per_epoch]):
        if broken_off():
            break
        value = run.step(inputs, labels)
        run.loss_sum += value * len(labels)
        run.batch += 1
        run.seconds = before + time.monotonic() - started
        if not math.isfinite(value):
            raise ValueError(f"training loss is {value} in epoch {run.epoch + 1}, batch {run.batch}")
    return run.batch * size >= run.images_per_epoch


def _end_epoch(trial: Trial, run: Training, scores: dict[str, float]) -> None:
    """Report, then checkpoint: killed in between, the resumed run takes the report back and makes it again."""
    report = {
        "train_loss": run.loss_sum / run.images_per_epoch,
        **scores,
        "seconds": round(run.seconds, 3),
        "images_per_second": round(run.images_per_epoch / max(run.seconds, 1e-9), 1),
        **run.sizes(),
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
def evaluate(run: Training, images: data.Selection, terminated: Termination | None = None) -> dict[str, float] | None:
    """Mean loss and accuracy over a set; None when broken off by SIGTERM."""
    run.model.eval()
    loss, right = 0.0, 0
    for inputs, labels in _loader(images, 256, list(range(len(images)))):
        if terminated:
            return None
        logits = run.logits(inputs).cpu()
        loss += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
        right += int((logits.argmax(dim=1) == labels).sum())
    return {"val_loss": loss / len(images), "val_accuracy": right / len(images)}


def test(trial: Trial) -> dict[str, float]:
    """Score a trial's checkpoint on the test set.

    Raises ValueError when there is no checkpoint.
    """
    state = trial.load()
    if state is None:
        raise ValueError(f"{trial.checkpoint}: no checkpoint to score")
    splits = data.load(trial.data, trial.folder)
    run = Training(trial, splits, choose_device())
    run.restore(state)
    return _as_test(evaluate(run, splits.test) or {})


def _as_test(scores: dict[str, float]) -> dict[str, float]:
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
