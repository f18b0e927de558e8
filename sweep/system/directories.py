"""The user's directories for files that belong to no study (XDG base directories)."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path, user_state_path


def cache_directory() -> Path:
    """Return the directory of what can be downloaded again: HTCondor and data sets."""
    return user_cache_path("sweep")


def state_directory() -> Path:
    """Return the directory of a personal pool: its configuration, logs and queue."""
    return user_state_path("sweep")
