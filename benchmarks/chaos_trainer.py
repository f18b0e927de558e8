"""The training program of `chaos.py`: it keeps the trial contract, and its values depend on the parameters alone.

It reads chaos.json, beside it: `work` is the file to which it appends each step that it does; `pace` is the length of a
step in seconds; `interval` is the number of steps between the checkpoints that it hands over.
"""

import json
import math
import os
import signal
import sys
import time
from pathlib import Path

settings = json.loads(Path(__file__).with_name("chaos.json").read_text())
trial = json.loads(Path("trial.json").read_text())
terminated: list[bool] = []
signal.signal(signal.SIGTERM, lambda *_: terminated.append(True))


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
    if terminated:
        sys.exit(85)
    time.sleep(settings["pace"])
    step = len(curve) + 1
    miss = abs(math.log10(trial["params"]["lr"]) + 2) + abs(trial["params"]["width"] - 40) / 40
    curve.append(miss + 1 / step)
    write("checkpoint", json.dumps(curve))
    write("metrics.jsonl", "".join(json.dumps({"step": n, "val_loss": v}) + "\n" for n, v in enumerate(curve, 1)))
    with Path(settings["work"]).open("a") as work:
        work.write(f"{trial['number']} {step}\n")
    if step % settings["interval"] == 0 and step < trial["target_step"]:
        sys.exit(85)
