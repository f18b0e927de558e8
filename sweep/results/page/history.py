"""The objectives' values by trial number, with the best value so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweep.optimizer.trial_row import TrialRow
from sweep.results.page import style
from sweep.results.page.page_data import PageData, axis_limits, outlier_note
from sweep.results.page.style import Plot
from sweep.trial.direction import Direction

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot(data: PageData) -> Plot | None:
    """Return the figure; None before a trial is complete."""
    if not data.complete:
        return None
    caption = "Each dot is a complete trial; the line is the best value so far."
    if data.report.study["constraints"]:
        caption += " Hollow dots violate a constraint."
    if any(row.state == "PRUNED" for row in data.rows):
        caption += " Crosses are pruned trials, at their last values."
    for metric, direction in data.objectives.items():
        ends = axis_limits(_values(data.rows, metric), direction)
        caption += outlier_note(_values(data.rows, metric), ends)

    def draw(narrow: bool) -> Figure:
        objectives = data.objectives
        figure = style.new_figure(narrow, (2.5 if narrow else 3.2) * len(objectives))
        panels = figure.subplots(len(objectives), 1, squeeze=False)[:, 0]
        for axes, (metric, direction) in zip(panels, objectives.items(), strict=True):
            _panel(axes, data, metric, direction)
        style.add_legend(panels[0], 2 if narrow else 5)
        panels[-1].set_xlabel("trial")
        return figure

    return Plot("history", "Optimisation history", caption, draw)


def _values(rows: list[TrialRow], metric: str) -> list[float]:
    return [row.values[metric] for row in rows if metric in row.values]


def _panel(axes: Axes, data: PageData, metric: str, direction: Direction) -> None:
    pruned = [row for row in data.rows if row.state == "PRUNED" and metric in row.values]
    infeasible = [row for row in data.complete if not row.is_feasible]
    feasible = [row for row in data.complete if row.is_feasible]
    raster = len(data.rows) > style.MANY
    size = 5 if raster else 18

    def dots(rows: list[TrialRow], **looks: object) -> None:
        if rows:
            numbers, values = [row.number for row in rows], [row.values[metric] for row in rows]
            axes.scatter(numbers, values, rasterized=raster, **looks)  # type: ignore[arg-type]

    dots(pruned, s=size, color=style.PRUNED, marker="x", linewidths=0.8, alpha=0.8, label="pruned")
    dots(infeasible, s=size, facecolors="none", edgecolors=style.GOOD, linewidths=0.8, label="violates a constraint")
    dots(feasible, s=size, color=style.GOOD, linewidths=0, alpha=0.55 if raster else 0.9, label="complete")
    improvements = direction.improvements((row.number, row.values[metric]) for row in feasible)
    if improvements:
        numbers, values = [number for number, _ in improvements], [value for _, value in improvements]
        last = data.rows[-1].number
        axes.step([*numbers, last], [*values, values[-1]], where="post", color=style.BEST, lw=1.8, label="best so far")
        axes.plot(numbers[-1:], values[-1:], "*", color=style.BEST, ms=9, mec=style.PAPER, mew=0.6)
    axes.set_ylim(*axis_limits(_values(data.rows, metric), direction))
    axes.set_ylabel(metric)
