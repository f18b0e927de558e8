"""Follows a sweep until it ends: a live table on a terminal, plain lines elsewhere. Stopping it stops nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from rich import box
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sweep.cli_output import console, say
from sweep.errors import PoolError, StudyError
from sweep.files import tail
from sweep.paths import StudyPaths
from sweep.progress import Generation, Progress, Watcher
from sweep.study import Study
from sweep.trial import DEFER, TRY_AGAIN

POLL_SECONDS = 1.0

ROWS = 15
"""Generations that the live view shows, so that it fits a terminal."""

PATIENCE_SECONDS = 60
"""How long the schedd may be silent before watching gives up."""


def follow(study: Study, generations: int) -> None:
    """`watch` a study for the command line: Ctrl-C says that the sweep goes on."""
    watcher = Watcher(study.paths, study.id, generations, study.config.study)
    try:
        watch(watcher, study.paths, study.config.study.metric[0])
    except KeyboardInterrupt:
        say("Left the sweep running. The same command follows it again; `sweep report` shows the leaderboard.")
    else:
        why = tail(study.paths.ended)
        say(f"The sweep has ended{': ' * bool(why)}{why}. Next: sweep report")


def watch(watcher: Watcher, paths: StudyPaths, metric: str) -> Progress:
    """Show progress until the sweep's DAGMan job has left the queue.

    Raises StudyError, with the evidence, when it left before all trials had ended.
    """
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            progress = _follow(watcher, lambda now: live.update(table(now, metric)))
    else:
        shown: dict[object, str] = {}
        progress = _follow(watcher, lambda now: _print_changes(now, metric, shown))
    if not progress.finished:
        done = sum(generation.done for generation in progress.generations)
        total = sum(generation.total for generation in progress.generations)
        evidence = tail(paths.stopped) or "The last words of its scripts:\n" + "\n".join(
            words for log in (paths.propose_log, paths.harvest_log) if (words := last_words(tail(log, 500, 65536)))
        )
        raise StudyError(
            f"the sweep ended after {done} of {total} trials. {evidence}",
            f"Mend that, then type the same `sweep launch` again: nothing is lost, trials that ended are kept.\n"
            f"Each trial's err is in {paths.trials}, DAGMan's logs are in {paths.dag}.",
        )
    return progress


def last_words(log: str) -> str:
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


def _follow(watcher: Watcher, show: Callable[[Progress], None]) -> Progress:
    heard = time.monotonic()
    while True:
        try:
            progress = watcher.look()
            heard = time.monotonic()
            show(progress)
            if not progress.alive:
                return progress
        except PoolError:
            if time.monotonic() - heard > PATIENCE_SECONDS:
                raise
        time.sleep(POLL_SECONDS)


def table(progress: Progress, metric: str) -> Table:
    """The live view: a line for each generation that has begun, the latest ones where there are many."""
    total = sum(generation.total for generation in progress.generations)
    done = sum(generation.done for generation in progress.generations)
    notes = [f"trial {trial} is held: {reason}" for trial, reason in progress.hold_reasons.items()]
    notes += [f"waiting: {progress.waiting}"] if progress.waiting else []
    caption = Text("\n".join([*notes, "Ctrl-C leaves the sweep running"]))
    view = Table(title=f"{done} of {total} trials done", caption=caption, box=box.SIMPLE)
    for heading in ("generation", "", "done", "running", "idle", "held", "failed", f"best {metric}"):
        view.add_column(heading, justify="right")
    for generation in [generation for generation in progress.generations if generation.has_begun][-ROWS:]:
        view.add_row(
            str(generation.number),
            ProgressBar(generation.total, generation.done, width=20),
            f"{generation.done}/{generation.total}",
            *(str(count) for count in (generation.running, generation.idle, generation.held, generation.failed)),
            "" if generation.best is None else f"{generation.best:.5g}",
        )
    return view


def line(generation: Generation, metric: str) -> str:
    """A generation in one plain line."""
    best = "" if generation.best is None else f", best {metric} {generation.best:.5g}"
    held = f", {generation.held} held" if generation.held else ""
    pruned = f", {generation.pruned} pruned" if generation.pruned else ""
    return (
        f"generation {generation.number}: {generation.done} of {generation.total} trials done, "
        f"{generation.running} running, {generation.idle} idle{held}{pruned}, {generation.failed} failed{best}"
    )


def _print_changes(progress: Progress, metric: str, shown: dict[object, str]) -> None:
    for generation in progress.generations:
        if not generation.has_begun:
            continue
        text = line(generation, metric)
        if shown.get(generation.number) != text:
            say(text)
            shown[generation.number] = text
    for trial, reason in progress.hold_reasons.items():
        if shown.get(("held", trial)) != reason:
            say(f"trial {trial} is held: {reason}")
            shown["held", trial] = reason
    if progress.waiting != shown.get("waiting", ""):
        say(f"waiting: {progress.waiting}" if progress.waiting else "going on")
        shown["waiting"] = progress.waiting
