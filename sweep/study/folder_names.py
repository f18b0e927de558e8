"""Checks that HTCondor and DAGMan can work with a path: they expand some characters, and cannot hold others."""

from __future__ import annotations

import re
from pathlib import Path

from sweep.errors import ConfigError

MAX_BYTES = 3000
"""Longest path of a folder. Linux allows 4096 bytes, and sweep needs some for the names below the folder."""

_BAD = {
    r"\$\(|\$\$": "has $( or $$, which HTCondor expands",
    "#": "has #, which begins a comment for DAGMan",
    r"\\": "has a backslash",
}


def path_mistake(path: str) -> str:
    """Return why HTCondor cannot work with an absolute path, '' if it can."""
    if not path.isprintable():
        return "has a character that cannot be printed, or that is no UTF-8"
    if len(path.encode()) > MAX_BYTES:
        return f"is longer than {MAX_BYTES} bytes"
    return next((why for pattern, why in _BAD.items() if re.search(pattern, path)), "")


def check_path(path: Path, what: str) -> None:
    """Raise ConfigError if HTCondor cannot work with the path of `what`."""
    if mistake := path_mistake(str(path)):
        raise ConfigError(
            f"HTCondor cannot work with the {what} {str(path)!r}: it {mistake}",
            f"Rename the {what}. Letters, digits, blanks and . _ - + = @ are safe.",
        )
