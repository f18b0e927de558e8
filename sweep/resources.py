"""Finds the folders dags/, trainer/ and configs/ in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

PACKAGE = Path(__file__).resolve().parent


def resource_folder(name: Literal["dags", "trainer", "configs"]) -> Path:
    """Return the path of one of the project's data folders. Raises FileNotFoundError if it is not installed."""
    for folder in (PACKAGE / "data" / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the folder {name}/ is missing from this installation of sweep at {PACKAGE}")
