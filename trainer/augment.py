"""Random changes to training images, the same ones whenever the same epoch of the same trial is trained."""

from __future__ import annotations

import hashlib

import torch
from torchvision.transforms import v2


class Augmentation:
    """Changes images (channels, side, side) of uint8 at random, as `name` says.

    What happens to an image depends on seed, epoch and the image's index in the data alone: not on which process
    loads it, or what was loaded before. The global random state, which dropout uses, stays as it is.
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
            # Not torch.manual_seed, which would seed the GPU's generator as well.
            torch.default_generator.manual_seed(int.from_bytes(digest) >> 1)
            changed: torch.Tensor = self.change(image)
        return changed
