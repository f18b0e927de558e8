"""Finds why a sweep ended early: in what its scripts wrote, and in DAGMan's own logs."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from sweep.paths import StudyPaths
from sweep.system.files import tail, write_text
from sweep.units import printable
from sweep.workflow.exit_codes import DEFER, SKIP, TRY_AGAIN

LOG_LINES, LOG_BYTES = 2000, 1 << 18
"""How much of the end of each log is read."""

SHOWN_LINES = 5
"""How many lines of what a script printed are shown, at most: the last of a traceback."""

START = re.compile(r"condor_dagman \(\S+\) STARTING UP")
"""In DAGMan's log: the start of a DAGMan."""

ERROR = re.compile(r"^\S+ \S+ (ERROR: .*)$", re.MULTILINE)

SUMMARY = "ERROR: the following job(s) failed"
"""DAGMan's heading of the nodes that failed; the cause is elsewhere."""


def early_end(paths: StudyPaths) -> str:
    """Return why the sweep of the last launch ended early, as far as its files tell; '' if they tell nothing.

    A launch may have died, a PRE or POST script may have stopped the sweep or failed, or DAGMan may have failed itself.
    """
    if died := tail(paths.launch_failed):
        return printable(died)
    if stopped := tail(paths.stopped):
        return printable(stopped)
    launched = paths.outer_dag.stat().st_mtime if paths.outer_dag.exists() else 0.0
    for log in (paths.propose_log, paths.harvest_log):
        if error := last_script_error(tail(log, LOG_LINES, LOG_BYTES), launched):
            return printable("\n".join(error.splitlines()[-SHOWN_LINES:]))
    return printable(_dagman_failure(paths.dag, launched))


def note_failed_launch(paths: StudyPaths, error: Exception) -> None:
    """Write down why a launch died of an error that nobody foresaw: who looks later may not have seen its traceback."""
    with contextlib.suppress(OSError):
        write_text(paths.launch_failed, f"sweep launch died: {type(error).__name__}: {error}\n")


def last_script_error(log: str, since: float = 0.0) -> str:
    """Return what the script that failed last, after the time `since`, has printed; '' when none failed.

    For each script that has ended, DAGMan writes a line that starts with ***, then what the script printed. How a HOLD
    script ends does not matter.
    """
    error = ""
    for part in re.split(r"^\*\*\* (?=Node=)", log, flags=re.MULTILINE)[1:]:
        head, _, printed = part.partition("\n")
        found = re.search(r"Type=(?:PRE|POST) ExitCode=(\d+) Completion=(\d+)", head)
        if found and int(found[1]) not in (0, SKIP, DEFER, TRY_AGAIN) and int(found[2]) >= int(since):
            error = printed.strip() or head
    return error


def _dagman_failure(dag: Path, launched: float) -> str:
    """Return the first error that the logs of a study's DAGMans have since the launch, '' if they have none."""
    for log in sorted(dag.glob("*.dagman.out")):
        if log.stat().st_mtime >= launched and (error := dagman_error(tail(log, LOG_LINES, LOG_BYTES))):
            return f"{error} See {log}."
    return ""


def dagman_error(log: str) -> str:
    """Return the first error in the log of a DAGMan since its last start, '' if there is none."""
    errors = ERROR.findall(START.split(log)[-1])
    return next((f"DAGMan: {error}" for error in errors if not error.startswith(SUMMARY)), "")
