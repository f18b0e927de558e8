"""Where a sweep stands, once or until it ends, and as an exit status."""

from __future__ import annotations

from sweep import condor
from sweep.errors import StudyError
from sweep.launch import planned_generations
from sweep.progress import Progress, State
from sweep.study import Study
from sweep.watcher import Watcher

EXIT_STATUS: dict[State, int] = {"finished": 0, "stopped": StudyError.exit_code, "running": 10, "held": 11}
"""Of `sweep status`, for scripts."""


def status(study: Study) -> Progress:
    """Raises PoolError when HTCondor does not answer."""
    condor.connect()
    return Watcher(study, planned_generations(study.paths)).look()
