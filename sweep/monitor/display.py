"""Shows where a sweep stands: as a live screen for a terminal, as plain lines, and as JSON. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sweep.monitor.progress import Generation, Progress, QueuedTrial
from sweep.study.study import Study
from sweep.units import readable_time

ROWS = 12
"""Lines that the live screen has for generations, and for running trials, so that it fits a terminal."""


LEVELS = "▁▂▃▄▅▆▇█"


CURVE = 24
"""Characters of the curve of the best values."""


def sparkline(values: Sequence[float]) -> str:
    """A small curve of some values, the last ones where there are many."""
    shown = values[-CURVE:]
    low, high = min(shown, default=0.0), max(shown, default=0.0)
    if low == high:
        return LEVELS[0] * len(shown)
    return "".join(LEVELS[round((value - low) / (high - low) * (len(LEVELS) - 1))] for value in shown)


def headline(study: Study, progress: Progress) -> str:
    """Name and state of the sweep, and why, in one line."""
    name, outer = study.config.study.name, progress.outer
    if progress.state == "held" and outer:
        return f"{name} is held (cluster {outer.cluster}): {outer.hold_reason}."
    if outer:
        return f"{name} is running as cluster {outer.cluster}."
    state = "is finished" if progress.state == "finished" else "is not running"
    return f"{name} {state}{': ' if progress.ended else ''}{progress.ended}. {progress.stopped}".rstrip()


def overall_line(study: Study, progress: Progress) -> str:
    """How much is done, how much of the slots' time was used, what is left, and the best so far, in one line."""
    text = f"{progress.done} of {progress.total} trials done"
    if progress.busy is not None:
        text += f", slots busy {progress.busy:.0%} of the time"
    if progress.evictions:
        text += f", {progress.evictions} evictions"
    if progress.outer and progress.seconds_left:
        text += f", about {readable_time(progress.seconds_left)} left"
    if progress.best:
        number, value = progress.best[-1]
        text += f", best {study.config.study.metric[0]} {value:.5g} (trial {number})"
    return text


def generation_line(name: str, generation: Generation, metric: str) -> str:
    """A generation, or all lanes, in one plain line."""
    best = "" if generation.best is None else f", best {metric} {generation.best:.5g}"
    held = f", {generation.held} held" if generation.held else ""
    pruned = f", {generation.pruned} pruned" if generation.pruned else ""
    return (
        f"{name}: {generation.done} of {generation.total} trials done, "
        f"{generation.running} running, {generation.idle} idle{held}{pruned}, {generation.failed} failed{best}"
    )


def status_lines(study: Study, progress: Progress) -> list[str]:
    """All of it, as plain lines."""
    metric = study.config.study.metric[0]
    text = [headline(study, progress)]
    text += [f"It waits, and tries again by itself: {progress.waiting}"] if progress.waiting else []
    text += [overall_line(study, progress)] if progress.total else []
    text += [generation_line(name, generation, metric) for name, generation in progress.groups]
    for trial in progress.open:
        text.append(trial_line(trial))
    text += hold_advice(progress)
    if progress.state == "stopped":
        text.append(f"Next: sweep launch --generations {max(1, len(progress.generations))}")
    return text


def trial_line(trial: QueuedTrial) -> str:
    """A trial whose job is in the queue, in one plain line."""
    where = f" on {trial.host}" if trial.host else ""
    where += f" ({trial.gpu})" if trial.gpu else ""
    where += f" in {trial.lane}" if trial.lane else ""
    of = f" of {trial.target_step}" if trial.target_step else ""
    values = "".join(f", {name} {value:.5g}" for name, value in trial.values.items())
    return (
        f"trial {trial.trial}: {trial.status.name.lower()}{where}, epoch {trial.step}{of}{values}, "
        f"{trial.attempts} starts, {trial.evictions} evictions"
    )


def hold_advice(progress: Progress) -> list[str]:
    """Why trials are held, and what to do about it."""
    return [
        text
        for trial in progress.held
        for text in (
            f"trial {trial.trial} is held: {trial.hold_reason}",
            f"  let it go on: condor_release -constraint 'SweepTrial == {trial.trial}'; or end it: condor_rm",
        )
    ]


def progress_json(study: Study, progress: Progress) -> str:
    """The same for programs."""
    best = progress.best[-1] if progress.best else None
    return json.dumps(
        {
            "study": study.config.study.name,
            "state": progress.state,
            "cluster": progress.outer.cluster if progress.outer else None,
            "trials": {"done": progress.done, "total": progress.total},
            "best": {"trial": best[0], "value": best[1]} if best else None,
            "busy": progress.busy,
            "evictions": progress.evictions,
            "seconds_left": progress.seconds_left,
            "waiting": progress.waiting,
            "ended": progress.ended,
            "stopped": progress.stopped,
            "generations": [asdict(generation) for generation in progress.generations],
            "open": [
                {**asdict(trial), "status": trial.status.name, "since": trial.since and trial.since.isoformat()}
                for trial in progress.open
            ],
        },
        indent=2,
        allow_nan=False,
    )


def live_view(study: Study, progress: Progress, now: datetime) -> RenderableType:
    """The live screen."""
    metric = study.config.study.metric[0]
    parts: list[RenderableType] = [Text(headline(study, progress), style="bold")]
    bar = Table.grid(padding=(0, 2))
    bar.add_row(ProgressBar(max(1, progress.total), progress.done, width=40), Text(overall_line(study, progress)))
    parts.append(bar)
    if len(progress.best) > 1:
        parts.append(Text(f"best {metric}: {sparkline([value for _, value in progress.best])}"))
    parts.append(_generations(progress, metric))
    running = [trial for trial in progress.open if trial.runs]
    if running:
        parts.append(_running(running, now))
    notes = hold_advice(progress)
    notes += [f"waiting: {progress.waiting}"] if progress.waiting else []
    return Group(*parts, *(Text(note, style="yellow") for note in notes), Text("Ctrl-C leaves the sweep running"))


def _generations(progress: Progress, metric: str) -> Table:
    """A line for each generation that has begun, the latest ones where there are many, or one for all lanes."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("", "", "done", "running", "idle", "held", "pruned", "failed", f"best {metric}"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, one in progress.groups[-ROWS:]:
        table.add_row(
            name,
            ProgressBar(one.total, one.done, width=16),
            f"{one.done}/{one.total}",
            *(str(count) if count else "" for count in (one.running, one.idle, one.held, one.pruned, one.failed)),
            "" if one.best is None else f"{one.best:.5g}",
        )
    return table


def _running(running: Sequence[QueuedTrial], now: datetime) -> Table:
    """A line for each running trial, as many as fit."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    lanes, gpus = any(trial.lane for trial in running), any(trial.gpu for trial in running)
    names = list(dict.fromkeys(name for trial in running for name in trial.values))
    for heading in ("trial", *["lane"] * lanes, "", "epoch", *names, "host", *["GPU"] * gpus, "for", "evictions"):
        table.add_column(heading, justify="right", no_wrap=True)
    for trial in running[:ROWS]:
        table.add_row(
            str(trial.trial),
            *[trial.lane] * lanes,
            ProgressBar(max(1, trial.target_step), trial.step, width=10),
            f"{trial.step}/{trial.target_step}" if trial.target_step else str(trial.step),
            *(f"{trial.values[name]:.5g}" if name in trial.values else "" for name in names),
            Text(trial.host),
            *[Text(trial.gpu)] * gpus,
            readable_time((now - trial.since).total_seconds()) if trial.since else "",
            str(trial.evictions or ""),
        )
    if len(running) > ROWS:
        table.caption = f"and {len(running) - ROWS} more that run"
    return table
