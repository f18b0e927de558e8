"""A plain script turned into a program that sweep runs: how much of it changes, and that it survives what it must."""

from __future__ import annotations

import difflib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from sweep.control.initialise import initialise
from sweep.nodes.propose import propose
from sweep.resources import resource_folder as resource
from sweep.study.study import Study
from tests.actions import harvest

pytestmark = pytest.mark.processes
OWN = resource("configs") / "own-program"


@pytest.fixture
def own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """The shipped example, initialised, with points of two classes."""
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    (folder / "points").mkdir()
    points = torch.rand(2000, 2, generator=torch.Generator().manual_seed(0))
    torch.save((points, (points.sum(1) > 1).long()), folder / "points" / "points.pt")
    for name in ("study.toml", "train.py"):
        (folder / name).write_text((OWN / name).read_text())
    return initialise(folder / "study.toml", lambda _: None)[0]


def start(study: Study, number: int) -> subprocess.Popen[str]:
    """The program as a job starts it, in the trial's folder."""
    files = study.paths.trial(number)
    for name in ("train.py", "sweep_trial.py"):
        (files.root / name).write_text((study.paths.inputs / name).read_text())
    spec = json.loads(files.spec.read_text())
    options = [f"--epochs={spec['target_step']}", f"--lr={spec['params']['lr']}", f"--width={spec['params']['width']}"]
    words = [sys.executable, "train.py", str(study.data), ".", *options]
    return subprocess.Popen(words, cwd=files.root, stdout=subprocess.PIPE, text=True)


def test_fewer_than_ten_lines_change() -> None:
    before, after = ((OWN / name).read_text().splitlines()[1:] for name in ("plain.py", "train.py"))
    changes = list(difflib.ndiff(before, after))
    added, removed = ([line for line in changes if line.startswith(sign)] for sign in ("+ ", "- "))
    # A line that replaces another counts once.
    assert len(removed) <= len(added) < 10


def test_it_hands_over_goes_on_and_reports_every_epoch_once(own: Study) -> None:
    propose(own, 0)
    statuses: list[int] = []
    while not statuses or statuses[-1] == 85:
        job = start(own, 0)
        job.communicate()
        statuses.append(job.returncode)
    assert statuses == [85, 85, 0]
    steps = [json.loads(line)["step"] for line in own.paths.trial(0).metrics.read_text().splitlines()]
    assert steps == [1, 2, 3, 4, 5, 6]
    assert harvest(own.paths, 0, 0) == 0
    result = json.loads(own.paths.trial(0).result.read_text())
    assert result["state"] == "COMPLETE"


def test_on_sigterm_it_leaves_a_checkpoint_and_ends_as_if_undisturbed(own: Study) -> None:
    trials = propose(own, 0)
    spec = own.paths.trial(1).spec
    spec.write_text(json.dumps(trials[1].to_json() | {"handover_epochs": None}))
    job = start(own, 1)
    assert job.stdout is not None
    assert job.stdout.readline().startswith("epoch 1:")
    job.send_signal(signal.SIGTERM)
    said = job.communicate()[0]
    assert job.returncode in (85, 0)
    rest = start(own, 1).communicate()[0] if job.returncode == 85 else ""
    disturbed = own.paths.trial(1).metrics.read_text()
    assert [line.split(":")[0] for line in (said + rest).splitlines()] == [f"epoch {n}" for n in range(2, 7)]
    for output in own.paths.trial(1).outputs(checkpoints=True):
        output.write_text("")
    start(own, 1).communicate()
    assert own.paths.trial(1).metrics.read_text() == disturbed
