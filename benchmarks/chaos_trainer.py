"""Stands for training in `chaos.py`: the trial contract, a value that only the parameters decide, and a log of work.

The campaign puts a line `WORK, PACE, INTERVAL = …` before it: where each step done is noted, seconds a step takes, and
steps between checkpoints that are handed over.
"""

import json
import math
import os
import signal
import sys
import time
from pathlib import Path

WORK: str
PACE: float
INTERVAL: int

trial = json.loads(Path("trial.json").read_text())
told_to_leave = []
signal.signal(signal.SIGTERM, lambda *_: told_to_leave.append(True))


def write(name: str, text: str) -> None:
    temporary = Path(f".{name}.tmp")
    with temporary.open("w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(name)


text = Path("checkpoint").read_text()
curve = json.loads(text) if text else []
while len(curve) < trial["target_step"]:
    if told_to_leave:
        sys.exit(85)
    time.sleep(PACE)
    step = len(curve) + 1
    miss = abs(math.log10(trial["params"]["lr"]) + 2) + abs(trial["params"]["width"] - 40) / 40
    curve.append(miss + 1 / step)
    write("checkpoint", json.dumps(curve))
    write("metrics.jsonl", "".join(json.dumps({"step": n, "val_loss": v}) + "\n" for n, v in enumerate(curve, 1)))
    with Path(WORK).open("a") as work:
        work.write(f"{trial['number']} {step}\n")
    if step % INTERVAL == 0 and step < trial["target_step"]:
        sys.exit(85)
