"""Augmentation: random, and yet the same whenever and wherever an image is loaded again."""

from __future__ import annotations

import pytest
import torch

from sweep.config.trainer_interface import trainer_interface
from trainer.augment import Augmentation

NAMES: list[str] = trainer_interface()["parameters"]["augmentation"]["choices"][1:]


def image(channels: int) -> torch.Tensor:
    pixels = torch.arange(channels * 32 * 32).reshape(channels, 32, 32) * 7 % 256
    return pixels.to(torch.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_images_change_by_seed_epoch_and_index_alone(name: str, channels: int) -> None:
    def changed(seed: int, epoch: int) -> torch.Tensor:
        torch.manual_seed(int(torch.randint(1000, (1,))))
        change = Augmentation(name, 32, seed, epoch)
        return torch.stack([change(image(channels), index) for index in range(20)])

    first = changed(5, 0)
    assert first.shape == (20, channels, 32, 32)
    assert first.dtype == torch.uint8
    assert any(not torch.equal(first[0], other) for other in first[1:])
    assert torch.equal(changed(5, 0), first)
    assert not torch.equal(changed(6, 0), first)
    assert not torch.equal(changed(5, 1), first)


@pytest.mark.parametrize("name", NAMES)
def test_the_global_random_state_is_left_alone(name: str) -> None:
    before = torch.get_rng_state()
    Augmentation(name, 32, 5, 0)(image(3), 7)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_flip_mirrors_half_of_the_images() -> None:
    change = Augmentation("flip", 32, 5, 0)
    mirrored = sum(torch.equal(change(image(3), index), image(3).flip(-1)) for index in range(200))
    assert 70 < mirrored < 130


def test_a_crop_moves_an_image_by_at_most_an_eighth() -> None:
    change = Augmentation("crop", 32, 5, 0)
    padded = torch.nn.functional.pad(image(1), (4, 4, 4, 4))
    places = [padded[:, y : y + 32, x : x + 32] for y in range(9) for x in range(9)]
    found = [[torch.equal(change(image(1), index), place) for place in places].index(True) for index in range(30)]
    assert len(set(found)) > 15
