"""The look of figures: colours that colour-blind people can tell apart, on light and on dark paper.

A figure is drawn once for each width. The colours of its data are visible on both papers. The dark variant is the same
drawing in which only the colours of `DARK` are replaced.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# After Okabe and Ito (2008), Color Universal Design.
GOOD, BEST, LOST, FAILED, PRUNED = "#2f7fc1", "#e69f00", "#d55e00", "#cc79a7", "#8a94a3"


INK, FAINT, GRID, PAPER = "#1e2329", "#5c6672", "#e2e6eb", "#fefefe"


DARK = {INK: "#e7eaee", FAINT: "#9ba6b4", GRID: "#2d343e", PAPER: "#171b21"}
"""The colours on dark paper, by the colours on light paper."""


EARLY_TO_LATE = ("#a3acb8", GOOD)


WIDE, NARROW = 10.8, 3.7
"""Width of a figure in inches, on a wide and on a narrow screen."""


RASTER_DPI = 130


SHADES = 64
"""Number of colours in a rasterised layer: it takes a quarter of the bytes, and looks the same."""


MANY = 300
"""Most points or lines that are drawn as vectors; a layer with more is rasterised."""


RC: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK,
    "text.parse_math": False,  # so that a $ in a user's text is shown as it is
    "axes.edgecolor": GRID,
    "axes.labelcolor": FAINT,
    "axes.titlecolor": INK,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.formatter.useoffset": False,
    "axes.unicode_minus": False,
    "figure.facecolor": "none",
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",
    "svg.hashsalt": "sweep",
}


@dataclass(frozen=True)
class Plot:
    """A figure of the page.

    `name` is the name of its file; the caption says what it shows and what was left out. `draw` draws it, for a narrow
    screen if its argument is true.
    """

    name: str
    title: str
    caption: str
    draw: Callable[[bool], Figure]


@contextmanager
def matplotlib_style() -> Iterator[None]:
    """Set this module's style in matplotlib, and restore matplotlib's settings at the end."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def new_figure(narrow: bool, height: float) -> Figure:
    """Return an empty figure of this height, in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(NARROW if narrow else WIDE, height), layout="constrained")


def add_legend(axes: Axes, columns: int) -> None:
    """Add a legend above the axes, where it hides nothing; its symbols are opaque and of one size."""
    from matplotlib.collections import PathCollection

    box = axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, handletextpad=0.4)
    for handle in box.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([18])
        if handle:
            handle.set_alpha(1)


def draw_svg(plot: Plot, narrow: bool) -> str:
    """Return the figure as SVG, for light paper."""
    with matplotlib_style():
        text = io.StringIO()
        plot.draw(narrow).savefig(text, format="svg", dpi=RASTER_DPI, metadata={"Date": None, "Creator": None})
    svg = text.getvalue().replace("'DejaVu Sans', sans-serif", "system-ui, 'Segoe UI', Helvetica, sans-serif")
    svg = re.sub(r'(?<=base64,)[^"]*', lambda image: _reduce_colours(image[0]), svg)
    # One decimal is enough for coordinates.
    return re.sub(r'\bd="[^"]*"', lambda path: re.sub(r"(\.\d)\d+", r"\1", path[0]), svg)


def _reduce_colours(png: str) -> str:
    """Return a PNG image in base64 with its colours reduced to `SHADES`."""
    from PIL import Image

    data = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as image:
        image.quantize(SHADES, method=Image.Quantize.FASTOCTREE).save(data, format="png", optimize=True)
    return base64.b64encode(data.getvalue()).decode()


def dark_variant(svg: str) -> str:
    """Return the SVG of a figure with the colours for dark paper."""
    for light, dark in DARK.items():
        svg = svg.replace(light, dark)
    return svg


def draw_png(plot: Plot) -> bytes:
    """Return the wide figure on white paper, as PNG."""
    with matplotlib_style():
        data = io.BytesIO()
        plot.draw(False).savefig(data, format="png", dpi=2 * 96, facecolor="white")
        return data.getvalue()
