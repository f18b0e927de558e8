"""Files that HTCondor transfers for the jobs of a study: the user's own program, data, pretrained weights."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import zipfile
from pathlib import Path
from shlex import quote

from sweep.config.file_names import name_mistakes
from sweep.config.job import JobSection
from sweep.config.text import toml_text
from sweep.config.trainer import FASHION_MNIST, TrainerSection, file_name
from sweep.errors import DataError
from sweep.paths import HELPER
from sweep.resources import resource_folder
from sweep.study import datasets


def copy_inputs(trainer: TrainerSection, file: Path, into: Path) -> None:
    """Copy the files of `[trainer] inputs` into a folder, except URLs, so that all trials run the same code.

    A program of the user's own also gets the helper that sweep ships. Raises DataError if an input is missing.
    """
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    if trainer.command:
        shutil.copy2(resource_folder("trainer") / "trial.py", into / HELPER)
    for entry in trainer.inputs:
        if "://" not in entry:
            try:
                _copy(_resolve(entry, file), into / file_name(entry))
            except (OSError, shutil.Error, DataError) as error:
                raise DataError(
                    f"{file}: [trainer] inputs: {toml_text(entry)}: {_reason(error)}",
                    "Paths are relative to the folder of the study file.",
                ) from None


def _copy(source: Path, target: Path) -> None:
    """Copy a file or folder with its modes. Raises DataError, OSError or shutil.Error if that is not possible."""
    if target.is_relative_to(source):
        raise DataError("the folder of the studies, runs/, lies in it; list what your program needs")
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    elif source.is_file():
        shutil.copy2(source, target)
    else:
        raise DataError(f"there is no {source}")


def _reason(error: Exception) -> str:
    """Return why a copy failed; of several reasons, which shutil.Error has, the first one."""
    failed = error.args[0] if isinstance(error, shutil.Error) else error
    return str(failed[0][2] if isinstance(failed, list) and failed else failed)


def _resolve(entry: str, file: Path) -> Path:
    """Return the absolute path of an entry of a study file. Paths are relative to the folder of the file."""
    return (file.parent / Path(entry).expanduser()).resolve()


def locate_data(trainer: TrainerSection, file: Path) -> str:
    """Return `[trainer] data`: a URL as it is, anything else as an absolute path, '' if the study has no data.

    Raises DataError if the data is missing, or cannot be used.
    """
    if trainer.data is None:
        return ""
    if trainer.is_url:
        return trainer.data
    if trainer.data == FASHION_MNIST:
        return _locate_fashion_mnist(file)
    path = _resolve(trainer.data, file)
    if not path.exists():
        raise DataError(
            f"{file}: [trainer] data: there is no {path}",
            f'Give a URL, "{FASHION_MNIST}", or a folder, zip or tar of images with a subfolder for each class.',
        )
    if trainer.command is None and path.is_file() and not (zipfile.is_zipfile(path) or tarfile.is_tarfile(path)):
        raise DataError(
            f"{file}: [trainer] data: {path} is neither a folder nor a zip nor a tar",
            "Give one that holds images, with a subfolder for each class.",
        )
    _refuse_taken_name(trainer.model_copy(update={"data": str(path)}), file)
    if trainer.data_sha256 and not (path.is_file() and file_sha256(path) == trainer.data_sha256):
        raise DataError(
            f"{file}: [trainer] data_sha256: {path} has another SHA-256",
            f"To see it, run: sha256sum {quote(str(path))}",
        )
    if "," in str(path):
        raise DataError(
            f"{file}: [trainer] data: {path} has a comma, and HTCondor cannot transfer it", "Rename the file or folder."
        )
    return str(path)


def _refuse_taken_name(trainer: TrainerSection, file: Path) -> None:
    """Raise DataError if data that a link leads to has the name of another file in the folder of a job."""
    if mistakes := name_mistakes(trainer, JobSection()):
        raise DataError(f"{file}: {mistakes[0]}", "The name is that of the file or folder to which a link leads.")


def _locate_fashion_mnist(file: Path) -> str:
    folder = datasets.fashion_mnist()
    if not datasets.is_complete(folder):
        raise DataError(
            f"{file}: [trainer] data: {FASHION_MNIST} is not on this machine",
            f"To download it, run: sweep data {FASHION_MNIST}",
        )
    return str(folder)


def locate_weights(trainer: TrainerSection, file: Path) -> dict[str, str]:
    """Return `[trainer] weights` by architecture, likewise. Raises DataError if a file is missing."""
    located = {}
    for architecture, entry in trainer.weights.items():
        if "://" in entry:
            located[architecture] = entry
            continue
        path = _resolve(entry, file)
        if not path.is_file() or "," in str(path):
            raise DataError(
                f"{file}: [trainer] weights.{architecture}: there is no file {path}",
                "Give the path of a torchvision weights file (without a comma), or a URL.",
            )
        located[architecture] = str(path)
    _refuse_taken_name(trainer.model_copy(update={"weights": located}), file)
    return located


def locate_container(job: JobSection, file: Path) -> str | None:
    """Return `[job] container_image`: a relative path made absolute, a URL or an absolute path as it is.

    An absolute path may exist on the execute points alone, so nothing checks it here. Raises DataError if the file of a
    relative path is missing.
    """
    image = job.container_image
    if image is None or "://" in image or image.startswith("/"):
        return image
    path = _resolve(image, file)
    if not path.exists() or "," in str(path):
        raise DataError(
            f"{file}: [job] container_image: there is no {path}",
            "Give the path of a .sif file (without a comma), or a URL: docker://… or osdf://…",
        )
    return str(path)


def total_bytes(place: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; 0 if there is neither."""
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file())


def tree_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents of all files in a folder."""
    total = hashlib.sha256()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in files:
        if file.is_file() and "__pycache__" not in file.parts:
            name = os.fsencode(file.relative_to(path)) if path.is_dir() else b""
            with file.open("rb") as handle:
                total.update(name + b"\0" + hashlib.file_digest(handle, "sha256").digest())
    return total.hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as sha256sum prints it."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
