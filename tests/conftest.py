"""What all tests share: tiny studies, and a guard that keeps unit tests away from HTCondor."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import tests.quick_storage  # noqa: F401
from sweep.control.initialise import initialise
from sweep.nodes import post_server
from sweep.study.study import Study
from tests.postgresql import Server
from tests.samples import IMAGES_PER_CLASS, OWN_SITE, STORAGES, STUDY
from tests.shared_pools import SharedPools


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Give each session a folder of its own below .pytest, and remove those of sessions that are gone.

    Not below /tmp: DAGMan refuses to keep its node log there.
    """
    if config.option.basetemp is not None:  # of an xdist worker, or given on the command line
        return
    sessions = config.rootpath / ".pytest"
    sessions.mkdir(exist_ok=True)
    for session in sessions.iterdir():
        if not Path("/proc", session.name).exists():
            shutil.rmtree(session, ignore_errors=True)
    config.option.basetemp = str(sessions / str(os.getpid()))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SharedPools:
    """Return the scheduler of `pytest -n`, whatever `--dist` says."""
    return SharedPools(config, log)


hypothesis.settings.register_profile("quick", max_examples=10)


@pytest.fixture(autouse=True)
def _guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test can neither start a process nor find a pool, unless it is marked `processes` or `pool`.

    Whoever tells Optuna in it stays for nobody.
    """
    if request.node.get_closest_marker("pool") is None:
        monkeypatch.setenv("CONDOR_CONFIG", os.devnull)
        monkeypatch.setattr(post_server, "LINGER_SECONDS", 0)
        monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)  # it would start git
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
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    return initialise(study_file, lambda _: None)[0]


@pytest.fixture
def hasty() -> Iterator[None]:
    """Wait for no disk, where a test writes much."""
    # Imported here, since it hooks into all that opens a file.
    from tests import crashes

    with crashes.without_fsync():
        yield


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server of this session's own."""
    server = Server(tmp_path_factory.mktemp("postgresql"))
    yield server
    server.stop()


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
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(STUDY.replace("[study]", f'[study]\nstorage = "{storage}"'))
    return initialise(study_file, lambda _: None)[0]


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of two classes that differ in which half is bright, under a good deal of noise."""
    import numpy
    from PIL import Image

    root = tmp_path_factory.mktemp("data") / "photos"
    random = numpy.random.default_rng(0)
    for name, bright in (("left", slice(0, 6)), ("right", slice(6, 12))):
        (root / name).mkdir(parents=True)
        for number in range(IMAGES_PER_CLASS):
            pixels = random.integers(0, 160, (12, 12, 3))
            pixels[:, bright] += 60
            Image.fromarray(pixels.astype("uint8")).save(root / name / f"{number}.png")
    return root


@pytest.fixture
def own_site(study_file: Path) -> Path:
    """The study file above, which names a site of its own."""
    (study_file.parent / "cellar.toml").write_text(OWN_SITE)
    study_file.write_text(STUDY + 'site = "cellar.toml"\n')
    return study_file
