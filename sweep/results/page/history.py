"""Values over the course of the search, and the best so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweep.optimizer.trial_row import TrialRow
from sweep.results.page import style
from sweep.results.page.page_data import PageData, axis_limits, outside
from sweep.results.page.style import Plot
from sweep.trial.direction import Direction

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot(subject: PageData) -> Plot | None:
    """None before a trial is complete."""
    if not subject.complete:
        return None
    caption = "A dot for each complete trial; the line is the best so far."
    if subject.report.study["constraints"]:
        caption += " Hollow ones break a constraint."
    if any(row.state == "PRUNED" for row in subject.rows):
        caption += " Pruned trials stand where they were stopped."
    for metric, direction in subject.objectives.items():
        ends = axis_limits(_values(subject.rows, metric), direction)
        caption += outside(_values(subject.rows, metric), ends)

    def draw(narrow: bool) -> Figure:
        objectives = subject.objectives
        figure = style.figure(narrow, (2.5 if narrow else 3.2) * len(objectives))
        panels = figure.subplots(len(objectives), 1, squeeze=False)[:, 0]
        for axes, (metric, direction) in zip(panels, objectives.items(), strict=True):
            _panel(axes, subject, metric, direction)
        style.legend(panels[0], 2 if narrow else 5)
        panels[-1].set_xlabel("trial")
        return figure

    return Plot("history", "Optimisation history", caption, draw)


def _values(rows: list[TrialRow], metric: str) -> list[float]:
    return [row.values[metric] for row in rows if metric in row.values]


def _panel(axes: Axes, subject: PageData, metric: str, direction: Direction) -> None:
    pruned = [row for row in subject.rows if row.state == "PRUNED" and metric in row.values]
    broken = [row for row in subject.complete if not row.is_feasible]
    kept = [row for row in subject.complete if row.is_feasible]
    raster = len(subject.rows) > style.MANY
    size = 5 if raster else 18

    def dots(rows: list[TrialRow], **looks: object) -> None:
        if rows:
            numbers, values = [row.number for row in rows], [row.values[metric] for row in rows]
            axes.scatter(numbers, values, rasterized=raster, **looks)  # type: ignore[arg-type]

    dots(pruned, s=size, color=style.PRUNED, marker="x", linewidths=0.8, alpha=0.8, label="pruned")
    dots(broken, s=size, facecolors="none", edgecolors=style.GOOD, linewidths=0.8, label="breaks a constraint")
    dots(kept, s=size, color=style.GOOD, linewidths=0, alpha=0.55 if raster else 0.9, label="complete")
    steps = direction.improvements((row.number, row.values[metric]) for row in kept)
    if steps:
        numbers, values = [number for number, _ in steps], [value for _, value in steps]
        last = subject.rows[-1].number
        axes.step([*numbers, last], [*values, values[-1]], where="post", color=style.BEST, lw=1.8, label="best so far")
        axes.plot(numbers[-1:], values[-1:], "*", color=style.BEST, ms=9, mec=style.PAPER, mew=0.6)
    axes.set_ylim(*axis_limits(_values(subject.rows, metric), direction))
    axes.set_ylabel(metric)
