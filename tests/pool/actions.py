"""What pool tests do: type commands, start light studies, wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sweep.paths import StudyPaths
from sweep.pool import personal
from sweep.results.leaderboard import report_json
from sweep.results.report import collect_report
from sweep.study.study import Study, load_study, open_current
from tests import actions

T = TypeVar("T")

SLOTS = 8
"""Cores that the pool of the tests pretends to have."""

PATIENCE = 600
"""Seconds after which a sweep of a pool test counts as hanging."""


def sweep(*words: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `python -m sweep WORDS`, and return its output."""
    done = subprocess.run(
        [sys.executable, "-m", "sweep", *words],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )
    if check:
        assert done.returncode == 0, f"sweep {' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done


LIGHT = """
[study]
name = "light"
metric = "val_accuracy"
direction = "maximize"
trials_per_generation = 3
storage = "{storage}"

[search]
lr = {{ type = "float", low = 1e-4, high = 1e-1, log = true }}
activation = {{ type = "categorical", choices = ["relu", "gelu"] }}

[trainer]
epochs = {epochs}
data = "{data}"

[job]
request_memory = {memory}
request_disk = "100 MB"
{job}
[limits]
retries = {retries}
failures_in_a_row = {failures_in_a_row}
"""


def make_light(
    folder: Path,
    body: str,
    job: str = "",
    retries: int = 1,
    failures_in_a_row: int = 10,
    storage: str = "sqlite",
    epochs: int = 1,
    memory: str = '"128 MB"',
    data: str = "photos",
) -> Study:
    """Initialise a study in a folder whose trainer is a few lines of Python: for what the pool does around a trial."""
    (folder / "photos").mkdir()
    limits = {"retries": retries, "failures_in_a_row": failures_in_a_row}
    (folder / "study.toml").write_text(
        LIGHT.format(job=job, storage=storage, epochs=epochs, memory=memory, data=data, **limits)
    )
    sweep("init", "study.toml", cwd=folder)
    there = in_folder(folder)
    prelude = "import json, os, signal, sys, time\ntrial = json.load(open('trial.json'))\n"
    (there.paths.trainer / "__main__.py").write_text(prelude + body)
    return there


def in_folder(folder: Path) -> Study:
    """Return the light study of a folder."""
    return load_study(StudyPaths(folder / "runs" / "light"))


GOOD = "print(json.dumps({'step': 1, 'val_accuracy': trial['params']['lr']}), file=open('metrics.jsonl', 'a'))\n"
"""Body of a trainer that reports its learning rate as the accuracy."""


def report(there: Study | None = None) -> dict[str, Any]:
    """Return what `sweep report --format json` prints, by default for the current study."""
    text = report_json(collect_report(there or open_current(None)))
    found: dict[str, Any] = json.loads(text)
    return found


def wait_for(answer: Callable[[], T | None], why: str) -> T:
    """Ask again and again until the answer is true, and return it."""
    return actions.wait_for(answer, why, PATIENCE, pause=0.2)


TRAINS = (
    "n = len(open('checkpoint').read())\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(85))\n"
    "while n < 80: time.sleep(0.1); n += 1; open('checkpoint', 'a').write('x')\n" + GOOD
)
"""Body of a trainer that runs for 8 seconds and resumes from its checkpoint."""


def kill(name: str) -> int:
    """Kill the pool's processes of this name, and return how many there were."""
    found = [pid for pid, comm in personal.pool_processes().items() if comm == name[:15]]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)
