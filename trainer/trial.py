"""The trial contract, on the side of the job: reads trial.json, writes metrics.jsonl and checkpoints.

Any Python program can use this file: it travels with a `[trainer] command` as sweep_trial.py. Only `save` and `load`
need torch.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import platform
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
"""Exit status that hands over a checkpoint and asks for a restart: `checkpoint_exit_code` in the submit file."""


@dataclass(frozen=True)
class Trial:
    """The content of trial.json; relative paths in it start from its folder. `start` is the way to make one."""

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
    objectives: list[str]
    maximize: bool
    cutoffs: dict[str, float]

    @classmethod
    def read(cls, path: Path) -> Trial:
        """Return the trial of a file. Raises OSError, ValueError or KeyError if the file is missing or damaged."""
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
            objectives=spec["objectives"],
            maximize=spec["maximize"],
            cutoffs=spec["cutoffs"],
        )

    @classmethod
    def start(cls, path: Path | str = "trial.json") -> Trial:
        """Return the trial, for your own program, and record the start.

        From now on SIGTERM does not end the program; `leave_if_due` does. Raises ValueError if the data is not the
        study's, and the errors of `read`.
        """
        trial = cls.read(Path(path))
        trial.end_torn_line()
        trial.record_start()
        _ = trial.data_sha256
        assert trial._limits is not None  # noqa: S101 - made now, because SIGTERM and the limits count from here
        return trial

    @property
    def objective(self) -> str:
        """The first objective, which the cut-offs are for."""
        return self.objectives[0]

    @cached_property
    def data_sha256(self) -> str:
        """The SHA-256 digest of the data, if the data is a single file; '' otherwise.

        Raises ValueError if the study's data has another digest.
        """
        path = self.folder / self.data.get("path", "")
        if not path.is_file():
            return ""
        digest, wanted = _digest(path), self.data.get("sha256") or ""
        if wanted not in ("", digest):
            raise ValueError(
                f"{path.name} has the SHA-256 {digest}, but the study's data has {wanted}. Was the file overwritten? "
                "Caches keep a file by its name: give new data a new name"
            )
        return digest

    @cached_property
    def _limits(self) -> tuple[Termination, Due, Due]:
        return Termination(), self.slice_end(), self.handover()

    def handover(self) -> Due:
        """Return what is true when a checkpoint is to be handed over to HTCondor."""
        return Due(self.handover_seconds, self.handover_epochs)

    def slice_end(self) -> Due:
        """Return what is true when the slice ends: the job exits, and another job continues the trial."""
        return Due(self.slice_seconds, self.slice_epochs)

    def leave_if_due(self, step: int) -> None:
        """Exit if it is time to; call this after each step, once it is reported and saved.

        The exit status is 0 if a slice has ended or the trial is cut off, CONTINUE if the program is to be restarted.
        """
        termination, slice_end, handover = self._limits
        slice_end.count_epoch()
        handover.count_epoch()
        if step >= self.target_step:
            return
        if slice_end or self.is_cut_off(step):
            sys.exit(0)
        if termination or handover:
            sys.exit(CONTINUE)

    def is_cut_off(self, step: int) -> bool:
        """Return whether the best value reported up to this step is worse than the pruner's cut-off for it."""
        cutoff = self.cutoffs.get(str(step))
        if cutoff is None:
            return False
        values = [value for at, value in self._reported().items() if at <= step and not math.isnan(value)]
        return bool(values) and (max(values) < cutoff if self.maximize else min(values) > cutoff)

    def _reported(self) -> dict[int, float]:
        """Return the objective's values by step, from the file of metrics; torn lines are skipped."""
        values = {}
        for line in self.metrics.read_text(encoding="utf-8").splitlines():
            try:
                report = json.loads(line)
                values[int(report["step"])] = float(report[self.objective])
            except (ValueError, KeyError, TypeError):
                continue
        return values

    def record_start(self, **more: str) -> None:
        """Append the time, the host, the version of Python and `more` to starts.jsonl."""
        start = {
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": socket.gethostname(),
            "python": platform.python_version(),
            **more,
        }
        with (self.folder / "starts.jsonl").open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(start) + "\n")

    def report(self, step: int, **metrics: float) -> None:
        """Append the metrics of a finished step to the file of metrics, and sync it to disk."""
        data = {"data_sha256": self.data_sha256} if self.data_sha256 else {}
        line = json.dumps({"step": step, **metrics, **data})
        with self.metrics.open("a", encoding="utf-8") as handle:
            handle.write(line + "\n")
            handle.flush()
            os.fsync(handle.fileno())
        if all(name in metrics for name in self.objectives):
            self._live_report.show(step, [metrics[name] for name in self.objectives])

    @cached_property
    def _live_report(self) -> LiveReport:
        return LiveReport()

    def end_torn_line(self) -> None:
        """End a last line of metrics that a kill has torn, so that the next report starts a new line.

        No report is removed. A step that is done again is reported again, and its last report counts.
        """
        with self.metrics.open("ab+") as handle:
            if handle.tell():
                handle.seek(-1, os.SEEK_END)
                if handle.read() != b"\n":
                    handle.write(b"\n")

    def save(self, state: dict[str, Any]) -> None:
        """Replace the checkpoint atomically, and keep the previous one.

        The digests of both are on disk before either is renamed, so that there is a valid checkpoint at every moment.
        """
        import torch

        new = self.checkpoint.with_name(self.checkpoint.name + ".new")
        torch.save(state, new)
        _sync(new)
        known = [_digest(new), *self._known_digests()[:1]]
        _write(self.digests, "".join(f"{digest}\n" for digest in known))
        if self.checkpoint.exists():
            # A link, unlike a rename, leaves the file under its own name, for an eviction in between.
            spare = self.previous.with_name(self.previous.name + ".new")
            spare.unlink(missing_ok=True)
            os.link(self.checkpoint, spare)
            spare.replace(self.previous)
        new.replace(self.checkpoint)

    def load(self) -> dict[str, Any] | None:
        """Return the last valid checkpoint, on the CPU; None if there is none. An empty file is no checkpoint.

        A checkpoint whose digest is wrong is damaged. Then this prints a message, and tries the previous checkpoint.
        """
        import torch

        known = self._known_digests()
        for path in (self.checkpoint, self.previous):
            if not path.exists() or not path.stat().st_size:
                continue
            if _digest(path) in known:
                state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
                return state
            print(f"{path.name} is damaged: skipped", flush=True)
        return None

    @property
    def previous(self) -> Path:
        return self.checkpoint.with_name(self.checkpoint.name + ".previous")

    @property
    def digests(self) -> Path:
        """The file with the SHA-256 digests of the checkpoint and of the previous one, a line each."""
        return self.checkpoint.with_name(self.checkpoint.name + ".sha256")

    def _known_digests(self) -> list[str]:
        return self.digests.read_text(encoding="ascii").split() if self.digests.exists() else []


class Due:
    """True once this process has run for some seconds, or has finished some epochs; without limits never true."""

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


class LiveReport:
    """Sets job attributes that `sweep status` reads while the job runs: the step, and the objectives in their order.

    It uses HTCondor's Chirp (https://htcondor.readthedocs.io/en/latest/man-pages/condor_chirp.html). The attributes are
    numbers, and travel with HTCondor's own updates of the job. Without Chirp, and on errors, it sets nothing: the file
    of metrics has every report.
    """

    SECONDS = 1.0
    """Least time between two reports."""

    PAUSE = 300.0
    """Time without reports after an error, so that a machine in trouble does not slow the program down."""

    def __init__(self) -> None:
        self._next = -math.inf

    def show(self, step: int, values: list[float]) -> None:
        """Set the attributes, unless they were set less than `SECONDS` ago or a value is not finite."""
        if time.monotonic() < self._next or not all(map(math.isfinite, values)):
            return
        self._next = time.monotonic() + self.SECONDS
        numbers = {f"ChirpSweepValue{index}": repr(float(value)) for index, value in enumerate(values)}
        try:
            self._set({**numbers, "ChirpSweepStep": str(int(step))})
        except (OSError, ValueError):
            self._next = time.monotonic() + self.PAUSE

    def _set(self, attributes: dict[str, str]) -> None:
        config = Path(os.environ.get("_CONDOR_CHIRP_CONFIG", ".chirp.config"))
        host, port, cookie = config.read_text(encoding="ascii").split()
        with (
            socket.create_connection((host, int(port)), timeout=5) as connection,
            connection.makefile("rw", encoding="ascii") as stream,
        ):
            changes = [f"set_job_attr_delayed {name} {value}" for name, value in attributes.items()]
            for command in (f"cookie {cookie}", *changes):
                stream.write(command + "\n")
                stream.flush()
                stream.readline()


class Termination:
    """True once the process has received SIGTERM, with which HTCondor announces an eviction."""

    def __init__(self) -> None:
        self._received = False
        signal.signal(signal.SIGTERM, self._receive)

    def _receive(self, *_: object) -> None:
        self._received = True

    def __bool__(self) -> bool:
        return self._received


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
