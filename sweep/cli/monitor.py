"""`sweep status` and `sweep logs`: what a sweep is doing now."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from sweep.cli.options import StudyName, Watch
from sweep.console import say


class StatusFormat(StrEnum):
    """Output formats of `sweep status`."""

    TEXT = "text"
    JSON = "json"


def status(
    watch: Watch = False,
    form: Annotated[StatusFormat, typer.Option("--format", help="Output format.")] = StatusFormat.TEXT,
    name: StudyName = None,
) -> None:
    """Show what the sweep has done, what runs, what is held, and what to do about it.

    Exit status: 0 finished, 10 running, 11 held, 3 neither running nor finished.
    """
    from sweep.monitor.display import progress_json, status_lines
    from sweep.monitor.follow import follow_sweep
    from sweep.monitor.progress import EXIT_STATUS
    from sweep.monitor.progress_reader import read_progress
    from sweep.study.place import place_note
    from sweep.study.study import open_current

    study = open_current(name)
    progress = read_progress(study)
    if note := place_note(study):
        print(note, file=sys.stderr)
    if form == StatusFormat.JSON:
        print(progress_json(study, progress))
    elif watch and progress.outer:
        progress = follow_sweep(study, len(progress.generations))
    else:
        lines = status_lines(study, progress)
        # A note may have the line to type instead.
        for line in [line for line in lines if not ("run: " in note and line.startswith("Next: "))]:
            say(line)
    raise typer.Exit(EXIT_STATUS[progress.state])


def logs(
    trial: Annotated[int, typer.Argument(help="Number of the trial, as in the leaderboard.")],
    follow: Annotated[
        bool, typer.Option("--follow", help="Show new lines until the trial ends. Ctrl-C stops it.")
    ] = False,
    name: StudyName = None,
) -> None:
    """Show what a trial's jobs printed, and HTCondor's events for them, in order."""
    from sweep.monitor.logs import follow_logs, show_logs
    from sweep.study.study import open_current

    (follow_logs if follow else show_logs)(open_current(name), trial, say)
