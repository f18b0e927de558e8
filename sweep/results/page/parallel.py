"""Parallel coordinates: a line for each trial, through its parameters to its value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sweep.optimizer.trial_row import TrialRow
from sweep.results.page import style
from sweep.results.page.page_data import Axis, PageData, axis_limits, sample_evenly, short_label
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    import numpy
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LINES = 500
"""Most lines. If there are more trials, half are the best and half a sample of the others."""


TOP = 10
"""Number of the best trials, whose lines are highlighted."""


AXES = 12
"""Most parameters: the first in the study file."""


ABSENT = -0.14
"""The height at which a line passes the axis of a parameter that its trial lacks."""


def plot(data: PageData) -> Plot | None:
    """Return the figure; None before two trials are ranked."""
    ranked, axes_shown = data.best_first, data.axes[:AXES]
    if len(ranked) < 2 or not axes_shown:
        return None
    shown = [*ranked[: LINES // 2], *sample_evenly(ranked[LINES // 2 :], LINES // 2)]
    metric, direction = next(iter(data.objectives.items()))
    several = len(data.objectives) > 1
    highlighted = {row.number for row in (data.best if several else ranked[:TOP])}
    which = "the trials on the Pareto front" if several else f"the {min(TOP, len(ranked))} best trials"
    caption = f"Each line is a complete trial; {which} are highlighted. Among the others, bluer is better."
    if len(shown) < len(ranked):
        caption = f"The {LINES // 2} best of {len(ranked):,} trials, and {LINES // 2} of the others. {caption}"
    if len(data.axes) > AXES:
        caption += f" The first {AXES} of {len(data.axes)} parameters."
    ends = axis_limits([row.values[metric] for row in shown], direction)
    value_axis = Axis(metric, low=ends[0], high=ends[1])
    coordinates = [*axes_shown, value_axis]
    absent = any(axis.name not in row.params for row in shown for axis in axes_shown)
    caption += " A line passes below an axis if its trial lacks that parameter." if absent else ""

    def draw(narrow: bool) -> Figure:
        figure = style.new_figure(narrow, 0.62 * len(coordinates) + 0.4 if narrow else 3.8)
        axes = figure.subplots()
        points = [line_points(row, axes_shown, value_axis) for row in shown]
        _lines(axes, points, [row.number in highlighted for row in shown], narrow)
        for position, axis in enumerate(coordinates):
            _axis(axes, position, axis, narrow)
        axes.set_axis_off()
        span, depth = (-0.25, len(coordinates) - 0.75), (ABSENT - 0.04 if absent else -0.08, 1.05)
        axes.set_xlim(*(depth if narrow else span))
        axes.set_ylim(*(span[::-1] if narrow else depth))
        return figure

    return Plot("parallel", "Parallel coordinates", caption, draw)


def line_points(row: TrialRow, axes: Sequence[Axis], value: Axis) -> list[float]:
    """Return the height at which a trial's line passes each axis, the axis of the value last.

    Within a category the lines are spread a little, so that all can be seen.
    """
    heights = []
    for axis in axes:
        height = axis.fraction(row.params[axis.name]) if axis.name in row.params else ABSENT
        spread = ((row.number * 0.618034) % 1 - 0.5) * 0.06 if axis.choices else 0.0
        heights.append(height + spread)
    return [*heights, min(1.0, max(0.0, value.fraction(row.values[value.name])))]


def _lines(axes: Axes, points: Sequence[Sequence[float]], highlighted: Sequence[bool], narrow: bool) -> None:
    """Draw the trials' lines from the worst to the best; `points` has the best trial first."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("rank", [style.PRUNED, style.GOOD])
    order = range(len(points) - 1, -1, -1)
    colours = [style.BEST if highlighted[index] else shades(1 - index / len(points)) for index in order]
    few = len(points) <= 60
    widths = [1.5 if highlighted[index] else 1.0 if few else 0.6 for index in order]
    alphas = [0.95 if highlighted[index] else 0.7 if few else 0.3 for index in order]
    lines = [_curve(points[index], narrow) for index in order]
    raster = len(points) > style.MANY // 3
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=widths, alpha=alphas, rasterized=raster))


def _curve(points: Sequence[float], narrow: bool) -> numpy.ndarray:
    """Return the points of a smooth line, of shape (16 · (n - 1), 2), that is level at each of the n heights."""
    import numpy

    step = numpy.linspace(0, 1, 16)
    ease = (1 - numpy.cos(numpy.pi * step)) / 2
    across = numpy.concatenate([position + step for position in range(len(points) - 1)])
    up = numpy.concatenate([one + (other - one) * ease for one, other in pairwise(points)])
    return numpy.column_stack([up, across] if narrow else [across, up])


def _axis(axes: Axes, position: int, axis: Axis, narrow: bool) -> None:
    """Draw an axis with its name and labels: upright, or on a narrow screen lying."""
    ends = ([0, 1], [position, position])
    axes.plot(*(ends if narrow else ends[::-1]), color=style.FAINT, lw=0.9, zorder=3)
    marks = [(axis.fraction(choice), text) for choice, text in zip(axis.choices, axis.labels, strict=True)]
    if not marks:
        marks = [(0.0, short_label(f"{axis.low:.3g}")), (1.0, short_label(f"{axis.high:.3g}"))]
    ground = {"facecolor": style.PAPER, "alpha": 0.75, "pad": 0.6, "linewidth": 0}
    for height, text in marks:
        where: dict[str, Any] = {"va": "top", "ha": "center"} if narrow else {"va": "center", "ha": "left"}
        x, y = (height, position + 0.12) if narrow else (position + 0.05, height)
        axes.text(x, y, text, fontsize=7.5, color=style.INK, bbox=ground, zorder=4, **where)
    if narrow:
        axes.text(0, position - 0.12, short_label(axis.name), fontsize=8, color=style.FAINT, zorder=4, bbox=ground)
    else:
        axes.text(position, 1.08, short_label(axis.name), fontsize=8, color=style.FAINT, ha="center", va="bottom")
