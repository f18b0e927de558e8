"""Tiny photos, and runs of the real trainer on them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sweep.paths import TrialPaths
from sweep.resources import PACKAGE
from sweep.trial.spec import TrialSpec
from trainer import train as training
from trainer.trial import Trial


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """As in a slot of one core; sums over more threads differ in their last digits."""
    torch.set_num_threads(1)


@pytest.fixture
def job(tmp_path: Path, photos: Path) -> Callable[..., Path]:
    """Makes a folder as a job finds it, and gives its path; keywords change the trial."""

    def make(name: str, data: dict[str, Any] | None = None, **changes: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        values: dict[str, Any] = {
            "number": 4,
            "generation": 1,
            "index": 0,
            "params": {"lr": 0.01, "width": 4, "dropout": 0.3, "batch_size": 16},
            "seed": 5,
            "step": 0,
            "target_step": 3,
            "objectives": ["val_accuracy"],
            "data": {"kind": "images", "path": str(photos), "image_size": 12, "split_seed": 1, **(data or {})},
            **changes,
        }
        (folder / "trial.json").write_text(json.dumps(TrialSpec(**values).to_json()))
        for output in TrialPaths(folder).outputs(checkpoints=True):
            output.touch()
        return folder

    return make


def train(folder: Path) -> int:
    """Run the trainer in this process."""
    return training.train(Trial.read(folder / "trial.json"))


def saved(folder: Path) -> dict[str, Any]:
    """What a trial's checkpoint holds."""
    state: dict[str, Any] = torch.load(folder / "checkpoint", weights_only=True)
    return state


def run(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the trainer in a folder as the job does."""
    return subprocess.run(command(*flags), cwd=folder, env=environment(), capture_output=True, text=True, check=False)


def command(*flags: str) -> list[str]:
    return [sys.executable, "-u", "-m", "trainer", "trial.json", *flags]


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(PACKAGE.parent), "OMP_NUM_THREADS": "1"}


def measured(folder: Path) -> list[dict[str, float]]:
    """The last report of each step, without what depends on the machine."""
    reports: dict[int, dict[str, float]] = {}
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        with contextlib.suppress(ValueError):  # torn by a kill
            report = json.loads(line)
            reports[report["step"]] = {
                key: value
                for key, value in report.items()
                if key not in ("seconds", "val_seconds", "images_per_second", "gpu_memory_mb")
            }
    return [report for _, report in sorted(reports.items())]
