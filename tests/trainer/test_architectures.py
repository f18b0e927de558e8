"""Every architecture that a study may name, and weights that it begins with."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import VisionTransformer, get_model, list_models

from sweep.config.trainer_interface import trainer_interface
from tests.trainer.actions import saved, train
from trainer import train as training
from trainer.architectures import build, load_weights
from trainer.params import complete_params
from trainer.trial import CONTINUE, Trial

Job = Callable[..., Path]
Weights = dict[str, torch.Tensor]

NAMES: list[str] = trainer_interface()["parameters"]["architecture"]["choices"]
SMALL = "mobilenet_v3_small"


def test_the_interface_names_torchvision_s_architectures() -> None:
    assert set(NAMES) - set(list_models()) == {"convnet"}


@pytest.mark.parametrize("name", NAMES)
def test_every_architecture_sorts_grey_and_coloured_images_and_needs_no_network(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delattr(socket, "socket")
    for channels in (1, 3) if name in ("convnet", "resnet18") else (1,):
        with torch.device("meta"):
            model = build(channels, 32, 7, complete_params({"architecture": name}))
            assert model(torch.empty(2, channels, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize(("name", "size"), [("vit_b_16", 28), ("vit_b_32", 48), ("convnext_small", 31)])
def test_an_image_of_a_size_that_does_not_fit_is_refused(name: str, size: int) -> None:
    with pytest.raises(ValueError, match=rf"{name} needs images .* not {size}: set image_size = \d+ in \[trainer\]"):
        build(3, size, 2, complete_params({"architecture": name}))


@pytest.mark.parametrize("name", ["convnet", SMALL, "efficientnet_b0", "resnet18"])
def test_the_trial_s_dropout_is_the_only_one(name: str) -> None:
    with torch.device("meta"):
        model = build(3, 32, 2, complete_params({"architecture": name, "dropout": 0.4}))
    shares = [module.p for module in model.modules() if isinstance(module, nn.Dropout)]
    assert [share for share in shares if share] == [0.4]


def beginning(folder: Path) -> Weights:
    """The weights of a trial before its first step."""
    assert train(folder) == CONTINUE
    weights: Weights = saved(folder)["model"]
    return weights


def differing(weights: Weights, others: Weights) -> set[str]:
    return {name for name in weights if not torch.equal(weights[name], others.get(name, torch.empty(0)))}


@pytest.mark.parametrize("key", [None, "model", "state_dict"])
def test_a_trial_begins_with_the_weights_of_its_file_but_for_the_last_layer(job: Job, key: str | None) -> None:
    given = get_model(SMALL, weights=None).state_dict()
    data = {"weights": {SMALL: "small.pth", "resnet18": "not-there.pth"}}
    folder = job("pretrained", data=data, params={"architecture": SMALL}, handover_seconds=0.0)
    torch.save({key: given, "epoch": 3} if key else given, folder / "small.pth")
    assert differing(beginning(folder), given) == {"classifier.3.1.weight", "classifier.3.1.bias"}


def test_weights_are_left_alone_where_the_trial_says_so(job: Job) -> None:
    given = get_model(SMALL, weights=None).state_dict()
    params = {"architecture": SMALL, "pretrained": False}
    folder = job("scratch", data={"weights": {SMALL: "small.pth"}}, params=params, handover_seconds=0.0)
    torch.save(given, folder / "small.pth")
    assert "features.0.0.weight" in differing(beginning(folder), given)


def test_a_trial_begins_with_an_earlier_one_s_checkpoint_and_once_begun_needs_it_no_more(job: Job) -> None:
    earlier = job("earlier", target_step=1)
    assert train(earlier) == 0
    later = job("later", seed=6, data={"weights": {"convnet": "earlier.pth"}}, handover_seconds=0.0)
    shutil.copy(earlier / "checkpoint", later / "earlier.pth")
    assert differing(beginning(later), saved(earlier)["model"]) == {"classifier.2.weight", "classifier.2.bias"}
    (later / "earlier.pth").unlink()
    spec = json.loads((later / "trial.json").read_text())
    (later / "trial.json").write_text(json.dumps(spec | {"handover_seconds": None, "target_step": 1}))
    assert train(later) == 0
    assert set(training.score(Trial.read(later / "trial.json"))) == {"test_loss", "test_accuracy"}


def convnet(**params: Any) -> nn.Module:
    return build(3, 12, 2, complete_params({"width": 4, **params}))


def without(weights: Weights, ending: str) -> Weights:
    return {name: value for name, value in weights.items() if not name.endswith(ending)}


def test_weights_of_an_old_torch_that_counted_no_batches_fit(tmp_path: Path) -> None:
    given, model = convnet().state_dict(), convnet()
    torch.save(without(given, "num_batches_tracked"), tmp_path / "old.pth")
    load_weights(model, tmp_path / "old.pth")
    assert not differing(without(model.state_dict(), "num_batches_tracked"), given) - {
        "classifier.2.weight",
        "classifier.2.bias",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (without(convnet().state_dict(), "4.weight"), "it lacks features.4.weight"),
        ({**convnet().state_dict(), "features.9.bias": torch.ones(2)}, "which has no features.9.bias"),
        (convnet(width=5).state_dict(), r"features.0.weight has shape \(5, 3, 3, 3\), not \(4, 3, 3, 3\)"),
        ({"epoch": 3}, "it must have only tensors"),
        (convnet(), "is no file of weights that torch.load reads with weights_only=True"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(tmp_path: Path, content: Any, said: str) -> None:
    torch.save(content, tmp_path / "given.pth")
    with pytest.raises(ValueError, match=f"^given.pth .*{said}"):
        load_weights(convnet(), tmp_path / "given.pth")


def test_a_file_that_is_not_torch_s_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "given.pth").write_text("version https://git-lfs.github.com/spec/v1")
    with pytest.raises(ValueError, match=r"^given.pth is no file of weights"):
        load_weights(convnet(), tmp_path / "given.pth")


def test_a_vision_transformer_s_weights_fit_another_size_of_image(tmp_path: Path) -> None:
    def transformer(size: int) -> VisionTransformer:
        return VisionTransformer(size, 16, num_layers=1, num_heads=2, hidden_dim=8, mlp_dim=8)

    big, small = transformer(64), transformer(32)
    torch.save(big.state_dict(), tmp_path / "vit.pth")
    load_weights(small, tmp_path / "vit.pth")
    assert torch.equal(small.conv_proj.weight, big.conv_proj.weight)
    ours, theirs = small.encoder.pos_embedding[0], big.encoder.pos_embedding[0]
    # The class token, and the four corners of the 2x2 and the 4x4 patches.
    torch.testing.assert_close(ours, theirs[[0, 1, 4, 13, 16]])
