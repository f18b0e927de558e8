"""An access point has no torch: sweep installed without extras does there all that it does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.resources import PACKAGE

pytestmark = pytest.mark.processes

Type = Callable[..., str]

STUDY = """
[study]
name = "tiny"
metric = "val_accuracy"
direction = "maximize"
trials_per_generation = 2
[search]
lr = { type = "float", low = 1e-4, high = 1e-1, log = true }
[trainer]
epochs = 1
data = "photos"
[job]
container_image = "docker://you/torch:1"
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Type:
    """Runs a program of a virtual environment that has sweep's wheel, and nothing that it does not ask for."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "venv")], check=True)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(PACKAGE.parent)]
    subprocess.run([*pip, *build], check=True)
    wheel, pins = next(folder.glob("*.whl")), PACKAGE.parent / "constraints.txt"
    into = ["--python", str(folder / "venv"), "install", "--no-compile", "--constraint", str(pins), str(wheel)]
    subprocess.run([*pip, *into], check=True)

    def run(*words: str, check: bool = True) -> str:
        there = {"PATH": str(folder / "venv" / "bin"), "HOME": str(folder), "CONDOR_CONFIG": os.devnull}
        done = subprocess.run(
            [folder / "venv" / "bin" / words[0], *words[1:]],
            cwd=folder, env=there, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    (folder / "photos").mkdir()
    (folder / "study.toml").write_text(STUDY)
    return run


def test_a_sweep_is_led_without_torch(bare: Type) -> None:
    assert "No module named 'torch'" in bare("python", "-c", "import torch", check=False)
    assert "sync" in bare("sweep", "--help")
    assert "is initialised" in bare("sweep", "init", "study.toml")
    assert "trials 0, 1" in bare("python", "-m", "sweep.node", "propose", "runs/tiny", "0")
    folder = Path(bare("python", "-c", "import os; print(os.getcwd())").strip()) / "runs" / "tiny" / "trials"
    posts = folder.parent / "dag" / "posts"
    posts.mkdir()
    for number in (0, 1):
        (folder / f"{number:05d}" / "metrics.jsonl").write_text('{"step": 1, "val_accuracy": 0.5}\n')
        (posts / f"{number}.0.{number}").touch()
    bare("python", "-m", "sweep.node", "serve", "runs/tiny")
    report = bare("sweep", "report")
    assert "2 trials, 2 COMPLETE" in report
    assert "wrote" in bare("sweep", "container")
    assert "Not installed here, so without a version: torch" in bare("sweep", "container")
