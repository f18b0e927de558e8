"""The classifiers that a trial can name, and weights for them from a file. Nothing here uses the network."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchvision.models import VisionTransformer, get_model
from torchvision.models.vision_transformer import interpolate_embeddings

from trainer.model import ConvNet

PATCH_SIZES = {"vit_b_16": 16, "vit_b_32": 32}
"""Side in pixels of the patches that these cut an image into."""

CONVNEXT_LEAST_SIZE = 32
"""Side in pixels of the smallest image that a ConvNeXt, which halves it five times, takes."""


def build(channels: int, size: int, classes: int, params: dict[str, Any]) -> nn.Module:
    """The classifier that the parameters name, with random weights.

    Takes images (batch, channels, size, size) of one channel or three, gives logits (batch, classes). Raises
    ValueError when the architecture takes no images of this size.
    """
    name: str = params["architecture"]
    if name == "convnet":
        return ConvNet(channels, size, classes, params)
    options: dict[str, Any] = {}
    if patch := PATCH_SIZES.get(name):
        if size % patch:
            raise ValueError(
                f"{name} needs images whose side is a multiple of {patch}, not {size}: set [trainer] image_size"
            )
        options["image_size"] = size
    if name.startswith("convnext") and size < CONVNEXT_LEAST_SIZE:
        raise ValueError(
            f"{name} needs images of {CONVNEXT_LEAST_SIZE} pixels or more, not {size}: set [trainer] image_size"
        )
    if name.startswith(("mobilenet", "efficientnet")):
        # Theirs would come on top of the trial's.
        options["dropout"] = 0.0
    model: nn.Module = get_model(name, weights=None, **options)
    last = _last_linear(model)
    features = model.get_submodule(last).in_features
    assert isinstance(features, int)  # noqa: S101 - for mypy
    model.set_submodule(last, nn.Sequential(nn.Dropout(params["dropout"]), nn.Linear(features, classes)))
    # A grey image goes in as three equal channels, so that pretrained first layers fit. Being no module of its own,
    # this leaves the names of the weights as torchvision has them.
    model.register_forward_pre_hook(lambda _, inputs: inputs[0].expand(-1, 3, -1, -1))
    return model


def load_weights(model: nn.Module, path: Path) -> None:
    """Put a file's weights into a model that `build` made, all but those of the last layer, which stay random.

    The file has a state dict, by itself or as "model" or "state_dict" of a dict. A vision transformer's may be for
    another image size. Raises FileNotFoundError, or ValueError naming the first weight that does not fit.
    """
    head = _last_linear(model).rpartition(".")[0] + "."
    state = {name: value for name, value in _read(path).items() if not name.startswith(head)}
    if isinstance(model, VisionTransformer) and "encoder.pos_embedding" in state:
        state = interpolate_embeddings(model.image_size, model.patch_size, state)
    for name, own in model.state_dict().items():
        if name in state and state[name].shape != own.shape:
            shapes = f"{tuple(state[name].shape)}, not {tuple(own.shape)}"
            raise ValueError(f"{path.name} does not fit this architecture: {name} has shape {shapes}")
    missing, unexpected = model.load_state_dict(state, strict=False)
    if missing := [name for name in missing if not name.startswith(head)]:
        raise ValueError(f"{path.name} does not fit this architecture: it lacks {missing[0]}")
    if unexpected:
        raise ValueError(f"{path.name} does not fit this architecture: it has {unexpected[0]}, which this has not")


def _last_linear(model: nn.Module) -> str:
    names: list[str] = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    return names[-1]


def _read(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of weights {path}, which [trainer] weights names")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        raise ValueError(f"{path.name} is no file of weights that torch.load reads with weights_only=True") from error
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise ValueError(f"{path.name} is no file of weights: it has something other than tensors by name")
    return content
