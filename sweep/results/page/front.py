"""Several objectives plotted against each other, with their Pareto front."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal

from sweep.results.page import style
from sweep.results.page.page_data import PageData, axis_limits, outlier_note
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PAIRS = 3
"""Most pairs of objectives."""


def plot(data: PageData) -> Plot | None:
    """Return the figure; None for a single objective, and before a trial is ranked."""
    objectives = data.objectives
    if len(objectives) < 2 or not data.best:
        return None
    pairs = list(combinations(objectives, 2))[:PAIRS]
    caption = (
        f"{len(data.best):,} trials are on the front: no other trial is as good in all objectives and better in one."
    )
    for metric in dict.fromkeys(metric for pair in pairs for metric in pair):
        values = [row.values[metric] for row in data.complete]
        caption += outlier_note(values, axis_limits(values, objectives[metric]))

    def draw(narrow: bool) -> Figure:
        rows, columns = (len(pairs), 1) if narrow else (1, len(pairs))
        figure = style.new_figure(narrow, 3.0 * rows if narrow else 3.9)
        panels = figure.subplots(rows, columns, squeeze=False).flat
        for axes, pair in zip(panels, pairs, strict=True):
            _panel(axes, data, *pair)
        style.add_legend(panels[0], 3)
        return figure

    return Plot("front", "Pareto front", caption, draw)


def _panel(axes: Axes, data: PageData, across: str, up: str) -> None:
    raster = len(data.complete) > style.MANY
    on_front = {row.number for row in data.best}
    others = [row for row in data.complete if row.number not in on_front]
    axes.scatter(
        [row.values[across] for row in others],
        [row.values[up] for row in others],
        s=6 if raster else 16,
        color=style.GOOD,
        alpha=0.5,
        linewidths=0,
        rasterized=raster,
        label="complete",
    )
    front = sorted((row.values[across], row.values[up]) for row in data.best)
    x, y = [point[0] for point in front], [point[1] for point in front]
    if len(data.objectives) == 2:
        # The steps bound the area that the points of the front dominate.
        where: Literal["post", "pre"] = "post" if data.objectives[across] == "minimize" else "pre"
        axes.step(x, y, where=where, color=style.BEST, lw=1.2)
    axes.scatter(x, y, s=28, color=style.BEST, edgecolors=style.PAPER, linewidths=0.6, zorder=3, label="Pareto front")
    for metric, set_limits in ((across, axes.set_xlim), (up, axes.set_ylim)):
        set_limits(*axis_limits([row.values[metric] for row in data.complete], data.objectives[metric]))
    axes.set_xlabel(f"{across} ({data.objectives[across]})")
    axes.set_ylabel(f"{up} ({data.objectives[up]})")
