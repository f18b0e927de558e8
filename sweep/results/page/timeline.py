"""Slots over time: which trial ran on which slot, and the time that evictions lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sweep.results.page import style
from sweep.results.page.page_data import PageData, short_label
from sweep.results.page.style import Plot
from sweep.trial.event_log import SlotRun

if TYPE_CHECKING:
    import numpy
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


SLOTS = 300
"""Most rows: the slots that were used most."""


CROSSES = 500
"""Most crosses for evictions; if there are more evictions, none are drawn, because they would hide each other."""


NAMED_HOSTS = 40
"""Most hosts whose names stand beside their rows."""


COLOURS = {
    "complete": style.GOOD,
    "pruned": style.PRUNED,
    "failed": style.FAILED,
    "running": "#7fb3e0",
    "lost to an eviction": style.LOST,
}


KINDS = {"PRUNED": "pruned", "FAIL": "failed", "COMPLETE": "complete"}


Bar = tuple[datetime, datetime, str]
"""Start, end and kind of a part of a run."""


def plot(data: PageData) -> Plot | None:
    """Return the figure; None before the first job has started."""
    runs = data.costs.runs
    if not runs:
        return None
    by_slot = runs_by_slot(runs)
    shown = sorted(sorted(by_slot, key=lambda slot: -_seconds(by_slot[slot]))[:SLOTS], key=slot_order)
    states = {row.number: row.state for row in data.rows}
    last = max(run.end or run.start for run in runs)
    evictions = [
        (row, run.end) for row, slot in enumerate(shown) for run in by_slot[slot] if _is_eviction(run) and run.end
    ]
    evictions = evictions if len(evictions) <= CROSSES else []
    caption = "Each row is a slot, each bar an attempt of a trial. The colour shows how the trial ended."
    if any(_is_eviction(run) for run in runs):
        caption += " An eviction loses the work since the last checkpoint."
        caption += " A cross marks each eviction." if evictions else ""
    caption += f" The {SLOTS} most used of {len(by_slot):,} slots are shown." if len(by_slot) > SLOTS else ""

    boxes = {kind: _boxes(by_slot, shown, states, last, kind) for kind in COLOURS}

    def draw(narrow: bool) -> Figure:
        figure = style.new_figure(narrow, min(7.0, 1.1 + 0.2 * len(shown)))
        axes = figure.subplots()
        _bars(axes, boxes, narrow)
        if evictions:
            rows, ends = zip(*evictions, strict=True)
            axes.plot(ends, rows, "x", color=style.INK, ms=3.0 if len(rows) < 100 else 1.8, mew=0.8, label="eviction")
        _name_rows(axes, shown, narrow)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        style.add_legend(axes, 2 if narrow else 6)
        return figure

    return Plot("timeline", "Slots over time", caption, draw)


def runs_by_slot(runs: Sequence[SlotRun]) -> dict[str, list[SlotRun]]:
    """Return the runs on each slot, by the slot's name."""
    by_slot: dict[str, list[SlotRun]] = {}
    for run in runs:
        by_slot.setdefault(run.slot or run.host or "a slot", []).append(run)
    return by_slot


def run_bars(run: SlotRun, states: dict[int, str], last: datetime) -> list[Bar]:
    """Return the bars of a run: the work that counts, then the work that an eviction lost.

    The bar of a job that still runs ends at `last`, the time of the last known event.
    """
    end = run.end or last
    kind = "running" if run.ending == "running" else KINDS.get(states.get(run.trial, ""), "running")
    kept = end - timedelta(seconds=run.lost_s)
    bars = [(run.start, kept, kind), (kept, end, "lost to an eviction")]
    return [bar for bar in bars if bar[1] > bar[0]]


def _is_eviction(run: SlotRun) -> bool:
    return run.ending in ("evicted", "lost")


def _seconds(runs: Sequence[SlotRun]) -> float:
    return sum(run.seconds for run in runs)


def slot_order(slot: str) -> tuple[list[str | int], list[str | int]]:
    """Return a sort key that keeps the slots of a host together, and puts slot 2 before slot 10."""
    name, _, host = slot.rpartition("@")
    return _natural_order(host), _natural_order(name)


def _natural_order(text: str) -> list[str | int]:
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", text)]


def short_host_names(hosts: Sequence[str]) -> dict[str, str]:
    """Return a short name for each host: without the domain, if all hosts share it."""
    domains = {host.partition(".")[2] for host in hosts}
    return {
        host: short_label(host.partition(".")[0] if len(domains) == 1 and len(hosts) > 1 else host) for host in hosts
    }


def _boxes(
    by_slot: dict[str, list[SlotRun]], shown: Sequence[str], states: dict[int, str], last: datetime, kind: str
) -> numpy.ndarray:
    """Return the corners of all bars of a kind, of shape (bars, 4, 2)."""
    import numpy
    from matplotlib.dates import date2num

    bars = [
        (row, start, end)
        for row, slot in enumerate(shown)
        for run in by_slot[slot]
        for start, end, bar_kind in run_bars(run, states, last)
        if bar_kind == kind
    ]
    days: Callable[[list[datetime]], numpy.ndarray] = date2num
    left, right = days([start for _, start, _ in bars]), days([end for _, _, end in bars])
    rows = numpy.array([row for row, _, _ in bars], dtype=float)
    top, bottom = rows - 0.36, rows + 0.36
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return numpy.stack([numpy.stack(corner, axis=-1) for corner in corners], axis=1)


def _bars(axes: Axes, boxes: dict[str, numpy.ndarray], narrow: bool) -> None:
    """Draw the bars. Those of a kind are one collection, which is fast."""
    from matplotlib.collections import PolyCollection
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    raster = sum(map(len, boxes.values())) > style.MANY
    edge = "none" if raster else style.PAPER
    for kind, corners in boxes.items():
        if len(corners):
            # A list of polygons instead of an array would take ten times as long.
            bars = PolyCollection(corners, facecolors=COLOURS[kind], edgecolors=edge, linewidths=0.5, label=kind)  # type: ignore[arg-type]
            bars.set_rasterized(raster)
            axes.add_collection(bars)
    locator = AutoDateLocator(minticks=2 if narrow else 4, maxticks=6 if narrow else 10)  # type: ignore[no-untyped-call]
    axes.xaxis_date()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.autoscale_view()
    axes.grid(visible=False, axis="y")


def _name_rows(axes: Axes, shown: Sequence[str], narrow: bool) -> None:
    """Write each host's name beside the middle of its slots; if the names do not fit, only the number of slots."""
    hosts = [(host, list(rows)) for host, rows in groupby(range(len(shown)), lambda row: shown[row].rpartition("@")[2])]
    if narrow or len(hosts) > NAMED_HOSTS:
        axes.set_yticks([])
        axes.set_ylabel(f"{len(shown):,} slot{'s' if len(shown) > 1 else ''}")
    else:
        names = short_host_names([host for host, _ in hosts])
        axes.set_yticks([(rows[0] + rows[-1]) / 2 for _, rows in hosts], [names[host] for host, _ in hosts])
        for _, rows in hosts[1:]:
            axes.axhline(rows[0] - 0.5, color=style.GRID, lw=0.6, zorder=0)
    axes.tick_params(axis="y", length=0)
