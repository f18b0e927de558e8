"""Stands for training in `chaos.py`: the trial contract, a value that only the parameters decide, and a log of work.

Beside it lies chaos.json: `work`, where each step done is noted; `pace`, seconds a step takes; `interval`, steps
between checkpoints that are handed over.
"""

import json
import math
import os
import signal
import sys
import time
from pathlib import Path

campaign = json.loads(Path(__file__).with_name("chaos.json").read_text())
trial = json.loads(Path("trial.json").read_text())
told_to_leave: list[bool] = []
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
    time.sleep(campaign["pace"])
    step = len(curve) + 1
    miss = abs(math.log10(trial["params"]["lr"]) + 2) + abs(trial["params"]["width"] - 40) / 40
    curve.append(miss + 1 / step)
    write("checkpoint", json.dumps(curve))
    write("metrics.jsonl", "".join(json.dumps({"step": n, "val_loss": v}) + "\n" for n, v in enumerate(curve, 1)))
    with Path(campaign["work"]).open("a") as work:
        work.write(f"{trial['number']} {step}\n")
    if step % campaign["interval"] == 0 and step < trial["target_step"]:
        sys.exit(85)
