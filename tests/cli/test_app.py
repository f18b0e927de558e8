"""The command line as a user meets it: real processes, no HTCondor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.resources import PACKAGE

pytestmark = pytest.mark.processes


def sweep(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # An empty PATH: whatever HTCondor the machine has is not to be found.
    there = {"PATH": str(folder), "HOME": str(folder), "PYTHONPATH": str(PACKAGE.parent), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "sweep", *words], cwd=folder, env=there, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("words", "status", "said", "advice"),
    [
        (["report"], 3, "error: no study is initialised in", "sweep init"),
        (["report", "--study", "none"], 3, "runs/none is not an initialised study", "sweep init"),
        (["launch", "--generations", "2"], 3, "error: no study is initialised in", "sweep init"),
        (["init", "none.toml"], 2, "error: none.toml: no such file", "quickstart"),
        (["init"], 5, "study.toml: [trainer] data: fashion-mnist is not on this machine", "sweep data fashion-mnist"),
        (["data", "cifar"], 5, "there is no data set 'cifar'", "sweep data fashion-mnist"),
        (["pool", "status"], 4, "error: there is no HTCondor on this machine", "sweep pool install"),
        (["pool", "env"], 4, "there is no personal pool", "sweep pool start"),
        (["launch"], 2, "Missing option", "--generations"),
        (["launch", "--generations", "0"], 2, "Invalid value", "--generations"),
        (["lunch"], 2, "No such command 'lunch'", "launch"),
    ],
)
def test_trouble_is_said_without_a_traceback(
    folder: Path, words: list[str], status: int, said: str, advice: str
) -> None:
    done = sweep(folder, *words)
    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert advice in done.stderr
    assert "Traceback" not in done.stderr


def test_launch_without_a_pool_says_what_to_type(study_file: Path) -> None:
    folder = study_file.parent
    assert sweep(folder, "init", "study.toml").returncode == 0
    done = sweep(folder, "launch", "--generations", "2")
    assert (done.returncode, "sweep pool install" in done.stderr) == (4, True)
    assert not (folder / "runs" / "tiny" / "dag").exists()


def test_the_doctor_says_what_is_missing_and_checks_the_rest(study_file: Path) -> None:
    folder = study_file.parent
    done = sweep(folder, "doctor")
    assert (done.returncode, done.stderr) == (1, "")
    assert "error   there is no HTCondor on this machine\n          Log in to an access point, or run: " in done.stdout
    assert "run: sweep pool install && sweep pool start\n" in done.stdout
    assert sweep(folder, "init", "study.toml").returncode == 0
    done = sweep(folder, "doctor")
    assert (done.returncode, done.stderr) == (1, "")
    assert "ok      starting the process that answers POST scripts took" in done.stdout
    assert sweep(folder, "doctor", "--study", "none").returncode == 3


def test_init_shows_what_is_searched_and_says_when_it_is_there(study_file: Path) -> None:
    folder = study_file.parent
    done = sweep(folder, "init", "study.toml")
    for words in (
        "maximize val_accuracy over 3 parameters",
        "float 0.0001 to 0.1, log",
        "relu | gelu | silu",
        "3 trials a generation, 2 epochs each",
        "memory 512 MB",
        "The study tiny is initialised in",
        "sweep launch",
    ):
        assert words in done.stdout
    assert "The study tiny is unchanged in" in sweep(folder, "init", "study.toml").stdout
    shown = sweep(folder, "report").stdout
    assert "0 trials" in shown
    assert "Not launched yet. Next: sweep launch --generations 5\n" in shown


def test_init_without_a_file_never_replaces_one(folder: Path) -> None:
    (folder / "study.toml").write_text("[study]\n")
    done = sweep(folder, "init")
    assert done.returncode == 2
    assert "study.toml exists already" in done.stderr
    assert (folder / "study.toml").read_text() == "[study]\n"


def test_stopping_a_pool_that_does_not_run(folder: Path) -> None:
    assert "No personal pool was running" in sweep(folder, "pool", "stop").stdout


def test_a_machine_that_cannot_be_served_is_told_what_to_install(folder: Path) -> None:
    done = sweep(folder, "pool", "install")
    assert done.returncode == 4
    assert "cannot download HTCondor: this machine has no apt-get" in done.stderr
    assert "htcondor.readthedocs.io" in done.stderr


def test_a_pipe_that_closes_early_is_no_error(study_file: Path) -> None:
    folder = study_file.parent
    sweep(folder, "init", "study.toml")
    command = f"{sys.executable} -m sweep report | true"
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(PACKAGE.parent)},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
