"""Formats a sweep's progress: as a live screen for a terminal, as plain lines, and as JSON."""

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
from sweep.pool.schedd import STUDY_ATTRIBUTE
from sweep.study.commands import next_launch, report_command
from sweep.study.study import Study
from sweep.units import counted, readable_time

ROWS = 12
"""Most rows of each table on the live screen, so that the screen fits a terminal."""


LEVELS = "▁▂▃▄▅▆▇█"


CURVE_LENGTH = 24
"""Most characters in the curve of the best values."""


def sparkline(values: Sequence[float]) -> str:
    """Return a one-line curve of the last `CURVE_LENGTH` values."""
    shown = values[-CURVE_LENGTH:]
    # Halved, because the difference of two huge values would be infinite.
    low, high = min(shown, default=0.0) / 2, max(shown, default=0.0) / 2
    if low == high:
        return LEVELS[0] * len(shown)
    return "".join(LEVELS[round((value / 2 - low) / (high - low) * (len(LEVELS) - 1))] for value in shown)


def headline(study: Study, progress: Progress) -> str:
    """Return the study's name and the sweep's state, with the reason, in one line."""
    name, outer = study.config.study.name, progress.outer
    if progress.state == "held" and outer:
        return f"{name} is held (cluster {outer.cluster}): {outer.hold_reason}."
    if outer:
        return f"{name} is running as cluster {outer.cluster}."
    if progress.state == "stopped" and progress.stopped_itself:
        return f"{name} ended early: {progress.stopped}"
    finished = "has ended" if progress.stopped else "is finished"
    state = finished if progress.state == "finished" else "is not running"
    return f"{name} {state}{': ' if progress.ended else ''}{progress.ended}. {progress.stopped}".rstrip()


def overall_line(study: Study, progress: Progress) -> str:
    """Return the trials done, use of the slots, evictions, time left and best value so far, in one line."""
    text = f"{progress.done} of {progress.total} trials done"
    if progress.busy is not None:
        text += f", slots busy {progress.busy:.0%} of the time"
    if progress.evictions:
        text += f", {counted(progress.evictions, 'eviction')}"
    if progress.outer and progress.seconds_left:
        text += f", about {readable_time(progress.seconds_left)} left"
    if progress.best:
        number, value = progress.best[-1]
        text += f", best {study.config.study.metric[0]} {value:.5g} (trial {number})"
    return text


def generation_line(name: str, generation: Generation, metric: str) -> str:
    """Return the counts and the best value of a generation, or of all lanes, in one line."""
    best = "" if generation.best is None else f", best {metric} {generation.best:.5g}"
    held = f", {generation.held} held" if generation.held else ""
    pruned = f", {generation.pruned} pruned" if generation.pruned else ""
    return (
        f"{name}: {generation.done} of {generation.total} trials done, "
        f"{generation.running} running, {generation.idle} idle{held}{pruned}, {generation.failed} failed{best}"
    )


def status_lines(study: Study, progress: Progress) -> list[str]:
    """Return the whole progress as plain lines, with the next command to run if the sweep has stopped."""
    metric = study.config.study.metric[0]
    lines = [headline(study, progress)]
    lines += [f"Waiting; the sweep retries by itself: {progress.waiting}"] if progress.waiting else []
    lines += progress.troubles
    lines += [overall_line(study, progress)] if progress.total else []
    lines += [generation_line(name, generation, metric) for name, generation in progress.groups]
    lines += [trial_line(trial) for trial in progress.queued]
    lines += hold_advice(study, progress)
    if progress.state == "stopped":
        if progress.stopped_itself:
            lines.append(f"Fix the cause first. To see why trials failed, run: {report_command(study)}")
        lines.append(f"Next: {next_launch(study)}")
    return lines


def trial_line(trial: QueuedTrial) -> str:
    """Return the state of a trial whose job is in the queue, in one line."""
    where = f" on {trial.host}" if trial.host else ""
    where += f" ({trial.gpu})" if trial.gpu else ""
    where += f" in {trial.lane}" if trial.lane else ""
    target = f" of {trial.target_step}" if trial.target_step else ""
    values = "".join(f", {name} {value:.5g}" for name, value in trial.values.items())
    return (
        f"trial {trial.trial}: {trial.status.name.lower()}{where}, epoch {trial.step}{target}{values}, "
        f"{counted(trial.attempts, 'attempt')}, {counted(trial.evictions, 'eviction')}"
    )


def hold_advice(study: Study, progress: Progress) -> list[str]:
    """Return why each held trial is held, and the commands that release or remove its job."""
    lines = []
    for trial in progress.held:
        # Other studies have trials of the same number.
        job = f"-constraint 'SweepTrial == {trial.trial} && {STUDY_ATTRIBUTE} == \"{study.id}\"'"
        lines += [
            f"trial {trial.trial} is held: {trial.hold_reason}",
            f"  To release it, run: condor_release {job}",
            f"  To end it, run: condor_rm {job}",
        ]
    return lines


def progress_json(study: Study, progress: Progress) -> str:
    """Return the progress as JSON, for programs."""
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
            "troubles": progress.troubles,
            "generations": [asdict(generation) for generation in progress.generations],
            "open": [
                {**asdict(trial), "status": trial.status.name, "since": trial.since and trial.since.isoformat()}
                for trial in progress.queued
            ],
        },
        indent=2,
        allow_nan=False,
    )


def live_view(study: Study, progress: Progress, now: datetime) -> RenderableType:
    """Return the live screen; `now` is compared with the start of each job."""
    metric = study.config.study.metric[0]
    parts: list[RenderableType] = [Text(headline(study, progress), style="bold")]
    bar = Table.grid(padding=(0, 2))
    bar.add_row(ProgressBar(max(1, progress.total), progress.done, width=40), Text(overall_line(study, progress)))
    parts.append(bar)
    if len(progress.best) > 1:
        parts.append(Text(f"best {metric}: {sparkline([value for _, value in progress.best])}"))
    parts.append(_generation_table(progress, metric))
    running = [trial for trial in progress.queued if trial.is_running]
    if running:
        parts.append(_running_table(running, now))
    notes = hold_advice(study, progress)
    notes += [f"waiting: {progress.waiting}"] if progress.waiting else []
    notes += progress.troubles
    return Group(*parts, *(Text(note, style="yellow") for note in notes), Text("Ctrl-C leaves the sweep running"))


def _generation_table(progress: Progress, metric: str) -> Table:
    """Return a row for each of the latest generations, or one row for all lanes."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("", "", "done", "running", "idle", "held", "pruned", "failed", f"best {metric}"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, group in progress.groups[-ROWS:]:
        counts = (group.running, group.idle, group.held, group.pruned, group.failed)
        table.add_row(
            name,
            ProgressBar(group.total, group.done, width=16),
            f"{group.done}/{group.total}",
            *(str(count) if count else "" for count in counts),
            "" if group.best is None else f"{group.best:.5g}",
        )
    return table


def _running_table(running: Sequence[QueuedTrial], now: datetime) -> Table:
    """Return a row for each of the first `ROWS` running trials."""
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
        table.caption = f"and {len(running) - ROWS} more running"
    return table
