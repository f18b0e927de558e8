"""Splits: no image in two of them, the same ones every time, from every shape of data."""

from __future__ import annotations

import gzip
import shutil
import struct
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.samples import IMAGES_PER_CLASS
from trainer import data
from trainer.data import Selection, Splits


def spec(path: Path, **changes: Any) -> dict[str, Any]:
    return {"kind": "images", "path": str(path), "classes": None, "image_size": 12, "split_seed": 1, **changes}


def files(selection: Selection) -> set[str]:
    return {selection.source.samples[index][0] for index in selection.indices}


def sizes(splits: Splits) -> list[int]:
    return [len(splits.train), len(splits.validation), len(splits.test)]


def test_splits_are_apart_whole_and_repeatable(photos: Path) -> None:
    splits = data.load(spec(photos), photos.parent)
    parts = [files(splits.train), files(splits.validation), files(splits.test)]
    assert sizes(splits) == [80, 20, 20]
    assert len(set.union(*parts)) == sum(map(len, parts)) == 2 * IMAGES_PER_CLASS
    again = data.load(spec(photos), photos.parent)
    assert again.train.indices == splits.train.indices
    assert data.load(spec(photos, split_seed=2), photos.parent).train.indices != splits.train.indices


def test_a_zip_gives_the_splits_of_its_folder(photos: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "photos"), "zip", photos.parent, "photos")
    splits = data.load(spec(Path(archive)), tmp_path)
    assert splits.train.indices == data.load(spec(photos), tmp_path).train.indices
    assert splits.classes == ["left", "right"]


def test_ready_made_splits_are_kept(photos: Path, tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        shutil.copytree(photos, tmp_path / "ready" / part)
    for number in range(50):
        (tmp_path / "ready" / "val" / "left" / f"{number}.png").unlink()
    assert sizes(data.load(spec(tmp_path / "ready"), tmp_path)) == [120, 70, 120]
    shutil.rmtree(tmp_path / "ready" / "test")
    assert sizes(data.load(spec(tmp_path / "ready"), tmp_path)) == [100, 70, 20]


def test_classes_are_counted_in_the_order_of_the_study(photos: Path) -> None:
    splits = data.load(spec(photos, classes=["right", "left"]), photos.parent)
    labels = {
        Path(splits.train.source.samples[i][0]).parent.name: splits.train[n][1]
        for n, i in enumerate(splits.train.indices)
    }
    assert labels == {"right": 0, "left": 1}
    image, _ = splits.train[0]
    assert image.shape == (3, 12, 12)
    assert -1 <= float(image.min()) < float(image.max()) <= 1


def test_fashion_mnist_is_read_from_its_package_s_files(tmp_path: Path) -> None:
    raw = tmp_path / "fashion-mnist" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 60), ("t10k", 20)):
        images = struct.pack(">IIII", 0x803, count, 28, 28) + bytes(n % 256 for n in range(count * 28 * 28))
        labels = struct.pack(">II", 0x801, count) + bytes(n % 10 for n in range(count))
        for kind, content in (("images-idx3", images), ("labels-idx1", labels)):
            (raw / f"{part}-{kind}-ubyte.gz").write_bytes(gzip.compress(content))
    wanted = spec(tmp_path / "fashion-mnist", kind="fashion-mnist", image_size=None, classes=["Shirt", "Coat"])
    splits = data.load(wanted, tmp_path)
    assert sizes(splits) == [10, 2, 4]
    assert splits.train.source.train
    assert not splits.test.source.train
    assert splits.train[0][0].shape == (1, 28, 28)
    assert {splits.test[n][1] for n in range(4)} == {0, 1}


@pytest.mark.parametrize(
    ("classes", "said"), [(["left", "up"], "no class 'up'"), (["left"], "a classifier needs two or more")]
)
def test_what_is_wrong_with_the_data_is_said(photos: Path, classes: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        data.load(spec(photos, classes=classes), photos.parent)


def test_a_smaller_fraction_is_part_of_a_greater_one(photos: Path) -> None:
    images = data.load(spec(photos), photos.parent).train
    tenth, half = images.share(0.1), images.share(0.5)
    assert [len(images.share(1.0)), len(half), len(tenth), len(images.share(0.0001))] == [80, 40, 8, 1]
    assert files(tenth) < files(half) < files(images)
    assert {half[position][1] for position in range(len(half))} == {0, 1}
    again = data.load(spec(photos), photos.parent).train.share(0.5)
    assert again.indices == half.indices


def test_a_change_meets_images_of_whole_bytes_and_their_index(photos: Path) -> None:
    images = data.load(spec(photos), photos.parent).train
    met = []

    def black(image: torch.Tensor, index: int) -> torch.Tensor:
        met.append((image.dtype, index))
        return torch.zeros_like(image)

    image, label = images.changed(black)[3]
    assert met == [(torch.uint8, images.indices[3])]
    assert label == images[3][1]
    assert float(image.max()) == -1 < float(images[3][0].max())
