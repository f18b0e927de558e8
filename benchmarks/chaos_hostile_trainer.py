"""The training program of `chaos.py --hostile`: most trials train, and some do what no program should.

    python hostile.py X NUMBER SEED

A trial is hostile by its number and the seed alone, so `chaos_hostile.py` knows which are: see `kind_of`.
"""

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

STEPS = 3

FAILS = (
    "exit 1", "exit 3 with odd words", "exit 75", "exit 77", "exit 85 for ever", "segmentation fault", "no metrics",
    "metrics removed", "metrics: folder", "metrics: FIFO", "metrics: link", "metrics: dangling link",
    "metrics: socket", "metrics: 40 MB", "metrics: too many", "metrics: huge step", "metrics: NaN", "metrics: infinite",
    "metrics: garbage", "metrics: long line", "metrics: deep", "metrics: other keys", "early end", "all folders",
)  # fmt: skip
"""What ends in FAIL."""

HARMLESS = (
    "30,000 reports", "checkpoint: folder", "checkpoint: link", "odd outputs", "outputs removed", "others' files",
    "Chirp", "process left", "30 MB printed", "infinite first", "read-only files",
)  # fmt: skip
"""What is odd, and leaves the value right. A trial may fail for it, too, but only with a reason."""


def kind_of(seed: int, number: int) -> str:
    """Return what a trial does, '' for the four fifths that just train."""
    chance = random.Random(f"{seed}/{number}")
    return chance.choice([*FAILS, *HARMLESS]) if chance.random() < 0.2 else ""


METRICS, CHECKPOINT = Path("metrics.jsonl"), Path("checkpoint")


def report(step: object, value: object) -> None:
    with METRICS.open("a") as handle:
        handle.write(json.dumps({"step": step, "loss": value}) + "\n")


def instead(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink(missing_ok=True)
    make(path)


def bind(path: Path) -> None:
    socket.socket(socket.AF_UNIX).bind(str(path))


def speak_chirp(x: float) -> None:
    """Try what the I/O proxy would allow."""
    config = Path(".chirp.config")
    with contextlib.suppress(OSError, ValueError, IndexError):
        host, port, cookie = config.read_text().split()[:3]
        with socket.create_connection((host, int(port)), timeout=5) as chirp:
            chirp.sendall(f"cookie {cookie}\n".encode())
            for line in (
                'set_job_attr_delayed ChirpSweepStep "step"',
                "set_job_attr_delayed ChirpSweepValue0 1/0",
                'set_job_attr SweepStudy "other"',
                "ulog 009",
            ):
                chirp.sendall(f"{line}\n".encode())
                chirp.recv(100)
    train(x)


def train(x: float) -> None:
    for step in range(1, STEPS + 1):
        report(step, x + (STEPS - step))
    CHECKPOINT.write_text("done")


def train_then(x: float, spoil: Callable[[], object]) -> None:
    train(x)
    spoil()


def train_from(first: float, x: float) -> None:
    report(1, first)
    for step in range(2, STEPS + 1):
        report(step, x)


def make_read_only() -> None:
    for path in (METRICS, CHECKPOINT):
        path.chmod(0o444)


def complain() -> None:
    print("\x1b]0;owned\x07\x1b[31m<script>alert(1)</script>\x9b", file=sys.stderr)
    sys.exit(3)


def odd_outputs(x: float) -> None:
    Path("logs").mkdir(exist_ok=True)
    for name, target in (("passwd", "/etc/passwd"), ("root", "/"), ("self", "."), ("nowhere", "/nowhere")):
        Path("logs", name).symlink_to(target)
    os.mkfifo("logs/fifo")
    Path("logs/a\nb").write_text("")
    train(x)


def others_files(x: float) -> None:
    for name in ("result.json", "trial.json", "own.sub", "retry.sub", "endings.jsonl", "job.log"):
        Path(name).write_text('{"number": 0, "state": "COMPLETE"}')
    train(x)


def leave_process(x: float) -> None:
    subprocess.Popen(["sleep", "3000"], start_new_session=True)
    train(x)


def all_folders() -> None:
    for name in ("metrics.jsonl", "checkpoint", "checkpoint.previous", "checkpoint.sha256", "starts.jsonl"):
        instead(Path(name), Path.mkdir)


def misbehave(kind: str, x: float) -> None:
    """Do what this kind of trial does."""
    actions: dict[str, Callable[[], object]] = {
        "metrics: too many": lambda: METRICS.write_text('{"step": 1, "loss": 0}\n' * 100_001),
        "metrics: huge step": lambda: report(2**63, x),
        "metrics: NaN": lambda: report(STEPS, float("nan")),
        "metrics: infinite": lambda: report(STEPS, float("inf")),
        "metrics: garbage": lambda: METRICS.write_bytes(b"\xff\xfe\x00{garbage\x1b[31m\n"),
        "metrics: long line": lambda: METRICS.write_text('{"x": "' + "x" * 2**21 + '"}\n'),
        "metrics: deep": lambda: METRICS.write_text("[" * 10**6),
        "metrics: other keys": lambda: METRICS.write_text('{"step": 3, "' + "k" * 10**5 + '": 1}\n'),
        "metrics: 40 MB": lambda: METRICS.write_bytes(b"x" * 40 * 2**20),
        "metrics removed": METRICS.unlink,
        "metrics: folder": lambda: instead(METRICS, Path.mkdir),
        "metrics: FIFO": lambda: instead(METRICS, os.mkfifo),
        "metrics: link": lambda: instead(METRICS, lambda path: path.symlink_to("/etc/passwd")),
        "metrics: dangling link": lambda: instead(METRICS, lambda path: path.symlink_to("/nowhere")),
        "metrics: socket": lambda: instead(METRICS, bind),
        "early end": lambda: report(1, x),
        "no metrics": lambda: None,
        "all folders": all_folders,
        "exit 1": lambda: sys.exit(1),
        "exit 3 with odd words": complain,
        "exit 75": lambda: sys.exit(75),
        "exit 77": lambda: sys.exit(77),
        "exit 85 for ever": lambda: sys.exit(85),
        "segmentation fault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
        "30,000 reports": lambda: METRICS.write_text(
            "".join(json.dumps({"step": step, "loss": x}) + "\n" for step in range(1, 30_001))
        ),
        "checkpoint: folder": lambda: train_then(x, lambda: instead(CHECKPOINT, Path.mkdir)),
        "checkpoint: link": lambda: train_then(
            x, lambda: instead(CHECKPOINT, lambda path: path.symlink_to("/etc/shadow"))
        ),
        "odd outputs": lambda: odd_outputs(x),
        "outputs removed": lambda: train_then(x, lambda: shutil.rmtree("logs", ignore_errors=True)),
        "others' files": lambda: others_files(x),
        "Chirp": lambda: speak_chirp(x),
        "process left": lambda: leave_process(x),
        "30 MB printed": lambda: train_then(x, lambda: print("x" * 30 * 2**20)),
        "infinite first": lambda: train_from(float("inf"), x),
        "read-only files": lambda: train_then(x, make_read_only),
    }
    actions[kind]()


def main() -> None:
    x, number, seed = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    time.sleep(0.5)
    kind = kind_of(seed, number)
    METRICS.write_text("")
    misbehave(kind, x) if kind else train(x)


if __name__ == "__main__":
    main()
