"""Runs that wandb writes offline."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tracking.actions import ODD, SECRET, tracked, uploaded


@pytest.mark.processes
@pytest.mark.usefixtures("fresh_wandb")
def test_wandb_offline_writes_a_run_for_each_trial(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_API_KEY", SECRET * 3)
    study = tracked(study_file, 'wandb = "lab/tiny"')
    study.paths.trial(0).metrics.write_text(ODD)
    assert uploaded(study) == [("wandb", 2, 0, [])]
    assert uploaded(study) == [("wandb", 0, 2, [])]
    files = sorted(file.name for file in (study.paths.root / "wandb").glob("offline-run-*/*.wandb"))
    assert files == [f"run-{study.id.rpartition('-')[2][:12]}-0000{number}.wandb" for number in (0, 1)]
    (file,) = (study.paths.root / "wandb").glob("offline-run-*/*-00000.wandb")
    content = file.read_bytes()
    assert b"val_accuracy" in content
    assert b"generation 0" in content
    assert SECRET.encode() not in b"".join(one.read_bytes() for one in study.paths.root.rglob("*") if one.is_file())
