"""Unpacks data that comes as a zip or tar file; nothing is written outside the target folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path


def unpacked(path: Path) -> Path:
    """Return a folder with the content of a zip or tar file. A job that restarts on the same slot unpacks it only once.

    Raises ValueError for a file of another type, or one whose members lie outside the folder.
    """
    job = os.environ.get("_CONDOR_SCRATCH_DIR")
    if not job:
        target = scratch()
        _unpack(path, target)
        return target
    target = Path(job) / f"{path.name}.unpacked"
    if not target.is_dir():
        # The rename comes last, so that a kill leaves no incomplete folder of this name.
        new = target.with_name(target.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        _unpack(path, new)
        new.rename(target)
    return target


def scratch() -> Path:
    """Return a new folder for unpacked data, on the slot's own disk in a job; it is removed when the program ends."""
    folder = Path(tempfile.mkdtemp(prefix="trainer-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _unpack(path: Path, target: Path) -> None:
    if zipfile.is_zipfile(path):
        # extractall of a zip file writes nothing outside the folder.
        with zipfile.ZipFile(path) as archive:
            archive.extractall(target)  # noqa: S202
    elif tarfile.is_tarfile(path):
        if not hasattr(tarfile, "data_filter"):
            raise ValueError(f"{path.name}: this Python is too old to unpack a tar file safely; use a zip file")
        try:
            with tarfile.open(path) as archive:
                archive.extractall(target, filter="data")
        except tarfile.FilterError as error:
            raise ValueError(f"{path.name}: {error}") from None
    else:
        raise ValueError(f"{path.name} is neither a zip nor a tar file")
