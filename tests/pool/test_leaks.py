"""After a sweep no key of a tracker is anywhere: not in the study, a job, its ad, the pool's logs, or an image."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.study.study import Study
from sweep.system.directories import state_directory
from tests.pool.actions import GOOD, sweep

pytestmark = pytest.mark.pool

KEYS = {
    "WANDB_API_KEY": "5ec2e70123456789abcdef0123456789abcdef01",
    "MLFLOW_TRACKING_USERNAME": "ada-5ec2e7",
    "MLFLOW_TRACKING_PASSWORD": "password-5ec2e7",
    "MLFLOW_TRACKING_TOKEN": "token-5ec2e7",
}

TRACKING = """
[tracking]
tensorboard = true
mlflow = "sqlite:///mlflow.db"
wandb = "leaks"
"""


def content(folder: Path) -> bytes:
    """All that lies below a folder."""
    return b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_no_key_is_anywhere_after_a_sweep(
    here: Path, light: Callable[..., Study], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    monkeypatch.setenv("WANDB_MODE", "offline")
    for kind in ("CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"WANDB_{kind}_DIR", str(here / kind.lower()))
    there = light(GOOD + "print(dict(os.environ))\n", TRACKING)
    sweep("launch", "--generations", "1", "--watch")
    said = sweep("sync").stdout
    for tracker in ("tensorboard", "mlflow", "wandb"):
        assert f"{tracker}: uploaded 3 trials (0 were there already)" in said
    sweep("container")
    ads = subprocess.run(["condor_history", "-long"], check=True, capture_output=True).stdout
    study, pool = content(here), content(state_directory())
    # What is looked through has what would show a key: the jobs' environment, and the ads of jobs and DAGMan alike.
    assert there.paths.trial(0).stdout.read_text().startswith("{'")
    assert b"_CONDOR_SCRATCH_DIR" in study
    assert b"_CONDOR_DAGMAN_LOG" in ads
    assert there.id.encode() in ads
    assert len(pool) > 10_000
    for name, key in KEYS.items():
        for place, text in {"study": study, "ads": ads, "pool": pool}.items():
            assert key.encode() not in text, f"{name} is in the {place}"
            assert name.encode() not in ads, f"{name} is in the ads"
