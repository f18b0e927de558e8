"""The optimiser, the learning rate over the epochs, and the numerical precision."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn

REDUCED = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def make_optimizer(model: nn.Module, params: dict[str, Any]) -> torch.optim.Optimizer:
    """Return the optimiser that the parameters name."""
    lr, decay = params["lr"], params["weight_decay"]
    if params["optimizer"] == "sgd":
        return torch.optim.SGD(model.parameters(), lr=lr, weight_decay=decay, momentum=params["momentum"])
    if params["optimizer"] == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), lr=lr, weight_decay=decay, momentum=params["momentum"])
    if params["optimizer"] == "adam":
        return torch.optim.Adam(model.parameters(), lr=lr, weight_decay=decay)
    return torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=decay)


def learning_rate_factor(schedule: str, epoch: int, epochs: int, warmup: int) -> float:
    """Return the factor of the learning rate in an epoch, counted from 0, out of `epochs`.

    The factor rises linearly over the first `warmup` epochs. It is 1 in the next epoch, in which the schedule begins;
    the schedule ends with the last epoch.
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
    """Return the scheduler of the learning rate; step it once after each epoch."""
    schedule, warmup = params["schedule"], params["warmup_epochs"]
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda epoch: learning_rate_factor(schedule, epoch, epochs, warmup)
    )


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """Return a context in which layers compute in this precision if they support it; the weights stay float32."""
    return torch.autocast(device.type, dtype=REDUCED.get(precision), enabled=precision in REDUCED)


def make_scaler(precision: str, device: torch.device) -> torch.amp.GradScaler:
    """Return a scaler that keeps gradients in float16's range, and skips an optimiser step if they overflow.

    It does nothing in other precisions, nor on Apple GPUs, for which not every version of torch has it.
    """
    return torch.amp.GradScaler(device.type, enabled=precision == "float16" and device.type in ("cuda", "cpu"))
