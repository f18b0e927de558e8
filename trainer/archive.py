"""Unpacks data that comes as one file, so that nothing in it lands outside its folder."""

from __future__ import annotations

import atexit
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path


def unpacked(path: Path) -> Path:
    """A folder with what a zip or a tar holds. In a job it is unpacked once, however often the job starts again there.

    Raises ValueError for a file that is neither, or that wants to write elsewhere.
    """
    job = os.environ.get("_CONDOR_SCRATCH_DIR")
    if not job:
        target = scratch()
        _unpack(path, target)
        return target
    target = Path(job) / f"{path.name}.unpacked"
    if not target.is_dir():
        # Under its name it is whole: killed in between, the job unpacks anew.
        new = target.with_name(target.name + ".new")
        shutil.rmtree(new, ignore_errors=True)
        _unpack(path, new)
        new.rename(target)
    return target


def scratch() -> Path:
    """A folder for unpacked data, gone when the program ends; in a job it lies on the slot's own disk."""
    folder = Path(tempfile.mkdtemp(prefix="trainer-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _unpack(path: Path, target: Path) -> None:
    if zipfile.is_zipfile(path):
        # extractall keeps every member below the folder, whatever its name says.
        with zipfile.ZipFile(path) as archive:
            archive.extractall(target)  # noqa: S202
    elif tarfile.is_tarfile(path):
        if not hasattr(tarfile, "data_filter"):
            raise ValueError(f"{path.name}: this Python is too old to unpack a tar safely: give a zip")
        try:
            with tarfile.open(path) as archive:
                archive.extractall(target, filter="data")
        except tarfile.FilterError as error:
            raise ValueError(f"{path.name}: {error}") from None
    else:
        raise ValueError(f"{path.name} is neither a zip nor a tar")
