"""A trial in a real container: the image that `sweep container` defines, built and run by Apptainer."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from sweep.system import debian
from tests.apptainer import Apptainer, from_local
from tests.pool.actions import sweep

pytestmark = [
    pytest.mark.pool,
    pytest.mark.skipif(bool(debian.why_unsupported()), reason="Apptainer comes from Debian's packages"),
]

STUDY = """
[study]
name = "boxed"
metric = "score"
direction = "maximize"
trials_per_generation = 1
[search]
x = { type = "float", low = 0.0, high = 1.0 }
[trainer]
command = ["python3", "train.py"]
inputs = ["train.py"]
outputs = ["logs"]
[job]
request_memory = "256 MB"
request_disk = "500 MB"
"""

PROGRAM = """
import json, os, sys
json.dump([sys.prefix, sys.version, os.listdir("/opt")], open("logs/where.json", "w"))
print(json.dumps({"step": 1, "score": 0.5}), file=open("metrics.jsonl", "w"))
"""


def test_a_trial_runs_in_the_image_that_was_defined(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    apptainer = Apptainer(pytestconfig.rootpath / ".pytest-pool" / "container")
    monkeypatch.chdir(tmp_path)
    # A pool of its own, which finds Apptainer.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{apptainer.bin}:{os.environ['PATH']}")
    monkeypatch.delenv("CONDOR_CONFIG", raising=False)
    Path("train.py").write_text(PROGRAM)
    Path("study.toml").write_text(STUDY)
    sweep("init", "study.toml")
    said = sweep("container").stdout
    study = tmp_path / "runs" / "boxed"
    definition = study / "container" / "container.def"
    definition.write_text(from_local(definition.read_text(), apptainer.base))
    apptainer.build(definition, study / "boxed.sif")
    line = next(line.strip() for line in said.splitlines() if "container_image" in line)
    Path("study.toml").write_text(STUDY + line + "\n")
    sweep("init", "study.toml")
    try:
        sweep("pool", "start", "--slots", "1")
        sweep("launch", "--generations", "1", "--watch")
        (trial,) = json.loads(sweep("report", "--format", "json").stdout)["trials"]
        assert (trial["state"], trial["values"]) == ("COMPLETE", {"score": 0.5})
        where, version, _ = json.loads((study / "trials" / "00000" / "logs" / "where.json").read_text())
        assert where == "/opt/sweep/venv"
        assert version != sys.version
    finally:
        sweep("pool", "stop")
