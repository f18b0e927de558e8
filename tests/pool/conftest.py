"""One real personal pool for the whole session, started and stopped as a user does."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sweep.pool import personal
from sweep.pool.connect import connect
from sweep.study.study import Study
from tests.pool.actions import SLOTS, make_light, sweep


@pytest.fixture(scope="session")
def pool(pytestconfig: pytest.Config) -> Iterator[None]:
    """A pool of its own, beside any that the user runs; HTCondor itself comes from the user's cache."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(pytestconfig.rootpath / ".pytest-pool" / worker))
        patch.delenv("CONDOR_CONFIG", raising=False)
        patch.setenv("PATH", os.environ["PATH"])
        sweep("pool", "stop")  # of a session that was killed
        try:
            assert "The personal pool is running" in sweep("pool", "start", "--slots", str(SLOTS)).stdout
            connect()
            yield
        finally:
            sweep("pool", "stop")
            assert personal.pool_processes() == {}


@pytest.fixture
def here(pool: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001
    """An empty current folder, and a running pool."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def light(here: Path) -> Callable[..., Study]:
    """`make_light` in the current folder."""
    return partial(make_light, here)
