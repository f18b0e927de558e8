"""Follows a sweep until it ends, on a live screen or in plain lines. Ctrl-C leaves the sweep running."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from rich.live import Live

from sweep.console import console, say
from sweep.errors import PoolError, StudyError
from sweep.monitor.display import generation_line, live_view
from sweep.monitor.progress import Progress
from sweep.monitor.progress_reader import ProgressReader
from sweep.pool.connect import poll_seconds
from sweep.study.commands import launch_words, report_command, study_command
from sweep.study.study import Study, planned_generations

SCHEDD_TIMEOUT_SECONDS = 60
"""How long the schedd may fail to answer before following gives up."""


def follow_sweep(study: Study, generations: int) -> Progress:
    """Show progress until the sweep ends, or until Ctrl-C, which leaves the sweep running. Return the last progress.

    Raises StudyError when the sweep ends before all trials have ended, PoolError when the schedd does not answer.
    """
    reader = ProgressReader(study, generations)
    try:
        progress = _show_until_end(reader, study)
    except KeyboardInterrupt:
        say("Left the sweep running.")
        say(f"To follow it again, run: {study_command(study, 'status --watch')}")
        say(f"To see the leaderboard, run: {report_command(study)}")
        return reader.read()
    reason = f": {progress.ended}" if progress.ended else ""
    say(f"The sweep has ended{reason}. Next: {report_command(study)}")
    return progress


def _show_until_end(reader: ProgressReader, study: Study) -> Progress:
    """Show progress until the sweep's DAGMan job has left the queue.

    Raises StudyError, with the reason, when the job left before all trials had ended.
    """
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            progress = _poll(reader, lambda now: live.update(live_view(study, now, datetime.now()), refresh=True))
    else:
        shown: dict[object, str] = {}
        progress = _poll(reader, lambda now: _print_changes(now, study.config.study.metric[0], shown))
    if not progress.finished:
        raise StudyError(
            f"the sweep ended after {progress.done} of {progress.total} trials. {progress.stopped}".rstrip(),
            f"Fix that. To resume (trials that have ended are kept), run: {_resume(study)}\n"
            f"Each trial's stderr is the file err in its folder below {study.paths.trials}. "
            f"DAGMan's logs are in {study.paths.dag}.",
        )
    return progress


def _resume(study: Study) -> str:
    return study_command(study, launch_words(study, planned_generations(study.paths)))


def _poll(reader: ProgressReader, show: Callable[[Progress], None]) -> Progress:
    """Show the progress again and again until the DAGMan job is gone; return the last progress."""
    answered = time.monotonic()
    while True:
        try:
            progress = reader.read()
            answered = time.monotonic()
            show(progress)
            if not progress.outer:
                return progress
        except PoolError:
            if time.monotonic() - answered > SCHEDD_TIMEOUT_SECONDS:
                raise
        time.sleep(poll_seconds())


def _print_changes(progress: Progress, metric: str, shown: dict[object, str]) -> None:
    """Print each line that differs from the one in `shown` under the same key, and update `shown`."""

    def print_if_new(key: object, line: str) -> None:
        if shown.get(key, "") != line:
            say(line)
            shown[key] = line

    for name, generation in progress.groups:
        print_if_new(name, generation_line(name, generation, metric))
    for trial in progress.held:
        print_if_new(("held", trial.trial), f"trial {trial.trial} is held: {trial.hold_reason}")
    for text in progress.troubles:
        print_if_new(text, text)
    if progress.waiting or shown.get("waiting"):
        print_if_new("waiting", f"waiting: {progress.waiting}" if progress.waiting else "no longer waiting")
