"""What travels with the jobs of a study: the user's own program, the data, pretrained weights."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zipfile
from pathlib import Path

from sweep.config.job import JobSection
from sweep.config.trainer import FASHION_MNIST, TrainerSection
from sweep.errors import DataError
from sweep.paths import HELPER
from sweep.resources import resource_folder
from sweep.study import datasets


def copy_inputs(trainer: TrainerSection, file: Path, into: Path) -> None:
    """Copy the user's own program and what it needs, but for URLs, so that all trials run the same; and the helper.

    Raises DataError when one is not there.
    """
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    if trainer.command:
        shutil.copy2(resource_folder("trainer") / "trial.py", into / HELPER)
    for entry in trainer.inputs:
        if "://" in entry:
            continue
        place = (file.parent / Path(entry).expanduser()).resolve()
        if place.is_dir():
            shutil.copytree(place, into / place.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif place.is_file():
            shutil.copy2(place, into / place.name)
        else:
            raise DataError(f"{file}: [trainer] inputs: there is no {place}", "Paths count from the file's folder.")


def locate_data(trainer: TrainerSection, file: Path) -> str:
    """Where `[trainer] data` lies: a URL as it is, anything else as an absolute path, '' where there is none.

    A relative path counts from the folder of the study file. Raises DataError when nothing is there.
    """
    if trainer.data is None:
        return ""
    if trainer.is_url:
        return trainer.data
    if trainer.data == FASHION_MNIST:
        folder = datasets.fashion_mnist()
        if not datasets.is_complete(folder):
            raise DataError(
                f"{file}: [trainer] data: {FASHION_MNIST} is not on this machine", f"Type `sweep data {FASHION_MNIST}`."
            )
        return str(folder)
    path = (file.parent / Path(trainer.data).expanduser()).resolve()
    if not path.exists():
        raise DataError(
            f"{file}: [trainer] data: there is no {path}",
            f'Give a folder or zip of images by class, a URL, or "{FASHION_MNIST}".',
        )
    if trainer.command is None and path.is_file() and not (zipfile.is_zipfile(path) or tarfile.is_tarfile(path)):
        raise DataError(
            f"{file}: [trainer] data: {path} is neither a folder nor a zip nor a tar", "Give one of images by class."
        )
    if trainer.data_sha256 and not (path.is_file() and file_sha256(path) == trainer.data_sha256):
        raise DataError(f"{file}: [trainer] data_sha256: {path} has another", f"Look at it: sha256sum {path}")
    if "," in str(path):
        raise DataError(f"{file}: [trainer] data: {path} has a comma, which HTCondor cannot transfer")
    return str(path)


def locate_weights(trainer: TrainerSection, file: Path) -> dict[str, str]:
    """Where the pretrained weights of each architecture lie, likewise. Raises DataError when one is not there."""
    found = {}
    for architecture, entry in trainer.weights.items():
        if "://" in entry:
            found[architecture] = entry
            continue
        path = (file.parent / Path(entry).expanduser()).resolve()
        if not path.is_file() or "," in str(path):
            raise DataError(
                f"{file}: [trainer] weights.{architecture}: there is no file {path}",
                "Give a file of weights as torchvision has them, a path without a comma or a URL.",
            )
        found[architecture] = str(path)
    return found


def locate_container(job: JobSection, file: Path) -> str | None:
    """The image: a URL as it is, and an absolute path, which execute points may have; another made absolute.

    Raises DataError when a relative one is not there.
    """
    image = job.container_image
    if image is None or "://" in image or image.startswith("/"):
        return image
    path = (file.parent / Path(image).expanduser()).resolve()
    if not path.exists() or "," in str(path):
        raise DataError(
            f"{file}: [job] container_image: there is no {path}",
            "Give a .sif file, a path without a comma, or a URL: docker://, osdf://.",
        )
    return str(path)


def total_bytes(place: Path) -> int:
    """Bytes of a file, or of a folder's files; 0 where there is nothing."""
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file())


def tree_sha256(path: Path) -> str:
    """Hash of a file, or of a folder's files and their names."""
    total = hashlib.sha256()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            name = os.fsencode(file.relative_to(path)) if path.is_dir() else b""
            with file.open("rb") as handle:
                total.update(name + b"\0" + hashlib.file_digest(handle, "sha256").digest())
    return total.hexdigest()


def file_sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
