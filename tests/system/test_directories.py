"""Folders of the user's, by the XDG variables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.system.directories import cache_directory, state_directory

KINDS = [(cache_directory, "XDG_CACHE_HOME", ".cache"), (state_directory, "XDG_STATE_HOME", ".local/state")]


@pytest.mark.parametrize(("directory", "variable", "default"), KINDS)
def test_the_variable_counts_where_it_is_an_absolute_path(
    directory: Callable[[], Path], variable: str, default: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv(variable, "/scratch/ada")
    assert directory() == Path("/scratch/ada/sweep")
    for useless in ("", "scratch/ada"):
        monkeypatch.setenv(variable, useless)
        assert directory() == Path("/home/ada") / default / "sweep"
    monkeypatch.delenv(variable)
    assert directory() == Path("/home/ada") / default / "sweep"
