"""A small convolutional classifier whose architecture comes from a trial's parameters."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU, "tanh": nn.Tanh}


class ConvNet(nn.Module):
    """`n_blocks` blocks of convolution, normalisation, activation and pooling, then a linear classifier.

    Takes images of shape (batch, channels, size, size) and returns logits of shape (batch, classes).
    """

    def __init__(self, channels: int, size: int, classes: int, params: dict[str, Any]) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for block in range(1, params["n_blocks"] + 1):
            # A parameter with `repeat` has a value for each block.
            width, kernel = (params.get(f"{name}_{block}", params[name]) for name in ("width", "kernel_size"))
            layers.append(nn.Conv2d(channels, width, kernel, padding=kernel // 2))
            if params["norm"] == "batch":
                layers.append(nn.BatchNorm2d(width))
            layers.append(ACTIVATIONS[params["activation"]]())
            if size >= 2:
                layers.append(nn.MaxPool2d(2))
                size //= 2
            channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Dropout(params["dropout"]), nn.Linear(channels * size * size, classes)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.classifier(self.features(images))
        return logits
