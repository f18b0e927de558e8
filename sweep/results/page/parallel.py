"""Parallel coordinates: a line for each trial, through all its parameters to its value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sweep.optimizer.trial_row import TrialRow
from sweep.results.page import style
from sweep.results.page.page_data import Axis, PageData, axis_limits, label, thinned
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    import numpy
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


LINES = 500
"""At the most; of more trials the best ones, and a sample of the others."""


TOP = 10
"""Trials whose lines stand out."""


AXES = 12
"""Parameters, at the most: the file's first."""


ABSENT = -0.14
"""Where a line passes a parameter that its trial does not have."""


def plot(subject: PageData) -> Plot | None:
    """None before two trials are complete."""
    ranked, axes_shown = subject.best_first, subject.axes[:AXES]
    if len(ranked) < 2 or not axes_shown:
        return None
    shown = [*ranked[: LINES // 2], *thinned(ranked[LINES // 2 :], LINES // 2)]
    metric, direction = next(iter(subject.objectives.items()))
    is_best = [row.number for row in (subject.best if len(subject.objectives) > 1 else ranked[:TOP])]
    which = "on the Pareto front" if len(subject.objectives) > 1 else f"{min(TOP, len(ranked))} best"
    caption = f"A line for each complete trial; those {which} stand out, the bluer the better among the others."
    if len(shown) < len(ranked):
        caption = f"The {LINES // 2} best of {len(ranked):,} trials, and {LINES // 2} of the others. {caption}"
    if len(subject.axes) > AXES:
        caption += f" The first {AXES} of {len(subject.axes)} parameters."
    ends = axis_limits([row.values[metric] for row in shown], direction)
    value_axis = Axis(metric, low=ends[0], high=ends[1])
    coordinates = [*axes_shown, value_axis]
    absent = any(axis.name not in row.params for row in shown for axis in axes_shown)
    caption += " Lines below an axis are trials without that parameter." if absent else ""

    def draw(narrow: bool) -> Figure:
        figure = style.figure(narrow, 0.62 * len(coordinates) + 0.4 if narrow else 3.8)
        axes = figure.subplots()
        points = [axis_places(row, axes_shown, value_axis) for row in shown]
        _lines(axes, points, [row.number in is_best for row in shown], narrow)
        for place, one in enumerate(coordinates):
            _axis(axes, place, one, narrow)
        axes.set_axis_off()
        span, depth = (-0.25, len(coordinates) - 0.75), (ABSENT - 0.04 if absent else -0.08, 1.05)
        axes.set_xlim(*(depth if narrow else span))
        axes.set_ylim(*(span[::-1] if narrow else depth))
        return figure

    return Plot("parallel", "Parallel coordinates", caption, draw)


def axis_places(row: TrialRow, axes: Sequence[Axis], value: Axis) -> list[float]:
    """Where a trial's line passes each axis. Within a category lines are spread a little, so that all can be seen."""
    places = []
    for axis in axes:
        place = axis.share(row.params[axis.name]) if axis.name in row.params else ABSENT
        spread = ((row.number * 0.618034) % 1 - 0.5) * 0.06 if axis.choices else 0.0
        places.append(place + spread)
    return [*places, min(1.0, max(0.0, value.share(row.values[value.name])))]


def _lines(axes: Axes, points: Sequence[Sequence[float]], stands_out: Sequence[bool], narrow: bool) -> None:
    """Draw them, the worst first; `points` are of the best first."""
    from matplotlib.collections import LineCollection
    from matplotlib.colors import LinearSegmentedColormap

    shades = LinearSegmentedColormap.from_list("rank", [style.PRUNED, style.GOOD])
    order = range(len(points) - 1, -1, -1)
    colours = [style.BEST if stands_out[place] else shades(1 - place / len(points)) for place in order]
    few = len(points) <= 60
    widths = [1.5 if stands_out[place] else 1.0 if few else 0.6 for place in order]
    alphas = [0.95 if stands_out[place] else 0.7 if few else 0.3 for place in order]
    lines = [_curve(points[place], narrow) for place in order]
    raster = len(points) > style.MANY // 3
    axes.add_collection(LineCollection(lines, colors=colours, linewidths=widths, alpha=alphas, rasterized=raster))


def _curve(points: Sequence[float], narrow: bool) -> numpy.ndarray:
    """A smooth line through points one apart, level at each."""
    import numpy

    step = numpy.linspace(0, 1, 16)
    ease = (1 - numpy.cos(numpy.pi * step)) / 2
    across = numpy.concatenate([place + step for place in range(len(points) - 1)])
    up = numpy.concatenate([one + (other - one) * ease for one, other in pairwise(points)])
    return numpy.column_stack([up, across] if narrow else [across, up])


def _axis(axes: Axes, place: int, one: Axis, narrow: bool) -> None:
    """An axis, its name and the words at it; on a narrow screen it lies, and the lines go down."""
    ends = ([0, 1], [place, place])
    axes.plot(*(ends if narrow else ends[::-1]), color=style.FAINT, lw=0.9, zorder=3)
    marks = [(one.share(choice), text) for choice, text in zip(one.choices, one.labels, strict=True)]
    if not marks:
        marks = [(0.0, label(f"{one.low:.3g}")), (1.0, label(f"{one.high:.3g}"))]
    ground = {"facecolor": style.PAPER, "alpha": 0.75, "pad": 0.6, "linewidth": 0}
    for share, text in marks:
        where: dict[str, Any] = {"va": "top", "ha": "center"} if narrow else {"va": "center", "ha": "left"}
        x, y = (share, place + 0.12) if narrow else (place + 0.05, share)
        axes.text(x, y, text, fontsize=7.5, color=style.INK, bbox=ground, zorder=4, **where)
    if narrow:
        axes.text(0, place - 0.12, label(one.name), fontsize=8, color=style.FAINT, zorder=4, bbox=ground)
    else:
        axes.text(place, 1.08, label(one.name), fontsize=8, color=style.FAINT, ha="center", va="bottom")
