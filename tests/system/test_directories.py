"""The user's directories."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.system.directories import cache_directory, state_directory


def test_directories_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert (cache_directory(), state_directory()) == (Path("/cache/sweep"), Path("/state/sweep"))


@pytest.mark.parametrize("value", ["", "not/absolute"])
def test_empty_and_relative_directories_are_ignored(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("XDG_STATE_HOME", value)
    assert cache_directory() == Path("/home/ada/.cache/sweep")
    assert state_directory() == Path("/home/ada/.local/state/sweep")
