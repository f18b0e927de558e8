"""What pool tests do: type commands, start light studies, wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sweep.paths import StudyPaths
from sweep.pool import personal
from sweep.results.leaderboard import report_json
from sweep.results.report import collect_report
from sweep.study.study import Study, load_study, open_current

SLOTS = 8


PATIENCE = 600
"""Seconds after which a sweep of a pool test counts as hanging."""


def sweep(*words: str, cwd: Path | None = None, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Type a sweep command."""
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
    """The light study of a folder."""
    return load_study(StudyPaths(folder / "runs" / "light"))


GOOD = "print(json.dumps({'step': 1, 'val_accuracy': trial['params']['lr']}), file=open('metrics.jsonl', 'a'))\n"


def report(there: Study | None = None) -> dict[str, Any]:
    """What `sweep report --format json` prints, of the current study."""
    text = report_json(collect_report(there or open_current(None)))
    found: dict[str, Any] = json.loads(text)
    return found


def wait_for(what: Callable[[], Any], why: str) -> Any:
    """Ask again and again until the answer is true."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := what()):
        assert time.monotonic() < deadline, f"never: {why}"
        time.sleep(0.2)
    return answer


# Trains for a few seconds, and says how far it is; goes on from there.
TRAINS = (
    "n = len(open('checkpoint').read())\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(85))\n"
    "while n < 80: time.sleep(0.1); n += 1; open('checkpoint', 'a').write('x')\n" + GOOD
)


def kill(name: str) -> int:
    """Kill the pool's processes of this name; how many there were."""
    found = [pid for pid, comm in personal.pool_processes().items() if comm == name[:15]]
    for pid in found:
        os.kill(pid, signal.SIGKILL)
    return len(found)
