"""Run the real trainer in the folder of a job, and read what it left."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from sweep.resources import PACKAGE
from trainer import train as training
from trainer.trial import Trial


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
