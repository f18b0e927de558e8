"""What ran on which slot, when, and what evictions lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sweep.joblog import Run
from sweep.page import style
from sweep.page.style import Plot
from sweep.page.subject import Subject, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SLOTS = 300
"""Rows, at the most: the slots that did most."""

NAMED = 40
"""So many rows or hosts have their names beside them."""

COLOURS = {
    "complete": style.GOOD,
    "pruned": style.PRUNED,
    "failed": style.FAILED,
    "running": "#7fb3e0",
    "lost to an eviction": style.LOST,
}
KINDS = {"PRUNED": "pruned", "FAIL": "failed", "COMPLETE": "complete"}

Bar = tuple[datetime, datetime, str]
"""Start, end, kind."""


def plot(subject: Subject) -> Plot | None:
    """None before anything ran."""
    runs = subject.costs.runs
    if not runs:
        return None
    by_slot = slots(runs)
    shown = sorted(sorted(by_slot, key=lambda slot: -_seconds(by_slot[slot]))[:SLOTS], key=_host_first)
    states = {row.number: row.state for row in subject.rows}
    now = max(max(run.end or run.start for run in runs), min(datetime.now(), max(run.start for run in runs)))
    evictions = [(row, run.end) for row, slot in enumerate(shown) for run in by_slot[slot] if _is_eviction(run)]
    caption = "A row for each slot, a bar for each run of a trial, in the colour of how the trial ended."
    caption += " A cross is an eviction; what was done since the last checkpoint was lost." if evictions else ""
    caption += f" The {SLOTS} of {len(by_slot):,} slots that did most." if len(by_slot) > SLOTS else ""

    def draw(narrow: bool) -> Figure:
        bars = {
            row: [bar for run in by_slot[slot] for bar in parts(run, states, now)] for row, slot in enumerate(shown)
        }
        figure = style.figure(narrow, min(7.0, 1.1 + 0.2 * len(shown)))
        axes = figure.subplots()
        _bars(axes, bars, narrow)
        if evictions:
            size = 3.0 if len(evictions) < 100 else 1.8
            places = [(when, row) for row, when in evictions if when]
            axes.plot(*zip(*places, strict=True), "x", color=style.INK, ms=size, mew=0.8, ls="", label="eviction")
        _name_rows(axes, shown, narrow)
        axes.set_ylim(len(shown) - 0.4, -0.6)
        style.legend(axes, 2 if narrow else 6)
        return figure

    return Plot("timeline", "Slots over time", caption, draw)


def slots(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """The runs on each slot."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.slot or run.host or "a slot", []).append(run)
    return found


def parts(run: Run, states: dict[int, str], now: datetime) -> list[Bar]:
    """A run's bars: the work that counts, then what its end lost; one that runs still ends now."""
    end = run.end or max(now, run.start)
    kind = "running" if run.ending == "running" else KINDS.get(states.get(run.trial, ""), "running")
    kept = end - timedelta(seconds=run.lost_s)
    bars = [(run.start, kept, kind), (kept, end, "lost to an eviction")]
    return [bar for bar in bars if bar[1] > bar[0]]


def _is_eviction(run: Run) -> bool:
    return run.ending in ("evicted", "lost")


def _seconds(runs: Sequence[Run]) -> float:
    return sum(run.seconds for run in runs)


def _host_first(slot: str) -> tuple[str, int, str]:
    name, _, host = slot.rpartition("@")
    return host, len(name), name


def _bars(axes: Axes, rows: dict[int, list[Bar]], narrow: bool) -> None:
    """All bars of a kind are one collection, which is quick to draw."""
    from matplotlib.collections import PolyCollection
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num

    raster = sum(map(len, rows.values())) > style.MANY
    for kind, colour in COLOURS.items():
        boxes = []
        for row, bars in rows.items():
            for start, end, what in bars:
                if what == kind:
                    left, right = date2num(start), date2num(end)
                    boxes.append([(left, row - 0.36), (right, row - 0.36), (right, row + 0.36), (left, row + 0.36)])
        if boxes:
            edge = style.PAPER if not raster else "none"
            axes.add_collection(
                PolyCollection(boxes, facecolors=colour, edgecolors=edge, linewidths=0.5, rasterized=raster, label=kind)
            )
    locator = AutoDateLocator(maxticks=5 if narrow else 10)
    axes.xaxis_date()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.autoscale_view()
    axes.grid(visible=False, axis="y")


def _name_rows(axes: Axes, shown: Sequence[str], narrow: bool) -> None:
    """Names of the slots where they fit, else those of the hosts, else none."""
    hosts = [(host, list(rows)) for host, rows in groupby(range(len(shown)), lambda row: shown[row].rpartition("@")[2])]
    if narrow or (len(shown) > NAMED and len(hosts) > NAMED):
        axes.set_yticks([])
        axes.set_ylabel(f"{len(shown)} slot{'s' if len(shown) > 1 else ''}")
    elif len(shown) <= NAMED:
        one_host = len(hosts) == 1
        axes.set_yticks(range(len(shown)), [label(slot.split("@")[0] if one_host else slot) for slot in shown])
        axes.set_ylabel(label(hosts[0][0]) if one_host else "")
    else:
        axes.set_yticks([rows[0] + (len(rows) - 1) / 2 for _, rows in hosts], [label(host) for host, _ in hosts])
    axes.tick_params(axis="y", length=0)
