"""Changes training images at random; the same epoch of the same trial always has the same changes."""

from __future__ import annotations

import hashlib

import torch
from torchvision.transforms import v2


class Augmentation:
    """Changes uint8 images of shape (channels, side, side) at random, with the augmentation `name`.

    The change depends only on seed, epoch and the image's index in the data, not on the process that loads the image
    or on the images before it. The global random state, which dropout uses, does not change.
    """

    def __init__(self, name: str, side: int, seed: int, epoch: int) -> None:
        flip, crop = v2.RandomHorizontalFlip(), v2.RandomCrop(side, padding=side // 8)
        self.change: v2.Transform = {
            "flip": flip,
            "crop": crop,
            "crop_flip": v2.Compose([crop, flip]),
            "trivial": v2.TrivialAugmentWide(),
            "randaugment": v2.RandAugment(),
        }[name]
        self.seed, self.epoch = seed, epoch

    def __call__(self, image: torch.Tensor, index: int) -> torch.Tensor:
        digest = hashlib.blake2b(f"{self.seed} {self.epoch} {index}".encode(), digest_size=8).digest()
        with torch.random.fork_rng(devices=[]):
            # torch.manual_seed would seed the GPU's generator as well.
            torch.default_generator.manual_seed(int.from_bytes(digest) >> 1)
            changed: torch.Tensor = self.change(image)
        return changed
