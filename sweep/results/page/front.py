"""Several objectives against each other, and their Pareto front."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Literal

from sweep.results.page import style
from sweep.results.page.page_data import PageData, axis_limits, outside
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


PAIRS = 3
"""Of objectives, at the most."""


def plot(subject: PageData) -> Plot | None:
    """None for one objective, and before a trial is complete."""
    objectives = subject.objectives
    if len(objectives) < 2 or not subject.best:
        return None
    pairs = list(combinations(objectives, 2))[:PAIRS]
    caption = f"The {len(subject.best):,} trials on the front: no other is better in one objective and as good in all."
    for metric in dict.fromkeys(metric for pair in pairs for metric in pair):
        values = [row.values[metric] for row in subject.complete]
        caption += outside(values, axis_limits(values, objectives[metric]))

    def draw(narrow: bool) -> Figure:
        rows, columns = (len(pairs), 1) if narrow else (1, len(pairs))
        figure = style.figure(narrow, 3.0 * rows if narrow else 3.9)
        panels = figure.subplots(rows, columns, squeeze=False).flat
        for axes, pair in zip(panels, pairs, strict=True):
            _panel(axes, subject, *pair)
        style.legend(panels[0], 3)
        return figure

    return Plot("front", "Pareto front", caption, draw)


def _panel(axes: Axes, subject: PageData, across: str, up: str) -> None:
    raster = len(subject.complete) > style.MANY
    on_front = {row.number for row in subject.best}
    others = [row for row in subject.complete if row.number not in on_front]
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
    front = sorted((row.values[across], row.values[up]) for row in subject.best)
    x, y = [point[0] for point in front], [point[1] for point in front]
    if len(subject.objectives) == 2:
        # Between two points of the front all is dominated by one of them.
        where: Literal["post", "pre"] = "post" if subject.objectives[across] == "minimize" else "pre"
        axes.step(x, y, where=where, color=style.BEST, lw=1.2)
    axes.scatter(x, y, s=28, color=style.BEST, edgecolors=style.PAPER, linewidths=0.6, zorder=3, label="Pareto front")
    for metric, set_limits in ((across, axes.set_xlim), (up, axes.set_ylim)):
        set_limits(*axis_limits([row.values[metric] for row in subject.complete], subject.objectives[metric]))
    axes.set_xlabel(f"{across} ({subject.objectives[across]})")
    axes.set_ylabel(f"{up} ({subject.objectives[up]})")
