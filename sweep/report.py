"""The leaderboard: a study's trials as plain values, and as table, JSON, CSV or Markdown."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweep import joblog
from sweep.conditions import written_out
from sweep.study import Study

if TYPE_CHECKING:
    import pandas
    from rich.console import RenderableType
    from rich.table import Table

    from sweep.search import TrialRow

COLUMNS = ("rank", "trial", "value", "generation", "state", "epochs", "duration_s", "attempts")
"""Columns of the leaderboard before the parameters; `value` is the study's metric, `duration_s` seconds on slots."""

FAILURES_SHOWN = 5


@dataclass(frozen=True)
class Report:
    """What is known of a study. `trials` are by number, `ranked` the COMPLETE ones, the best first."""

    study: dict[str, Any]
    trials: list[dict[str, Any]]
    ranked: list[dict[str, Any]]

    @property
    def best(self) -> dict[str, Any] | None:
        return self.ranked[0] if self.ranked else None


def collect(study: Study) -> Report:
    """Read a study's storage, and of trials that are not told yet their job logs."""
    from sweep.search import Search

    return build(study, Search.open(study, writing=False).rows())


def build(study: Study, rows: list[TrialRow]) -> Report:
    """The report that a study's trials make."""
    section = study.config.study
    trials = [_trial(study, row) for row in rows]
    complete = [trial for trial in trials if trial["state"] == "COMPLETE"]
    sign = -1 if section.direction == "maximize" else 1
    # Of equal values the earlier trial ranks first.
    ranked = sorted(complete, key=lambda trial: (sign * trial["values"][section.metric], trial["number"]))
    return Report(
        study={
            "name": section.name,
            "id": study.id,
            "metric": section.metric,
            "direction": section.direction,
            "parameters": [one.name for one in written_out(study.config.search) if not one.is_fixed],
            "counts": dict(sorted(Counter(trial["state"] for trial in trials).items())),
            "best": ranked[0]["number"] if ranked else None,
        },
        trials=trials,
        ranked=ranked,
    )


def _trial(study: Study, row: TrialRow) -> dict[str, Any]:
    files = study.paths.trial(row.number)
    attempts, evictions, duration, lost = row.attempts, row.evictions, row.duration_s, row.lost_s
    if attempts is None:
        history = joblog.read(files.job_log)
        attempts, evictions = history.attempts, history.evictions
        duration, lost = history.seconds, history.lost_seconds
    return {
        "number": row.number,
        "state": row.state,
        "values": {} if row.value is None else {study.config.study.metric: row.value},
        "params": row.params,
        "generation": row.generation,
        "index": row.index,
        "attempts": attempts,
        "evictions": evictions,
        "duration_s": duration,
        "lost_s": lost,
        "steps": row.steps or 0,
        "target_steps": study.config.trainer.epochs,  # None where a program of the user's decides
        "reason": row.reason,
        "checkpoint": str(files.checkpoint) if row.state == "COMPLETE" and _has_content(files.checkpoint) else None,
    }


def _has_content(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def as_json(report: Report) -> str:
    """The report for programs: `{"study": …, "trials": […]}`, all trials."""
    return json.dumps({"study": report.study, "trials": report.trials}, indent=2, allow_nan=False)


def frame(report: Report, top: int | None) -> pandas.DataFrame:
    """The leaderboard as a data frame, a row for each trial: the ranked ones, then the others by number."""
    import pandas

    ranks = {trial["number"]: rank for rank, trial in enumerate(report.ranked, start=1)}
    others = [trial for trial in report.trials if trial["number"] not in ranks]
    rows = [
        [
            ranks.get(trial["number"]),
            trial["number"],
            next(iter(trial["values"].values()), None),
            trial["generation"],
            trial["state"],
            f"{trial['steps']}/{trial['target_steps']}" if trial["target_steps"] else str(trial["steps"]),
            trial["duration_s"],
            trial["attempts"],
            *(trial["params"].get(name) for name in report.study["parameters"]),
        ]
        for trial in (report.ranked + others)[:top]
    ]
    return pandas.DataFrame(rows, columns=[*COLUMNS, *report.study["parameters"]], dtype=object)


def as_csv(report: Report, top: int | None) -> str:
    """The leaderboard as CSV; parameters in full precision."""
    return frame(report, top).to_csv(index=False)


def as_markdown(report: Report, top: int | None) -> str:
    """The leaderboard as a Markdown table, and the counts below it."""
    cells = frame(report, top).map(cell)
    return f"{cells.to_markdown(index=False, disable_numparse=True)}\n\n{counts(report)}\n"


def cell(value: Any) -> str:
    """One value of the leaderboard, short enough to read."""
    if value is None or value != value:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def counts(report: Report) -> str:
    """Number of trials in each state, in one line."""
    states = report.study["counts"]
    total = sum(states.values())
    return f"{total} trials" + "".join(f", {count} {state}" for state, count in states.items())


def as_table(report: Report, top: int | None, width: int) -> list[RenderableType]:
    """The leaderboard for a terminal `width` characters wide: table, counts, failures with reasons, best checkpoint.

    Where the parameters do not fit as columns, they follow the table, a line for each trial.
    """
    from rich.text import Text

    data, names = frame(report, top).map(cell), report.study["parameters"]
    wanted = sum(max([len(str(heading)), *map(len, data[heading])]) + 2 for heading in data.columns)
    lines: list[RenderableType] = [_table(report, data if wanted <= width else data.drop(columns=names))]
    if wanted > width:
        lines += [
            Text(f"trial {row['trial']}: " + ", ".join(f"{name} {row[name]}" for name in names if row[name]))
            for row in data.to_dict("records")
        ]
    lines.append(Text(counts(report)))
    failed = [trial for trial in report.trials if trial["state"] == "FAIL"]
    lines += [Text(f"trial {trial['number']} failed: {trial['reason']}") for trial in failed[:FAILURES_SHOWN]]
    if len(failed) > FAILURES_SHOWN:
        lines.append(Text(f"… and {len(failed) - FAILURES_SHOWN} more; --format json has all reasons"))
    if report.best is None:
        lines.append(Text("No trial is complete yet."))
    else:
        checkpoint = report.best["checkpoint"] or "is gone"
        lines.append(Text(f"best: trial {report.best['number']}, checkpoint {checkpoint}"))
    return lines


def _table(report: Report, data: pandas.DataFrame) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    title = f"{report.study['name']}: {report.study['metric']}, {report.study['direction']}"
    view = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1))
    for heading in data.columns:
        view.add_column(Text(str(heading)), justify="right", no_wrap=True)
    for row in data.itertuples(index=False):
        view.add_row(*map(Text, row))
    return view
