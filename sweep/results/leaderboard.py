"""Formats the leaderboard: as a table for a terminal, as JSON, CSV or Markdown."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from sweep.results.report import FRONT, Report
from sweep.results.table import plain_text, rich_table, short_text
from sweep.study.summary import goal
from sweep.units import counted, one_line

if TYPE_CHECKING:
    import pandas
    from rich.console import RenderableType
    from rich.table import Table


COLUMNS = ("generation", "state", "epochs", "duration_s", "attempts")
"""Columns of the leaderboard between the metrics and the parameters; `duration_s` is seconds on slots."""


FAILURES_SHOWN = 5
"""Most failed trials below the table."""


REASON_SHOWN = 300
"""Most characters of a reason below the table."""


UNCONFIRMED_NOTE = "The best of many trials looks better than it is. Run `sweep confirm` for an unbiased score."


CONFIRMED_NOTE = "Trials with the same rank do not differ significantly (Tukey-Kramer test, 5 %)."


def report_json(report: Report) -> str:
    """Return the report as JSON, with all trials: `{"study": …, "trials": […]}`. JSON has no infinity: that is null."""
    trials = [
        {**trial, "values": {name: _finite(value) for name, value in trial["values"].items()}}
        for trial in report.trials
    ]
    return json.dumps({"study": report.study, "trials": trials}, indent=2, allow_nan=False)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def leaderboard_frame(report: Report, top: int | None) -> pandas.DataFrame:
    """Return the leaderboard, or its first `top` rows: the ranked trials, then the others by number."""
    import pandas

    others = [trial for trial in report.trials if trial["rank"] is None]
    # A single metric is headed "value", because the title names it.
    metrics = report.study["metrics"]
    headings = metrics if len(metrics) > 1 else ["value"]
    feasible = ["feasible"] if report.study["constraints"] else []
    rows = [
        [
            trial["rank"],
            trial["number"],
            *(trial["values"].get(metric) for metric in metrics),
            *(trial[heading] for heading in feasible),
            trial["generation"],
            trial["state"],
            f"{trial['steps']}/{trial['target_steps']}" if trial["target_steps"] else str(trial["steps"]),
            trial["duration_s"],
            trial["attempts"],
            *(trial["params"].get(name) for name in report.study["parameters"]),
        ]
        for trial in (report.ranked + others)[:top]
    ]
    columns = ["rank", "trial", *headings, *feasible, *COLUMNS, *report.study["parameters"]]
    return pandas.DataFrame(rows, columns=columns, dtype=object)


def leaderboard_csv(report: Report, top: int | None) -> str:
    """Return the leaderboard as CSV, with parameters in full precision."""
    return leaderboard_frame(report, top).to_csv(index=False)


def leaderboard_markdown(report: Report, top: int | None) -> str:
    """Return the leaderboard as a Markdown table, and the counts below it."""
    cells = leaderboard_frame(report, top).map(short_text)
    return f"{cells.to_markdown(index=False, disable_numparse=True)}\n\n{state_counts(report)}\n"


def state_counts(report: Report) -> str:
    """Return the number of trials in each state, in one line."""
    states = report.study["counts"]
    total = sum(states.values())
    return counted(total, "trial") + "".join(f", {count} {state}" for state, count in states.items())


def leaderboard_table(report: Report, top: int | None, width: int) -> list[RenderableType]:
    """Return the leaderboard for a terminal of `width` characters: table, counts, failures, best trial, confirmation.

    If the parameters do not fit as columns, they follow the table, a line for each trial.
    """
    texts = [state_counts(report), *_failure_lines(report)]
    if report.study["ended"]:
        texts.append(f"No more trials will be proposed: {report.study['ended']}.")
    texts.append(_best_line(report))
    parts = [*_trial_table(report, top, width), *map(plain_text, texts)]
    if report.study["confirmed"]:
        return [*parts, _confirmed_table(report), plain_text(CONFIRMED_NOTE)]
    return [*parts, *([plain_text(UNCONFIRMED_NOTE)] if report.best else [])]


def _trial_table(report: Report, top: int | None, width: int) -> list[RenderableType]:
    """Return the table of trials, followed by a line of parameters for each trial if they do not fit as columns."""
    cells, names = leaderboard_frame(report, top).map(short_text), report.study["parameters"]
    needed = sum(max([len(str(heading)), *map(len, cells[heading])]) + 3 for heading in cells.columns)
    shown = cells if needed <= width else cells.drop(columns=names)
    title = f"{report.study['name']}: {goal(report.study['objectives'], report.study['constraints']).rstrip(',')}"
    table = rich_table(title, [str(heading) for heading in shown.columns], shown.itertuples(index=False))
    if needed <= width:
        return [table]
    return [
        table,
        *(
            plain_text(f"trial {row['trial']}: " + ", ".join(f"{name} {row[name]}" for name in names if row[name]))
            for row in cells.to_dict("records")
        ),
    ]


def _failure_lines(report: Report) -> list[str]:
    failed = [trial for trial in report.trials if trial["state"] == "FAIL"]
    lines = [
        f"trial {trial['number']} failed: {one_line(trial['reason'], REASON_SHOWN)}"
        for trial in failed[:FAILURES_SHOWN]
    ]
    if len(failed) > FAILURES_SHOWN:
        lines.append(
            f"… and {len(failed) - FAILURES_SHOWN} more. For all reasons, run: "
            f"sweep report --format json --study {report.study['name']}"
        )
    return lines


def confirmed_rows(report: Report) -> tuple[list[str], list[list[str]]]:
    """Return the headings and the rows of the table of confirmed configurations."""
    rows = [
        [entry["rank"], entry["trial"], entry["mean"], entry["deviation"], len(entry["scores"])]
        for entry in report.study["confirmed"]
    ]
    return ["rank", "trial", "mean", "deviation", "seeds"], [[short_text(value) for value in row] for row in rows]


def _confirmed_table(report: Report) -> Table:
    return rich_table(f"confirmed with fresh seeds, by {report.study['confirmed_by']}", *confirmed_rows(report))


def _best_line(report: Report) -> str:
    if not report.best:
        condition = " that satisfies the constraints" if report.study["constraints"] else ""
        return f"No trial{condition} is complete yet."
    if len(report.study["objectives"]) > 1:
        return f"Pareto front (rank {FRONT}): trials {', '.join(str(trial['number']) for trial in report.best)}"
    number, checkpoint = report.best[0]["number"], report.best[0]["checkpoint"]
    if not report.has_checkpoints:
        return f"best: trial {number} (its program saves no checkpoints)"
    return f"best: trial {number}, checkpoint {checkpoint or 'is gone'}"
