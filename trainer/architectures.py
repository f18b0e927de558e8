"""Builds the classifiers that a trial can name, and loads pretrained weights from a file; never uses the network."""

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
"""Side in pixels of the patches of each vision transformer."""

CONVNEXT_LEAST_SIZE = 32
"""Side in pixels of the smallest image for a ConvNeXt, which halves the image five times."""


def build(channels: int, size: int, classes: int, params: dict[str, Any]) -> nn.Module:
    """Return the classifier that the parameters name, with random weights.

    It takes images of shape (batch, channels, size, size), with one channel or three, and returns logits of shape
    (batch, classes). Raises ValueError if the architecture does not accept images of this size.
    """
    name: str = params["architecture"]
    if name == "convnet":
        return ConvNet(channels, size, classes, params)
    options: dict[str, Any] = {}
    if patch := PATCH_SIZES.get(name):
        if size % patch:
            raise ValueError(
                f"{name} needs images whose side is a multiple of {patch}, not {size}: "
                f"set image_size = {max(patch, size // patch * patch)} in [trainer] of the study file"
            )
        options["image_size"] = size
    if name.startswith("convnext") and size < CONVNEXT_LEAST_SIZE:
        raise ValueError(
            f"{name} needs images of at least {CONVNEXT_LEAST_SIZE} pixels, not {size}: "
            f"set image_size = {CONVNEXT_LEAST_SIZE} in [trainer] of the study file"
        )
    if name.startswith(("mobilenet", "efficientnet")):
        # Their own dropout would be added to the trial's.
        options["dropout"] = 0.0
    model: nn.Module = get_model(name, weights=None, **options)
    last = _last_linear(model)
    features = model.get_submodule(last).in_features
    assert isinstance(features, int)  # noqa: S101 - for mypy
    model.set_submodule(last, nn.Sequential(nn.Dropout(params["dropout"]), nn.Linear(features, classes)))
    # A grey image becomes three equal channels, so that pretrained first layers fit. A hook, unlike a module, keeps
    # torchvision's names of the weights.
    model.register_forward_pre_hook(lambda _, inputs: inputs[0].expand(-1, 3, -1, -1))
    return model


def load_weights(model: nn.Module, path: Path) -> None:
    """Load a file's weights into a model that `build` made, except for the last layer, which stays random.

    The file has a state dict, by itself or as "model" or "state_dict" of a dict. A vision transformer's weights may be
    for another image size. Raises FileNotFoundError if there is no such file, ValueError if it is not a file of weights
    or if a weight does not fit.
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
        raise ValueError(f"{path.name} does not fit this architecture, which has no {unexpected[0]}")


def _last_linear(model: nn.Module) -> str:
    names: list[str] = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    return names[-1]


def _read(path: Path) -> dict[str, torch.Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"the file {path}, which [trainer] weights names, is missing")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        raise ValueError(f"{path.name} is no file of weights that torch.load reads with weights_only=True") from error
    for key in ("model", "state_dict"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, torch.Tensor) for value in content.values()):
        raise ValueError(f"{path.name} is no file of weights: it must have only tensors, by name")
    return content
