"""Trains one trial epoch by epoch. An interrupted training that resumes ends like one that was not interrupted."""

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
    """Return the first device that this machine has of cuda, mps and cpu."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def software(device: torch.device) -> dict[str, str]:
    """Return what else a result may depend on: the versions of torch, the digest of this code, and the device."""
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
    """The state of a training: model, optimiser, schedule, random states, and the epochs and batches done."""

    def __init__(self, trial: Trial, splits: data.Splits, device: torch.device) -> None:
        self.params = complete_params(trial.params)
        self.device = device
        self.seed = trial.seed
        self.images = splits.train.share(self.params["fraction"])
        # Batch normalisation cannot train on a single image, so an epoch leaves out a last batch of one.
        last_batch: int = len(self.images) % self.params["batch_size"]
        self.images_per_epoch = len(self.images) - (last_batch == 1 < len(self.images))
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
        """Batches finished in the current epoch."""
        self.loss_sum = 0.0
        self.seconds = 0.0

    def state(self) -> dict[str, Any]:
        """Return the content of a checkpoint."""
        return {
            # These two let others load the model without the data.
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
        """Continue from the content of a checkpoint."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        # A disabled scaler has an empty state.
        if state["scaler"]:
            self.scaler.load_state_dict(state["scaler"])
        self.epoch, self.batch = state["epoch"], state["batch"]
        self.loss_sum, self.seconds = state["loss_sum"], state["seconds"]
        torch.set_rng_state(state["torch_rng"])
        # The next machine may have another number of GPUs, or none.
        if self.device.type == "cuda" and len(state["cuda_rng"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["cuda_rng"])

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return the model's logits of shape (batch, classes), as float32 in every precision."""
        with autocast(self.params["precision"], self.device):
            logits: torch.Tensor = self.model(images.to(self.device))
        return logits.float()

    def step(self, images: torch.Tensor, labels: torch.Tensor) -> float:
        """Train on a batch; return its mean loss."""
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
        """Return the number of trained weights, the size of the state in MB, and torch's peak GPU memory in MB."""
        state = self.model.state_dict().values()
        gpu = torch.cuda.max_memory_reserved(self.device) if self.device.type == "cuda" else 0
        return {
            "parameters": sum(weight.numel() for weight in self.model.parameters()),
            "model_mb": sum(value.numel() * value.element_size() for value in state) / 1e6,
            "gpu_memory_mb": gpu / 1e6,
        }


def train(trial: Trial) -> int:
    """Train from the checkpoint, or from the start, to the target step; return the exit status.

    0 means that the target is reached, that a slice has ended, or that the trial is cut off. CONTINUE means that a
    checkpoint is written and that the program must be restarted: after SIGTERM, or to hand a checkpoint over.

    Raises ValueError if the training loss is not finite, if the trial does not fit the data or its pretrained weights,
    or if the data is not the study's; OSError if a file is missing.
    """
    terminated = Termination()
    splits, run = _prepare(trial)
    handover, slice_end = trial.handover(), trial.slice_end()
    while run.epoch < trial.target_step:
        if slice_end or (run.epoch and trial.is_cut_off(run.epoch)):
            print(f"{'a slice ends' if slice_end else 'cut off'} at epoch {run.epoch}", flush=True)
            return 0
        scores = None
        if not handover and _train_epoch(run, lambda: bool(terminated or handover)):
            scores = _validate(trial, run, splits, terminated)
        if scores is None:
            trial.save(run.state())
            reason = "SIGTERM" if terminated else "handing over"
            print(f"{reason}: checkpoint written at epoch {run.epoch}, batch {run.batch}", flush=True)
            return CONTINUE
        _end_epoch(trial, run, scores)
        handover.count_epoch()
        slice_end.count_epoch()
    return 0


def _prepare(trial: Trial) -> tuple[data.Splits, Training]:
    """Return the data and the training, as the checkpoint has it if there is one; record the start."""
    if trial.data_sha256:
        print(f"the data has the SHA-256 {trial.data_sha256}", flush=True)
    splits = data.load(trial.data, trial.folder)
    run = Training(trial, splits, choose_device())
    if (state := trial.load()) is not None:
        run.restore(state)
        print(f"resumed at epoch {run.epoch}, batch {run.batch}", flush=True)
    elif run.params["pretrained"] and (file := trial.data.get("weights", {}).get(run.params["architecture"])):
        architectures.load_weights(run.model, trial.folder / file)
        print(f"pretrained weights loaded from {file}", flush=True)
    trial.end_torn_line()
    trial.record_start(**software(run.device))
    print(f"trial {trial.number} on {run.device}: {len(run.images)} images, {run.params}", flush=True)
    return splits, run


def _validate(trial: Trial, run: Training, splits: data.Splits, terminated: Termination) -> dict[str, float] | None:
    """Return the scores of a trained epoch and the seconds they took; None if SIGTERM interrupts.

    The last epoch of a confirmation, whose objective begins with "test_", is also scored on the test set.
    """
    began = time.monotonic()
    scores = evaluate(run, splits.validation, terminated)
    seconds = round(time.monotonic() - began, 3)
    if scores is not None and trial.objective.startswith("test_") and run.epoch + 1 == trial.target_step:
        test_scores = evaluate(run, splits.test, terminated)
        scores = None if test_scores is None else scores | _rename_to_test(test_scores)
    return None if scores is None else {**scores, "val_seconds": seconds}


def _train_epoch(run: Training, is_interrupted: Callable[[], bool]) -> bool:
    """Train on the rest of the current epoch; return False if interrupted between two batches."""
    size: int = run.params["batch_size"]
    # The order depends only on seed and epoch, so that a resumed epoch continues where it stopped.
    order_seed = (run.seed * 1_000_003 + run.epoch) % 2**63
    order = torch.randperm(len(run.images), generator=torch.Generator().manual_seed(order_seed)).tolist()
    images = run.images
    if (name := run.params["augmentation"]) != "none":
        images = images.changed(Augmentation(name, run.size, run.seed, run.epoch))
    run.model.train()
    started, before = time.monotonic(), run.seconds
    for inputs, labels in _loader(images, size, order[run.batch * size : run.images_per_epoch]):
        if is_interrupted():
            break
        value = run.step(inputs, labels)
        run.loss_sum += value * len(labels)
        run.batch += 1
        run.seconds = before + time.monotonic() - started
        if not math.isfinite(value):
            raise ValueError(f"training loss is {value} in epoch {run.epoch + 1}, batch {run.batch}")
    return run.batch * size >= run.images_per_epoch


def _end_epoch(trial: Trial, run: Training, scores: dict[str, float]) -> None:
    """Report the epoch, then write a checkpoint. After a kill in between, the epoch is reported again."""
    report = {
        "train_loss": run.loss_sum / run.images_per_epoch,
        **scores,
        "seconds": round(run.seconds, 3),
        "images_per_second": round(run.images_per_epoch / max(run.seconds, 1e-9), 1),
        **run.sizes(),
    }
    with warnings.catch_warnings():
        # torch warns if no optimiser step came before. That is normal in a process that resumes after the last batch.
        warnings.filterwarnings("ignore", message="Detected call of `lr_scheduler.step")
        run.schedule.step()
    run.epoch, run.batch, run.loss_sum, run.seconds = run.epoch + 1, 0, 0.0, 0.0
    trial.report(run.epoch, **report)
    trial.save(run.state())
    print(f"epoch {run.epoch}: {report}", flush=True)


@torch.no_grad()
def evaluate(run: Training, images: data.Selection, terminated: Termination | None = None) -> dict[str, float] | None:
    """Return the mean loss and the accuracy on a set of images; None if SIGTERM interrupts."""
    run.model.eval()
    loss, correct = 0.0, 0
    for inputs, labels in _loader(images, 256, list(range(len(images)))):
        if terminated:
            return None
        logits = run.logits(inputs).cpu()
        loss += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
        correct += int((logits.argmax(dim=1) == labels).sum())
    return {"val_loss": loss / len(images), "val_accuracy": correct / len(images)}


def score(trial: Trial) -> dict[str, float]:
    """Return the scores of a trial's checkpoint on the test set.

    Raises ValueError if there is no undamaged checkpoint, or if the data is not the study's.
    """
    state = trial.load()
    if state is None:
        raise ValueError(f"the checkpoint {trial.checkpoint} is missing or damaged")
    splits = data.load(trial.data, trial.folder)
    run = Training(trial, splits, choose_device())
    run.restore(state)
    return _rename_to_test(evaluate(run, splits.test) or {})


def _rename_to_test(scores: dict[str, float]) -> dict[str, float]:
    return {name.replace("val_", "test_"): value for name, value in scores.items()}


def _loader(images: data.Selection, batch_size: int, order: list[int]) -> DataLoader[Any]:
    # HTCondor sets OMP_NUM_THREADS to the slot's number of cores. One of them does the training.
    workers = min(8, int(os.environ.get("OMP_NUM_THREADS", "1")) - 1)
    return DataLoader(
        images,
        batch_size=batch_size,
        sampler=order,
        num_workers=workers,
        # An iterator draws a seed when it is made. With its own generator it leaves dropout's random state alone.
        generator=torch.Generator().manual_seed(0),
    )
