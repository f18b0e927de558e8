"""Makes all figures of a study."""

from __future__ import annotations

from pathlib import Path

from sweep.results.page import curves, front, history, importance, parallel, slices, style, timeline
from sweep.results.page.page_data import PageData
from sweep.results.page.style import Plot

MAKERS = (history.plot, front.plot, importance.plot, parallel.plot, slices.plot, curves.plot, timeline.plot)
"""The functions that make the figures, in the page's order. Each returns None if it has no data for its figure."""


def make_plots(data: PageData) -> list[Plot]:
    """Return the figures that the study has data for."""
    return [plot for make in MAKERS if (plot := make(data))]


def write_plots(data: PageData, folder: Path) -> list[Path]:
    """Write the figures into a folder as PNG files; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for plot in make_plots(data):
        files.append(folder / f"{plot.name}.png")
        files[-1].write_bytes(style.draw_png(plot))
    return files
