"""The trial contract, seen from the job: trial.json in, metrics.jsonl and a checkpoint out.

One file, to be used by any Python program: it travels along with a `[trainer] command` as sweep_trial.py. torch is
needed for checkpoints alone.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
import re
import signal
import socket
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

CONTINUE = 85
"""Exit status that hands over a checkpoint and asks to be restarted; `checkpoint_exit_code` in the submit file."""


@dataclass(frozen=True)
class Trial:
    """One trial.json; relative names in it are taken from the folder that it lies in."""

    folder: Path
    number: int
    params: dict[str, Any]
    seed: int
    target_step: int
    data: dict[str, Any]
    metrics: Path
    checkpoint: Path
    handover_seconds: float | None
    handover_epochs: int | None
    slice_seconds: float | None
    slice_epochs: int | None
    objective: str
    maximize: bool
    cutoffs: dict[str, float]

    @classmethod
    def read(cls, path: Path) -> Trial:
        """Raises OSError, ValueError or KeyError when the file is missing or not a trial."""
        spec = json.loads(path.read_text(encoding="utf-8"))
        folder = path.resolve().parent
        return cls(
            folder=folder,
            number=spec["number"],
            params=spec["params"],
            seed=spec["seed"],
            target_step=spec["target_step"],
            data=spec["data"],
            metrics=folder / spec["metrics"],
            checkpoint=folder / spec["checkpoint"],
            handover_seconds=spec["handover_seconds"],
            handover_epochs=spec["handover_epochs"],
            slice_seconds=spec["slice_seconds"],
            slice_epochs=spec["slice_epochs"],
            objective=spec["objectives"][0],
            maximize=spec["maximize"],
            cutoffs=spec["cutoffs"],
        )

    @classmethod
    def start(cls, path: Path | str = "trial.json") -> Trial:
        """The trial of a program of your own; from here on SIGTERM does not kill it, `leave_if_due` heeds it."""
        trial = cls.read(Path(path))
        trial.mend()
        trial.note_start()
        _ = trial.data_sha256
        assert trial._ends is not None  # noqa: S101 - made here, so that they listen and count from here
        return trial

    @cached_property
    def data_sha256(self) -> str:
        """Digest of the data, where that came as one file; '' otherwise.

        Raises ValueError where the study's data has another.
        """
        path = self.folder / self.data.get("path", "")
        if not path.is_file():
            return ""
        digest, wanted = _digest(path), self.data.get("sha256") or ""
        if wanted not in ("", digest):
            raise ValueError(
                f"{path.name} has the SHA-256 {digest}, the study's data {wanted}. Was it overwritten under its name? "
                "Caches keep an object by its name: give new data a new one"
            )
        return digest

    @cached_property
    def _ends(self) -> tuple[Termination, Due, Due]:
        return Termination(), self.slice_end(), self.handover()

    def handover(self) -> Due:
        """When to hand a checkpoint over."""
        return Due(self.handover_seconds, self.handover_epochs)

    def slice_end(self) -> Due:
        """When the job is to end, for the trial to go on as another."""
        return Due(self.slice_seconds, self.slice_epochs)

    def leave_if_due(self, step: int) -> None:
        """After each step that is reported and saved: exit where it is time to.

        With 0 where the trial is cut off, or a slice of it is over; with CONTINUE to be started again.
        """
        termination, slice_end, handover = self._ends
        slice_end.count_epoch()
        handover.count_epoch()
        if step >= self.target_step:
            return
        if slice_end or self.is_cut_off(step):
            sys.exit(0)
        if termination or handover:
            sys.exit(CONTINUE)

    def is_cut_off(self, step: int) -> bool:
        """Whether the best of all values reported up to this step is worse than what others had by then."""
        cutoff = self.cutoffs.get(str(step))
        if cutoff is None:
            return False
        values = [value for at, value in self._reported().items() if at <= step and not math.isnan(value)]
        return bool(values) and (max(values) < cutoff if self.maximize else min(values) > cutoff)

    def _reported(self) -> dict[int, float]:
        """The objective by step, by the file of metrics; a line that a kill has torn is none."""
        values = {}
        for line in self.metrics.read_text(encoding="utf-8").splitlines():
            try:
                report = json.loads(line)
                values[int(report["step"])] = float(report[self.objective])
            except (ValueError, KeyError, TypeError):
                continue
        return values

    def note_start(self, **more: str) -> None:
        """Append where and with which Python this process runs, and `more`, to starts.jsonl."""
        start = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": socket.gethostname(),
            "python": platform.python_version(),
            **more,
        }
        with (self.folder / "starts.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(start) + "\n")

    def report(self, step: int, **metrics: float) -> None:
        """Append the metrics of one finished step, and have them on disk before going on."""
        seen = {"data_sha256": self.data_sha256} if self.data_sha256 else {}
        line = json.dumps({"step": step, **metrics, **seen})
        with self.metrics.open("a", encoding="utf-8") as handle:
            handle.write(line + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        self._live.tell(line)

    @cached_property
    def _live(self) -> Live:
        return Live()

    def mend(self) -> None:
        """End a last line that a kill has torn, so that the next report is a line of its own.

        Nothing is taken back: a step that is done again is reported again, and the later report counts.
        """
        with self.metrics.open("ab+") as handle:
            if handle.tell():
                handle.seek(-1, os.SEEK_END)
                if handle.read() != b"\n":
                    handle.write(b"\n")

    def save(self, state: dict[str, Any]) -> None:
        """Replace the checkpoint, whole or not at all, and keep the one before.

        The digests of both are on disk before either is renamed: at every instant some whole checkpoint is known.
        """
        import torch

        new = self.checkpoint.with_name(self.checkpoint.name + ".new")
        torch.save(state, new)
        _sync(new)
        known = [_digest(new), *self._known_digests()[:1]]
        _write(self.digests, "".join(f"{digest}\n" for digest in known))
        if self.checkpoint.exists():
            # A second name first: an eviction in between must find the file under its own.
            spare = self.previous.with_name(self.previous.name + ".new")
            spare.unlink(missing_ok=True)
            os.link(self.checkpoint, spare)
            spare.replace(self.previous)
        new.replace(self.checkpoint)

    def load(self) -> dict[str, Any] | None:
        """The last whole checkpoint, on the CPU; None when there is none (an empty file stands for none).

        A damaged one, told by its digest, is passed over for the one before, and that is said.
        """
        import torch

        known = self._known_digests()
        for path in (self.checkpoint, self.previous):
            if not path.exists() or not path.stat().st_size:
                continue
            if _digest(path) in known:
                state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
                return state
            print(f"{path.name} is damaged: passed over", flush=True)
        return None

    @property
    def previous(self) -> Path:
        return self.checkpoint.with_name(self.checkpoint.name + ".previous")

    @property
    def digests(self) -> Path:
        """SHA-256 of the checkpoint and of the one before, a line each."""
        return self.checkpoint.with_name(self.checkpoint.name + ".sha256")

    def _known_digests(self) -> list[str]:
        return self.digests.read_text(encoding="ascii").split() if self.digests.exists() else []


class Due:
    """True after some seconds, or some finished epochs, of this process; never, where neither is given."""

    def __init__(self, seconds: float | None, epochs: int | None) -> None:
        self._seconds, self._epochs = seconds, epochs
        self._began = time.monotonic()
        self._finished = 0

    def count_epoch(self) -> None:
        self._finished += 1

    def __bool__(self) -> bool:
        if self._seconds is not None and time.monotonic() - self._began >= self._seconds:
            return True
        return self._epochs is not None and self._finished >= self._epochs


class Live:
    """Writes into the job's log on the access point, through the connection to it that HTCondor keeps for a job.

    That is Chirp: https://htcondor.readthedocs.io/en/latest/man-pages/condor_chirp.html. `sweep status` reads it there.
    Where there is none, or it fails, nothing is said.
    """

    SECONDS = 30.0
    """At most one line in so many: each is a call to the access point."""

    def __init__(self) -> None:
        self._told = -math.inf

    def tell(self, line: str) -> None:
        if time.monotonic() - self._told < self.SECONDS:
            return
        self._told = time.monotonic()
        text = re.sub(r"[\\ \t]", r"\\\g<0>", line)
        try:
            config = Path(os.environ.get("_CONDOR_CHIRP_CONFIG", ".chirp.config"))
            host, port, cookie = config.read_text(encoding="ascii").split()
            with (
                socket.create_connection((host, int(port)), timeout=5) as connection,
                connection.makefile("rw", encoding="utf-8") as stream,
            ):
                for command in (f"cookie {cookie}", f"ulog {text}"):
                    stream.write(command + "\n")
                    stream.flush()
                    stream.readline()
        except (OSError, ValueError):
            return


class Termination:
    """True once SIGTERM, HTCondor's notice of an eviction, has come."""

    def __init__(self) -> None:
        self._came = False
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, *_: object) -> None:
        self._came = True

    def __bool__(self) -> bool:
        return self._came


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="ascii")
    _sync(temporary)
    temporary.replace(path)


def _sync(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
