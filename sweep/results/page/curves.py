"""Learning curves of the best and the pruned trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweep.optimizer.trial_row import TrialRow
from sweep.results.page import style
from sweep.results.page.page_data import PageData, axis_limits, outlier_note, sample_evenly
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


TOP, OTHERS, PRUNED = 10, 100, 100
"""Most curves of each kind."""


def plot(data: PageData) -> Plot | None:
    """Return the figure; None if no trial has reported twice and none is pruned."""
    with_curve = {row.number for row in data.rows if len(row.intermediate) > 1}
    best = [row for row in data.best_first[:TOP] if row.number in with_curve]
    others = [row for row in data.best_first[TOP:] if row.number in with_curve]
    pruned = [row for row in data.rows if row.state == "PRUNED" and row.intermediate]
    if not best and not pruned:
        return None
    metric, direction = next(iter(data.objectives.items()))
    caption = f"{metric} after each step, for the {len(best)} best trials"
    caption += f", {_shown_count(len(pruned), PRUNED)} pruned trials (they end in a cross)" if pruned else ""
    caption += f" and {_shown_count(len(others), OTHERS)} other trials." if others else "."
    others, pruned = sample_evenly(others, OTHERS), sample_evenly(pruned, PRUNED)
    values = [value for row in [*best, *others, *pruned] for value in row.intermediate.values()]
    ends = axis_limits(values, direction)
    caption += outlier_note(values, ends)

    def draw(narrow: bool) -> Figure:
        figure = style.new_figure(narrow, 2.7 if narrow else 3.6)
        axes = figure.subplots()
        _lines(axes, others, "others", style.GOOD, 0.7, 0.25)
        _lines(axes, pruned, "pruned", style.PRUNED, 0.8, 0.6)
        for row in pruned:
            step = max(row.intermediate)
            axes.plot([step], [row.intermediate[step]], "x", color=style.PRUNED, ms=3.5, mew=0.9)
        _lines(axes, best, f"{len(best)} best", style.BEST, 1.5, 0.95)
        axes.set_ylim(*ends)
        axes.set_xlabel("step")
        axes.set_ylabel(metric)
        axes.locator_params(axis="x", integer=True)
        style.add_legend(axes, 3)
        return figure

    return Plot("curves", "Learning curves", caption, draw)


def _shown_count(count: int, limit: int) -> str:
    return f"{limit} of {count:,}" if count > limit else f"{count}"


def _lines(axes: Axes, rows: list[TrialRow], name: str, colour: str, width: float, alpha: float) -> None:
    from matplotlib.collections import LineCollection

    if rows:
        lines = [sorted(row.intermediate.items()) for row in rows]
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, alpha=alpha, label=name))
        axes.autoscale_view()
