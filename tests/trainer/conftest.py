"""Tiny photos, and runs of the real trainer on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sweep.paths import TrialPaths
from sweep.trial.spec import TrialSpec


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
