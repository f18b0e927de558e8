"""Loads images and splits them: into a training and a validation set, and a test set that the sweep never uses."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset
from torchvision import datasets
from torchvision.transforms import v2

from trainer.archive import scratch, unpacked

HELD_OUT = 1 / 6
"""Share of the images that becomes the validation set, and the test set, if the data has none of its own."""

DEFAULT_IMAGE_SIZE = 64
"""Side in pixels to which photos are scaled if the study file has no image_size."""

NORMALISE = v2.Compose([v2.ToDtype(torch.float32, scale=True), v2.Normalize([0.5], [0.5])])
"""Turns uint8 into float32 between -1 and 1."""

Change = Callable[[torch.Tensor, int], torch.Tensor]
"""Returns a changed image; takes a uint8 image of shape (channels, height, width) and its index in the data."""


class Selection(Dataset[Any]):
    """Some images of a torchvision data set; labels are counted from 0 in the order of the chosen classes.

    The source returns uint8 images. The selection applies its `change`, if it has one, and normalises them.
    """

    def __init__(self, source: Any, indices: list[int], labels: dict[int, int], change: Change | None = None) -> None:
        self.source, self.indices, self.labels, self.change = source, indices, labels, change

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, position: int) -> tuple[torch.Tensor, int]:
        index = self.indices[position]
        image, label = self.source[index]
        if self.change is not None:
            image = self.change(image, index)
        return NORMALISE(image), self.labels[int(label)]

    def share(self, fraction: float) -> Selection:
        """Return the first images, at least one. A larger fraction includes all images of a smaller one."""
        count = max(1, round(fraction * len(self)))
        return Selection(self.source, self.indices[:count], self.labels)

    def changed(self, change: Change) -> Selection:
        """Return the same images, with `change` applied to each when it is read."""
        return Selection(self.source, self.indices, self.labels, change)


@dataclass(frozen=True)
class Splits:
    """Three sets without common images, and the names of the classes. The training set is in a random order."""

    train: Selection
    validation: Selection
    test: Selection
    classes: list[str]


def load(spec: dict[str, Any], folder: Path) -> Splits:
    """Return the data that a trial's `data` describes; the same description always gives the same splits.

    Raises OSError if files are missing or cannot be read, ValueError if the data has no such class or too few images.
    """
    path = folder / spec["path"]
    sources = _fashion_mnist(path, spec) if spec["kind"] == "fashion-mnist" else _image_folder(path, spec)
    train = sources["train"]
    classes = spec.get("classes") or list(train.classes)
    if missing := [name for name in classes if name not in train.classes]:
        raise ValueError(f"the data has no class {missing[0]!r}; it has {', '.join(train.classes)}")
    if len(classes) < 2:
        raise ValueError(f"the only class is {', '.join(classes) or 'missing'}; a classifier needs two or more")

    pool = _indices(train, classes)
    shuffled = torch.randperm(len(pool), generator=torch.Generator().manual_seed(spec["split_seed"])).tolist()
    pool = [pool[position] for position in shuffled]
    parts = {}
    for name in ("validation", "test"):
        if source := sources.get(name):
            parts[name] = _select(source, _indices(source, classes), classes)
        else:
            count = max(1, round(len(shuffled) * HELD_OUT))
            parts[name] = _select(train, pool[:count], classes)
            pool = pool[count:]
    if not pool:
        raise ValueError(f"{spec['path']}: {len(shuffled)} images are too few for training, validation and test sets")
    return Splits(_select(train, pool, classes), parts["validation"], parts["test"], classes)


def _indices(source: Any, classes: list[str]) -> list[int]:
    wanted = {source.classes.index(name) for name in classes if name in source.classes}
    return [index for index, label in enumerate(source.targets) if int(label) in wanted]


def _select(source: Any, indices: list[int], classes: list[str]) -> Selection:
    labels = {source.classes.index(name): position for position, name in enumerate(classes) if name in source.classes}
    return Selection(source, indices, labels)


def _transform(image_size: int | None) -> v2.Compose:
    resize = [v2.Resize(image_size, antialias=True), v2.CenterCrop(image_size)] if image_size else []
    return v2.Compose([v2.ToImage(), *resize])


def _fashion_mnist(root: Path, spec: dict[str, Any]) -> dict[str, Any]:
    packed = sorted((root / "FashionMNIST" / "raw").glob("*.gz"))
    if not packed:
        raise ValueError(f"{root} has no files FashionMNIST/raw/*.gz")
    folder = scratch()
    (folder / "FashionMNIST" / "raw").mkdir(parents=True)
    for file in packed:
        with gzip.open(file) as source, (folder / "FashionMNIST" / "raw" / file.stem).open("wb") as target:
            shutil.copyfileobj(source, target)
    transform = _transform(spec.get("image_size"))
    return {
        name: datasets.FashionMNIST(folder, train=name == "train", transform=transform, download=False)
        for name in ("train", "test")
    }


def _image_folder(path: Path, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the data sets of a folder, or of a zip or tar file, by name.

    The folder has a folder of images for each class, or folders train, validation and test that do.
    """
    root = unpacked(path) if path.is_file() else path
    while len(inside := [entry for entry in root.iterdir() if not entry.name.startswith((".", "__"))]) == 1:
        if not inside[0].is_dir():
            break
        root = inside[0]
    transform = _transform(spec.get("image_size") or DEFAULT_IMAGE_SIZE)
    spellings = {"train": ["train"], "validation": ["validation", "valid", "val"], "test": ["test"]}
    if not (root / "train").is_dir():
        return {"train": datasets.ImageFolder(str(root), transform)}
    return {
        name: datasets.ImageFolder(str(root / spelling), transform)
        for name, choices in spellings.items()
        for spelling in choices
        if (root / spelling).is_dir()
    }
