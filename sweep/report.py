"""The leaderboard: a study's trials as plain values, and as table, JSON, CSV or Markdown."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sweep import joblog
from sweep.conditions import written_out
from sweep.files import tail
from sweep.ranking import ranks
from sweep.study import Study
from sweep.summary import goal

if TYPE_CHECKING:
    import pandas
    from rich.console import RenderableType
    from rich.table import Table

    from sweep.confirm import Confirmed
    from sweep.rows import TrialRow

COLUMNS = ("generation", "state", "epochs", "duration_s", "attempts")
"""Columns of the leaderboard between the metrics and the parameters; `duration_s` is seconds on slots."""

FRONT = 1
"""Rank of the trials on the Pareto front, where there are several objectives."""

FAILURES_SHOWN = 5

FLATTERED = "The best of many tries is flattered by luck. Trained again, and scored on the test set: sweep confirm"
CONFIRMED = "Those of equal rank do not really differ (Tukey-Kramer test, 5 %)."


@dataclass(frozen=True)
class Report:
    """What is known of a study. `trials` are by number, `ranked` the COMPLETE ones that keep the constraints on
    metrics, the best first; with several objectives the rank is the front's number."""

    study: dict[str, Any]
    trials: list[dict[str, Any]]
    ranked: list[dict[str, Any]]

    @property
    def best(self) -> list[dict[str, Any]]:
        """The best trial; with several objectives those on the Pareto front; none before one is complete."""
        return [trial for trial in self.ranked if trial["rank"] == FRONT]


def collect(study: Study) -> Report:
    """Read a study's storage, and of trials that are not told yet their job logs."""
    from sweep import confirm
    from sweep.search import Search

    return build(study, Search.open(study, writing=False).rows(), confirm.outcome(study), confirm.score_name(study))


def build(study: Study, rows: list[TrialRow], confirmed: Sequence[Confirmed] = (), score: str = "") -> Report:
    """The report that a study's trials make, and what its confirmation found, by the metric `score`."""
    section = study.config.study
    trials = [_trial(study, row) for row in rows]
    ranked = [trial for trial in trials if trial["state"] == "COMPLETE" and trial["feasible"]]
    values = [[trial["values"][metric] for metric in section.metric] for trial in ranked]
    for trial, rank in zip(ranked, ranks(values, section.direction), strict=True):
        trial["rank"] = rank
    sign = -1 if section.direction[0] == "maximize" else 1
    ranked.sort(key=lambda trial: (trial["rank"], sign * trial["values"][section.metric[0]], trial["number"]))
    report = Report(
        study={
            "name": section.name,
            "id": study.id,
            "objectives": section.objectives,
            "constraints": study.config.constraints.metrics,
            "metrics": [*section.metric, *sorted(study.config.constraints.metric_names - set(section.metric))],
            "parameters": [one.name for one in written_out(study.config.search) if not one.is_fixed],
            "ended": tail(study.paths.ended),
            "counts": dict(sorted(Counter(trial["state"] for trial in trials).items())),
            "confirmed_by": score,
            "confirmed": [
                {
                    "trial": one.trial,
                    "rank": one.rank,
                    "mean": one.mean,
                    "deviation": one.deviation,
                    "scores": one.scores,
                }
                for one in confirmed
            ],
        },
        trials=trials,
        ranked=ranked,
    )
    report.study["best"] = [trial["number"] for trial in report.best]
    return report


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
        "rank": None,
        "values": row.values,
        "feasible": row.is_feasible if row.values else None,
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
    wanted = sum(max([len(str(heading)), *map(len, data[heading])]) + 3 for heading in data.columns)
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
        title, ["rank", "trial", "mean", "deviation", "seeds"], [[cell(value) for value in row] for row in rows]
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


def rich_table(title: str, headings: Sequence[str], rows: Iterable[Iterable[str]]) -> Table:
    """A table of plain words, as all of them look on a terminal."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    view = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1))
    for heading in headings:
        view.add_column(Text(heading), justify="right", no_wrap=True)
    for row in rows:
        view.add_row(*map(Text, row))
    return view
