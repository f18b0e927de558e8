"""What all tests share: tiny studies, and a guard that keeps unit tests away from HTCondor."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from sweep import serve
from sweep import study as studies
from sweep.study import Study
from tests.postgresql import Server

STUDY = """
[study]
name = "tiny"
metric = "val_accuracy"
direction = "maximize"
seed = 7
trials_per_generation = 3

[search]
lr         = { type = "float", low = 1e-4, high = 1e-1, log = true }
width      = { type = "int", low = 8, high = 64, step = 8 }
activation = { type = "categorical", choices = ["relu", "gelu", "silu"] }

[trainer]
epochs = 2
data = "photos"

[job]
request_memory = "512 MB"
"""


class TwoPools(LoadScopeScheduling):  # type: ignore[misc]
    """Of several processes that run the tests, two have a pool each, and all tests that need one: these mostly wait."""

    def _split_scope(self, nodeid: str) -> str:
        if not nodeid.startswith("tests/pool/"):
            return nodeid
        return "pool 1" if nodeid.startswith(FIRST_POOL) else "pool 2"


FIRST_POOL = tuple(f"tests/pool/test_{name}.py" for name in ("endings", "kills", "launch_killed", "pool", "stop"))
"""About half of the time that tests with a pool take."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TwoPools:
    return TwoPools(config, log)


@pytest.fixture(autouse=True)
def _guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test can neither start a process nor find a pool, unless it is marked `processes` or `pool`.

    Whoever tells Optuna in it stays for nobody.
    """
    if request.node.get_closest_marker("pool") is None:
        monkeypatch.setenv("CONDOR_CONFIG", os.devnull)
        monkeypatch.setattr(serve, "LINGER_SECONDS", 0)
        if request.node.get_closest_marker("processes") is None:

            def refuse(*arguments: Any, **_: Any) -> None:
                raise AssertionError(f"a unit test started a process: {arguments[1:2]}")

            monkeypatch.setattr(subprocess.Popen, "__init__", refuse)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study_file(folder: Path) -> Path:
    """A study file whose data exists, in the current folder."""
    (folder / "photos" / "cat").mkdir(parents=True)
    (folder / "photos" / "cat" / "1.png").write_bytes(b"not really")
    file = folder / "study.toml"
    file.write_text(STUDY)
    return file


@pytest.fixture
def study(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """An initialised study of 3 trials a generation, in real files and a real SQLite storage."""
    monkeypatch.setattr(studies, "_commit", lambda: None)
    return studies.initialise(study_file, lambda _: None)[0]


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server of this session's own."""
    server = Server(tmp_path_factory.mktemp("postgresql"))
    yield server
    server.stop()


STORAGES = ["sqlite", "journal", pytest.param("postgresql", marks=pytest.mark.processes)]


@pytest.fixture(params=STORAGES)
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """`[study] storage` of a study, for each kind of storage there is."""
    kind: str = request.param
    if kind != "postgresql":
        return kind
    server: Server = request.getfixturevalue("postgresql")
    home = tmp_path / "home"
    home.mkdir()
    server.let_in(home)
    monkeypatch.setenv("HOME", str(home))
    return server.url


@pytest.fixture
def stored(storage: str, study_file: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """The study of `study`, in each kind of storage there is."""
    monkeypatch.setattr(studies, "_commit", lambda: None)
    study_file.write_text(STUDY.replace("[study]", f'[study]\nstorage = "{storage}"'))
    return studies.initialise(study_file, lambda _: None)[0]
