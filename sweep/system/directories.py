"""Where sweep keeps what belongs to the user rather than to a study (XDG base directories)."""

from __future__ import annotations

import os
from pathlib import Path


def cache_directory() -> Path:
    """What can be fetched again: HTCondor, data sets."""
    return _base("XDG_CACHE_HOME", ".cache") / "sweep"


def state_directory() -> Path:
    """What a personal pool remembers: its configuration, logs and queue."""
    return _base("XDG_STATE_HOME", ".local/state") / "sweep"


def _base(variable: str, default: str) -> Path:
    # The specification says to ignore a relative path.
    named = os.environ.get(variable, "")
    return Path(named) if named.startswith("/") else Path.home() / default
