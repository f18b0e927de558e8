"""A trial's job that has left the queue, as its files tell. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sweep.paths import TrialPaths
from sweep.system.files import json_lines, tail
from sweep.trial.event_log import JobHistory, read_event_log
from sweep.trial.files import read_reports, read_spec
from sweep.trial.judge import STDERR_LINES
from sweep.trial.reports import Reports
from sweep.trial.spec import TrialSpec


@dataclass(frozen=True)
class EndedJob:
    """A trial's job that has left the queue. `endings` say how the trial's earlier jobs ended."""

    files: TrialPaths
    spec: TrialSpec
    history: JobHistory
    reports: Reports
    stderr: str
    endings: list[dict[str, Any]]

    @classmethod
    def read(cls, files: TrialPaths) -> EndedJob:
        """Raises StudyError where trial.json is missing or damaged."""
        spec = read_spec(files)
        return cls(
            files=files,
            spec=spec,
            history=read_event_log(files.job_log),
            reports=read_reports(files, spec),
            stderr=tail(files.stderr, STDERR_LINES),
            endings=_read_endings(files),
        )

    @property
    def submitted(self) -> str:
        """When the job was submitted, '' if its log does not say. A schedd that lost its queue counts from 1 again."""
        return self.history.submitted.isoformat() if self.history.submitted else ""

    @property
    def noted_ending(self) -> dict[str, Any] | None:
        """The ending of this very job, if an earlier run of the POST script noted it."""
        key = (self.history.cluster, self.submitted)
        # Version 0.1.0 noted the cluster alone.
        noted = ((ending, ending.get("submitted", self.submitted)) for ending in self.endings)
        return next((ending for ending, submitted in noted if (ending.get("cluster"), submitted) == key), None)


def _read_endings(files: TrialPaths) -> list[dict[str, Any]]:
    """Return how the trial's earlier jobs ended. Lines that are torn or damaged are left out."""
    try:
        text = files.endings.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    texts = ("kind", "reason", "host")
    return [one for one in json_lines(text) if "cluster" in one and all(isinstance(one.get(key), str) for key in texts)]
