"""Draws the leaderboard: as a table for a terminal, JSON, CSV or Markdown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sweep.results.report import FRONT, Report
from sweep.results.table import rich_table, short_text
from sweep.study.summary import goal

if TYPE_CHECKING:
    import pandas
    from rich.console import RenderableType
    from rich.table import Table


COLUMNS = ("generation", "state", "epochs", "duration_s", "attempts")
"""Columns of the leaderboard between the metrics and the parameters; `duration_s` is seconds on slots."""


FAILURES_SHOWN = 5


FLATTERED = "The best of many tries is flattered by luck. Trained again, and scored on the test set: sweep confirm"


CONFIRMED = "Those of equal rank do not really differ (Tukey-Kramer test, 5 %)."


def report_json(report: Report) -> str:
    """The report for programs: `{"study": …, "trials": […]}`, all trials."""
    return json.dumps({"study": report.study, "trials": report.trials}, indent=2, allow_nan=False)


def leaderboard_frame(report: Report, top: int | None) -> pandas.DataFrame:
    """The leaderboard as a data frame, a row for each trial: the ranked ones, then the others by number."""
    import pandas

    others = [trial for trial in report.trials if trial["rank"] is None]
    # A plain "value" where there is but one, which the title names.
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
    """The leaderboard as CSV; parameters in full precision."""
    return leaderboard_frame(report, top).to_csv(index=False)


def leaderboard_markdown(report: Report, top: int | None) -> str:
    """The leaderboard as a Markdown table, and the counts below it."""
    cells = leaderboard_frame(report, top).map(short_text)
    return f"{cells.to_markdown(index=False, disable_numparse=True)}\n\n{state_counts(report)}\n"


def state_counts(report: Report) -> str:
    """Number of trials in each state, in one line."""
    states = report.study["counts"]
    total = sum(states.values())
    return f"{total} trials" + "".join(f", {count} {state}" for state, count in states.items())


def leaderboard_table(report: Report, top: int | None, width: int) -> list[RenderableType]:
    """The leaderboard for a terminal `width` characters wide: table, counts, failures with reasons, best checkpoint.

    Where the parameters do not fit as columns, they follow the table, a line for each trial.
    """
    from rich.text import Text

    data, names = leaderboard_frame(report, top).map(short_text), report.study["parameters"]
    wanted = sum(max([len(str(heading)), *map(len, data[heading])]) + 3 for heading in data.columns)
    lines: list[RenderableType] = [_table(report, data if wanted <= width else data.drop(columns=names))]
    if wanted > width:
        lines += [
            Text(f"trial {row['trial']}: " + ", ".join(f"{name} {row[name]}" for name in names if row[name]))
            for row in data.to_dict("records")
        ]
    lines.append(Text(state_counts(report)))
    failed = [trial for trial in report.trials if trial["state"] == "FAIL"]
    lines += [Text(f"trial {trial['number']} failed: {trial['reason']}") for trial in failed[:FAILURES_SHOWN]]
    if len(failed) > FAILURES_SHOWN:
        lines.append(Text(f"… and {len(failed) - FAILURES_SHOWN} more; --format json has all reasons"))
    if report.study["ended"]:
        lines.append(Text(f"The study asks for no more trials: {report.study['ended']}."))
    lines.append(Text(_best(report)))
    lines += (
        [_confirmed(report), Text(CONFIRMED)] if report.study["confirmed"] else [Text(FLATTERED)] * bool(report.best)
    )
    return lines


def _confirmed(report: Report) -> Table:
    title = f"confirmed with fresh seeds, by {report.study['confirmed_by']}"
    rows = [
        [one["rank"], one["trial"], one["mean"], one["deviation"], len(one["scores"])]
        for one in report.study["confirmed"]
    ]
    return rich_table(
        title, ["rank", "trial", "mean", "deviation", "seeds"], [[short_text(value) for value in row] for row in rows]
    )


def _best(report: Report) -> str:
    if not report.best:
        keep = " that keeps the constraints" if report.study["constraints"] else ""
        return f"No trial{keep} is complete yet."
    if len(report.study["objectives"]) > 1:
        return f"Pareto front (rank {FRONT}): trials {', '.join(str(trial['number']) for trial in report.best)}"
    return f"best: trial {report.best[0]['number']}, checkpoint {report.best[0]['checkpoint'] or 'is gone'}"


def _table(report: Report, data: pandas.DataFrame) -> Table:
    title = f"{report.study['name']}: {goal(report.study['objectives'], report.study['constraints']).rstrip(',')}"
    return rich_table(title, [str(heading) for heading in data.columns], data.itertuples(index=False))
