"""What changes the weights: optimiser, learning rate over the epochs, and the precision of the arithmetic."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

REDUCED = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def make_optimizer(model: nn.Module, params: dict[str, Any]) -> torch.optim.Optimizer:
    """The optimiser that the parameters name."""
    lr, decay = params["lr"], params["weight_decay"]
    if params["optimizer"] == "sgd":
        return torch.optim.SGD(model.parameters(), lr=lr, weight_decay=decay, momentum=params["momentum"])
    if params["optimizer"] == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), lr=lr, weight_decay=decay, momentum=params["momentum"])
    if params["optimizer"] == "adam":
        return torch.optim.Adam(model.parameters(), lr=lr, weight_decay=decay)
    return torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=decay)


def factor(schedule: str, epoch: int, epochs: int, warmup: int) -> float:
    """What the learning rate is multiplied by in an epoch, counted from 0, of so many.

    It rises linearly over the first `warmup` epochs and is full in the one after them, where the schedule begins; the
    schedule ends with the last epoch.
    """
    if epoch < warmup:
        return (epoch + 1) / (warmup + 1)
    done = (epoch - warmup) / max(1, epochs - warmup)
    if schedule == "cosine":
        return (1 + math.cos(math.pi * done)) / 2
    if schedule == "linear":
        return 1 - done
    if schedule == "step":
        return math.pow(0.1, (done >= 1 / 2) + (done >= 3 / 4))
    if schedule == "exponential":
        return math.pow(0.01, done)
    return 1.0


def make_schedule(
    optimizer: torch.optim.Optimizer, params: dict[str, Any], epochs: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """Learning rate over the epochs, stepped once after each."""
    schedule, warmup = params["schedule"], params["warmup_epochs"]
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: factor(schedule, epoch, epochs, warmup))


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """A context in which the layers that bear it compute in this precision; the weights stay float32."""
    return torch.autocast(device.type, dtype=REDUCED.get(precision), enabled=precision in REDUCED)


def make_scaler(precision: str, device: torch.device) -> torch.amp.GradScaler:
    """Keeps the gradients of float16 in its range, and skips a step where they overflow; else it does nothing.

    On the CPU it works as on cuda, only slowly. On an Apple GPU it is off, where torch has not always had it.
    """
    return torch.amp.GradScaler(device.type, enabled=precision == "float16" and device.type in ("cuda", "cpu"))
