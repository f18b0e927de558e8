"""PRE script of a lane: sees that it is given its next trial. Standard library only: another process asks Optuna.

That process (sweep/serve.py) answers all lanes that wait, and is started by a lane that waits while nobody serves.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sweep import script
from sweep.errors import SweepError
from sweep.files import locked
from sweep.lanes import current, is_busy, waits
from sweep.paths import StudyPaths
from sweep.trial import DONE, SKIP

POLL_SECONDS = 0.05
"""How often a lane that waits looks for its answer."""


def give(paths: StudyPaths, lane: str, start: Callable[[], subprocess.Popen[bytes] | None]) -> int:
    """See that a lane has a trial to run; SKIP where there is none for it, as all are asked for.

    `start` starts a process that answers, unless there is one. Where that cannot answer now, its status is given, and
    its words are printed. Raises SweepError when the sweep is stopped.
    """
    if not is_busy(paths, lane):
        waits(paths, lane)
    server = None
    # The answer is a trial, or that the mark is gone.
    while not is_busy(paths, lane) and paths.lane_waits(lane).exists():
        if paths.stopped.exists():
            raise SweepError("the sweep is stopped")
        status = server.poll() if server else 0
        if status and status > 0:
            print(paths.serve_log.read_text(), end="", file=sys.stderr)
            return status
        # Where nobody has answered: one that was killed, too, is started again.
        if status is not None:
            server = start()
        time.sleep(POLL_SECONDS)
    # One that has its trial bears the mark still where the process that gave it was killed.
    paths.lane_waits(lane).unlink(missing_ok=True)
    return DONE if is_busy(paths, lane) else SKIP


def start_server(paths: StudyPaths, trials: int) -> subprocess.Popen[bytes] | None:
    """Start the process that answers until there are so many `trials` in all, unless there is one."""
    with locked(paths.serving_lock, wait=False) as free:
        if not free:
            return None
    # It outlives this script by a little: so it has no part in what DAGMan reads from here.
    with paths.serve_log.open("w") as said:
        return subprocess.Popen(
            [sys.executable, "-P", "-S", "-m", "sweep.serve", str(paths.root), str(trials)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )


def main() -> None:
    """`give STUDY LANE TRIALS`, as the DAG's PRE script calls it."""
    folder, lane, trials = sys.argv[1:]
    paths = StudyPaths(Path(folder).resolve())
    script.limit_time()
    try:
        status = give(paths, lane, lambda: start_server(paths, int(trials)))
    except OSError as error:
        sys.exit(script.defer(paths, lane, error))
    except SweepError as error:
        sys.exit(f"{lane}: {error}")
    if status == DONE:
        print(f"{lane}: trial {current(paths, lane)}")
    sys.exit(status)


if __name__ == "__main__":
    main()
