"""How figures look: one set of colours that colour-blind people can tell apart, on light and on dark paper.

A figure is drawn once for each width. Its data has colours that show on both papers; only the inks differ, so that
the dark variant is the same drawing with other inks.
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
"""Inks on dark paper."""


EARLY_TO_LATE = ("#a3acb8", GOOD)


WIDE, NARROW = 10.8, 3.7
"""Inches."""


RASTER_DPI = 130


SHADES = 64
"""Of a layer that is a picture: a quarter of the bytes, and nobody sees it."""


MANY = 300
"""From so many points or lines on, a layer is a picture inside the drawing."""


RC: dict[Any, Any] = {
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a user's word is a $
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
    """A figure of the page. `name` is its file's; the caption says what it shows, and what was left out; `draw` makes
    it, for a narrow screen or a wide one."""

    name: str
    title: str
    caption: str
    draw: Callable[[bool], Figure]


@contextmanager
def styled() -> Iterator[None]:
    """Within it figures look so; what matplotlib is set to otherwise comes back."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(RC)
        yield


def figure(narrow: bool, height: float) -> Figure:
    """An empty figure, so many inches high."""
    from matplotlib.figure import Figure as New

    return New(figsize=(NARROW if narrow else WIDE, height), layout="constrained")


def legend(axes: Axes, columns: int) -> None:
    """The legend above the axes, where it hides nothing; what is faint or tiny there is not so here."""
    from matplotlib.collections import PathCollection

    box = axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, handletextpad=0.4)
    for handle in box.legend_handles:
        if isinstance(handle, PathCollection):
            handle.set_sizes([18])
        if handle:
            handle.set_alpha(1)


def as_svg(plot: Plot, narrow: bool) -> str:
    """The drawing for light paper."""
    with styled():
        text = io.StringIO()
        plot.draw(narrow).savefig(text, format="svg", dpi=RASTER_DPI, metadata={"Date": None, "Creator": None})
    svg = text.getvalue().replace("'DejaVu Sans', sans-serif", "system-ui, 'Segoe UI', Helvetica, sans-serif")
    svg = re.sub(r'(?<=base64,)[^"]*', lambda picture: _reduced(picture[0]), svg)
    return re.sub(r'\bd="[^"]*"', lambda path: re.sub(r"(\.\d)\d+", r"\1", path[0]), svg)


def _reduced(picture: str) -> str:
    """A PNG file in base64, in fewer shades."""
    from PIL import Image

    data = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        image.quantize(SHADES, method=Image.Quantize.FASTOCTREE).save(data, format="png", optimize=True)
    return base64.b64encode(data.getvalue()).decode()


def darkened(svg: str) -> str:
    """The same drawing for dark paper."""
    for light, dark in DARK.items():
        svg = svg.replace(light, dark)
    return svg


def as_png(plot: Plot) -> bytes:
    """The wide drawing on white paper."""
    with styled():
        data = io.BytesIO()
        plot.draw(False).savefig(data, format="png", dpi=2 * 96, facecolor="white")
        return data.getvalue()
