"""Studies for tests of the page, from plain values."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from sweep.optimizer.trial_row import TrialRow
from sweep.results.accounting import Accounting, cost_totals, usage_by_place, usage_by_resource
from sweep.results.page import plots, style
from sweep.results.page.page_data import Axis, PageData
from sweep.results.page.style import Plot
from sweep.results.ranking import ranks
from sweep.results.report import Report
from sweep.trial.event_log import SlotRun

NOON = datetime(2026, 11, 23, 12)

AXES = [
    Axis("lr", low=1e-4, high=1e-1, log=True),
    Axis("width", low=8, high=64),
    Axis("activation", choices=["relu", "gelu"]),
]


def trial(number: int, state: str, values: dict[str, float], **changes: Any) -> TrialRow:
    known: dict[str, Any] = {
        "params": {"lr": 0.01, "width": 8, "activation": "relu"},
        "generation": 0,
        "index": number,
        "intermediate": {},
        "attempts": 1,
        "evictions": 0,
        "duration_s": 60.0,
        "lost_s": 0.0,
        "steps": 4,
        "reason": "",
        "violations": {},
        **changes,
    }
    return TrialRow(number=number, state=state, values=values, **known)


def many(count: int, word: str = "gelu") -> list[TrialRow]:
    """Trials of one objective, of which some are pruned or failed."""
    chance = random.Random(0)
    rows = []
    for number in range(count):
        top = chance.uniform(0.5, 0.9)
        params = {
            "lr": 10 ** chance.uniform(-4, -1),
            "width": chance.randrange(8, 65, 8),
            "activation": chance.choice(["relu", word]),
        }
        state = ("FAIL", "PRUNED")[number % 2] if number % 5 == 4 else "COMPLETE"
        curve = {step: top * (1 - 0.5**step) for step in range(1, 3 if state == "PRUNED" else 5)}
        values = {} if state == "FAIL" else {"val_accuracy": curve[max(curve)]}
        reason = f"exit status 1: {word}" if state == "FAIL" else ""
        rows.append(trial(number, state, values, params=params, intermediate=curve, reason=reason))
    return rows


def runs(rows: list[TrialRow]) -> list[SlotRun]:
    """One for each trial, on four slots; of each tenth trial one more that was evicted."""
    found = []
    for row in rows:
        start = NOON + timedelta(minutes=2 * row.number)
        slot = f"slot1_{row.number % 2}@gpu-{row.number % 4}.example.edu"
        where: dict[str, Any] = {"host": slot.partition("@")[2], "slot": slot, "memory_mb": 800.0, "disk_kb": 2048.0}
        if row.number % 10 == 9:
            lost = SlotRun(
                row.number, NOON, None, start - timedelta(minutes=2), start, ending="evicted", lost_s=50, **where
            )
            found.append(lost)
        end = start + timedelta(minutes=5)
        found.append(SlotRun(row.number, NOON, None, start, end, ending="terminated", **where))
    return found


def subject(
    trials: int = 0,
    word: str = "gelu",
    rows: list[TrialRow] | None = None,
    objectives: dict[str, str] | None = None,
    axes: list[Axis] | None = None,
    **study: Any,
) -> PageData:
    """A study that has these rows, or so many of `many`."""
    rows = many(trials, word) if rows is None else rows
    objectives = objectives or {"val_accuracy": "maximize"}
    axes = axes or [*AXES[:2], Axis("activation", choices=["relu", word])]
    table = [
        {
            **{name: getattr(row, name) for name in ("number", "state", "values", "params", "generation", "attempts")},
            **{"rank": None, "duration_s": row.duration_s, "steps": row.steps, "target_steps": 4, "feasible": True},
        }
        for row in rows
    ]
    ranked = [one for one in table if one["state"] == "COMPLETE"]
    points = [[one["values"][metric] for metric in objectives] for one in ranked]
    for one, rank in zip(ranked, ranks(points, list(objectives.values())), strict=True):
        one["rank"] = rank
    ranked.sort(key=lambda one: (one["rank"], one["number"]))
    there = runs(rows)
    states = {row.number: row.state for row in rows}
    about = {
        "name": "tiny",
        "objectives": objectives,
        "constraints": [],
        "metrics": list(objectives),
        "parameters": [axis.name for axis in axes],
        "ended": "",
        "counts": {state: list(states.values()).count(state) for state in sorted(set(states.values()))},
        "confirmed": [],
        **study,
    }
    costs = Accounting(
        runs=there,
        totals=cost_totals(there, states),
        places=usage_by_place(there, states),
        used=usage_by_resource(there, {"request_memory": "2 GB"}),
        suggestion=["[job]", 'request_memory = "1 GB"'],
    )
    return PageData(Report(about, table, ranked), rows, costs, axes, {"id": "0123", "versions": {"sweep": "0.1.0"}})


def drawn(what: PageData) -> dict[str, Plot]:
    return {plot.name: plot for plot in plots.make_plots(what)}


def words(plot: Plot, narrow: bool = False) -> list[str]:
    """What a drawing says; fails unless it is XML."""
    tree = ElementTree.fromstring(style.draw_svg(plot, narrow))  # noqa: S314 - our own
    return [element.text or "" for element in tree.iter("{http://www.w3.org/2000/svg}text")]
