"""Finds the folders dags/, trainer/ and configs/, in a checkout and in an installed wheel alike."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: Literal["dags", "trainer", "configs"]) -> Path:
    """Path of one of the project's data folders.

    Raises FileNotFoundError when the installation lacks it.
    """
    for place in (PACKAGE / "data" / name, PACKAGE.parent / name):
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder {name}/ is missing from this installation of sweep at {PACKAGE}")
