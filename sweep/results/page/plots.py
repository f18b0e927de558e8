"""All figures of a study, in the page's order."""

from __future__ import annotations

from pathlib import Path

from sweep.results.page import curves, front, history, importance, parallel, slices, style, timeline
from sweep.results.page.page_data import PageData
from sweep.results.page.style import Plot

MAKERS = (history.plot, front.plot, importance.plot, parallel.plot, slices.plot, curves.plot, timeline.plot)


def plots(subject: PageData) -> list[Plot]:
    """Those that there is something for."""
    return [plot for make in MAKERS if (plot := make(subject))]


def write_plots(subject: PageData, folder: Path) -> list[Path]:
    """Put them into a folder as PNG files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for plot in plots(subject):
        files.append(folder / f"{plot.name}.png")
        files[-1].write_bytes(style.as_png(plot))
    return files
