"""Slices: a panel for each parameter, with the objective against the parameter's values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sweep.results.page import style
from sweep.results.page.page_data import Axis, PageData, axis_limits, outlier_note, sample_evenly, short_label
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PANELS = 16
"""Most panels, for the first parameters in the study file."""


POINTS = 2000
"""Most points in a panel."""


FEW_CATEGORIES = 8
"""Most categories that have labels in a panel."""


def plot(data: PageData) -> Plot | None:
    """Return the figure; None before a trial is complete."""
    axes_shown = [axis for axis in data.axes if any(axis.name in row.params for row in data.complete)][:PANELS]
    if not axes_shown:
        return None
    metric, direction = next(iter(data.objectives.items()))
    values = [row.values[metric] for row in data.complete]
    caption = f"{metric} by each parameter. Early trials are grey, late trials blue; a star marks the best."
    if len(values) > POINTS:
        caption += f" {POINTS:,} of {len(values):,} complete trials, evenly spaced."
    if len(data.axes) > PANELS:
        caption += f" The first {PANELS} of {len(data.axes)} parameters."
    caption += outlier_note(values, axis_limits(values, direction))

    def draw(narrow: bool) -> Figure:
        columns = 2 if narrow else min(4, len(axes_shown))
        rows = math.ceil(len(axes_shown) / columns)
        figure = style.new_figure(narrow, (1.55 if narrow else 2.2) * rows)
        panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for axes in panels.flat[len(axes_shown) :]:
            axes.set_axis_off()
        for axes, axis in zip(panels.flat, axes_shown, strict=False):
            _panel(axes, data, axis, metric, 3 if narrow else 4)
        panels[0, 0].set_ylim(*axis_limits(values, direction))
        figure.supylabel(metric, color=style.FAINT, fontsize=8.5)
        return figure

    return Plot("slices", "Slices", caption, draw)


def _panel(axes: Axes, data: PageData, axis: Axis, metric: str, ticks: int) -> None:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import LogLocator

    def x(number: int, value: object) -> float:
        """Return a dot's position; within a category the dots are spread, so that all can be seen."""
        return axis.position(value) + (((number * 0.618034) % 1 - 0.5) * 0.5 if axis.choices else 0)  # type: ignore[arg-type]

    rows = [row for row in sample_evenly(data.complete, POINTS) if axis.name in row.params]
    raster = len(rows) > style.MANY // 3
    axes.scatter(
        [x(row.number, row.params[axis.name]) for row in rows],
        [row.values[metric] for row in rows],
        s=4 if raster else 14,
        c=[row.number for row in rows],
        cmap=LinearSegmentedColormap.from_list("time", style.EARLY_TO_LATE),
        linewidths=0,
        alpha=0.6 if raster else 0.9,
        rasterized=raster,
    )
    for row in data.best:
        if axis.name in row.params:
            position = [x(row.number, row.params[axis.name])]
            axes.plot(position, [row.values[metric]], "*", color=style.BEST, ms=9, mec=style.PAPER, mew=0.6)
    if axis.choices:
        few = len(axis.choices) <= FEW_CATEGORIES
        axes.set_xticks(range(len(axis.choices)), axis.labels if few else [""] * len(axis.choices))
        axes.set_xlim(-0.6, len(axis.choices) - 0.4)
        long = max(map(len, axis.labels)) * len(axis.labels) > 18
        axes.tick_params(axis="x", rotation=30 if long else 0)
    elif axis.log:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(numticks=ticks))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.minorticks_off()
    else:
        axes.locator_params(axis="x", nbins=ticks)
    axes.set_title(short_label(axis.name), loc="left")
