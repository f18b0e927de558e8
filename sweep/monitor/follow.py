"""Follows a sweep until it ends: a live screen on a terminal, plain lines elsewhere. Stopping it stops nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime

from rich.live import Live

from sweep.console import console, say
from sweep.errors import PoolError, StudyError
from sweep.monitor.display import generation_line, live_view
from sweep.monitor.progress import Progress
from sweep.monitor.progress_reader import ProgressReader
from sweep.paths import StudyPaths
from sweep.pool.connect import poll_seconds
from sweep.study.study import Study
from sweep.system.files import tail
from sweep.workflow.exit_codes import DEFER, TRY_AGAIN

PATIENCE_SECONDS = 60
"""How long the schedd may be silent before watching gives up."""


def follow_sweep(study: Study, generations: int) -> Progress:
    """`watch` a study for the command line: Ctrl-C says that the sweep goes on."""
    watcher = ProgressReader(study, generations)
    try:
        progress = watch_sweep(watcher, study)
    except KeyboardInterrupt:
        say("Left the sweep running. `sweep status --watch` follows it again; `sweep report` shows the leaderboard.")
        return watcher.look()
    why = f": {progress.ended}" if progress.ended else ""
    say(f"The sweep has ended{why}. Next: sweep report")
    return progress


def watch_sweep(watcher: ProgressReader, study: Study) -> Progress:
    """Show progress until the sweep's DAGMan job has left the queue.

    Raises StudyError, with the evidence, when it left before all trials had ended.
    """
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            progress = _follow(watcher, lambda now: live.update(live_view(study, now, datetime.now()), refresh=True))
    else:
        shown: dict[object, str] = {}
        progress = _follow(watcher, lambda now: _print_changes(now, study.config.study.metric[0], shown))
    if not progress.finished:
        raise StudyError(
            f"the sweep ended after {progress.done} of {progress.total} trials. {_evidence(study.paths)}",
            f"Mend that, then type the same `sweep launch` again: nothing is lost, trials that ended are kept.\n"
            f"Each trial's err is in {study.paths.trials}, DAGMan's logs are in {study.paths.dag}.",
        )
    return progress


def _evidence(paths: StudyPaths) -> str:
    return tail(paths.stopped) or "The last words of its scripts:\n" + "\n".join(
        words for log in (paths.propose_log, paths.harvest_log) if (words := last_script_error(tail(log, 500, 65536)))
    )


def last_script_error(log: str) -> str:
    """What the script that failed last said, in DAGMan's log of scripts; '' when none failed.

    DAGMan writes a line that starts with *** about each script that has ended, then what it printed.
    """
    said = ""
    for part in re.split(r"^\*\*\* (?=Node=)", log, flags=re.MULTILINE)[1:]:
        head, _, words = part.partition("\n")
        status = re.search(r"ExitCode=(\d+)", head)
        if status and int(status[1]) not in (0, DEFER, TRY_AGAIN):
            said = words.strip() or head
    return said


def _follow(watcher: ProgressReader, show: Callable[[Progress], None]) -> Progress:
    heard = time.monotonic()
    while True:
        try:
            progress = watcher.look()
            heard = time.monotonic()
            show(progress)
            if not progress.outer:
                return progress
        except PoolError:
            if time.monotonic() - heard > PATIENCE_SECONDS:
                raise
        time.sleep(poll_seconds())


def _print_changes(progress: Progress, metric: str, shown: dict[object, str]) -> None:
    """What has changed since it was `shown`, a line each."""

    def tell(what: object, text: str) -> None:
        if shown.get(what, "") != text:
            say(text)
            shown[what] = text

    for name, generation in progress.groups:
        tell(name, generation_line(name, generation, metric))
    for trial in progress.held:
        tell(("held", trial.trial), f"trial {trial.trial} is held: {trial.hold_reason}")
    if progress.waiting or shown.get("waiting"):
        tell("waiting", f"waiting: {progress.waiting}" if progress.waiting else "going on")
