"""The trial contract, seen from the job: trial.json in, metrics.jsonl and a checkpoint out."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

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
        )

    def report(self, step: int, **metrics: float) -> None:
        """Append the metrics of one finished step, and have them on disk before going on."""
        with self.metrics.open("a", encoding="utf-8") as handle:
            handle.write(json.dumps({"step": step, **metrics}) + "\n")
            handle.flush()
            os.fsync(handle.fileno())

    def rewind(self, step: int) -> None:
        """Forget reports after `step`, and a torn last line: what the checkpoint does not know is done again."""
        kept = []
        for line in self.metrics.read_text(encoding="utf-8").splitlines() if self.metrics.exists() else []:
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
            except (ValueError, KeyError, TypeError):
                continue
        _replace(self.metrics, lambda temporary: temporary.write_text("".join(kept), encoding="utf-8"))

    def save(self, state: dict[str, Any]) -> None:
        """Replace the checkpoint, whole or not at all."""
        _replace(self.checkpoint, lambda temporary: torch.save(state, temporary))

    def load(self) -> dict[str, Any] | None:
        """The checkpoint on the CPU; None when there is none yet (an empty file stands for none)."""
        if not self.checkpoint.exists() or not self.checkpoint.stat().st_size:
            return None
        state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        return state


class Termination:
    """True once SIGTERM, HTCondor's notice of an eviction, has come."""

    def __init__(self) -> None:
        self._came = False
        signal.signal(signal.SIGTERM, self._note)

    def _note(self, *_: object) -> None:
        self._came = True

    def __bool__(self) -> bool:
        return self._came


def _replace(path: Path, write: Any) -> None:
    temporary = path.with_name(path.name + ".new")
    write(temporary)
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.replace(path)
